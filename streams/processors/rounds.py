"""When an agent speaks, and whom it tells at once what it has just learned.

Belongs here: pace and turns. Not here: what is said (conversation.py), what a neighbour lacks (neighbours.py).
Times are microseconds since the epoch.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache

from streams.topology import Topology

_ROUNDS_PER_INTERVAL = 5


class Rounds:
    """Rounds of one agent: to all neighbours once a gossip interval, and in between to those who should not wait.

    The latter are a fifth of the interval apart, so that facts travel in handfuls.
    """

    def __init__(self, interval: int) -> None:
        self._interval, self._pace = interval, interval // _ROUNDS_PER_INTERVAL
        self._all_at = self._some_at = 0
        self.urgent: set[int] = set()
        """Neighbours who should not wait for the interval."""

    def due_at(self) -> int:
        """Give the time of the next round."""
        due = self._all_at + self._interval
        return min(due, self._some_at + self._pace) if self.urgent else due

    def is_ahead_of(self, now: int) -> bool:
        """Tell whether the last round lies in the future: the machine's clock was set back."""
        return now < max(self._all_at, self._some_at)

    def begin(self, now: int, *, force: bool) -> Collection[int] | None:
        """Begin a round, if it is time for one. Gives with whom, None for all neighbours."""
        if force or not 0 <= now - self._all_at < self._interval:
            self._all_at = self._some_at = now
            self.urgent = set()
            return None
        if not self.urgent or 0 <= now - self._some_at < self._pace:
            return ()
        self._some_at = now
        some, self.urgent = self.urgent, set()
        return some


class Paths:
    """Whom an agent tells at once of facts, by the tree of their home.

    What one agent of a process hears all agents of it know, so each process is told at once along one edge of the
    tree, the one that ends nearest to the home. Every agent finds the same edge, and what tells of facts by it has
    them early enough, because the edge into its own process ends nearer still.
    """

    def __init__(self, topology: Topology, agent: int) -> None:
        self._agent = agent
        self._trees = _trees(topology)
        self._inside: tuple[int, ...] = ()
        self._processes: Mapping[int, str] = {}
        self._told: dict[int, tuple[int, ...]] = {}

    def told_at_once(self, home: int, inside: Collection[int], processes: Mapping[int, str]) -> tuple[int, ...]:
        """Give the neighbours to tell, where the agents `inside` are of this process and others live in `processes`.

        Of whom nothing is known lives alone. Where it is known wrongly, or no more, facts wait for the interval.
        """
        if self._inside != tuple(inside) or self._processes is not processes:
            self._inside, self._processes = tuple(inside), processes
            self._told.clear()
        told = self._told.get(home)
        if told is None:
            told = self._told[home] = self._find(home)
        return told

    def _find(self, home: int) -> tuple[int, ...]:
        parents, hops = self._trees[home]
        entered: set[int | str] = set()
        told = []
        for other in sorted(range(len(hops)), key=lambda agent: (hops[agent], agent)):  # the home comes first
            process = self._process_of(other)
            if process not in entered and parents[other] == self._agent:
                told.append(other)
            entered.add(process)
        return tuple(told)

    def _process_of(self, agent: int) -> int | str:
        return "" if agent in self._inside else self._processes.get(agent, agent)


@lru_cache(maxsize=64)
def _trees(topology: Topology) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """Give, for each home, from whom each agent has its facts (-1 for the home itself), and in how many hops."""
    found = []
    for home in range(topology.size):
        parents = [-1] * topology.size
        for agent in range(topology.size):
            for child in topology.tree_children(home, agent):
                parents[child] = agent
        found.append((tuple(parents), topology.distances(home)))
    return tuple(found)
