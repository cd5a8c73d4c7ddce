"""The read model: questions of the console, answered as plain data. The only way from pixels to the store.

Belongs here: the answers' form. Not here: reading and counting (live_window.py), pixels, writing.
"""

import threading
import time
from pathlib import Path

from analytics.answers import AgentState, Kpis, Overview, Series
from analytics.current_store import CurrentStore
from analytics.flows import flow, quantiles, rounded
from analytics.live_window import SECOND_US, LiveWindow
from analytics.periods import periods
from analytics.tail import Beginning
from analytics.told_history import lags


class ReadModel:
    """Answers from the segments below a data directory as they stand. Safe to use from several threads."""

    def __init__(self, data_dir: Path, *, agents: int = 9) -> None:
        self._store = CurrentStore(data_dir, agents=agents)
        self._lock = threading.Lock()
        self._live: LiveWindow | None = None

    def overview(self, window_s: int = 180) -> Overview:
        """Give everything that the live page shows, over the last `window_s` seconds. Empty before the first data."""
        with self._lock:
            now = time.time_ns() // 1000
            live = self._at(now, window_s)
            agents = live.heartbeats.agents(now)
            series = _series(live, now)
            latest, earlier = periods(live, now)
            return Overview(
                generated_at_us=now,
                newest_event_us=live.newest_event_us,
                kpis=_kpis(live, agents, now),
                agents=agents,
                flows=tuple(flow(row, window_s) for row in live.messages.flows()),
                series=series,
                lags=lags(live.heartbeats.history, series.second),
                latest=latest,
                earlier=earlier,
                recent_messages=live.messages.recent.newest,
                recent_facts=live.facts.recent,
                recent_turns=live.turns,
                recent_turns_count=live.turns_count,
            )

    def end_to_end(self) -> dict[str, float | None]:
        """Give p50, p95 and p99 in milliseconds from append to fold, over everything, and the number of folds."""
        with self._lock:
            found = self._store.connection().execute("SELECT p50_ms, p95_ms, p99_ms, folds FROM v_end_to_end")
            ((p50, p95, p99, folds),) = found.fetchall()
        return {"p50_ms": rounded(p50), "p95_ms": rounded(p95), "p99_ms": rounded(p99), "folds": folds or 0}

    def _at(self, now: int, window_s: int) -> LiveWindow:
        """Give the window as it is now. One that cannot go on, or has failed, is replaced by one that begins."""
        live, self._live = self._live, None
        if live is not None and live.can_show(window_s, now):
            try:
                live.advance(now)
            except Beginning:
                live = None
        else:
            live = None
        if live is None:
            live = LiveWindow(self._store, window_s)
            live.advance(now)
        self._live = live
        return live


def _kpis(live: LiveWindow, agents: tuple[AgentState, ...], now: int) -> Kpis:
    fullest = live.heartbeats.fullest
    rate_s = live.rate_window_s
    messages = live.messages.everything
    latency = quantiles(messages.quantiles)
    end_to_end = [rounded(value) for value in live.messages.fold_quantiles()]
    up = [item for item in agents if item.band != "down"]
    return Kpis(
        facts=fullest.facts if fullest else 0,
        nodes=fullest.nodes if fullest else 0,
        classes=fullest.classes if fullest else 0,
        accepted=fullest.accepted if fullest else 0,
        quarantined=fullest.quarantined if fullest else 0,
        suspended=fullest.suspended if fullest else 0,
        tombstones_held=fullest.tombstones_held if fullest else 0,
        violations=max((item.violations for item in agents), default=0),
        dead_letters=live.dead_letters,
        agents=len(up),
        distinct_digests=len({item.view_digest for item in up}),
        facts_per_s=round(live.facts.latest / rate_s, 2),
        throughput_mbps=round(live.messages.bits_since(now - rate_s * SECOND_US) / rate_s / 1e6, 4),
        latency_p50_ms=latency[0],
        latency_p95_ms=latency[1],
        latency_p99_ms=latency[2],
        end_to_end_p50_ms=end_to_end[0],
        end_to_end_p95_ms=end_to_end[1],
        end_to_end_p99_ms=end_to_end[2],
        sync_efficiency=rounded(messages.efficiency),
        window_s=live.window_s,
    )


def _series(live: LiveWindow, now: int) -> Series:
    last = now // SECOND_US
    seconds = tuple(range(last - live.window_s + 1, last + 1))
    found = [live.messages.second(second) for second in seconds]
    latency = [quantiles(None if item is None else item.quantiles) for item in found]
    return Series(
        second=seconds,
        p50_ms=tuple(item[0] for item in latency),
        p95_ms=tuple(item[1] for item in latency),
        p99_ms=tuple(item[2] for item in latency),
        facts_per_s=tuple(map(live.facts.in_second, seconds)),
        mbps=tuple(None if item is None else rounded(item.megabits) for item in found),
        efficiency=tuple(None if item is None else rounded(item.efficiency) for item in found),
        distinct_digests=tuple(map(live.messages.distinct_digests, seconds)),
    )
