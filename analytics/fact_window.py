"""The facts that were appended in the last seconds, counted, and the newest of the log.

Belongs here: what a row of `facts` adds. Not here: reading rows (tail.py), the form of answers (read_model.py).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from analytics.answers import FactRow
from analytics.sorted_values import Longs
from analytics.tail import longs

COLUMNS = (
    "partition", "offset", "appended_at", "kind", "producer", "colour", "operator", "children", "left_id", "right_id",
    "target", "why", "event_id",
)  # fmt: skip
RECENT = 100
"""As many as `v_recent_facts` gives."""
_SECOND = 1_000_000


class FactWindow:
    """What the facts since a moment amount to. For one thread."""

    def __init__(self) -> None:
        self._by_second: Counter[int] = Counter()
        self._latest: list[Longs] = []
        self._newest: dict[tuple[int, int], FactRow] = {}

    def take(self, rows: pa.Table) -> None:
        """Take in facts: columns `COLUMNS`."""
        at = longs(rows, "appended_at")
        seconds, counts = np.unique(at // _SECOND, return_counts=True)
        self._by_second.update(dict(zip(seconds.tolist(), counts.tolist(), strict=True)))
        self._latest.append(at)
        order = np.lexsort((-longs(rows, "offset"), longs(rows, "partition"), -at))[:RECENT]
        newest = rows.select(list(COLUMNS)).take(pa.array(order)).to_pydict()
        newest["appended_at"] = at[order].tolist()
        self.know(zip(*newest.values(), strict=True))

    def know(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take in rows of the newest facts, times in microseconds. What is known already stays as it is."""
        for row in rows:
            self._newest[row[0], row[1]] = _fact_row(row)
        self._newest = {(fact.partition, fact.offset): fact for fact in self.recent}

    def forget_newest(self) -> None:
        """Forget which are the newest: some are gone."""
        self._newest = {}

    def drop_until(self, since_us: int, rate_since_us: int) -> None:
        """Take out seconds that are wholly older, and for the rate what is older."""
        for second in [second for second in self._by_second if second < since_us // _SECOND]:
            del self._by_second[second]
        kept = (at[at >= rate_since_us] for at in self._latest)
        self._latest = [at for at in kept if len(at)]

    @property
    def reach_us(self) -> int:
        """Give the time from which on a fact that comes late is one of the newest."""
        return self.recent[-1].appended_at_us if len(self._newest) == RECENT else 0

    @property
    def latest(self) -> int:
        """How many were appended since the moment that the rate is about."""
        return sum(map(len, self._latest))

    def in_second(self, second: int) -> float | None:
        """Give how many were appended in a second, or None."""
        found = self._by_second.get(second)
        return None if found is None else float(found)

    @property
    def recent(self) -> tuple[FactRow, ...]:
        """The newest facts, newest first."""
        facts = sorted(self._newest.values(), key=lambda fact: (-fact.appended_at_us, fact.partition, -fact.offset))
        return tuple(facts[:RECENT])


def _fact_row(row: Sequence[Any]) -> FactRow:
    partition, offset, at_us, kind, producer, colour, *about, event_id = row
    return FactRow(
        partition=partition,
        offset=offset,
        appended_at_us=at_us,
        kind=kind,
        producer=producer,
        colour=colour or "",
        summary=_summary(kind, *about),
        event_id=event_id,
    )


def _summary(
    kind: str,
    operator: str | None,
    children: Sequence[str] | None,
    left: str | None,
    right: str | None,
    target: str | None,
    why: str | None,
) -> str:
    """Give a fact in one line."""
    match kind:
        case "NodeAdded":
            return f"{operator}/{len(children or ())}"
        case "EqualityAsserted":
            return f"{(left or '')[:8]} = {(right or '')[:8]}  {why or ''}"
        case "FactRetracted":
            return f"{(target or '')[:8]}  {why or ''}"
        case _:
            return f"{operator or ''}  {why or ''}"
