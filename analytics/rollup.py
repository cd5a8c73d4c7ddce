"""Rollups of flows: messages, bytes and latencies per second, minute and hour, as rows that add up.

Belongs here: what a rolled-up row is, and how rows become fewer. Not here: offsets (ledger.py), files (segments.py).

A row says how many messages of one flow and one bucket of latency came in one span of time, since the last flush. Rows
of the same key add up, whoever wrote them and whenever: an event that comes late, after a restart or after its second
was merged, is one row more, and corrects its span. Offsets stand beside the rows as in every table, so it does so once.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from analytics.ledger import Intake
from analytics.projection import Row
from schemas.latency import latency_bucket

SECOND_US = 1_000_000
KEY = ("start", "sender", "receiver", "is_ack", "bucket")
SUMS = ("messages", "bytes", "facts", "useful")
_ARRIVALS = {"MessageReceived": False, "AckReceived": True}


class RollupIntake(Intake):
    """Sums of the messages that came since the last flush, for spans of `grain_us` microseconds."""

    def __init__(self, grain_us: int, project: Any, next_offsets: Mapping[int, int]) -> None:
        self._grain_us = grain_us
        self._sums: dict[tuple[Any, ...], list[int]] = {}
        super().__init__(project, next_offsets)

    @property
    def rows(self) -> list[Row]:
        """Give a row for each key."""
        return [
            dict(zip(KEY, key, strict=True)) | dict(zip(SUMS, sums, strict=True)) for key, sums in self._sums.items()
        ]

    @property
    def waiting(self) -> int:
        """Give how many rows wait for the next flush."""
        return len(self._sums)

    def _keep(self, row: Row) -> None:
        is_ack = _ARRIVALS.get(row["kind"])
        if is_ack is None:
            return
        at, latency = row["ts"], row["latency_us"]
        bucket = None if latency is None else latency_bucket(latency)
        key = (at - at % self._grain_us, row["peer"], row["agent"], is_ack, bucket)
        sums = self._sums.get(key)
        if sums is None:
            sums = self._sums[key] = [0, 0, 0, 0]
        sums[0] += 1
        sums[1] += row["bytes"]
        sums[2] += row["facts"]
        sums[3] += row["useful"]

    def _forget(self) -> None:
        self._sums = {}


def added_up(rows: pa.Table) -> pa.Table:
    """Give a row for each key of many rows."""
    grouped = rows.group_by(list(KEY)).aggregate([(name, "sum") for name in SUMS])
    named = grouped.rename_columns([name.removesuffix("_sum") for name in grouped.column_names])
    return named.select(rows.column_names).cast(rows.schema)
