"""Immutable Parquet segments: the set of their names is the commit log of a table.

Belongs here: files and the lock. Not here: numbering, cover, compaction (ledger.py), rows (projection.py), consuming
(sink.py).

A segment holds in its footer the next offset of each partition, so rows and progress become visible together, by
one link. A reader takes the cover: files contained in a larger one are left out, so that a compaction never shows a
row twice while its sources still exist.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analytics.housekeeping import Content
from analytics.ledger import Ledger, Segment

_OFFSETS_KEY = b"egraph.next_offsets"
_ROW_GROUP = 122_880


class TableIsLocked(Exception):
    """Another sink writes this table. Stop it, or give this one another data directory."""


def list_segments(directory: Path) -> tuple[Segment, ...]:
    """Give all published segments of a table, contained ones included."""
    if not directory.is_dir():
        return ()
    return tuple(sorted(filter(None, map(Segment.named, os.listdir(directory)))))


class SegmentWriter(Ledger):
    """The one writer of a table. Holds the table's lock until closed. Raises TableIsLocked.

    `fewer` is applied to the rows of a compaction: rows that add up become one there.
    """

    def __init__(self, directory: Path, fewer: Callable[[pa.Table], pa.Table] | None = None) -> None:
        self.directory = directory
        self._fewer = fewer
        self._contents: dict[Segment, Content] = {}
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
        super().__init__()

    def close(self) -> None:
        """Give the lock back."""
        os.close(self._lock)

    def content(self, segment: Segment, time_column: str) -> Content:
        """Tell what a segment holds, from its footer; segments never change, so it is read once."""
        if segment not in self._contents:
            path = self.directory / segment.file_name
            self._contents[segment] = content_in(pq.read_metadata(path), path.stat().st_size, time_column)
        return self._contents[segment]

    def _segments(self) -> tuple[Segment, ...]:
        return list_segments(self.directory)

    def _merged(self, run: Sequence[Segment], sort_by: str) -> pa.Table:
        tables = [pq.read_table(self.directory / item.file_name) for item in run]
        merged = pa.concat_tables(tables, promote_options="default")  # columns vc0, vc1, ... follow --agents
        return (self._fewer(merged) if self._fewer else merged).sort_by(sort_by)

    def _no_rows(self, segment: Segment) -> pa.Table:
        return pq.read_schema(self.directory / segment.file_name).empty_table()

    def _age_s(self, segment: Segment) -> float:
        return time.time() - (self.directory / segment.file_name).stat().st_mtime

    def _remove(self, segment: Segment) -> None:
        (self.directory / segment.file_name).unlink()
        self._contents.pop(segment, None)

    def _write(self, segment: Segment, rows: pa.Table, next_offsets: Mapping[int, int]) -> None:
        """Write aside, sync, link, sync the directory."""
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
        return offsets_in(pq.read_metadata(self.directory / segment.file_name))


def offsets_in(footer: pq.FileMetaData) -> dict[int, int]:
    """Give the next offset of each partition behind a segment."""
    return {int(partition): offset for partition, offset in json.loads(footer.metadata[_OFFSETS_KEY]).items()}


def content_in(footer: pq.FileMetaData, size: int, time_column: str) -> Content:
    """Give what a segment holds; rows without statistics count as the newest that there can be."""
    place = footer.schema.names.index(time_column) if footer.num_rows else -1
    newest = None
    for group in range(footer.num_row_groups if footer.num_rows else 0):
        known = footer.row_group(group).column(place).statistics
        at = (
            known.max.replace(tzinfo=UTC)
            if known is not None and known.has_min_max
            else datetime.max.replace(tzinfo=UTC)
        )
        newest = max(newest or 0, round(at.timestamp() * 1_000_000))
    return Content(footer.num_rows, size, newest)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
