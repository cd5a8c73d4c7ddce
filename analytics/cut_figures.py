"""What messages and agents amounted to up to a moment: second by second, and its last period beside the one before.

Belongs here: figures that stand at the cut of time travel. Not here: which moment that is (cut_reader.py), figures of
now (read_model.py). Nothing later than the moment is in any of them.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from analytics.cut_answers import CutPeriod, CutWindow
from analytics.cut_replay import Ask
from analytics.flows import flow, quantiles, rounded
from analytics.told_history import SILENT_AFTER_S, Told, lags_at

PERIOD_S = 30
"""So long are the periods that are compared; flows are those of the last one."""
_SECOND = 1_000_000
_ARRIVED = "kind IN ('MessageReceived', 'AckReceived')"
_SUMS = f"""count(*), count(*) FILTER (WHERE {_ARRIVED}),
quantile_cont(latency_us / 1000.0, [0.5, 0.95, 0.99]) FILTER (WHERE {_ARRIVED}),
coalesce(sum(bytes) FILTER (WHERE {_ARRIVED}), 0) * 8 / 1e6,
sum(useful) FILTER (WHERE {_ARRIVED}) / nullif(sum(facts) FILTER (WHERE {_ARRIVED}), 0)"""
_FROM_EVENTS = "FROM events WHERE ts > make_timestamp(?) AND ts <= make_timestamp(?)"
_IN_STEPS = f"SELECT (? - epoch_us(ts)) // ? AS age, {_SUMS} {_FROM_EVENTS} GROUP BY age"
_FLOWS = f"""
SELECT peer, agent, count(*), quantile_cont(latency_us / 1000.0, [0.5, 0.95, 0.99]), sum(bytes) * 8 / 1e6,
       sum(useful) / nullif(sum(facts), 0)
{_FROM_EVENTS} AND {_ARRIVED} GROUP BY peer, agent ORDER BY peer, agent
"""
_BEATS = """
SELECT agent, epoch_us(appended_at), "offset", incarnation, version, facts, classes, accepted, quarantined, view_digest
FROM heartbeats WHERE appended_at > make_timestamp(?) AND appended_at <= make_timestamp(?)
ORDER BY appended_at, "offset"
"""


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the events of a step of time amount to."""

    events: int = 0
    messages: int = 0
    latency: list[float | None] = field(default_factory=lambda: [None, None, None])
    megabits: float = 0.0
    efficiency: float | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    """How agents stood at a moment: different views among them, and quarantined equalities where most was known."""

    digests: int | None
    quarantined: int | None


class _Words:
    """What each agent had told, oldest first."""

    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self.told: dict[int, list[Told]] = defaultdict(list)
        self._digests: dict[int, list[str]] = defaultdict(list)
        for agent, *words, digest in rows:
            self.told[agent].append(Told(words[0], words[1], words[2], tuple(words[3]), *words[4:]))
            self._digests[agent].append(digest)

    def standing(self, until_us: int) -> _Standing:
        """Give how those who were heard shortly before stood; None where nobody was."""
        found = []
        for agent, told in self.told.items():
            last = bisect_right(told, until_us, key=lambda item: item.appended_at) - 1
            if last >= 0 and until_us - told[last].appended_at <= SILENT_AFTER_S * _SECOND:
                found.append((told[last].facts, -agent, told[last].quarantined, self._digests[agent][last]))
        return _Standing(len({item[3] for item in found}), max(found)[2]) if found else _Standing(None, None)


def figures_until(ask: Ask, moment_us: int, window_s: int) -> CutWindow:
    """Give the figures of a window that ends at a moment. Raises StoreUnreadable."""
    span_s = max(window_s, 2 * PERIOD_S)
    ends = [moment_us - age * _SECOND for age in reversed(range(window_s))]
    since = max(0, moment_us - span_s * _SECOND)
    rows = ask(_BEATS, max(0, since - SILENT_AFTER_S * _SECOND), moment_us)
    words = _Words(rows)
    by_second = _steps(ask, moment_us, _SECOND, since)
    by_period = _steps(ask, moment_us, PERIOD_S * _SECOND, max(0, moment_us - 2 * PERIOD_S * _SECOND))
    seconds = [by_second.get(age, _Sums()) for age in reversed(range(window_s))]
    standing = [words.standing(end) for end in ends]
    return CutWindow(
        window_s=window_s,
        period_s=PERIOD_S,
        messages=sum(item.messages for item in seconds),
        latest=_period(by_period.get(0, _Sums()), words.standing(moment_us)),
        earlier=_earlier(ask, by_period, words, moment_us),
        flows=tuple(flow(row, PERIOD_S) for row in ask(_FLOWS, max(0, moment_us - PERIOD_S * _SECOND), moment_us)),
        second=tuple(-age for age in reversed(range(window_s))),
        events_per_s=tuple(item.events for item in seconds),
        mbps=tuple(round(item.megabits, 5) for item in seconds),
        p50_ms=tuple(item.latency[0] for item in seconds),
        p95_ms=tuple(item.latency[1] for item in seconds),
        p99_ms=tuple(item.latency[2] for item in seconds),
        efficiency=tuple(item.efficiency for item in seconds),
        distinct_digests=tuple(item.digests for item in standing),
        quarantined=tuple(item.quarantined for item in standing),
        lags=lags_at(words.told, [end + 1 for end in ends]),
    )


def _steps(ask: Ask, moment_us: int, step_us: int, since_us: int) -> dict[int, _Sums]:
    """Give what events amount to by how many steps before the moment they were."""
    return {
        row[0]: _Sums(row[1], row[2], quantiles(row[3]), float(row[4]), rounded(row[5]))
        for row in ask(_IN_STEPS, moment_us, step_us, since_us, moment_us)
    }


def _earlier(ask: Ask, by_period: dict[int, _Sums], words: _Words, moment_us: int) -> CutPeriod | None:
    """Give the period before the last one, if the store reaches back over all of it."""
    began, ended = moment_us - 2 * PERIOD_S * _SECOND, moment_us - PERIOD_S * _SECOND
    ((oldest,),) = ask("SELECT epoch_us(min(ts)) FROM events")
    if oldest is None or oldest > began:
        return None
    return _period(by_period.get(1, _Sums()), words.standing(ended))


def _period(sums: _Sums, standing: _Standing) -> CutPeriod:
    p50, p95, p99 = sums.latency
    return CutPeriod(
        events_per_s=round(sums.events / PERIOD_S, 2),
        mbps=round(sums.megabits / PERIOD_S, 5),
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        efficiency=sums.efficiency,
        distinct_digests=standing.digests,
        quarantined=standing.quarantined,
    )
