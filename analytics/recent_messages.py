"""The newest messages that arrived, one by one, for the small picture of who spoke to whom.

Belongs here: which they are, as rows come and grow old. Not here: sums of messages (message_window.py).
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from analytics.answers import MessageRow
from analytics.tail import longs

RECENT_MESSAGES = 100
COLUMNS = ("ts", "agent", "peer", "latency_us", "facts", "partition", "offset")


class RecentMessages:
    """The newest arrivals. For one thread."""

    def __init__(self) -> None:
        self.newest: tuple[MessageRow, ...] = ()
        """Newest first."""

    def take(self, arrived: pa.Table) -> None:
        """Take in messages that arrived: columns `COLUMNS`."""
        at = longs(arrived, "ts")
        order = np.lexsort((-longs(arrived, "offset"), longs(arrived, "partition"), -at))
        order = order[longs(arrived, "peer", -1)[order] >= 0][:RECENT_MESSAGES]
        # Most flushes are newer than all that is held; a late one is sorted in.
        found = sorted((*self.newest, *_rows(arrived, order.tolist())), key=_place)
        self.newest = tuple(found[:RECENT_MESSAGES])

    def drop_until(self, since_us: int) -> None:
        """Take out what is older."""
        if self.newest and self.newest[-1].at_us < since_us:
            self.newest = tuple(row for row in self.newest if row.at_us >= since_us)


def _place(row: MessageRow) -> tuple[int, int, int]:
    return -row.at_us, row.partition, -row.offset


def _rows(arrived: pa.Table, order: list[int]) -> Iterator[MessageRow]:
    missing = {"peer": -1, "latency_us": -1}
    columns = (longs(arrived, name, missing.get(name, 0))[order].tolist() for name in COLUMNS)
    for at, receiver, sender, latency, facts, partition, offset in zip(*columns, strict=True):
        yield MessageRow(
            partition=partition,
            offset=offset,
            at_us=at,
            sender=sender,
            receiver=receiver,
            latency_us=None if latency < 0 else latency,
            facts=facts,
        )
