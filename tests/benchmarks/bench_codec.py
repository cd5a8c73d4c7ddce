"""Cost of the codec: encode and strict decode of typical facts, per core, against plain fastavro in the same run.

Run: python -m tests.benchmarks.bench_codec. Prints a table and one JSON line; asserts nothing.
"""

import json
import statistics
import time
from collections.abc import Callable
from io import BytesIO

import fastavro

from egraph.colours import Colour
from egraph.facts import NodeAdded
from egraph.identifiers import node_id
from schemas.codec import decode_fact, seal

FACTS = 20_000
ROUNDS = 5


def draft(sequence: int) -> NodeAdded:
    """Give a NodeAdded of the size that Python source produces: short operator, two children."""
    left = node_id(f"Name:x{sequence % 700}", Colour.GREEN, ())
    right = node_id(f"Constant:int:{sequence % 900}", Colour.GREEN, ())
    return NodeAdded(
        graph="main",
        producer="python/stdlib/3.11",
        sequence=sequence,
        hlc=1_790_000_000_000 << 16 | sequence,
        operator="BinOp:Add",
        colour=Colour.GREEN,
        children=(left, right),
    )


def seconds_per_item(step: Callable[[], None]) -> float:
    """Give the median CPU seconds per fact of a step that handles all facts once."""
    samples = []
    for _ in range(ROUNDS):
        started = time.process_time()
        step()
        samples.append((time.process_time() - started) / FACTS)
    return statistics.median(samples)


def main() -> None:
    """Print facts per second for encoding, strict decoding, both, and plain fastavro decoding."""
    drafts = [draft(i) for i in range(FACTS)]
    raws = [seal(item).raw for item in drafts]
    with open("schemas/node_added.avsc") as file:
        schema = fastavro.parse_schema(json.load(file))

    def encode() -> None:
        for item in drafts:
            seal(item)

    def strict() -> None:
        for raw in raws:
            decode_fact(raw)

    def plain() -> None:
        for raw in raws:
            fastavro.schemaless_reader(BytesIO(raw[10:]), schema, None)

    cost = {"encode": seconds_per_item(encode), "strict_decode": seconds_per_item(strict)}
    cost["both"] = cost["encode"] + cost["strict_decode"]
    cost["plain_fastavro_decode"] = seconds_per_item(plain)
    for name, seconds in cost.items():
        print(f"{name:24} {1 / seconds:12,.0f} facts/s/core {seconds * 1e6:8.2f} us")
    print(json.dumps({f"{name}_per_s": round(1 / seconds) for name, seconds in cost.items()}))


if __name__ == "__main__":
    main()
