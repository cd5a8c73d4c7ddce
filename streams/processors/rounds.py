"""When an agent speaks, and which agent of a process tells those outside what the process has just learned.

Belongs here: pace and turns. Not here: what is said to whom (conversation.py), what a neighbour lacks (neighbours.py).
Times are microseconds since the epoch.
"""

from collections.abc import Container
from functools import lru_cache

from streams.topology import Topology

_ROUNDS_PER_INTERVAL = 5


class Rounds:
    """Rounds of one agent. News is told at once, a fifth of the gossip interval apart, so that facts travel in
    handfuls; what is no news waits for it, or for the interval. Answers keep the pace too, and wait for no news."""

    def __init__(self, interval: int) -> None:
        self._interval, self._pace = interval, interval // _ROUNDS_PER_INTERVAL
        self._told_at = self._answered_at = self._near_at = 0
        self._has_news = self._holds_answers = False

    def due_at(self) -> int:
        """Give the time of the next round."""
        due = self._told_at + (self._pace if self._has_news else self._interval)
        return min(due, self._answered_at + self._pace) if self._holds_answers else due

    def set_back(self, now: int) -> bool:
        """Tell whether the machine's clock was set back, and begin anew from there."""
        is_back = now < max(self._told_at, self._answered_at)
        if is_back:
            self._told_at = self._answered_at = now - self._interval
        return is_back

    def have_news(self) -> None:
        """Remember that there is something to be told at once."""
        self._has_news = True

    def may_tell(self, now: int) -> bool:
        """Begin a round that tells facts, if it is time for one."""
        if 0 <= now - self._told_at < (self._pace if self._has_news else self._interval):
            return False
        self._told_at = self._answered_at = now
        self._has_news = self._holds_answers = False
        return True

    def may_answer(self, now: int, *, force: bool) -> bool:
        """Begin a round of answers alone, if it is time for one or it is forced."""
        self._holds_answers = not force and 0 <= now - self._answered_at < self._pace
        if not self._holds_answers:
            self._answered_at = now
        return not self._holds_answers

    def may_tell_near(self, now: int) -> bool:
        """Tell whether a round that tells facts includes those who live in the same process: once an interval."""
        if 0 <= now - self._near_at < self._interval:
            return False
        self._near_at = now
        return True


class Outlets:
    """Which agent of a process tells those outside at once, by the tree of the home from which facts come.

    All agents of a process know what one of them brings. If each told its children outside, most of these would hear
    what their own process knows already.
    """

    def __init__(self, topology: Topology, agent: int) -> None:
        self._agent = agent
        self._parents = _parents(topology)
        self._neighbours = [topology.neighbours(other) for other in range(topology.size)]

    def is_one(self, home: int, inside: Container[int]) -> bool:
        """Tell whether this agent is one for facts of `home` that others of its process, `inside`, have brought.

        It is not where its parent lives outside, and tells it; nor where an agent above it in this process is one.
        """
        parents = self._parents[home]
        above = parents[self._agent]
        if above not in inside or not self._has_child_outside(self._agent, home, inside):
            return False
        while above in inside:
            if self._has_child_outside(above, home, inside):
                return False
            above = parents[above]
        return True

    def _has_child_outside(self, agent: int, home: int, inside: Container[int]) -> bool:
        parents = self._parents[home]
        return any(parents[peer] == agent and peer not in inside for peer in self._neighbours[agent])


@lru_cache(maxsize=64)
def _parents(topology: Topology) -> tuple[tuple[int, ...], ...]:
    """Give, for each home, from whom each agent has its facts: -1 for the home itself."""
    found = []
    for home in range(topology.size):
        parents = [-1] * topology.size
        for agent in range(topology.size):
            for child in topology.tree_children(home, agent):
                parents[child] = agent
        found.append(tuple(parents))
    return tuple(found)
