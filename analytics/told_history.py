"""What agents told in their heartbeats over the last minutes: how far behind each was, and what there was at a moment.

Belongs here: questions about the past of heartbeats. Not here: how agents stand now (heartbeat_window.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analytics.answers import AgentLags
from analytics.sorted_values import Longs

SILENT_AFTER_S = 3
"""After so long without a heartbeat, where an agent is cannot be told from the last one."""
_SECOND = 1_000_000


class Told(NamedTuple):
    """What a heartbeat told, when it was appended and where it stands: in this order they are sorted."""

    appended_at: int
    offset: int
    incarnation: int
    version: tuple[int, ...]
    facts: int
    classes: int
    accepted: int
    quarantined: int


def fullest_before(history: Mapping[int, Sequence[Told]], end_us: int) -> Told | None:
    """Give the newest word, before a moment, of the agent that held most facts by then; of several, of the first."""
    found = []
    for agent in sorted(history):
        earlier = [told for told in history[agent] if told.appended_at < end_us]
        if earlier:
            found.append(max(earlier))
    return max(found, key=lambda told: told.facts, default=None)


def heard_before(history: Mapping[int, Sequence[Told]], end_us: int) -> bool:
    """Tell whether any agent had said anything."""
    return any(told.appended_at < end_us for words in history.values() for told in words)


def lags(history: Mapping[int, Sequence[Told]], seconds: Sequence[int]) -> tuple[AgentLags, ...]:
    """Give, for the end of each second, how many positions an agent lacked of those that some agent had passed."""
    return lags_at(history, [(second + 1) * _SECOND for second in seconds])


def lags_at(history: Mapping[int, Sequence[Told]], ends_us: Sequence[int]) -> tuple[AgentLags, ...]:
    """Give the same for moments in microseconds, from what was told before each of them."""
    ends = np.array(ends_us, np.int64)
    agents = [agent for agent in sorted(history) if history[agent]]
    width = max((len(history[agent][-1].version) for agent in agents), default=0)
    join = np.zeros((len(ends), width), np.int64)
    passed: dict[int, Longs] = {}
    silent: dict[int, npt.NDArray[np.bool_]] = {}
    for agent in agents:
        words = sorted(history[agent])
        at = np.array([told.appended_at for told in words], np.int64)
        last = np.searchsorted(at, ends) - 1
        versions = np.array([_wide(told.version, width) for told in words], np.int64)[last]
        versions[last < 0] = 0
        np.maximum(join, versions, out=join)
        passed[agent] = versions.sum(axis=1)
        silent[agent] = (last < 0) | (ends - at[last] > SILENT_AFTER_S * _SECOND)
    everything = join.sum(axis=1)
    return tuple(
        AgentLags(agent=agent, facts=tuple(_known((everything - passed[agent]).tolist(), silent[agent].tolist())))
        for agent in agents
    )


def _wide(version: tuple[int, ...], width: int) -> tuple[int, ...]:
    return version if len(version) == width else (*version, *(0 for _ in range(width)))[:width]


def _known(values: Iterable[int], unknown: Iterable[bool]) -> Iterable[int | None]:
    return (None if missing else value for value, missing in zip(values, unknown, strict=True))
