"""What changed last, told out of a log that was read for another question: classes, moments, places in quarantine."""

import pytest

from cli.console_graph import ConsoleGraph
from egraph.identifiers import NodeId
from streams.processors.folder import LogFolder
from streams.runtimes.newest_equalities import newest_equalities, quarantined_places
from streams.runtimes.views import kernel_view
from tests.unit.streams.hand_log import PARTITIONS, START_MS, HandLog
from tests.unit.streams.told_graph import GREEN_Z, RED_X, Folded, told_log


class Read(Folded):
    """A log that was read, or not yet."""

    has_read = True


def timed(log: HandLog) -> HandLog:
    """Let a second pass before each record."""
    log.records = [
        record._replace(timestamp_ms=START_MS + 1000 * number) for number, record in enumerate(log.records, 1)
    ]
    return log


def moment(log: HandLog, place: str) -> int:
    """Give when the record at PARTITION:OFFSET was appended, in microseconds."""
    (found,) = (record for record in log.records if f"{record.partition}:{record.offset}" == place)
    return found.timestamp_ms * 1000


def test_the_newest_equalities_that_hold_come_first() -> None:
    """The Overview would show a class that changed long ago, or call one changed that a quarantined equality names."""
    log = timed(told_log())
    found = ConsoleGraph(Read(log)).recent(10, False)
    assert found is not None
    changed = [item.at_us for item in found.changed]
    newest = min(RED_X, GREEN_Z).hex()
    assert (found.changed[0].name, changed) == (newest, sorted(changed, reverse=True))
    assert [item.change for item in found.classes[:2]] == ["equated", "equated"]
    assert found.classes[0].nodes_count == 2
    assert {item.change for item in found.classes[2:]} <= {None}
    assert (found.is_folded, found.records) == (True, len(log.records))


def test_a_quarantined_equality_is_told_with_its_place_and_moment() -> None:
    """The mark at the foot would lead to another record than the one in conflict."""
    log = timed(told_log())
    found = ConsoleGraph(Read(log)).recent(10, False)
    assert found is not None
    (place,) = found.quarantined
    assert place.at_us == moment(log, f"{place.partition}:{place.offset}") == log.records[-1].timestamp_ms * 1000
    assert found.quarantined_count == 1


def test_compiled_loops_tell_the_same() -> None:
    """Long logs, for which this is, would be told another story than short ones."""
    log = timed(told_log())
    told: list[tuple[list[tuple[int, NodeId]], list[tuple[int, int, int]]]] = []
    for folder in (LogFolder(PARTITIONS, "main"), LogFolder(PARTITIONS, "main", kernel_view)):
        for partition in range(PARTITIONS):
            folder.fold(log.of_partition(partition))
        told.append(([*map(tuple, newest_equalities(folder, 5))], [*map(tuple, quarantined_places(folder))]))
    assert told[0] == told[1]
    assert len(told[0][0]) == 3


@pytest.mark.parametrize("may_read", [False, True])
def test_it_is_read_only_where_it_may_be_and_nobody_waits_for_that(may_read: bool) -> None:
    """An open Overview would make the console read a log of millions, stand still while it does, or never read."""
    begun = []

    class Unread(Folded):
        has_read = False

        def begin(self) -> None:
            begun.append(1)

        def ask(self, question: object) -> object:  # type: ignore[override]
            raise AssertionError("somebody waits for the log")

    assert ConsoleGraph(Unread(HandLog())).recent(10, may_read) is None  # type: ignore[arg-type]
    assert begun == [1] * may_read
