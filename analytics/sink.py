"""The sink: from Kafka to segments, exactly once, and the catalog that shows them.

Belongs here: consuming, buffering, flushing, and when house is kept. Not here: what a row says, what a segment is, what
is merged and let go (housekeeping.py).
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

from analytics.catalog import Publisher, store_dir
from analytics.event_columns import ColumnIntake, EventReader
from analytics.housekeeping import FLUSH_RUN, Content, Retention, due_run, expired
from analytics.ledger import Intake, RowIntake, Segment
from analytics.projection import PROJECTIONS, Record
from analytics.rollup import RollupIntake, added_up
from analytics.segments import SegmentWriter
from analytics.tables import EVENT_SCHEMA, Table, tables
from schemas.topics import TIMELINE

log = logging.getLogger("egraph.sink")

FLUSH_SECONDS = 0.5
FLUSH_ROWS = 50_000
FETCH_RECORDS = 4_000
FETCH_SECONDS = 0.1
"""Records are asked for no oftener, except after many: they cost less the more come at once (event_columns.py)."""
ROWLESS_FLUSH_SECONDS = 60.0
"""A table to which the newest records of its topic gave no row need not tell at once how far it has read."""
ROLLUP_FLUSH_SECONDS = {1: 2.0, 60: 10.0, 3600: 60.0}
"""By seconds of the span: what changes for an hour need not be shown every second, in a file of its own."""
COMPACT_RUN = FLUSH_RUN
HOUSEKEEPING_SECONDS = 5.0
GRACE_SECONDS = 600.0
"""So long a reader that has the catalog open finds the files of its moment."""
_EVERYTHING = Retention()
_DISK_RETRIES = 10
_DISK_PAUSE_S = 3.0
_FULL = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG)
"""No room, in the words of disks, quotas and limits of a process (EFBIG, of RLIMIT_FSIZE)."""


class DiskFailed(Exception):
    """The disk refused segments for too long. Make room below the data directory and start the sink again."""


class StoreOfAnotherLog(Exception):
    """The store holds records that the broker does not have. The message says what to do."""


class TableBuffer:
    """Rows of one table since its last flush, and the offsets behind them.

    `events` reads timeline events; tables of one sink share it, so that they are decoded once.
    """

    def __init__(self, table: Table, writer: SegmentWriter, events: EventReader | None = None) -> None:
        self.table = table
        self.writer = writer
        self._intake = intake_of(table, writer.next_offsets, events)
        self._pause = ROLLUP_FLUSH_SECONDS[table.grain_us // 1_000_000] if table.grain_us else FLUSH_SECONDS
        self._since = time.monotonic()

    @property
    def next_offsets(self) -> Mapping[int, int]:
        """The next offset needed of each partition."""
        return self._intake.next_offsets

    def take(self, records: Iterable[Any]) -> None:
        """Take in consumer records, those of one partition in order. What is visible already is skipped."""
        self._intake.take(map(as_read, records))

    def take_read(self, records: Iterable[Record]) -> None:
        """Take in the same as they were read for several tables."""
        self._intake.take(records)

    def is_due(self, now: float) -> bool:
        """Tell whether it is time to flush."""
        waiting = self._intake.waiting
        pause = self._pause if waiting else ROWLESS_FLUSH_SECONDS
        return self._intake.moved and (waiting >= FLUSH_ROWS or now - self._since >= pause)

    @property
    def has_news(self) -> bool:
        """Tell whether anything is waiting to be flushed."""
        return self._intake.moved

    def flush(self) -> None:
        """Publish what is waiting. Raises OSError; nothing is visible then, and nothing is lost from the buffer."""
        rows = self._intake.rows
        if not isinstance(rows, pa.Table):
            rows = pa.Table.from_pylist(rows, schema=self.table.schema)
        self._intake.flush(self.writer, rows)
        self._since = time.monotonic()

    def compact(self) -> bool:
        """Merge the oldest run of segments of one size. Gives whether there was one."""
        run = due_run(self.writer.shown, lambda segment: self._content(segment).rows, COMPACT_RUN)
        if run:
            self.writer.compact(run, self.table.time_column)
            log.info("compacted a run of %d segments of %s", len(run), self.table.name)
        return bool(run)

    def sweep(self) -> int:
        """Delete files that no reader can have open any more. Gives how many."""
        return self.writer.sweep(GRACE_SECONDS)

    def contents(self) -> list[tuple[Segment, Content]]:
        """Give the segments that readers use, and what they hold."""
        return [(segment, self._content(segment)) for segment in self.writer.shown]

    def _content(self, segment: Segment) -> Content:
        return self.writer.content(segment, self.table.time_column)


def as_read(item: Any) -> Record:
    """Give the record out of what a consumer gives."""
    return Record(item.partition, item.offset, item.timestamp, item.value, dict(item.headers))


def intake_of(table: Table, next_offsets: Mapping[int, int], events: EventReader | None = None) -> Intake:
    """Give what takes in the records of a table: timeline events, of which there are most, as columns."""
    if table.topic is not TIMELINE:
        return RowIntake(PROJECTIONS[table.name], next_offsets)
    if table.grain_us:
        return RollupIntake(table.grain_us, events or EventReader(EVENT_SCHEMA), table.schema, next_offsets)
    return ColumnIntake(events or EventReader(table.schema), table.schema, next_offsets)


def open_buffer(store: Path, table: Table, events: EventReader | None = None) -> TableBuffer:
    """Open a table for writing. Raises TableIsLocked."""
    return TableBuffer(table, SegmentWriter(store / table.name, added_up if table.grain_us else None), events)


def let_go(buffers: Iterable[TableBuffer], retention: Retention, now_us: int) -> int:
    """Take what retention says out of sight; `sweep` deletes it later. Gives how many segments."""
    concerned = {buffer.table.name: buffer for buffer in buffers if retention.is_about(buffer.table.name)}
    runs = expired({name: buffer.contents() for name, buffer in concerned.items()}, retention, now_us)
    for name, run in runs.items():
        concerned[name].writer.let_go(run)
        log.info("retention let go of %d segments of %s", len(run), name)
    return sum(map(len, runs.values()))


class Sink:
    """All tables of one system below a data directory."""

    def __init__(self, bootstrap: str, data_dir: Path, agents: int, retention: Retention = _EVERYTHING) -> None:
        self._bootstrap = bootstrap
        self._retention = retention
        self._publishing = asyncio.Lock()
        self._publication: asyncio.Task[None] | None = None
        self._unpublished = False
        self._housekeeping: asyncio.Task[None] | None = None
        self._house_kept_at = time.monotonic()
        self._ask_at = 0.0
        self._store = store_dir(data_dir)
        self._tables = tables(agents)
        self._publisher = Publisher(self._store, self._tables)
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
            beside = {task for task in (self._housekeeping, self._publication) if task is not None}
            if beside:
                await asyncio.wait(beside)  # they write: the lock is held until they are done
            await consumer.stop()
            for buffer in self._buffers:
                buffer.writer.close()

    def _open(self) -> None:
        events = EventReader(next(table.schema for table in self._tables if table.name == "events"))
        for table in self._tables:
            buffer = open_buffer(self._store, table, events)
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
        await asyncio.sleep(max(0.0, self._ask_at - time.monotonic()))
        self._ask_at = time.monotonic() + FETCH_SECONDS
        fetched = await consumer.getmany(timeout_ms=200, max_records=FETCH_RECORDS)
        if sum(map(len, fetched.values())) >= FETCH_RECORDS // 2:
            self._ask_at = 0.0
        for topic in sorted({tp.topic for tp in fetched}):
            read = [as_read(item) for tp, records in fetched.items() if tp.topic == topic for item in records]
            for buffer in self._of(topic):
                buffer.take_read(read)
            await asyncio.sleep(0)
        await self._flush(everything=False)
        self._keep_house()

    def _keep_house(self) -> None:
        """Merge, let go and delete beside the flushes, which must not wait for it. Raises what the last time raised."""
        if self._housekeeping is not None:
            if not self._housekeeping.done():
                return
            self._housekeeping.result()
            self._housekeeping = None
        if time.monotonic() - self._house_kept_at >= HOUSEKEEPING_SECONDS:
            self._house_kept_at = time.monotonic()
            self._housekeeping = asyncio.create_task(self._in_order())

    async def _in_order(self) -> None:
        changed = await self._retried(let_go, self._buffers, self._retention, time.time_ns() // 1000)
        for buffer in self._buffers:
            await self._retried(buffer.sweep)
            while await self._retried(buffer.compact):
                changed += 1
        if changed:
            await self._publish()

    async def _flush(self, *, everything: bool) -> None:
        now = time.monotonic()
        due = [item for item in self._buffers if item.is_due(now) or (everything and item.has_news)]
        for buffer in due:
            await self._retried(buffer.flush)
        if everything:
            await self._publish()
        elif due or self._unpublished:
            self._publish_beside()

    async def _publish(self) -> None:
        async with self._publishing:
            await self._retried(self._publisher.publish)

    def _publish_beside(self) -> None:
        """Publish while the next records are taken in; what was flushed since then comes with the next time."""
        if self._publication is not None:
            if not self._publication.done():
                self._unpublished = True
                return
            self._publication.result()
        self._unpublished = False
        self._publication = asyncio.create_task(self._publish())

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
