"""Defects of the sink: rows and offsets of the read side."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from analytics import ledger
from analytics.ledger import Intake, Ledger, RowIntake, Segment
from analytics.projection import Record
from simulator import sinking
from tests.simulation.defects.catalogue import Patch, defect


@defect
def shows_a_record_again(patch: Patch) -> None:
    """A record that is read twice is counted twice in every chart."""

    def take(self: Intake, records: Iterable[Record]) -> None:
        for record in records:
            self._add([record])
            self.next_offsets[record.partition] = record.offset + 1
            self.moved = True

    patch.setattr(Intake, "take", take)


@defect
def writes_down_the_offset_of_the_last_row(patch: Patch) -> None:
    """The last row of each flush is read and shown again after a restart."""

    def take(self: Intake, records: Iterable[Record]) -> None:
        for record in records:
            original(self, [record])
            self.next_offsets[record.partition] = min(self.next_offsets[record.partition], record.offset)

    original = Intake.take
    patch.setattr(Intake, "take", take)


@defect
def clears_its_rows_before_they_are_written(patch: Patch) -> None:
    """A full disk loses what was read, though its offset is shown by the next flush."""

    def flush(self: Intake, into: Ledger, rows: Any) -> None:
        kept = list(rows)
        self._forget()
        self.moved = False
        into.publish(kept, self.next_offsets)

    patch.setattr(Intake, "flush", flush)


@defect
def keeps_rows_that_are_written(patch: Patch) -> None:
    """Each flush shows everything since the start again."""

    def flush(self: RowIntake, into: Ledger, rows: Any) -> None:
        kept = list(rows)
        original(self, into, rows)
        self._rows = kept

    original = RowIntake.flush
    patch.setattr(RowIntake, "flush", flush)


@defect
def counts_a_segment_before_it_is_written(patch: Patch) -> None:
    """After a full disk there is a hole in the numbers, and nothing behind it is ever compacted."""

    def publish(self: Ledger, rows: Any, next_offsets: Mapping[int, int]) -> Segment:
        segment = Segment(self._next, self._next)
        self._next += 1
        self._write(segment, rows, next_offsets)
        self.next_offsets = dict(next_offsets)
        return segment

    patch.setattr(Ledger, "publish", publish)


@defect
def reads_sources_and_their_compaction(patch: Patch) -> None:
    """While a compaction and its sources stand side by side every row is shown twice."""
    patch.setattr("simulator.sinking.cover", lambda segments: tuple(sorted(segments)))


@defect
def takes_the_offsets_of_the_first_of_a_run(patch: Patch) -> None:
    """A compaction sets the progress of its table back, and a restart reads rows again."""

    def compact(self: Ledger, run: Sequence[Segment], sort_by: str) -> Segment:
        segment = Segment(run[0].first, run[-1].last)
        self._write(segment, self._merged(run, sort_by), self._read_offsets(run[0]))
        return segment

    patch.setattr(Ledger, "compact", compact)


@defect
def leaves_the_last_of_a_run_out(patch: Patch) -> None:
    """A compaction that claims four flushes holds the rows of three."""

    def compact(self: Ledger, run: Sequence[Segment], sort_by: str) -> Segment:
        segment = Segment(run[0].first, run[-1].last)
        self._write(segment, self._merged(run[:-1], sort_by), self._read_offsets(run[-1]))
        return segment

    patch.setattr(Ledger, "compact", compact)


@defect
def compacts_over_a_hole(patch: Patch) -> None:
    """A run with a compaction in its middle is merged as if it were unbroken: rows are shown twice."""

    def due_run(shown: Sequence[Segment], rows_of: Callable[[Segment], int], length: int) -> list[Segment]:
        single = [item for item in shown if item.first == item.last]
        return single[:length] if len(single) >= length else []

    patch.setattr(sinking, "due_run", due_run)
    patch.setattr(Ledger, "shown", property(lambda self: self._segments()))


@defect
def sweeps_what_readers_use(patch: Patch) -> None:
    """The larger segment is deleted and its sources are gone, too."""

    def sweep(self: Ledger, grace_s: float) -> int:
        before = set(self._segments())
        deleted = original(self, grace_s)
        gone = before - set(self._segments())
        for shown in ledger.cover(self._segments()):
            if any(shown.first <= item.first and item.last <= shown.last for item in gone):
                self._remove(shown)
        return deleted

    original = Ledger.sweep
    patch.setattr(Ledger, "sweep", sweep)


@defect
def begins_behind_the_newest_number_alone(patch: Patch) -> None:
    """A restarted sink begins to read from nothing although rows are visible."""

    def init(self: Ledger) -> None:
        original(self)
        self.next_offsets = {}

    original = Ledger.__init__
    patch.setattr(Ledger, "__init__", init)
