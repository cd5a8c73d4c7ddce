"""The sink in the simulator: the production ledger and intake over segments in memory, a process that ends anywhere.

Belongs here: polling, flushing, compacting, and where it may end or find the disk full. Not here: what is checked
(checks/rows.py).
"""

import errno
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analytics.housekeeping import due_run
from analytics.ledger import Ledger, RowIntake, Segment, cover
from analytics.projection import PROJECTIONS, Record, Row
from schemas.topics import CONTROL, DEAD_LETTERS, FACTS, TOPICS
from streams.ports import LogRecord
from streams.runtimes.simulated import Part, Simulation
from streams.runtimes.simulated_workers import MILLISECOND, SECOND

TOPIC_OF = {
    "facts": FACTS.name, "dead_letters": DEAD_LETTERS.name, "heartbeats": CONTROL.name, "lifecycle": CONTROL.name,
}  # fmt: skip
"""The tables that are simulated. Timeline events are as many as all others together and tell of nothing new."""

_POLL = (50 * MILLISECOND, 150 * MILLISECOND)
_FLUSH = 300 * MILLISECOND
_BATCH = 40
RUN = 4
_GRACE_S = 1.0
_AGAIN = (200 * MILLISECOND, SECOND)


class SinkEnded(Exception):
    """The process of the sink ended in the middle of something."""


class Disk:
    """What stands on the disk of one table, and outlives the sink: segments with rows, offsets and their time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.segments: dict[Segment, tuple[list[Row], dict[int, int], int]] = {}

    def visible(self) -> tuple[list[Row], dict[int, int]]:
        """Give what a reader sees: the rows of the cover, and the offsets behind its last segment."""
        shown = cover(self.segments)
        rows = [row for segment in shown for row in self.segments[segment][0]]
        return rows, self.segments[shown[-1]][1] if shown else {}


class MemoryLedger(Ledger):
    """The production ledger over a disk in memory. `mishap` is asked at each point where the process may end."""

    def __init__(self, disk: Disk, world: Simulation, seen: Callable[[Disk], None]) -> None:
        self._disk = disk
        self._world = world
        self._seen = seen
        super().__init__()

    def _segments(self) -> tuple[Segment, ...]:
        return tuple(sorted(self._disk.segments))

    def _write(self, segment: Segment, rows: Any, next_offsets: Mapping[int, int]) -> None:
        world = self._world
        if world.happens("disk_full"):
            raise OSError(errno.ENOSPC, "no space left")
        if world.happens("sink_crash"):
            raise SinkEnded
        if segment in self._disk.segments:
            raise FileExistsError(errno.EEXIST, segment.file_name)
        self._disk.segments[segment] = list(rows), dict(next_offsets), world.now
        self._seen(self._disk)
        if world.happens("sink_crash"):
            raise SinkEnded

    def _merged(self, run: Sequence[Segment], sort_by: str) -> list[Row]:
        return [row for segment in run for row in self._disk.segments[segment][0]]

    def _no_rows(self, segment: Segment) -> list[Row]:
        return []

    def _read_offsets(self, segment: Segment) -> dict[int, int]:
        return dict(self._disk.segments[segment][1])

    def _age_s(self, segment: Segment) -> float:
        return (self._world.now - self._disk.segments[segment][2]) / SECOND

    def _remove(self, segment: Segment) -> None:
        del self._disk.segments[segment]
        self._seen(self._disk)
        if self._world.happens("sink_crash"):
            raise SinkEnded


class Sink(Part):
    """One sink over several tables. It ends and begins again; the disks stay."""

    def __init__(self, names: Sequence[str]) -> None:
        self.disks = [Disk(name) for name in names]
        self.watchers: list[Callable[[Disk], None]] = []
        """Called with a disk whenever what readers see of it may have changed."""

    def begin(self, world: Simulation) -> None:
        """Start the first life."""
        self._world = world
        self._partitions = {topic.name: topic.partition_count(world.plan.topology.size) for topic in TOPICS.values()}
        self._start()

    def is_settled(self) -> bool:
        """Tell whether everything in the facts and dead-letter topics is visible."""
        return all(
            disk.visible()[1].get(partition, 0) == self._world.log.end(topic, partition)
            for disk in self.disks
            if (topic := TOPIC_OF[disk.name]) != CONTROL.name  # there is always one heartbeat more
            for partition in range(self._partitions[topic])
        )

    def _start(self) -> None:
        self._tables = [
            (disk, ledger, RowIntake(PROJECTIONS[disk.name], ledger.next_offsets))
            for disk in self.disks
            for ledger in [MemoryLedger(disk, self._world, self._look)]
        ]
        self._at = {
            (topic, partition): min(
                intake.next_offsets.get(partition, 0)
                for disk, _, intake in self._tables
                if TOPIC_OF[disk.name] == topic
            )
            for topic in {TOPIC_OF[disk.name] for disk in self.disks}
            for partition in range(self._partitions[topic])
        }
        self._flushed_at = self._world.now
        self._world.later(self._world.between(*_POLL), self._step)

    def _look(self, disk: Disk) -> None:
        for watch in self.watchers:
            watch(disk)

    def _step(self) -> None:
        world = self._world
        try:
            if not world.mischief.broker_is_away():
                self._poll()
            if world.now - self._flushed_at >= _FLUSH:
                self._flush()
        except OSError:
            pass  # nothing is visible of it; the rows wait
        except SinkEnded:
            world.trace("the sink ends")
            world.later(world.between(*_AGAIN), self._start)
            return
        world.later(world.between(*_POLL), self._step)

    def _poll(self) -> None:
        world = self._world
        for (topic, partition), at in self._at.items():
            if at > 0 and world.happens("sink_reads_again"):
                at = max(0, at - _BATCH)
            end = min(world.log.end(topic, partition), at + _BATCH)
            if end <= at:
                continue
            records = world.log.read(topic, partition, at, end)
            self._at[topic, partition] = end
            for disk, _, intake in self._tables:
                if TOPIC_OF[disk.name] == topic:
                    intake.take(map(_record, records))
        if world.happens("sink_crash"):
            raise SinkEnded

    def _flush(self) -> None:
        self._flushed_at = self._world.now
        for disk, ledger, intake in self._tables:
            if intake.moved:
                intake.flush(ledger, intake.rows)
            run = due_run(ledger.shown, lambda segment, disk=disk: len(disk.segments[segment][0]), RUN)  # type: ignore[misc]
            if run:
                ledger.compact(run, "offset")
                ledger.sweep(_GRACE_S)


def _record(record: LogRecord) -> Record:
    return Record(record.partition, record.offset, record.timestamp_ms, record.value, dict(record.headers))
