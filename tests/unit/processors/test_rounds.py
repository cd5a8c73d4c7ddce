"""Whom an agent tells at once, and when."""

from collections.abc import Collection, Mapping
from itertools import product

import pytest

from streams.processors.rounds import Paths, Rounds
from streams.topology import Topology, default_topology, named_topology

LATTICE = default_topology(9)
INTERVAL = 100_000


def told_by(topology: Topology, agent: int, home: int, inside: Collection[int], lives: Mapping[int, str]) -> set[int]:
    """Ask an agent that knows nothing from before."""
    return set(Paths(topology, agent).told_at_once(home, inside, lives))


@pytest.mark.parametrize("topology", [LATTICE, named_topology("ring", 7)], ids=lambda topology: topology.name)
@pytest.mark.parametrize("processes", [1, 2, 3, 4, 7])
def test_each_process_is_told_at_once_by_one_edge(topology: Topology, processes: int) -> None:
    """A process would wait for the interval, or be told of each fact several times."""
    lives = {agent: f"p{agent * agent % processes}" for agent in range(topology.size)}
    for home in range(topology.size):
        entered: list[str] = [lives[home]]
        waiting = True
        while waiting:  # in the order in which facts can come
            edges = [
                peer
                for agent in range(topology.size)
                if lives[agent] in entered
                for peer in told_by(
                    topology, agent, home, [other for other in lives if lives[other] == lives[agent]], lives
                )
            ]
            waiting = sorted({lives[home], *(lives[peer] for peer in edges)}) != sorted(entered)
            entered = sorted({lives[home], *(lives[peer] for peer in edges)})
        assert set(entered) == set(lives.values())
        assert len(edges) == len(set(lives.values())) - 1


def test_agents_that_are_alone_or_of_whom_nothing_is_known_are_told_along_the_tree() -> None:
    """Facts would wait for the interval at each hop where every agent has a process of its own."""
    for home, agent in product(range(9), repeat=2):
        assert told_by(LATTICE, agent, home, (), {}) == set(LATTICE.tree_children(home, agent))


def test_who_moves_is_told_from_its_new_place() -> None:
    """After a rebalance the edges of before would be kept."""
    paths = Paths(LATTICE, 0)
    assert paths.told_at_once(0, (0, 1), {}) == (2,)
    assert paths.told_at_once(0, (0,), {}) == (1, 2)
    assert paths.told_at_once(0, (0,), {1: "p", 2: "p"}) == (1,)


def test_between_two_rounds_with_all_only_who_is_urgent_is_told_at_a_pace() -> None:
    """Everybody would be told at the pace of the most urgent, or the urgent would wait for the interval."""
    rounds = Rounds(INTERVAL)
    assert rounds.begin(INTERVAL, force=False) is None, "all"
    assert rounds.due_at() == 2 * INTERVAL
    assert rounds.begin(INTERVAL + 1, force=False) == ()
    rounds.urgent.add(4)
    assert rounds.due_at() == INTERVAL + INTERVAL // 5
    assert rounds.begin(INTERVAL + 1, force=False) == (), "the pace is kept"
    assert rounds.begin(rounds.due_at(), force=False) == {4}
    assert rounds.due_at() == 2 * INTERVAL, "nothing is urgent any more"
    rounds.urgent.add(4)
    assert rounds.begin(2 * INTERVAL, force=False) is None
    assert not rounds.urgent, "all includes it"
    assert rounds.begin(2 * INTERVAL + 1, force=True) is None


def test_a_clock_that_is_set_back_stops_nobody() -> None:
    """An agent would be silent for as long as its machine's clock was set back."""
    rounds = Rounds(INTERVAL)
    rounds.begin(10 * INTERVAL, force=False)
    assert rounds.is_ahead_of(INTERVAL)
    assert rounds.begin(INTERVAL, force=False) is None
    assert rounds.due_at() == 2 * INTERVAL
