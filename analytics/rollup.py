"""Rollups of flows: messages, bytes and latencies per second, minute and hour, as rows that add up.

Belongs here: what a rolled-up row is, and how rows become fewer. Not here: offsets (ledger.py), files (segments.py).

A row says how many messages of one flow and one bucket of latency came in one span of time, since the last flush. Rows
of the same key add up, whoever wrote them and whenever: an event that comes late, after a restart or after its second
was merged, is one row more, and corrects its span. Offsets stand beside the rows as in every table, so it does so once.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics.event_columns import ACK, EventReader
from analytics.ledger import Intake
from analytics.projection import Record
from schemas.latency import latency_bucket

SECOND_US = 1_000_000
KEY = ("start", "sender", "receiver", "is_ack", "bucket")
SUMS = ("messages", "bytes", "facts", "useful")
_ADD_UP_ROWS = 16_384
"""As many messages wait at most before they become sums: they would be held one by one, and be told as rows."""


class RollupIntake(Intake):
    """Sums of the messages that came since the last flush, for spans of `grain_us` microseconds."""

    def __init__(self, grain_us: int, reader: EventReader, schema: pa.Schema, next_offsets: Mapping[int, int]) -> None:
        super().__init__(next_offsets)
        self._grain_us = grain_us
        self._reader = reader
        self._sums = schema.empty_table()
        self._arrived: list[pa.Table] = []

    @property
    def rows(self) -> pa.Table:
        """Give a row for each key."""
        if self._arrived:
            new = single_sums(pa.concat_tables(self._arrived), self._grain_us, self._sums.schema)
            self._sums = added_up(pa.concat_tables((self._sums, new)))
            self._arrived = []
        return self._sums

    @property
    def waiting(self) -> int:
        """Give how many rows wait for the next flush, messages that are not added up yet for one each."""
        return int(self._sums.num_rows) + self._single

    @property
    def _single(self) -> int:
        return sum(arrived.num_rows for arrived in self._arrived)

    def _add(self, records: Sequence[Record]) -> None:
        arrived = self._reader.read(records).arrived
        if arrived.num_rows:
            self._arrived.append(arrived)
        if self._single > _ADD_UP_ROWS:
            self._sums = self.rows

    def _forget(self) -> None:
        self._sums = self._sums.schema.empty_table()
        self._arrived = []


def single_sums(arrived: pa.Table, grain_us: int, schema: pa.Schema) -> pa.Table:
    """Give each message that arrived as a sum of one, in its span of `grain_us` microseconds."""
    at = arrived["ts"].to_numpy().view(np.int64)
    named: dict[str, Any] = {
        "start": pa.array((at - at % grain_us).view("datetime64[us]")),
        "sender": arrived["peer"],
        "receiver": arrived["agent"],
        "is_ack": pc.equal(arrived["kind"], ACK),
        "bucket": _buckets(arrived["latency_us"]),
        "messages": pa.array(np.ones(len(arrived), np.int64)),
    }
    columns = [named[item.name] if item.name in named else arrived[item.name].cast(item.type) for item in schema]
    return pa.table(columns, schema)


def _buckets(latencies: pa.ChunkedArray) -> pa.Array:
    """Give what latency_bucket says of each latency; null stays null."""
    known = latencies.fill_null(0).to_numpy()
    return pa.array(np.searchsorted(_starts(), known, "right") - 1, pa.int32(), mask=latencies.is_null().to_numpy())


@cache
def _starts() -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Give the least latency of each bucket and of those above it: latency_bucket itself, turned round."""
    buckets = range(latency_bucket((1 << 63) - 1) + 1)
    return np.array([bisect_left(range((1 << 63) - 1), bucket, key=latency_bucket) for bucket in buckets], np.int64)


def added_up(rows: pa.Table) -> pa.Table:
    """Give a row for each key of many rows."""
    grouped = rows.group_by(list(KEY), use_threads=False).aggregate([(name, "sum") for name in SUMS])
    named = grouped.rename_columns([name.removesuffix("_sum") for name in grouped.column_names])
    return named.select(rows.column_names).cast(rows.schema)
