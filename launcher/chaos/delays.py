"""From what agents said they hold to the time from producer to all nine. Pure.

Belongs here: arrivals and percentiles. Not here: reading topics (evidence.py).
An agent's version travels in each of its gossip messages and heartbeats: the first one that covers a fact bounds its
arrival from above, within about a gossip interval (0.1 s).
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from launcher.chaos.load import Entry

SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


class Arrivals:
    """When each agent was seen to hold each partition up to where."""

    def __init__(self, agents: int) -> None:
        self._agents = agents
        self._untils: list[list[list[int]]] = [[[] for _ in range(agents)] for _ in range(agents)]
        self._times: list[list[list[int]]] = [[[] for _ in range(agents)] for _ in range(agents)]

    def saw(self, agent: int, version: Sequence[int], at: int) -> None:
        """Take in what an agent said at a time in microseconds. What it said of less, or later, adds nothing."""
        for partition, until in enumerate(version):
            untils, times = self._untils[agent][partition], self._times[agent][partition]
            if not untils or until > untils[-1]:
                untils.append(until)
                times.append(at)

    def everywhere(self, partition: int, offset: int) -> int | None:
        """Give when the last agent was seen to hold a position, or None if some agent never was."""
        latest = 0
        for agent in range(self._agents):
            untils = self._untils[agent][partition]
            index = bisect_right(untils, offset)
            if index == len(untils):
                return None
            latest = max(latest, self._times[agent][partition][index])
        return latest


def delays_ms(entries: Iterable[Entry], arrivals: Arrivals) -> list[tuple[int, float]]:
    """Give (when it was due, milliseconds until all agents held it) of each fact whose position is known."""
    found = []
    for entry in entries:
        if entry.offset >= 0 and (at := arrivals.everywhere(entry.partition, entry.offset)) is not None:
            found.append((entry.due_at, (at - entry.due_at) / 1000))
    return found


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Give p50, p95, p99 (nearest rank) and the greatest; nothing for no values."""
    if not values:
        return {}
    ordered = sorted(values)
    ranks = {name: ordered[ceil(share * len(ordered)) - 1] for name, share in SHARES}
    return {name: round(value, 1) for name, value in (*ranks.items(), ("max", ordered[-1]))}


def bucket_percentiles(counts: Mapping[int, int]) -> dict[str, float]:
    """Give p50, p95 and p99 in milliseconds of buckets floor(16 * log2(microseconds)): their upper edges."""
    everything, reached, found = sum(counts.values()), 0, dict[str, float]()
    for bucket, count in sorted(counts.items()):
        reached += count
        for name, share in SHARES:
            if name not in found and reached >= share * everything:
                found[name] = round(2 ** ((bucket + 1) / 16) / 1000, 1)
    return found
