"""Consumers of the facts topic, each in a process of its own: `python -m tests.benchmarks.consumers KIND BROKER COUNT`.

Each reads COUNT records and prints one JSON line: records, seconds, CPU seconds of the whole process. The clock starts
after the first tenth, because clients fetch ahead before they hand out anything. None does anything with a record but
count it, except `worker`, and `fold`, whose clock starts at its first record.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

FACTS = "egraph.facts"
PARTITIONS = 9
DEADLINE_S = 180.0


class Count:
    """Counts records and the time they take."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.seen = 0
        self._since: tuple[int, float, float] | None = None

    def start(self) -> None:
        """Start the clock."""
        self._since = (self.seen, time.perf_counter(), time.process_time())

    def add(self, records: int) -> bool:
        """Count some; tell whether that was the last."""
        self.seen += records
        if self._since is None and self.seen * 10 >= self.wanted:
            self.start()
        return self.seen >= self.wanted

    def report(self) -> None:
        """Print the line."""
        assert self._since is not None
        seen, wall, cpu = self._since
        figures = {"records": self.seen - seen, "seconds": time.perf_counter() - wall}
        print(json.dumps(figures | {"cpu_seconds": time.process_time() - cpu}), flush=True)


def unique_group(kind: str) -> str:
    """A consumer group that has read nothing yet."""
    return f"bench-{kind}-{time.time_ns()}"


async def raw(bootstrap: str, count: Count) -> None:
    """The plain aiokafka consumer, getmany over all partitions."""
    from aiokafka import AIOKafkaConsumer, TopicPartition

    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="earliest", max_partition_fetch_bytes=1024 * 1024
    )
    await consumer.start()
    parts = [TopicPartition(FACTS, partition) for partition in range(PARTITIONS)]
    consumer.assign(parts)
    await consumer.seek_to_beginning(*parts)
    while True:
        fetched = await consumer.getmany(timeout_ms=500)
        records = sum(map(len, fetched.values()))
        if records and count.add(records):
            break
    count.report()
    await consumer.stop()


async def run_faust(app: Any, done: asyncio.Event, count: Count) -> None:
    """Run a Faust app until its agent has counted enough."""
    await app.start()
    await asyncio.wait_for(done.wait(), DEADLINE_S)
    count.report()
    sys.stdout.flush()
    import os

    os._exit(0)  # a clean stop of stock Faust takes longer than the measurement


async def stock(bootstrap: str, count: Count) -> None:
    """Faust as it comes: one agent, records one by one."""
    import faust

    app = faust.App(
        unique_group("stock"),
        broker=f"kafka://{bootstrap}",
        autodiscover=False,
        datadir=tempfile.mkdtemp(prefix="egraph-bench-"),
        topic_partitions=PARTITIONS,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
    )
    done = asyncio.Event()
    channel = app.topic(FACTS, key_serializer="raw", value_serializer="raw", partitions=PARTITIONS)

    async def read(stream: Any) -> AsyncIterator[None]:
        async for _ in stream.events():
            if count.add(1):
                done.set()
            yield

    app.agent(channel, name="bench.read")(read)
    await run_faust(app, done, count)


async def ours(bootstrap: str, count: Count) -> None:
    """Faust with our transport and settings: the same app that hosts agents, with an agent that counts."""
    from streams.runtimes.faust_runtime import BatchSchema, new_app, to_records
    from streams.settings import StreamSettings

    data_dir = Path(tempfile.mkdtemp(prefix="egraph-bench-"))
    app = new_app(StreamSettings(bootstrap=bootstrap, data_dir=data_dir), unique_group("ours"))
    done = asyncio.Event()
    schema = BatchSchema(key_serializer="raw", value_serializer="raw")
    channel = app.topic(FACTS, schema=schema, partitions=PARTITIONS)

    async def read(stream: Any) -> AsyncIterator[None]:
        async for event in stream.events():
            if count.add(len(to_records(event.value))):
                done.set()
            yield

    app.agent(channel, name="bench.read", concurrency=1)(read)
    await run_faust(app, done, count)


async def worker(bootstrap: str, count: Count) -> None:
    """The same app as `ours`, whose agent does what a worker does with facts: strict decoding, admission, fold.

    Both digests are computed every ten batches, as heartbeats ask for them, and at the end.
    """
    from streams.processors.folder import LogFolder
    from streams.runtimes.collector import spare_the_collector
    from streams.runtimes.faust_runtime import BatchSchema, new_app, to_records
    from streams.runtimes.views import column_decoder, kernel_view, load_kernel
    from streams.settings import StreamSettings

    load_kernel()  # as a worker does before it joins the group
    data_dir = Path(tempfile.mkdtemp(prefix="egraph-bench-"))
    app = new_app(StreamSettings(bootstrap=bootstrap, data_dir=data_dir), unique_group("worker"))
    folder = LogFolder(PARTITIONS, "main", kernel_view, column_decoder)
    spare_the_collector()  # as a worker does before its records flow
    done = asyncio.Event()
    schema = BatchSchema(key_serializer="raw", value_serializer="raw")
    channel = app.topic(FACTS, schema=schema, partitions=PARTITIONS)

    async def read(stream: Any) -> AsyncIterator[None]:
        batches = 0
        async for event in stream.events():
            records = to_records(event.value)
            folder.fold(records)
            batches += 1
            is_last = count.add(len(records))
            if is_last or batches % 10 == 0:
                folder.view.set_digest(), folder.view.view_digest()
            if is_last:
                if folder.dead_letters or folder.repetitions or folder.view.fact_count < count.wanted:
                    raise SystemExit(f"{folder.view.fact_count} of {count.wanted} records were folded")
                done.set()
            yield

    app.agent(channel, name="bench.read", concurrency=1)(read)
    await run_faust(app, done, count)


async def fold(bootstrap: str, count: Count) -> None:
    """One reader: strict decode, admission and fold of everything, as replay does."""
    from streams.adapters.kafka_log import KafkaLog
    from streams.processors.folder import LogFolder

    folder = LogFolder(PARTITIONS, "main")
    async with KafkaLog(bootstrap) as log:
        ends = await log.end_offsets(FACTS)
        async for records in log.read_spans(FACTS, {partition: (0, end) for partition, end in ends.items()}):
            if not count.seen:
                count.start()
            folder.fold(records)
            count.add(len(records))
    folder.view.view_digest()
    count.report()


def quix(bootstrap: str, count: Count) -> None:
    """Quix Streams: a dataframe over raw bytes that counts."""
    import logging

    from quixstreams import Application

    logging.disable(logging.CRITICAL)
    app = Application(
        broker_address=bootstrap,
        consumer_group=unique_group("quix"),
        auto_offset_reset="earliest",
        auto_create_topics=False,
        loglevel="CRITICAL",
        state_dir=Path(tempfile.gettempdir()) / "egraph-bench-quix",  # else a folder where the user stands
    )
    frame = app.dataframe(app.topic(FACTS, value_deserializer="bytes", key_deserializer="bytes"))

    def read(value: Any) -> None:
        if count.add(1):
            count.report()
            import os

            os._exit(0)

    frame.update(read)
    app.run(timeout=DEADLINE_S)


def main() -> None:
    """Run one consumer."""
    kind, bootstrap, count = sys.argv[1], sys.argv[2], Count(int(sys.argv[3]))
    if kind == "quix":
        quix(bootstrap, count)
        return
    import uvloop

    runs = {"raw": raw, "stock": stock, "ours": ours, "worker": worker, "fold": fold}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(runs[kind](bootstrap, count))


if __name__ == "__main__":
    main()
