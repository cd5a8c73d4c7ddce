"""Records of Kafka's batches as spans: where key, value and headers of each stand, without an object per record.

Belongs here: the record format of message format 2 (Kafka protocol guide, "Record"), as a flat loop. Not here: the
header of a batch, its checksum and compression (streams/adapters/fetched.py), what a value says (reading.py).
"""

from typing import Any

from schemas.columns.record_rows import (
    HEADERS,
    HEADERS_AT,
    KEY_AT,
    OFFSET,
    TIMESTAMP,
    VALUE_AT,
)

RECORD_BYTES_MIN = 6  # behind its length: attributes, time, offset, two nulls, no headers
DAMAGED = -1

Array = Any


def read_records(
    data: Array, at: int, end: int, first: int, count: int, base: int, since: int, appended: int, table: Array
) -> int:
    """Read the `count` records of one batch, which fill data[at:end], into columns `first` and on of `table`.

    `base` is the batch's first offset and `since` its first timestamp, from which those of the records count;
    `appended` is the time that all of them have, or negative. Gives the last offset, or DAMAGED for what is not beyond
    doubt: that is for another reader to decide.
    """
    last = base - 1
    for row in range(first, first + count):
        size, at = read_varint(data, at, end)
        behind = at + size
        if at < 0 or size < RECORD_BYTES_MIN or behind > end or data[at] != 0:  # no attributes are defined
            return DAMAGED
        at += 1
        delta, at = read_varint(data, at, behind)
        if at < 0:
            return DAMAGED
        table[TIMESTAMP, row] = since + delta if appended < 0 else appended
        delta, at = read_varint(data, at, behind)
        if at < 0 or base + delta <= last:
            return DAMAGED
        last = base + delta
        table[OFFSET, row] = last
        at = read_span(data, at, behind, table, KEY_AT, row)
        at = read_span(data, at, behind, table, VALUE_AT, row)
        count_of, at = read_varint(data, at, behind)
        if at < 0 or count_of < 0:
            return DAMAGED
        table[HEADERS_AT, row] = at
        table[HEADERS, row] = count_of
        if not are_headers(data, at, behind, count_of):
            return DAMAGED
        at = behind
    return last if at == end else DAMAGED


def are_headers(data: Array, at: int, behind: int, count: int) -> bool:
    """Tell whether exactly so many headers stand here: a name, which is no null, and a value."""
    for _ in range(count):
        size, at = read_varint(data, at, behind)
        if at < 0 or size < 0 or size > behind - at:
            return False
        size, at = read_varint(data, at + size, behind)
        if at < 0 or size > behind - at:
            return False
        at += max(size, 0)
    return at == behind


def read_span(data: Array, at: int, end: int, table: Array, row_of: int, row: int) -> int:
    """Take the span of a key or a value; gives the offset behind it, or DAMAGED. Passes DAMAGED on."""
    size, at = read_varint(data, at, end)
    if at < 0 or size > end - at:
        return DAMAGED
    table[row_of, row] = at
    table[row_of + 1, row] = max(size, -1)
    return at + max(size, 0)


def read_varint(data: Array, at: int, end: int) -> tuple[int, int]:
    """Read a zigzag number of up to nine bytes; gives it, and the offset behind it or DAMAGED. Passes DAMAGED on."""
    value = 0
    shift = 0
    while 0 <= at < end and shift < 63:
        byte = data[at] & 255
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return (value >> 1) ^ -(value & 1), at
        shift += 7
    return 0, DAMAGED
