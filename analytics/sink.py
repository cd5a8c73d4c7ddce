"""The sink: from Kafka to segments, exactly once, and the catalog that shows them.

Belongs here: consuming, buffering, flushing, compacting. Not here: what a row says, what a segment is.
Progress is read from the segments themselves, never from a consumer group: after any crash the next sink goes on
where the visible rows end.
"""

import asyncio
import errno
import logging
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from aiokafka import AIOKafkaConsumer, TopicPartition

from analytics.catalog import publish_catalog, store_dir
from analytics.ledger import Intake
from analytics.projection import PROJECTIONS, Record
from analytics.segments import SegmentWriter
from analytics.tables import Table, tables

log = logging.getLogger("egraph.sink")

FLUSH_SECONDS = 0.8
FLUSH_ROWS = 50_000
ROWLESS_FLUSH_SECONDS = 60.0
"""A table to which the newest records of its topic gave no row need not tell at once how far it has read."""
COMPACT_RUN = 60
GRACE_SECONDS = 600.0
_DISK_RETRIES = 10
_DISK_PAUSE_S = 3.0
_FULL = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG)
"""No room, in the words of disks, quotas and limits of a process (EFBIG, of RLIMIT_FSIZE)."""


class DiskFailed(Exception):
    """The disk refused segments for too long. Make room below the data directory and start the sink again."""


class StoreOfAnotherLog(Exception):
    """The store holds records that the broker does not have. The message says what to do."""


class TableBuffer:
    """Rows of one table since its last flush, and the offsets behind them."""

    def __init__(self, table: Table, writer: SegmentWriter) -> None:
        self.table = table
        self.writer = writer
        self._intake = Intake(PROJECTIONS[table.name], writer.next_offsets)
        self._since = time.monotonic()

    @property
    def next_offsets(self) -> Mapping[int, int]:
        """The next offset needed of each partition."""
        return self._intake.next_offsets

    def take(self, records: Iterable[Any]) -> None:
        """Take in consumer records of one partition, in order. What is visible already is skipped."""
        self._intake.take(
            Record(item.partition, item.offset, item.timestamp, item.value, dict(item.headers)) for item in records
        )

    def is_due(self, now: float) -> bool:
        """Tell whether it is time to flush."""
        rows = self._intake.rows
        pause = FLUSH_SECONDS if rows else ROWLESS_FLUSH_SECONDS
        return self._intake.moved and (len(rows) >= FLUSH_ROWS or now - self._since >= pause)

    @property
    def has_news(self) -> bool:
        """Tell whether anything is waiting to be flushed."""
        return self._intake.moved

    def flush(self) -> None:
        """Publish what is waiting. Raises OSError; nothing is visible then, and nothing is lost from the buffer."""
        self._intake.flush(self.writer, pa.Table.from_pylist(self._intake.rows, schema=self.table.schema))
        self._since = time.monotonic()

    def compact(self) -> bool:
        """Merge the oldest full run of single flushes. Gives whether there was one."""
        run = self.writer.full_run(COMPACT_RUN)
        if not run:
            return False
        self.writer.compact(run, "ts" if "ts" in self.table.schema.names else "appended_at")
        self.writer.sweep(GRACE_SECONDS)
        return True


class Sink:
    """All tables of one system below a data directory."""

    def __init__(self, bootstrap: str, data_dir: Path, agents: int) -> None:
        self._bootstrap = bootstrap
        self._store = store_dir(data_dir)
        self._tables = tables(agents)
        self._agents = agents
        self._buffers: list[TableBuffer] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop; then flush and return. Raises DiskFailed, TableIsLocked and Kafka's errors."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=1024 * 1024,
        )
        try:
            self._open()
            await consumer.start()
            await self._seek(consumer)
            await self._publish()
            while not stop.is_set():
                await self._step(consumer)
            await self._flush(everything=True)
        finally:
            await consumer.stop()
            for buffer in self._buffers:
                buffer.writer.close()

    def _open(self) -> None:
        for table in self._tables:
            buffer = TableBuffer(table, SegmentWriter(self._store / table.name))
            self._buffers.append(buffer)
            log.info("table %s goes on at offsets %s", table.name, buffer.next_offsets)

    async def _seek(self, consumer: AIOKafkaConsumer) -> None:
        topics = {table.topic.name: table.topic for table in self._tables}.values()
        wanted = [
            TopicPartition(topic.name, partition)
            for topic in topics
            for partition in range(topic.partition_count(self._agents))
        ]
        consumer.assign(wanted)
        ends = await consumer.end_offsets(wanted)
        for tp in wanted:
            read = [buffer.next_offsets.get(tp.partition, 0) for buffer in self._of(tp.topic)]
            if max(read) > ends[tp]:
                raise StoreOfAnotherLog(
                    f"{tp.topic}/{tp.partition} ends at offset {ends[tp]} but {self._store} shows records up to "
                    f"{max(read)}: "
                    "it was filled from another broker, or this one lost records; start with another --data-dir"
                )
            consumer.seek(tp, min(read))  # tables that have read further skip what they show already

    def _of(self, topic: str) -> list[TableBuffer]:
        return [buffer for buffer in self._buffers if buffer.table.topic.name == topic]

    async def _step(self, consumer: AIOKafkaConsumer) -> None:
        fetched = await consumer.getmany(timeout_ms=200, max_records=4000)
        for tp, records in fetched.items():
            for buffer in self._of(tp.topic):
                buffer.take(records)
            await asyncio.sleep(0)
        await self._flush(everything=False)

    async def _flush(self, *, everything: bool) -> None:
        now = time.monotonic()
        due = [item for item in self._buffers if item.is_due(now) or (everything and item.has_news)]
        for buffer in due:
            await self._retried(buffer.flush)
            if await self._retried(buffer.compact):
                log.info("compacted a run of %d segments of %s", COMPACT_RUN, buffer.table.name)
        if due:
            await self._publish()

    async def _publish(self) -> None:
        await self._retried(publish_catalog, self._store, self._tables)

    async def _retried(self, work: Any, *arguments: Any) -> Any:
        """Do work on the disk in a thread. While the disk is full, wait: nothing is consumed, readers go on."""
        for attempt in range(1, _DISK_RETRIES + 1):
            try:
                return await asyncio.to_thread(work, *arguments)
            except OSError as error:
                if error.errno not in _FULL:
                    raise
                log.error("the disk refuses (%s), attempt %d of %d", error, attempt, _DISK_RETRIES)
                await asyncio.sleep(_DISK_PAUSE_S)
        raise DiskFailed(f"the disk below {self._store} refused for {_DISK_RETRIES * _DISK_PAUSE_S:.0f} s; make room")
