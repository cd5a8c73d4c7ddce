"""How old what readers see is, while the sink writes 10,000 events a second and three processes ask ad hoc.

Run: python -m tests.benchmarks.bench_freshness [--rate N] [--seconds S] [--readers R]. One JSON line; asserts nothing.
The sink is `egraph sink` on a broker of its own; events are made up and timed when they are sent. A reader opens the
catalog anew for each look, asks how old the newest event is and one of four further questions, and pauses.
"""

import argparse
import asyncio
import itertools
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import duckdb
from aiokafka import AIOKafkaProducer

from analytics.catalog import CATALOG_NAME, store_dir
from launcher.child import stop_all
from schemas.records import TimelineEvent, TimelineKind, encode_record
from schemas.topics import TIMELINE
from tests.benchmarks.broker import EGRAPH, running_broker
from tests.machine import cpu_seconds

AGENTS = 9
_PAUSE_S = (0.05, 0.3)
_BATCHES_PER_S = 20
_TIMEOUT_S = 120.0
QUESTIONS = (
    "SELECT sender, receiver, count(*), quantile_cont(latency_ms, [.5, .95, .99]) FROM v_messages "
    "WHERE ts > (SELECT max(ts) FROM events) - INTERVAL 60 SECOND GROUP BY ALL",
    "SELECT * FROM v_flow_rollup WHERE grain = 'second' ORDER BY start DESC LIMIT 300",
    "SELECT approx_quantile(latency_us, [.5, .95, .99]) FROM events",
    "SELECT * FROM events WHERE agent = 4 ORDER BY ts DESC LIMIT 1",
)


def events(rate: int) -> list[TimelineEvent]:
    """Give the events of one batch: half of them messages that arrive."""
    draw = random.Random(1)
    kinds = (TimelineKind.MESSAGE_SENT, TimelineKind.MESSAGE_RECEIVED)
    return [
        TimelineEvent(
            kind=kinds[number % 2], agent=draw.randrange(AGENTS), peer=draw.randrange(AGENTS), incarnation=1, at=0,
            sequence=number, clock=tuple(draw.randrange(10**6) for _ in range(AGENTS)), colour="RED",
            latency_us=draw.randint(200, 90_000), bytes=draw.randint(40, 20_000), facts=9, useful=3,
        )
        for number in range(rate // _BATCHES_PER_S)
    ]  # fmt: skip


def produce(bootstrap: str, rate: int, seconds: float) -> None:
    """Send at the rate; what cannot be sent in time makes the run longer, not the rate higher."""

    async def run() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=0, max_batch_size=512 * 1024)
        partitions = TIMELINE.partition_count(AGENTS)
        await producer.start()
        batch, began = events(rate), time.monotonic()
        raws = [encode_record(replace(item, at=1)) for item in batch]
        at_places = _places(batch[0])
        for number in range(int(seconds * _BATCHES_PER_S)):
            stamp = _stamped(time.time_ns() // 1000)
            packed = producer.create_batch()
            for raw in raws:
                full = packed.append(key=None, value=raw[: at_places[0]] + stamp + raw[at_places[1] :], timestamp=None)
                if full is None:
                    raise SystemExit("a batch of events is larger than Kafka takes; lower --rate")
            await (await producer.send_batch(packed, TIMELINE.name, partition=number % partitions))
            await asyncio.sleep(max(0.0, began + (number + 1) / _BATCHES_PER_S - time.monotonic()))
        await producer.stop()

    asyncio.run(run())


def _stamped(at_us: int) -> bytes:
    """Give a time as Avro writes a long."""
    value, out = at_us << 1, bytearray()
    while value > 0x7F:
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    return bytes([*out, value])


def _places(event: TimelineEvent) -> tuple[int, int]:
    """Give where the time stands in the bytes of an event whose time is 1: the producer need not encode each anew."""
    one, other = encode_record(replace(event, at=1)), encode_record(replace(event, at=2))
    (place,) = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    return place, place + 1


def read(catalog: str, until: float, found: "Queue[dict[str, Any]]") -> None:
    """Look again and again; tell ages in seconds, milliseconds of each question, and what failed."""
    ages: list[float] = []
    took: list[list[float]] = [[] for _ in QUESTIONS]
    failed: list[str] = []
    draw = random.Random(os.getpid())
    for number in itertools.cycle(range(len(QUESTIONS))):
        if time.time() > until:
            break
        try:
            with duckdb.connect(catalog, read_only=True, config={"threads": 1}) as connection:
                newest = connection.execute("SELECT epoch_us(max(ts)) FROM events").fetchone()
                ages.append(time.time() - newest[0] / 1e6)  # type: ignore[index]
                began = time.perf_counter()
                connection.execute(QUESTIONS[number]).fetchall()
                took[number].append((time.perf_counter() - began) * 1000)
        except duckdb.Error as error:
            failed.append(str(error)[:300])
        time.sleep(draw.uniform(*_PAUSE_S))
    found.put({"ages": ages, "took": took, "failed": failed})


def _share(values: list[float], share: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 3)


def measure(rate: int, seconds: float, readers: int) -> dict[str, Any]:
    """Run all; give the figures."""
    spawn = multiprocessing.get_context("spawn")
    with running_broker() as (bootstrap, folder):
        sink = subprocess.Popen(
            (*EGRAPH, "sink", "--bootstrap", bootstrap, "--data-dir", str(folder / "data")), stderr=subprocess.DEVNULL
        )
        feeding = spawn.Process(target=produce, args=(bootstrap, rate, seconds))
        feeding.start()
        try:
            catalog = store_dir(folder / "data") / CATALOG_NAME
            _wait_for_events(catalog)
            told: Queue[dict[str, Any]] = spawn.Queue()
            until = time.time() + seconds - 8
            looking = [spawn.Process(target=read, args=(str(catalog), until, told)) for _ in range(readers)]
            for reader in looking:
                reader.start()
            before = cpu_seconds(sink.pid)
            began = time.monotonic()
            results = [told.get(timeout=seconds + _TIMEOUT_S) for _ in looking]
            cpu = (cpu_seconds(sink.pid) - before) / (time.monotonic() - began)
            feeding.join(_TIMEOUT_S)
            time.sleep(4)
            with duckdb.connect(str(catalog), read_only=True) as connection:
                ((rows, span),) = connection.execute(
                    "SELECT count(*), date_diff('millisecond', min(ts), max(ts)) / 1000 FROM events"
                ).fetchall()
        finally:
            for process in (feeding,):
                process.terminate()
            stop_all([sink], 10.0)
    ages = [age for result in results for age in result["ages"]]
    return {
        "freshness_p50_s": _share(ages, 0.5),
        "freshness_p95_s": _share(ages, 0.95),
        "freshness_max_s": _share(ages, 1.0),
        "looks": len(ages),
        "failed": sum(len(result["failed"]) for result in results),
        "failures": [text for result in results for text in result["failed"]][:3],
        "events": rows,
        "events_per_s": round(rows / max(span, 0.001)),
        "sink_cpu_share": round(cpu, 3),
        "load": round(os.getloadavg()[0], 1),
        "questions_p50_ms": [
            round(statistics.median([item for result in results for item in result["took"][number]] or [0]), 1)
            for number in range(len(QUESTIONS))
        ],
    }


def _wait_for_events(catalog: Path) -> None:
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline:
        if catalog.exists():
            with duckdb.connect(str(catalog), read_only=True) as connection:
                if connection.execute("SELECT count(*) FROM events").fetchone() != (0,):
                    return
        time.sleep(0.2)
    raise SystemExit("no event has come through; look at the broker and the sink")


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=100.0)
    parser.add_argument("--readers", type=int, default=3)
    options = parser.parse_args()
    found = measure(options.rate, options.seconds, options.readers)
    print(f"seen after p50 {found['freshness_p50_s']} s, p95 {found['freshness_p95_s']} s", file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
