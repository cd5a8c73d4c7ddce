"""Places of the log: which record an address names, and what the store holds.

Belongs here: addresses of records, and the order of the log. Not here: what was in the log by then (cut_reader.py).

A place is named by its record, as PARTITION:OFFSET; records are ordered by time of append, partition, offset.
"""

import re
from dataclasses import dataclass
from typing import Any

from analytics.answers import PartitionEnd
from analytics.cut_replay import Ask, Place
from analytics.log_reader import ENDS, partition_ends

AT_PATTERN = r"^(start|end|[0-9]{1,9}:[0-9]{1,18}|t[0-9]{1,16}|n[0-9]{1,18})$"
"""The first or last record; PARTITION:OFFSET; t and microseconds: the newest by then; n and a position from 1."""
ORDER = 'appended_at, partition, "offset"'
NEWEST_FIRST = 'appended_at DESC, partition DESC, "offset" DESC'
_SECOND = 1_000_000


class NoSuchCut(Exception):
    """The log has no record there; the message says what it has instead."""


@dataclass(frozen=True, slots=True)
class Log:
    """What the store holds of the log."""

    total: int
    oldest_us: int
    newest_us: int
    ends: tuple[PartitionEnd, ...]


class LogPlaces:
    """Finds records. Safe to use from several threads if `ask` is."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def log(self) -> Log | None:
        """Give what the store holds of the log, None without a fact. Raises StoreUnreadable."""
        rows = self._ask(ENDS)
        if not rows:
            return None
        oldest, newest = min(row[4] for row in rows), max(row[5] for row in rows)
        return Log(sum(row[3] for row in rows), oldest, newest, partition_ends(rows))

    def place(self, at: str, log: Log | None, *, until_us: int = 0) -> Place:
        """Find the record that an address names; a time may be later than all records, but than `until_us`.

        Raises NoSuchCut, StoreUnreadable, ValueError.
        """
        if re.fullmatch(AT_PATTERN, at, re.ASCII) is None:
            raise ValueError(f"{at} names no place in the log; write PARTITION:OFFSET, tMICROSECONDS or nPOSITION")
        if log is None:
            raise NoSuchCut("the store holds no fact yet")
        if ":" in at:
            partition, offset = (int(part) for part in at.split(":"))
            found = self.first('partition = ? AND "offset" = ?', partition, offset, order=ORDER)
            if found is None:
                raise NoSuchCut(_why_missing(partition, offset, log))
            return found
        return self._named(at, log, max(log.newest_us, until_us))

    def _named(self, at: str, log: Log, until_us: int) -> Place:
        if at == "start" or at == "end":
            found = self.first("true", order=ORDER if at == "start" else NEWEST_FIRST)
        elif at[0] == "n":
            position = int(at[1:])
            if not 1 <= position <= log.total:
                raise NoSuchCut(f"the log has {log.total:,} records, so there is none with the number {position:,}")
            found = self.first("true", order=ORDER, skip=position - 1)
        else:
            moment = int(at[1:])
            if moment > until_us:
                ahead = (moment - until_us) / _SECOND
                raise NoSuchCut(f"that time is beyond the end of the log, by {ahead:,.1f} s")
            found = self.first("appended_at <= make_timestamp(?)", moment, order=NEWEST_FIRST)
            if found is None:
                ahead = (log.oldest_us - moment) / _SECOND
                raise NoSuchCut(f"that time is before the first record of the log, by {ahead:,.1f} s")
        if found is None:
            raise NoSuchCut("the store holds no such record any more")
        return found

    def first(self, where: str, *values: Any, order: str, skip: int = 0) -> Place | None:
        """Give the first record, after `skip` others, that a condition lets through in an order."""
        rows = self._ask(
            f'SELECT epoch_us(appended_at), partition, "offset" FROM facts WHERE {where} ORDER BY {order} '
            f"LIMIT 1 OFFSET {skip}",
            *values,
        )
        return rows[0] if rows else None


def _why_missing(partition: int, offset: int, log: Log) -> str:
    end = next((end for end in log.ends if end.partition == partition), None)
    if end is None:
        known = ", ".join(str(end.partition) for end in log.ends)
        return f"the store holds nothing of partition {partition}; it holds {known}"
    if offset > end.last_offset:
        return f"offset {offset:,} is beyond the end of partition {partition}, whose last one is {end.last_offset:,}"
    if offset < end.first_offset:
        return f"offset {offset:,} is before what is kept of partition {partition}, whose first is {end.first_offset:,}"
    return f"partition {partition} holds no fact at offset {offset:,}; a refused record has its place in dead letters"
