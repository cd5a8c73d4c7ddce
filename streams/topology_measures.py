"""What a topology promises, computed from its graph alone: distances, messages per fact, reach when agents fail.

Belongs here: measures that need no run. Not here: the graphs (topology.py), latencies, duplicates.
"""

from collections.abc import Collection, Set
from fractions import Fraction
from itertools import combinations
from math import comb

from streams.topology import Topology

_MOST_SUBSETS = 20_000


def diameter(topology: Topology) -> int:
    """Give the largest distance between two agents, in hops."""
    return max(max(topology.distances(agent)) for agent in range(topology.size))


def mean_distance(topology: Topology) -> Fraction:
    """Give the mean distance in hops over all size squared ordered pairs, an agent and itself included."""
    return Fraction(sum(sum(topology.distances(agent)) for agent in range(topology.size)), topology.size**2)


def messages_per_fact(topology: Topology) -> Fraction:
    """Give how many edges of its tree a fact crosses until all agents hold it, mean over its homes."""
    agents = range(topology.size)
    crossed = sum(len(topology.tree_children(home, agent)) for home in agents for agent in agents)
    return Fraction(crossed, topology.size)


def articulation_points(topology: Topology) -> tuple[int, ...]:
    """Give the agents, ascending, whose failure alone parts the others."""
    return tuple(failed for failed in range(topology.size) if len(_components(topology, {failed})) > 1)


def spare_edges(topology: Topology) -> tuple[tuple[int, int], ...]:
    """Give the edges without any one of which all agents still reach each other."""
    return tuple(edge for edge in topology.edges if len(_components(topology.without(edge), set())) == 1)


def reach(topology: Topology, failed: int) -> Fraction:
    """Give the share of ordered pairs of living agents that a path of living agents joins, when `failed` ones fail.

    Exact: the mean over all sets of so many agents. One living agent alone reaches all there are.
    Raises ValueError if no agent would live, or if there are more than 20,000 such sets.
    """
    living = topology.size - failed
    if failed < 0 or living < 1:
        raise ValueError(f"{failed} failed of {topology.size} agents; choose 0 to {topology.size - 1}")
    subsets = comb(topology.size, failed)
    if subsets > _MOST_SUBSETS:
        raise ValueError(f"{subsets} sets of {failed} among {topology.size} agents are too many; choose fewer failures")
    if living == 1:
        return Fraction(1)
    joined = sum(
        size * (size - 1)
        for gone in combinations(range(topology.size), failed)
        for size in _components(topology, set(gone))
    )
    return Fraction(joined, subsets * living * (living - 1))


def heard_by(topology: Topology, home: int, failed: Collection[int]) -> frozenset[int]:
    """Give the living agents, but the living `home` itself, to which a path of living agents leads from there."""
    return frozenset(_part_of(topology, home, set(failed)) - {home})


def _components(topology: Topology, failed: Set[int]) -> list[int]:
    """Give the sizes of the parts into which the living agents fall."""
    unseen = set(range(topology.size)) - failed
    sizes = []
    while unseen:
        part = _part_of(topology, min(unseen), failed)
        unseen -= part
        sizes.append(len(part))
    return sizes


def _part_of(topology: Topology, agent: int, failed: Set[int]) -> set[int]:
    """Give the living agent with all to which a path of living agents leads from it."""
    part, waiting = {agent}, [agent]
    while waiting:
        found = set(topology.neighbours(waiting.pop())) - part - failed
        part |= found
        waiting += found
    return part
