"""What is new in a table since the last look: of every flush only once, however segments are merged meanwhile.

Belongs here: following the segments of one table, for readers that keep what they have seen. Not here: what they make
of it (message_window.py, fact_window.py, heartbeat_window.py), writing (segments.py).

A tail remembers the number of the next flush it has not seen and the next offsets behind those it has. A segment that
was merged of seen and unseen flushes gives only the rows from these offsets on.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics.housekeeping import Content
from analytics.ledger import Segment, cover
from analytics.segments import content_in, list_segments, offsets_in
from analytics.tables import Table

Longs = npt.NDArray[np.int64]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Beginning(Exception):
    """Rows that were seen are gone from the window, or another store stands there: who follows begins anew."""


class News(NamedTuple):
    """What came since the last look: whether any rows at all, those of the window, and whether old rows have gone."""

    any: bool
    rows: list[pa.Table]
    gone: bool


class Tail:
    """Follows one table from its beginning. For one thread."""

    def __init__(self, store: Path, table: Table, columns: Sequence[str] = (), by: str | None = None) -> None:
        """`columns` are what rows are given with; `by` names the time by which rows are old, if not the table's."""
        self._directory = store / table.name
        self._time_column = by or table.time_column
        self._kept = [table.schema.field(name) for name in dict.fromkeys((*columns, self._time_column))]
        self._read = list(dict.fromkeys((*(field.name for field in self._kept), "partition", "offset")))
        self._shown: dict[Segment, Content] = {}
        self._next = 0
        self._marks: Mapping[int, int] = {}

    @property
    def newest_us(self) -> int | None:
        """Give the time of the newest row that the table shows; of segments without rows, None."""
        times = [content.newest_us for content in self._shown.values() if content.newest_us is not None]
        return max(times, default=None)

    def news(self, since_us: int, kept_us: int) -> News:
        """Give what is new, rows from `since_us` on. Raises Beginning, OSError and Arrow's errors.

        Rows that retention has let go matter from `kept_us` on: what one of these has added stands in sums. Whatever it
        raises, this tail is of no use any more.
        """
        shown = cover(list_segments(self._directory))
        if self._next and (not shown or shown[-1].last < self._next - 1):
            raise Beginning
        contents: dict[Segment, Content] = {}
        rows: list[pa.Table] = []
        come, marks = False, self._marks
        for segment in shown:
            known = self._shown.get(segment)
            if known is None:
                path = self._directory / segment.file_name
                with pq.ParquetFile(path) as file:
                    known = content_in(file.metadata, 0, self._time_column)
                    if segment.last >= self._next:
                        marks = offsets_in(file.metadata)
                        come = come or known.rows > 0
                        if known.newest_us is not None and known.newest_us >= since_us:
                            rows.append(self._rows(file, since_us, self._marks if segment.first < self._next else {}))
            contents[segment] = known
        gone = self._gone(contents)
        if gone is not None and gone >= kept_us:
            raise Beginning
        self._shown, self._marks = contents, marks
        self._next = shown[-1].last + 1 if shown else 0
        return News(come, rows, gone is not None)

    def _gone(self, contents: Mapping[Segment, Content]) -> int | None:
        """Give the time of the newest row of those that retention has let go since the last look, or None."""
        empty = [item for item, content in contents.items() if content.rows == 0 and item not in self._shown]
        times = [
            content.newest_us
            for item, content in self._shown.items()
            if content.newest_us is not None and any(one.first <= item.first and item.last <= one.last for one in empty)
        ]
        return max(times, default=None)

    def _rows(self, file: pq.ParquetFile, since_us: int, marks: Mapping[int, int]) -> pa.Table:
        there = file.schema_arrow.names
        groups = [number for number in range(file.num_row_groups) if self._reaches(file, number, since_us)]
        found = file.read_row_groups(groups, columns=[name for name in self._read if name in there], use_threads=False)
        keep = longs(found, self._time_column) >= since_us
        if marks:
            partitions, offsets = longs(found, "partition"), longs(found, "offset")
            for partition in np.unique(partitions).tolist():
                keep &= (partitions != partition) | (offsets >= marks.get(partition, 0))
        if not keep.all():
            found = found.filter(pa.array(keep))
        for field in self._kept:
            if field.name not in there:  # an older version wrote the segment
                found = found.append_column(field, pa.nulls(found.num_rows, field.type))
        return found

    def _reaches(self, file: pq.ParquetFile, group: int, since_us: int) -> bool:
        columns = file.metadata.row_group(group)
        known = columns.column(file.metadata.schema.names.index(self._time_column)).statistics
        if known is None or not known.has_min_max:
            return True
        newest_s: float = (known.max.replace(tzinfo=UTC) - _EPOCH).total_seconds()
        return newest_s * 1_000_000 >= since_us - 1  # a float of these seconds is off by less than a microsecond


def longs(rows: pa.Table, name: str, missing: int = 0) -> Longs:
    """Give a column of whole numbers or times (microseconds) as an array, `missing` where there is none."""
    column: Any = rows.column(name)
    if not pa.types.is_int64(column.type):
        column = column.cast(pa.int64())
    if column.null_count:
        column = pc.fill_null(column, missing)
    found: Longs = column.to_numpy()
    return found
