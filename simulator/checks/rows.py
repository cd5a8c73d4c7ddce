"""Rows that readers see are those of a gap-free prefix of each partition, each once."""

from collections import Counter, defaultdict

from analytics.ledger import cover
from schemas.codec import decode_fact
from schemas.poison import Poison
from schemas.records import AgentHeartbeat, AgentLifecycle, ControlOrder, decode_record
from schemas.topics import DEAD_LETTERS, FACTS
from simulator.sinking import RUN, TOPIC_OF, Disk, Sink
from streams.dead_letters import from_record
from streams.ports import DeadLetter, LogRecord
from streams.runtimes.simulated import Inspector, Report, Simulation
from streams.runtimes.simulated_trace import Broken

_KIND_OF = {"heartbeats": AgentHeartbeat, "lifecycle": AgentLifecycle | ControlOrder}


class SinkRows(Inspector):
    """After each change of a disk its visible rows are exactly those of the records below its visible offsets."""

    name = "sink-rows-contiguous"

    def __init__(self, sink: Sink) -> None:
        self._rows: dict[str, defaultdict[int, list[int]]] = {disk.name: defaultdict(list) for disk in sink.disks}
        self._offsets: dict[str, dict[int, int]] = {disk.name: {} for disk in sink.disks}
        self._sink = sink
        sink.watchers.append(self._watch)

    def appended(self, record: LogRecord) -> None:
        """Learn which records must become rows of which table."""
        for name, rows in self._rows.items():
            if TOPIC_OF[name] == record.topic and _becomes_a_row(name, record):
                rows[record.partition].append(record.offset)

    def _watch(self, disk: Disk) -> None:
        try:
            self._look(disk)
        except AssertionError as error:
            raise Broken(str(error), self.name) from error

    def _look(self, disk: Disk) -> None:
        rows, offsets = disk.visible()
        before = self._offsets[disk.name]
        for partition, at in before.items():
            assert offsets.get(partition, 0) >= at, f"{disk.name} showed partition {partition} up to {at} before"
        self._offsets[disk.name] = offsets
        shown = Counter((row["partition"], row["offset"]) for row in rows)
        for (partition, offset), count in shown.items():
            assert count == 1, f"{disk.name} shows {partition}/{offset} {count} times"
        expected = {
            (partition, offset)
            for partition, made in self._rows[disk.name].items()
            for offset in made
            if offset < offsets.get(partition, 0)
        }
        missing, extra = sorted(expected - set(shown)), sorted(set(shown) - expected)
        assert not missing, f"{disk.name} shows offsets {offsets} and lacks {missing[:5]}"
        assert not extra, f"{disk.name} shows {extra[:5]}, which are behind its offsets {offsets} or are no rows"

    def ended(self, world: Simulation, report: Report) -> None:
        """Look once more: everything is visible then, and small segments have been merged."""
        for disk in self._sink.disks:
            self._look(disk)
            single = [item for item in cover(disk.segments) if item.first == item.last]
            assert len(single) < RUN, f"{disk.name} keeps {len(single)} small segments although nothing happens"


def _becomes_a_row(name: str, record: LogRecord) -> bool:
    """Judge from the bytes, not by the projection."""
    if record.topic == FACTS.name:
        return not isinstance(decode_fact(record.value), Poison)
    if record.topic == DEAD_LETTERS.name:
        return isinstance(from_record(record), DeadLetter)
    return isinstance(decode_record(record.value), _KIND_OF[name])
