"""The commit log of a table: numbered segments, what readers see of them, and how far the rows go.

Belongs here: decisions about segments, without files and clocks, so that the simulator can run them. Not here: Parquet,
the lock (segments.py), rows (projection.py), consuming (sink.py).
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from analytics.projection import Record, Row

_NAME = re.compile(r"seg-(\d{12})-(\d{12})\.parquet")


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One file: it holds the flushes first..last of its table."""

    first: int
    last: int

    @property
    def file_name(self) -> str:
        """Give the name: numbers padded, so that names sort as numbers do."""
        return f"seg-{self.first:012d}-{self.last:012d}.parquet"

    @staticmethod
    def named(file_name: str) -> "Segment | None":
        """Give the segment of a file name, or None for another file."""
        found = _NAME.fullmatch(file_name)
        return Segment(int(found[1]), int(found[2])) if found else None


def cover(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Give the segments that readers use: each flush in exactly one, the largest that contains it."""
    kept: list[Segment] = []
    for segment in sorted(segments, key=lambda item: (item.first, -item.last)):
        if not kept or segment.first > kept[-1].last:
            kept.append(segment)
    return tuple(kept)


class Ledger(ABC):
    """The one writer's account of a table. `next_offsets` is how far the visible rows go, per partition.

    Who derives from it keeps the segments: `_write` must make rows and offsets visible together, or not at all.
    """

    def __init__(self) -> None:
        published = cover(self._segments())
        self._next = published[-1].last + 1 if published else 0
        self.next_offsets: dict[int, int] = self._read_offsets(published[-1]) if published else {}

    def publish(self, rows: Any, next_offsets: Mapping[int, int]) -> Segment:
        """Make rows and progress visible together. Raises what `_write` does; nothing is visible then."""
        segment = Segment(self._next, self._next)
        self._write(segment, rows, next_offsets)
        self._next += 1
        self.next_offsets = dict(next_offsets)
        return segment

    def compact(self, run: Sequence[Segment], sort_by: str) -> Segment:
        """Write one segment that contains an unbroken run of the cover. Its sources stay; see `sweep`."""
        if any(after.first != before.last + 1 for before, after in pairwise(run)):
            raise ValueError("a compaction takes an unbroken run of segments")
        segment = Segment(run[0].first, run[-1].last)
        self._write(segment, self._merged(run, sort_by), self._read_offsets(run[-1]))
        return segment

    @property
    def shown(self) -> tuple[Segment, ...]:
        """Give what readers use now, oldest first."""
        return cover(self._segments())

    def let_go(self, run: Sequence[Segment]) -> Segment:
        """Write an empty segment that contains an unbroken run of at least two; see `sweep`. Offsets are kept."""
        if len(run) < 2 or any(after.first != before.last + 1 for before, after in pairwise(run)):
            raise ValueError("only an unbroken run of two segments and more can be let go")
        segment = Segment(run[0].first, run[-1].last)
        self._write(segment, self._no_rows(run[-1]), self._read_offsets(run[-1]))
        return segment

    def sweep(self, grace_s: float) -> int:
        """Delete segments that a larger one has contained for longer than any query runs. Gives how many."""
        everything = self._segments()
        kept = cover(everything)
        deleted = 0
        for segment in set(everything) - set(kept):
            container = next(item for item in kept if item.first <= segment.first and segment.last <= item.last)
            if self._age_s(container) > grace_s:
                self._remove(segment)
                deleted += 1
        return deleted

    @abstractmethod
    def _segments(self) -> tuple[Segment, ...]:
        """Give all published segments, contained ones included."""

    @abstractmethod
    def _write(self, segment: Segment, rows: Any, next_offsets: Mapping[int, int]) -> None:
        """Publish a segment: all of it, or nothing and OSError."""

    @abstractmethod
    def _merged(self, run: Sequence[Segment], sort_by: str) -> Any:
        """Give the rows of several segments, sorted."""

    @abstractmethod
    def _no_rows(self, segment: Segment) -> Any:
        """Give no rows, with the columns of a segment."""

    @abstractmethod
    def _read_offsets(self, segment: Segment) -> dict[int, int]:
        """Give the next offset of each partition behind a segment."""

    @abstractmethod
    def _age_s(self, segment: Segment) -> float:
        """Give how long ago a segment was published."""

    @abstractmethod
    def _remove(self, segment: Segment) -> None:
        """Delete a segment."""


class Intake(ABC):
    """What came for one table since its last flush, and the offsets behind it. Who derives from it keeps the rows."""

    def __init__(self, next_offsets: Mapping[int, int]) -> None:
        self.next_offsets = dict(next_offsets)
        self.moved = False
        """Whether offsets have moved since the last flush, with rows or without."""

    @property
    @abstractmethod
    def rows(self) -> Any:
        """Give the rows that wait for the next flush."""

    @property
    @abstractmethod
    def waiting(self) -> int:
        """Give how many rows wait for the next flush, about: a flush may make fewer of them."""

    def take(self, records: Iterable[Record]) -> None:
        """Take in records, those of one partition in order. What is visible already is skipped."""
        offsets = dict(self.next_offsets)
        new = []
        for record in records:
            if record.offset >= offsets.get(record.partition, 0):
                offsets[record.partition] = record.offset + 1
                new.append(record)
        if new:
            self._add(new)
            self.next_offsets = offsets
            self.moved = True

    def flush(self, ledger: Ledger, rows: Any) -> None:
        """Publish `rows`, which stand for those held. Where that raises, nothing is visible and nothing is lost."""
        ledger.publish(rows, self.next_offsets)
        self._forget()
        self.moved = False

    @abstractmethod
    def _add(self, records: Sequence[Record]) -> None:
        """Keep the rows of records, of which there is at least one and none came before."""

    @abstractmethod
    def _forget(self) -> None:
        """Let go of all rows: they are published."""


class RowIntake(Intake):
    """Rows of one table since its last flush, one by one."""

    def __init__(self, project: Callable[[Record], Row | None], next_offsets: Mapping[int, int]) -> None:
        super().__init__(next_offsets)
        self._project = project
        self._rows: list[Row] = []

    @property
    def rows(self) -> list[Row]:
        """Give the rows that wait for the next flush."""
        return self._rows

    @property
    def waiting(self) -> int:
        """Give how many rows wait for the next flush."""
        return len(self._rows)

    def _add(self, records: Sequence[Record]) -> None:
        self._rows += filter(None, map(self._project, records))

    def _forget(self) -> None:
        self._rows = []
