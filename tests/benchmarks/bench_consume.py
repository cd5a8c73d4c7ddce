"""Consumption: our Faust against raw aiokafka, stock Faust and Quix Streams, on one topic of real facts, in one run.

Run: python -m tests.benchmarks.bench_consume. Prints a table and one JSON line; asserts nothing. The kinds take turns,
each in a fresh process; the median of the rounds counts. Stock Faust reads a part only, it would take minutes.
"""

import asyncio
import json
import statistics
import sys

from confluent_kafka import Producer

from schemas.topics import FACTS
from streams.adapters.kafka_log import KafkaLog
from tests.benchmarks.broker import consume, feed, running_broker

ROUNDS = 3
STOCK_RECORDS = 20_000
COPIES = 2
KINDS = ("raw", "ours", "quix", "stock")


async def multiply(bootstrap: str) -> int:
    """Append the same bytes a few times more: a longer topic, for a steady measurement. Gives its length."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "queue.buffering.max.messages": 2_000_000})
    async with KafkaLog(bootstrap) as log:
        spans = {partition: (0, end) for partition, end in (await log.end_offsets(FACTS.name)).items()}
        async for records in log.read_spans(FACTS.name, spans):
            for record in records:
                for _ in range(COPIES):
                    producer.produce(FACTS.name, record.value, record.key, record.partition)
            producer.poll(0)
        if producer.flush(120):
            raise SystemExit("the topic could not be made longer within 120 s")
        return sum((await log.end_offsets(FACTS.name)).values())


def measure() -> dict[str, float]:
    """Give records per second by kind, and the two ratios that matter."""
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with running_broker() as (bootstrap, _):
        feed(bootstrap)
        records = asyncio.run(multiply(bootstrap))
        for number in range(ROUNDS):
            for kind in KINDS:
                found = consume(kind, bootstrap, STOCK_RECORDS if kind == "stock" else records)
                rates[kind].append(found["records"] / found["seconds"])
                print(f"round {number + 1} {kind:6} {rates[kind][-1]:12,.0f} records/s", file=sys.stderr)
    figures = {f"{kind}_per_s": round(statistics.median(rates[kind])) for kind in KINDS}
    for other in ("raw", "stock", "quix"):
        pairs = [mine / theirs for mine, theirs in zip(rates["ours"], rates[other], strict=True)]
        figures[f"ours_to_{other}"] = round(statistics.median(pairs), 2)
    return {"records": records} | figures


if __name__ == "__main__":
    print(json.dumps(measure()))
