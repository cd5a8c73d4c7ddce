"""Records of one topic-partition as spans of one buffer: a sequence of log records that makes each only when asked.

Belongs here: what processors read from many records at once. Not here: the bytes they came in (adapters/fetched.py).
A list of records answers the same questions, record by record: the simulator and tests have such. Numpy's arrays are
handed in, so that a process without them does not load it.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from schemas.columns.record_rows import (
    HEADERS,
    HEADERS_AT,
    KEY_AT,
    KEY_BYTES,
    OFFSET,
    TIMESTAMP,
    VALUE_AT,
    VALUE_BYTES,
)
from streams.ports import LogRecord

if TYPE_CHECKING:
    import numpy as np

    Table = np.ndarray[Any, np.dtype[np.int64]]


class RecordSpans(Sequence[LogRecord]):
    """Log records in offset order, ascending. `raw` has padding behind the last record; `table` is of record_rows."""

    __slots__ = ("partition", "raw", "table", "topic")

    def __init__(self, topic: str, partition: int, raw: bytes, table: "Table") -> None:
        self.topic = topic
        self.partition = partition
        self.raw = raw
        self.table = table

    def __len__(self) -> int:
        return int(self.table.shape[1])

    @overload
    def __getitem__(self, index: int) -> LogRecord: ...
    @overload
    def __getitem__(self, index: slice) -> "RecordSpans": ...
    def __getitem__(self, index: int | slice) -> "LogRecord | RecordSpans":
        if isinstance(index, slice):
            return RecordSpans(self.topic, self.partition, self.raw, self.table[:, index])
        return self._record(self.table[:, index].tolist())

    def __iter__(self) -> Iterator[LogRecord]:
        return map(self._record, self.table.T.tolist())

    def offsets(self) -> "array[int]":
        """Give the offset of each."""
        return _column(self.table[OFFSET])

    def timestamps_ms(self) -> "array[int]":
        """Give the time of each, milliseconds since the epoch."""
        return _column(self.table[TIMESTAMP])

    def values(self) -> "tuple[Table, Table] | None":
        """Give where in `raw` each value starts and ends, or None if one of them is a null."""
        starts, sizes = self.table[VALUE_AT], self.table[VALUE_BYTES]
        return None if sizes.min(initial=0) < 0 else (starts, starts + sizes)

    def _record(self, row: list[int]) -> LogRecord:
        raw = self.raw
        key = None if row[KEY_BYTES] < 0 else raw[row[KEY_AT] : row[KEY_AT] + row[KEY_BYTES]]
        value = None if row[VALUE_BYTES] < 0 else raw[row[VALUE_AT] : row[VALUE_AT] + row[VALUE_BYTES]]
        headers = tuple(_headers(raw, row[HEADERS_AT], row[HEADERS])) if row[HEADERS] else ()
        return LogRecord(self.topic, self.partition, row[OFFSET], row[TIMESTAMP], key, value, headers)


def offsets_of(records: Sequence[LogRecord]) -> "array[int]":
    """Give the offset of each record."""
    if isinstance(records, RecordSpans):
        return records.offsets()
    return array("q", [record.offset for record in records])


def between(records: Sequence[LogRecord], first: int, until: int) -> Sequence[LogRecord]:
    """Give the records whose offsets are in [first, until), of records in offset order."""
    if isinstance(records, RecordSpans):
        low, high = records.table[OFFSET].searchsorted((first, until)).tolist()
        return records[low:high]
    return [record for record in records if first <= record.offset < until]


def is_run(records: Sequence[LogRecord], first: int) -> bool:
    """Tell whether records follow each other without a gap, from offset `first` on; no records do."""
    if isinstance(records, RecordSpans):  # they ascend
        its = records.table[OFFSET]
        return not len(its) or bool(its[0] == first and its[-1] == first + len(its) - 1)
    return [record.offset for record in records] == list(range(first, first + len(records)))


def timestamps_ms_of(records: Sequence[LogRecord]) -> "array[int]":
    """Give the time of each record, milliseconds since the epoch."""
    if isinstance(records, RecordSpans):
        return records.timestamps_ms()
    return array("q", [record.timestamp_ms for record in records])


def _column(row: "Table") -> "array[int]":
    found = array("q")
    found.frombytes(row.tobytes())
    return found


def _headers(raw: bytes, at: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Read headers, whose lengths were checked before. A null as a value stays one, as any client gives it."""
    for _ in range(count):
        size, at = _varint(raw, at)
        name = raw[at : at + size].decode()
        size, at = _varint(raw, at + size)
        yield name, None if size < 0 else raw[at : at + size]  # type: ignore[misc]
        at += max(size, 0)


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return (value >> 1) ^ -(value & 1), at
        shift += 7
