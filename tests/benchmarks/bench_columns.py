"""Bytes to columns in bulk, against the scalar codec and plain fastavro, alone and with the digest of the set.

Run: python -m tests.benchmarks.bench_columns [--facts 20000] [--runs 7]. One JSON line; asserts nothing.

Two logs: `nodes` as Python source produces them, and `mixed`: 82 % nodes, 15 % stated equalities, 3 % retractions, with
one operator in four new. Process CPU per fact, all decoders in turn within each run, median over runs. Plain fastavro
checks nothing, neither form nor ids; the other two are strict. With digest: fastavro and the codec add each event id to
a SetDigest, the columns are summed by a loop. Strings are known from a first pass in all of them.
"""

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable
from io import BytesIO
from random import Random
from typing import Any

import fastavro

from egraph.colours import Colour
from egraph.digest import FACT_KINDS, SetDigest
from egraph.facts import EqualityAsserted, Fact, FactRetracted, NodeAdded, Stated
from egraph.identifiers import EventId, node_id
from schemas.codec import decode_fact, seal
from schemas.columns.decode import ColumnDecoder
from schemas.columns.sums import EventSums
from schemas.poison import Poison
from schemas.registry import FACT_SCHEMAS, HEADER_BYTES, load
from tests.benchmarks.bench_codec import draft

BATCHES = (100, 1000, 10_000)
KIND_OF = {load(name).header: kind for kind, name in enumerate(FACT_SCHEMAS)}
PARSED = {load(name).header: load(name).parsed for name in FACT_SCHEMAS}
KIND_OF_TYPE = {name: kind for kind, name in enumerate(FACT_KINDS)}


def mixed(count: int) -> list[Fact]:
    """Give drafts of three kinds."""
    random = Random(1)
    leaves = [node_id(f"Name:x{number}", Colour.GREEN, ()) for number in range(1000)]
    drafts: list[Fact] = []
    for sequence in range(count):
        envelope: dict[str, Any] = {
            "graph": "main",
            "producer": "python/stdlib/3.11",
            "sequence": sequence,
            "hlc": 1_790_000_000_000 << 16 | sequence,
        }
        pick = random.random()
        if pick < 0.82:
            operator = f"Name:y{sequence}" if random.random() < 0.25 else "BinOp:Add"
            children = tuple(random.choices(leaves, k=random.choice((0, 1, 2, 2, 3))))
            drafts.append(NodeAdded(**envelope, operator=operator, colour=Colour.GREEN, children=children))
        elif pick < 0.97:
            left, right = random.choices(leaves, k=2)
            drafts.append(EqualityAsserted(**envelope, left=left, right=right, why=Stated("the same value")))
        else:
            drafts.append(FactRetracted(**envelope, target=EventId(random.randbytes(16)), why="withdrawn"))
    return drafts


def by_fastavro(raws: list[bytes], digest: SetDigest | None) -> None:
    """Read every fact without a check."""
    for raw in raws:
        header = raw[:HEADER_BYTES]
        fields = fastavro.schemaless_reader(BytesIO(raw[HEADER_BYTES:]), PARSED[header], None)
        if digest is not None:
            digest.add(KIND_OF[header], fields["event_id"])


def by_codec(raws: list[bytes], digest: SetDigest | None) -> None:
    """Decode every fact strictly."""
    for raw in raws:
        fact = decode_fact(raw)
        if digest is not None and not isinstance(fact, Poison):
            digest.add(KIND_OF_TYPE[type(fact).__name__], fact.event_id)


def by_columns(decoder: ColumnDecoder, batch: int) -> Callable[[list[bytes], SetDigest | None], None]:
    """Decode batch by batch."""
    sums = EventSums()

    def step(raws: list[bytes], digest: SetDigest | None) -> None:
        for first in range(0, len(raws), batch):
            columns = decoder.decode(raws[first : first + batch])
            if digest is not None:
                sums.add(columns)
        if digest is not None:
            sums.move_to(digest)

    return step


def measure(raws: list[bytes], runs: int, with_digest: bool) -> dict[str, float]:
    """Give nanoseconds per fact for each way, the median over runs; all ways in turn within a run."""
    decoder = ColumnDecoder()
    ways = {"fastavro": by_fastavro, "codec": by_codec}
    ways |= {f"columns_{batch}": by_columns(decoder, batch) for batch in BATCHES}
    samples: dict[str, list[float]] = {name: [] for name in ways}
    values = set()
    for run in range(runs + 1):
        for name, step in ways.items():
            digest = SetDigest() if with_digest else None
            gc.collect()
            begin = time.process_time()
            step(raws, digest)
            if run:  # the first one warms memos, tables and compiled code
                samples[name].append((time.process_time() - begin) / len(raws) * 1e9)
            if digest is not None:
                values.add(digest.value())
    if len(values) > 1:
        raise SystemExit("the digests differ: the figures would compare different things")
    return {name: statistics.median(several) for name, several in samples.items()}


def main() -> None:
    """Print both tables and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    logs = {
        "nodes": [seal(draft(number)).raw for number in range(options.facts)],
        "mixed": [seal(item).raw for item in mixed(options.facts)],
    }
    figures = {}
    for log, raws in logs.items():
        for with_digest in (False, True):
            cost = measure(raws, options.runs, with_digest)
            title = f"{log}{'_digest' * with_digest}"
            print(f"{title}: {sum(map(len, raws)) / len(raws):.0f} bytes a fact")
            for name, nanoseconds in cost.items():
                ratios = f"{cost['fastavro'] / nanoseconds:6.1f} x fastavro {cost['codec'] / nanoseconds:6.1f} x codec"
                line = f"  {name:16} {nanoseconds:8.0f} ns {1e9 / nanoseconds:12,.0f} facts/s/core"
                print(f"{line}  {ratios}")
                figures[f"{title}_{name}_ns"] = round(nanoseconds)
            for batch in BATCHES:
                figures[f"{title}_{batch}_to_fastavro"] = round(cost["fastavro"] / cost[f"columns_{batch}"], 1)
                figures[f"{title}_{batch}_to_codec"] = round(cost["codec"] / cost[f"columns_{batch}"], 1)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
