"""Consumption: our Faust against raw aiokafka, stock Faust and Quix Streams, on one topic of facts, in one run.

Run: python -m tests.benchmarks.bench_consume. Prints a table and one JSON line; asserts nothing. The kinds take turns,
each in a fresh process on memory that was touched before; the median of the rounds counts. Stock Faust reads a part
only, it would take minutes.
Ratios are of records a second, and, with `_cpu`, of records a second of process CPU: the machine may be shared.
`ours` hands over batches as the broker sent them and makes no object of a record, as the others do: it tells what our
transport costs, not what an application gets. `worker` decodes strictly, admits, folds and digests every fact.
The facts are the demo's, and as many again and more of bench_pipeline's workload; none comes twice.
"""

import asyncio
import json
import statistics
import sys
from itertools import product

from confluent_kafka import Producer

from egraph.facts import FactRetracted
from schemas.codec import seal
from schemas.topics import FACTS
from streams.adapters.kafka_log import KafkaLog
from tests.benchmarks.bench_columns import mixed
from tests.benchmarks.broker import consume, feed, running_broker

ROUNDS = 3
STOCK_RECORDS = 20_000
MORE = 300_000
PARTITIONS = 9
KINDS = ("raw", "ours", "worker", "quix", "stock")


async def lengthen(bootstrap: str) -> int:
    """Append more facts: a longer topic, for a steady measurement. Gives its length."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "queue.buffering.max.messages": 2_000_000})
    for at, item in enumerate(mixed(MORE)):
        if not isinstance(item, FactRetracted):
            producer.produce(FACTS.name, seal(item).raw, None, at % PARTITIONS)
            producer.poll(0)
    if producer.flush(120):
        raise SystemExit("the topic could not be made longer within 120 s")
    async with KafkaLog(bootstrap) as log:
        return sum((await log.end_offsets(FACTS.name)).values())


def measure() -> dict[str, float]:
    """Give records per second and CPU by kind, and the ratios that matter."""
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    costs: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with running_broker() as (bootstrap, _):
        feed(bootstrap)
        records = asyncio.run(lengthen(bootstrap))
        for number in range(ROUNDS):
            for kind in KINDS:
                found = consume(kind, bootstrap, STOCK_RECORDS if kind == "stock" else records)
                rates[kind].append(found["records"] / found["seconds"])
                costs[kind].append(found["cpu_seconds"] / found["records"] * 1e6)
                line = f"{rates[kind][-1]:12,.0f} records/s {costs[kind][-1]:8.2f} us CPU a record"
                print(f"round {number + 1} {kind:6} {line}", file=sys.stderr)
    figures = {f"{kind}_per_s": round(statistics.median(rates[kind])) for kind in KINDS}
    figures |= {f"{kind}_cpu_us": round(statistics.median(costs[kind]), 2) for kind in KINDS}
    for mine, other in product(("ours", "worker"), ("raw", "stock", "quix")):
        pairs = [one / another for one, another in zip(rates[mine], rates[other], strict=True)]
        figures[f"{mine}_to_{other}"] = round(statistics.median(pairs), 2)
        pairs = [another / one for one, another in zip(costs[mine], costs[other], strict=True)]
        figures[f"{mine}_to_{other}_cpu"] = round(statistics.median(pairs), 2)
    return {"records": records} | figures


if __name__ == "__main__":
    print(json.dumps(measure()))
