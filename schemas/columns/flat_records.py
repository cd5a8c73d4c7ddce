"""Many encoded records of one flat schema to columns in one call, by operations on whole arrays: nothing is compiled.

Belongs here: what is beyond doubt about bytes. Not here: any other record, which schemas.records.decode_record decides.
Flat is a record of numbers, enums, short known texts, ids and lists of numbers or of records of numbers. All records
are read side by side, field after field: a number of any length is one look at the eight bytes where it stands.

Strict by construction: each number must be the shortest that says it, an int have 32 bits, each list be one block
without a size, the body be as long as the record. What is not accepted is not refused either, so that there is one
definition of what a record says. A schema with a field of another type has no steps: none of its records is accepted.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from schemas.columns.numbering import words_of
from schemas.columns.words import PADDING
from schemas.registry import HEADER_BYTES, load
from schemas.topics import GOSSIP_BYTES_MAX

Array = np.ndarray[Any, np.dtype[Any]]

ID_BYTES = 16
ITEMS_MAX = 256
_PADDING = bytes(ID_BYTES + PADDING)
_STOPS = np.uint64(0x8080_8080_8080_8080)
_SEVENS = np.uint64(0x7F7F_7F7F_7F7F_7F7F)
_ONE = np.uint64(1)
_JOINED = tuple(
    (np.uint64(even), np.uint64(odd), np.uint64(shift))
    for even, odd, shift in (
        (0x007F_007F_007F_007F, 0x7F00_7F00_7F00_7F00, 1),
        (0x0000_3FFF_0000_3FFF, 0x3FFF_0000_3FFF_0000, 2),
        (0x0000_0000_0FFF_FFFF, 0x0FFF_FFFF_0000_0000, 4),
    )
)


@dataclass(frozen=True, slots=True)
class Lists:
    """A list for each record: `counts` says how long, items[k][f] is field f of item k, 0 where there is none."""

    counts: Array
    items: list[list[Array]]


@dataclass(frozen=True, slots=True)
class Ids:
    """Sixteen bytes for each record, or none (all zeros) where `present` is false."""

    present: Array
    octets: Array


@dataclass(frozen=True, slots=True)
class FlatColumns:
    """What the accepted records of a batch say, by field: int64 arrays, Lists and Ids, a row for each accepted record.

    rows: which records of the batch these are, ascending. An enum or a text is its position among those known.
    """

    rows: Array
    fields: Mapping[str, Any]


class FlatReader:
    """Reads records of one schema of this release; `texts` says what its string fields are known to hold.

    Texts of up to eight bytes. On a big-endian machine, where words would say another thing, no record is accepted.
    """

    def __init__(self, name: str, texts: Mapping[str, Sequence[str]]) -> None:
        schema = load(name)
        self._steps = steps_of(schema.source, texts) if sys.byteorder == "little" else None
        self.known = {**symbols_of(schema.source), **texts}
        """By field what its positions stand for: the symbols of an enum, or the texts."""
        head = np.frombuffer(schema.header, np.uint8)
        self._header = head[:8].view(np.uint64)[0], head[2:].view(np.uint64)[0]

    def read(self, records: Sequence[bytes | None]) -> FlatColumns:
        """Give columns of the records that are beyond doubt. Never raises for what is in them."""
        if self._steps is None or not len(records):
            return FlatColumns(np.empty(0, np.int64), {})
        cursor = Cursor([record if record and len(record) <= GOSSIP_BYTES_MAX else b"" for record in records])
        cursor.expect_header(*self._header)
        fields = {name: step(cursor) for name, step in self._steps.items()}
        accepted = cursor.ended()
        if accepted.all():
            return FlatColumns(np.arange(len(records)), fields)
        return FlatColumns(np.flatnonzero(accepted), {name: _those(accepted, item) for name, item in fields.items()})


Step = Callable[["Cursor"], Any]


class Cursor:
    """A place in each record of a batch. A record that is not accepted is read on, from anywhere, to no effect."""

    def __init__(self, records: Sequence[bytes]) -> None:
        lengths = np.fromiter(map(len, records), np.int64, len(records))
        self._ends: Array = np.cumsum(lengths)
        self._at: Array = self._ends - lengths
        self._words: Array = words_of(np.frombuffer(b"".join((*records, _PADDING)), np.uint8))
        self._last = len(self._words) - 1
        self.accepted: Array = np.ones(len(records), np.bool_)

    def ended(self) -> Array:
        """Tell which records are accepted and end here."""
        ended: Array = self.accepted & (self._at == self._ends)
        return ended  # places only grow: none of these was ever behind its end

    def left(self) -> Array:
        """Give how many bytes of each record are left."""
        left: Array = self._ends - self._at
        return left

    def word(self, ahead: int = 0) -> Array:
        """Give the eight bytes that stand so far ahead."""
        word: Array = self._words[np.minimum(self._at + ahead, self._last)]
        return word

    def expect_header(self, first: np.uint64, last: np.uint64) -> None:
        """Accept the records that begin with a header: its first and its last eight bytes."""
        self.accepted &= (self.word() == first) & (self.word(HEADER_BYTES - 8) == last)
        self._at += HEADER_BYTES

    def skip(self, lengths: Array) -> None:
        """Go on; lengths are not negative."""
        self._at += lengths

    def number(self, where: Array | None = None) -> Array:
        """Read a zigzag varint of up to eight bytes, in all records or in those of a mask; 0 in the others."""
        if where is not None:
            out = np.zeros(len(self._at), np.int64)
            if where.any():
                out[where], size, right = _numbers(self._words, np.minimum(self._at[where], self._last))
                self._at[where] += size
                self.accepted[where] &= right
            return out
        out, size, right = _numbers(self._words, np.minimum(self._at, self._last))
        self._at += size
        self.accepted &= right
        return out


def _numbers(words: Array, at: Array) -> tuple[Array, Array, Array]:
    """Give the numbers that stand at places, their sizes in bytes, and which of them are as they must be."""
    word = words[at]
    stop = ~word & _STOPS
    stop &= -stop  # the bit that ends the number; none where it has more than eight bytes
    below = stop - _ONE
    more = np.bitwise_count(below) >> 3  # bytes behind the first
    value = word & below
    value &= _SEVENS
    right = (stop != 0) & ((more == 0) | (value >= stop >> np.uint64(7)))  # its last byte says something
    for even, odd, shift in _JOINED:
        value = (value & even) | ((value & odd) >> shift)
    signed = value.view(np.int64)
    return (signed >> 1) ^ -(signed & 1), more.astype(np.int64) + 1, right


def steps_of(source: Any, texts: Mapping[str, Sequence[str]]) -> dict[str, Step] | None:
    """Translate a schema; None if it has anything that cannot be read here."""
    steps = {}
    for field in source["fields"]:
        step = _step_of(field["type"], texts.get(field["name"], ()))
        if step is None:
            return None
        steps[field["name"]] = step
    return steps


def symbols_of(source: Any) -> dict[str, Sequence[str]]:
    """Give the symbols of each enum of a schema."""
    return {
        field["name"]: field["type"]["symbols"]
        for field in source["fields"]
        if isinstance(field["type"], dict) and field["type"]["type"] == "enum"
    }


def _step_of(avro: Any, texts: Sequence[str]) -> Step | None:
    match avro:
        case "int" | "long":
            return _number_step(avro)
        case "bytes":
            return _read_id
        case "string":
            return _text_step(texts)
        case {"type": "enum", "symbols": symbols}:
            return _index_step(len(symbols))
        case {"type": "array", "items": "int" | "long" as item}:
            return _list_step([_number_step(item)])
        case {"type": "array", "items": {"type": "record", "fields": fields}}:
            if all(field["type"] in ("int", "long") for field in fields):
                return _list_step([_number_step(field["type"]) for field in fields])
    return None


def _number_step(avro: str) -> Callable[..., Array]:
    def read(cursor: Cursor, where: Array | None = None) -> Array:
        number = cursor.number(where)
        if avro == "int":
            cursor.accepted &= number == number.astype(np.int32)
        return number

    return read


def _index_step(count: int) -> Step:
    def read(cursor: Cursor) -> Array:
        number = cursor.number()
        cursor.accepted &= (number >= 0) & (number < count)
        return number

    return read


def _text_step(texts: Sequence[str]) -> Step:
    spelt = [text.encode() for text in texts]
    known = [(len(text), np.uint64(int.from_bytes(text, "little"))) for text in spelt if 0 < len(text) <= 8]

    def read(cursor: Cursor) -> Array:
        length, word = cursor.number(), cursor.word()
        found = np.full(len(word), -1, np.int64)
        for position, (size, spelling) in enumerate(known):
            mask = np.uint64((1 << 8 * size) - 1)
            found[(length == size) & (word & mask == spelling)] = position
        cursor.accepted &= found >= 0
        cursor.skip(np.maximum(length, 0))
        return found

    return read


def _read_id(cursor: Cursor) -> Ids:
    length = cursor.number()
    present = length == ID_BYTES
    cursor.accepted &= present | (length == 0)
    octets = np.stack((cursor.word(), cursor.word(8)), axis=1).view(np.uint8)
    octets[~present] = 0
    cursor.skip(np.maximum(length, 0))
    return Ids(present, octets)


def _list_step(fields: Sequence[Callable[..., Array]]) -> Step:
    def read(cursor: Cursor) -> Lists:
        counts = cursor.number()
        cursor.accepted &= (counts >= 0) & (counts <= np.minimum(cursor.left(), ITEMS_MAX))
        counts = np.where(cursor.accepted, counts, 0)
        items = []
        for place in range(counts.max()):
            where = counts > place
            mask = None if where.all() else where
            items.append([field(cursor, mask) for field in fields])
        cursor.accepted &= cursor.number(counts > 0) == 0  # no second block
        return Lists(counts, items)

    return read


def _those(rows: Array, column: Any) -> Any:
    if isinstance(column, Lists):
        return Lists(column.counts[rows], [[field[rows] for field in item] for item in column.items])
    if isinstance(column, Ids):
        return Ids(column.present[rows], column.octets[rows])
    return column[rows]
