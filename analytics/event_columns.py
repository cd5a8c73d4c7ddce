"""Timeline events to columns of their tables, a batch at a time: what event_row says of each, without a row for each.

Belongs here: columns of events. Not here: what a row says (projection.py, which also decides about every record that
is not beyond doubt), which bytes are (schemas/columns/flat_records.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics.ledger import Intake
from analytics.projection import Record, event_row
from egraph.colours import Colour
from schemas.columns.flat_records import FlatColumns, FlatReader, Ids, Lists
from schemas.records import TimelineKind

Array = np.ndarray[Any, np.dtype[Any]]

FEW = 32
"""So many events take as long one by one as in columns, where a batch costs some 400 operations on arrays."""
ACK = TimelineKind.ACK_RECEIVED.value
_ARRIVALS = pa.array([TimelineKind.MESSAGE_RECEIVED.value, ACK])
_ROLLED_UP = ["ts", "kind", "agent", "peer", "latency_us", "bytes", "facts", "useful"]
_COLOURS = tuple(colour.name for colour in Colour)
_HEXADECIMAL = np.frombuffer(bytes(range(256)).hex().encode(), np.uint16)


def event_columns(records: Sequence[Record], schema: pa.Schema) -> pa.Table:
    """Give the rows of those records that are timeline events, in their order, with the columns of a schema."""
    if len(records) < FEW:
        rows = [row for record in records if (row := event_row(record)) is not None]
        return pa.Table.from_pylist(rows, schema=schema)
    read = _reader().read([record.value for record in records])
    table = _table(records, read, schema)
    if len(read.rows) == len(records):
        return table
    doubtful = np.setdiff1d(np.arange(len(records)), read.rows, assume_unique=True)
    decided = [(place, row) for place in doubtful.tolist() if (row := event_row(records[place])) is not None]
    if not decided:
        return table
    places = np.concatenate((read.rows, [place for place, _ in decided]))
    singly = pa.Table.from_pylist([row for _, row in decided], schema=schema)
    return pa.concat_tables((table, singly)).take(np.argsort(places, kind="stable"))


class EventReader:
    """Gives the columns of a batch of records to each table that uses them; the latest batch is decoded once."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._latest: tuple[Sequence[Record], EventBatch] | None = None

    def read(self, records: Sequence[Record]) -> "EventBatch":
        """Give the timeline events among records."""
        if self._latest is None or self._latest[0] != records:  # quick: mostly these are the same objects
            self._latest = records, EventBatch(event_columns(records, self._schema))
        return self._latest[1]


@dataclass(frozen=True)
class EventBatch:
    """Timeline events of one batch as columns."""

    rows: pa.Table

    @cached_property
    def arrived(self) -> pa.Table:
        """Give the messages that arrived, with what rollups say of them."""
        return self.rows.select(_ROLLED_UP).filter(pc.is_in(self.rows["kind"], _ARRIVALS))


class ColumnIntake(Intake):
    """Events since the last flush as columns."""

    def __init__(self, reader: EventReader, schema: pa.Schema, next_offsets: Mapping[int, int]) -> None:
        super().__init__(next_offsets)
        self._reader = reader
        self._pieces = [schema.empty_table()]

    @property
    def rows(self) -> pa.Table:
        """Give the rows that wait for the next flush."""
        return pa.concat_tables(self._pieces)

    @property
    def waiting(self) -> int:
        """Give how many rows wait for the next flush."""
        return sum(piece.num_rows for piece in self._pieces)

    def _add(self, records: Sequence[Record]) -> None:
        self._pieces.append(self._reader.read(records).rows)

    def _forget(self) -> None:
        self._pieces = self._pieces[:1]


@cache
def _reader() -> FlatReader:
    return FlatReader("timeline_event", {"colour": _COLOURS})


def _table(records: Sequence[Record], read: FlatColumns, schema: pa.Schema) -> pa.Table:
    """Give the accepted records as columns."""
    if not len(read.rows):
        return schema.empty_table()
    taken = records if len(read.rows) == len(records) else [records[row] for row in read.rows.tolist()]
    said = read.fields
    named = {
        "partition": np.fromiter((record.partition for record in taken), np.int64, len(taken)),
        "offset": np.fromiter((record.offset for record in taken), np.int64, len(taken)),
        "ts": said["at"],
        "kind": _texts("kind", said),
        "colour": _texts("colour", said),
        "digest": _hexadecimal(said["digest"]),
        "latencies": _buckets(said["latencies"], schema.field("latencies").type),
    }
    absent = {"sent_at": said["sent_at"] == 0, "latency_us": said["latency_us"] < 0}
    for agent, (entry,) in enumerate(said["clock"].items):
        named[f"vc{agent}"], absent[f"vc{agent}"] = entry, said["clock"].counts <= agent
    return pa.Table.from_arrays(
        [
            _column(named.get(item.name, said.get(item.name)), absent.get(item.name), item.type, len(taken))
            for item in schema
        ],
        schema=schema,
    )


def _texts(name: str, said: Mapping[str, Any]) -> pa.Array:
    return pa.array(_reader().known[name]).take(pa.array(said[name]))


def _column(values: Any, absent: Array | None, kind: pa.DataType, rows: int) -> pa.Array:
    if values is None:
        return pa.nulls(rows, kind)
    if isinstance(values, pa.Array):
        return values
    if pa.types.is_timestamp(kind):
        values = values.view("datetime64[us]")
    elif pa.types.is_int32(kind):
        values = values.astype(np.int32)
    return pa.array(values, kind, mask=absent)


def _hexadecimal(ids: Ids) -> pa.Array:
    """Give ids as texts, an empty one where there is none."""
    size = 2 * ids.octets.shape[1]
    ends = np.zeros(len(ids.present) + 1, np.int32)
    np.cumsum(ids.present * size, out=ends[1:])
    digits = _HEXADECIMAL[ids.octets[ids.present]]
    return pa.StringArray.from_buffers(len(ids.present), pa.py_buffer(ends), pa.py_buffer(digits.tobytes()))


def _buckets(lists: Lists, kind: pa.DataType) -> pa.Array:
    """Give histograms as lists of bucket and count."""
    ends = np.zeros(len(lists.counts) + 1, np.int32)
    np.cumsum(lists.counts, out=ends[1:])
    there = np.arange(len(lists.items)) < lists.counts[:, None]
    fields = [
        _column(_joined([item[place] for item in lists.items], there), None, field.type, int(ends[-1]))
        for place, field in enumerate(kind.value_type)
    ]
    structs = pa.StructArray.from_arrays(fields, fields=list(kind.value_type))
    return pa.ListArray.from_arrays(pa.array(ends), structs, type=kind)


def _joined(columns: Sequence[Array], there: Array) -> Array:
    """Give the values of each row one after the other."""
    return np.stack(columns, axis=1)[there] if columns else np.empty(0, np.int64)
