"""Immutable Parquet segments: the set of their names is the commit log of a table.

Belongs here: names, publishing, cover, compaction, the lock. Not here: rows (projection.py), consuming (sink.py).

A segment holds in its footer the next offset of each partition, so rows and progress become visible together, by
one link. A reader takes the cover: files contained in a larger one are left out, so that a compaction never shows a
row twice while its sources still exist.
"""

import fcntl
import itertools
import json
import os
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

_NAME = re.compile(r"seg-(\d{12})-(\d{12})\.parquet")
_OFFSETS_KEY = b"egraph.next_offsets"
_ROW_GROUP = 122_880


class TableIsLocked(Exception):
    """Another sink writes this table. Stop it, or give this one another data directory."""


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One file: it holds the flushes first..last of its table."""

    first: int
    last: int

    @property
    def file_name(self) -> str:
        """Give the name: numbers padded, so that names sort as numbers do."""
        return f"seg-{self.first:012d}-{self.last:012d}.parquet"


def cover(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Give the segments that readers use: each flush in exactly one, the largest that contains it."""
    kept: list[Segment] = []
    for segment in sorted(segments, key=lambda item: (item.first, -item.last)):
        if not kept or segment.first > kept[-1].last:
            kept.append(segment)
    return tuple(kept)


def list_segments(directory: Path) -> tuple[Segment, ...]:
    """Give all published segments of a table, contained ones included."""
    if not directory.is_dir():
        return ()
    matches = (_NAME.fullmatch(name) for name in os.listdir(directory))
    return tuple(sorted(Segment(int(found[1]), int(found[2])) for found in matches if found))


class SegmentWriter:
    """The one writer of a table. Holds the table's lock until closed. Raises TableIsLocked."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._aside = directory / "tmp"
        self._aside.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(directory / "lock", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise TableIsLocked(f"{directory} has a writer already; stop the other sink first") from None
        for leftover in self._aside.iterdir():
            leftover.unlink()
        published = cover(list_segments(directory))
        self._next = published[-1].last + 1 if published else 0
        self.next_offsets: dict[int, int] = self._read_offsets(published[-1]) if published else {}

    def close(self) -> None:
        """Give the lock back."""
        os.close(self._lock)

    def publish(self, rows: pa.Table, next_offsets: dict[int, int]) -> Segment:
        """Make rows and progress visible together: written aside, synced, linked, directory synced."""
        segment = Segment(self._next, self._next)
        self._write(segment, rows, next_offsets)
        self._next += 1
        self.next_offsets = dict(next_offsets)
        return segment

    def compact(self, run: Sequence[Segment], sort_by: str) -> Segment:
        """Write one segment that contains an unbroken run of the cover. Its sources stay; see `sweep`."""
        if any(after.first != before.last + 1 for before, after in itertools.pairwise(run)):
            raise ValueError("a compaction takes an unbroken run of segments")
        tables = [pq.read_table(self.directory / item.file_name) for item in run]
        merged = pa.concat_tables(tables, promote_options="default")  # columns vc0, vc1, ... follow --agents
        segment = Segment(run[0].first, run[-1].last)
        self._write(segment, merged.sort_by(sort_by), self._read_offsets(run[-1]))
        return segment

    def sweep(self, grace_s: float) -> int:
        """Delete segments that a larger one has contained for longer than any query runs. Gives how many."""
        everything = list_segments(self.directory)
        kept = set(cover(everything))
        deleted = 0
        for segment in everything:
            if segment in kept:
                continue
            container = next(item for item in kept if item.first <= segment.first and segment.last <= item.last)
            if time.time() - (self.directory / container.file_name).stat().st_mtime > grace_s:
                (self.directory / segment.file_name).unlink()
                deleted += 1
        return deleted

    def _write(self, segment: Segment, rows: pa.Table, next_offsets: dict[int, int]) -> None:
        offsets = json.dumps({str(partition): offset for partition, offset in sorted(next_offsets.items())})
        rows = rows.replace_schema_metadata({**(rows.schema.metadata or {}), _OFFSETS_KEY: offsets.encode()})
        aside = self._aside / segment.file_name
        try:
            pq.write_table(rows, aside, compression="zstd", row_group_size=_ROW_GROUP)
            _sync(aside)
            os.link(aside, self.directory / segment.file_name)  # unlike a rename it fails if the name is taken
            _sync(self.directory)
        finally:
            aside.unlink(missing_ok=True)

    def _read_offsets(self, segment: Segment) -> dict[int, int]:
        metadata = pq.read_schema(self.directory / segment.file_name).metadata
        return {int(partition): offset for partition, offset in json.loads(metadata[_OFFSETS_KEY]).items()}


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
