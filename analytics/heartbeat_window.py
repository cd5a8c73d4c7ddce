"""The newest heartbeat of each agent, and since when an agent has been where it is.

Belongs here: what a row of `heartbeats` changes, and agents as answers. Not here: reading rows (tail.py).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pyarrow as pa

from analytics.answers import AgentState
from analytics.tail import longs
from analytics.told_history import Told
from schemas.health import band_of, health_after

HEALTH_TIMEOUT_S = 10.0
STILL_WINDOW_S = 300
_HEALTHY_FROM = 0.65
"""Not 0.8, as for the orchestrator: a heartbeat that arrives here has waited for the next one, a flush and a tick."""
_SECOND = 1_000_000


class Beat(NamedTuple):
    """One heartbeat; its fields are the columns of `heartbeats`, appended_at in microseconds."""

    offset: int
    appended_at: int
    agent: int
    incarnation: int
    worker: str
    pid: int
    role: str
    neighbours: Sequence[int]
    version: Sequence[int]
    set_digest: str
    view_digest: str
    facts: int
    nodes: int
    classes: int
    accepted: int
    quarantined: int
    suspended: int
    tombstones_held: int
    violations: int
    rss_bytes: int


COLUMNS = Beat._fields


def health_of(age_s: float) -> tuple[float, str]:
    """Give health and band for a heartbeat that arrived so many seconds ago: max(0, 1 - age / timeout)."""
    health = health_after(age_s, HEALTH_TIMEOUT_S)
    return health, band_of(health, healthy_from=_HEALTHY_FROM)


class HeartbeatWindow:
    """Who was heard, and where each has been in the last minutes. For one thread."""

    def __init__(self) -> None:
        self._newest: dict[int, Beat] = {}
        self.history: dict[int, list[Told]] = defaultdict(list)
        """What each agent told in the last minutes."""

    def take(self, rows: pa.Table) -> None:
        """Take in heartbeats: columns `COLUMNS`."""
        columns = rows.select(list(COLUMNS)).to_pydict()
        columns["appended_at"] = longs(rows, "appended_at").tolist()
        beats = [Beat(*row) for row in zip(*columns.values(), strict=True)]
        for beat in beats:
            self.history[beat.agent].append(
                Told(
                    beat.appended_at,
                    beat.offset,
                    beat.incarnation,
                    tuple(beat.version),
                    beat.facts,
                    beat.classes,
                    beat.accepted,
                    beat.quarantined,
                )
            )
        self.know(beats)

    def know(self, beats: Iterable[Beat]) -> None:
        """Take in heartbeats that may be the newest of their agents."""
        for beat in beats:
            known = self._newest.get(beat.agent)
            if known is None or beat.offset >= known.offset:
                self._newest[beat.agent] = beat

    def forget_newest(self) -> None:
        """Forget who was heard: some heartbeats are gone."""
        self._newest = {}

    def drop_until(self, since_us: int) -> None:
        """Take out what was told at an earlier time."""
        for agent, words in self.history.items():
            self.history[agent] = [told for told in words if told.appended_at >= since_us]

    @property
    def fullest(self) -> Beat | None:
        """The newest heartbeat of the agent that holds most facts; of several, of the first."""
        return max(self._newest.values(), key=lambda beat: (beat.facts, -beat.agent), default=None)

    def agents(self, now_us: int) -> tuple[AgentState, ...]:
        """Give how each agent stands."""
        beats = [self._newest[agent] for agent in sorted(self._newest)]
        # The join of all versions: what some agent holds, another may still lack.
        join = [max(entries) for entries in zip(*(beat.version for beat in beats), strict=False)]
        return tuple(self._state(beat, sum(join), now_us) for beat in beats)

    def _state(self, beat: Beat, everything: int, now_us: int) -> AgentState:
        health, band = health_of((now_us - beat.appended_at) / _SECOND)
        place = (beat.incarnation, tuple(beat.version))
        words = self.history.get(beat.agent, ())
        here = [told.appended_at for told in words if (told.incarnation, told.version) == place]
        return AgentState(
            agent=beat.agent,
            role=beat.role,
            worker=beat.worker,
            pid=beat.pid,
            incarnation=beat.incarnation,
            last_seen_us=beat.appended_at,
            health=round(health, 3),
            band=band,
            facts=beat.facts,
            lag=everything - sum(beat.version),
            classes=beat.classes,
            accepted=beat.accepted,
            quarantined=beat.quarantined,
            set_digest=beat.set_digest,
            view_digest=beat.view_digest,
            violations=beat.violations,
            rss_bytes=beat.rss_bytes,
            neighbours=tuple(beat.neighbours),
            still_since_us=min(here, default=beat.appended_at),
        )
