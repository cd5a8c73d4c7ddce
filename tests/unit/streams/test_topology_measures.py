"""What the graph of a topology promises, against figures worked out by hand."""

from fractions import Fraction

import pytest

from streams.topology import Topology, named_topology
from streams.topology_measures import articulation_points, diameter, heard_by, mean_distance, messages_per_fact, reach


def test_the_lattice_is_the_one_of_the_design() -> None:
    """The default lattice would be another than the documents state."""
    lattice = named_topology("sierpinski", 9)

    assert diameter(lattice) == 3
    assert mean_distance(lattice) == Fraction(122, 81)
    assert round(float(mean_distance(lattice)), 3) == 1.506


@pytest.mark.parametrize(
    ("name", "longest", "mean"),
    [("ring", 4, Fraction(20, 9)), ("clique", 1, Fraction(8, 9)), ("direct", 2, Fraction(128, 81))],
)
def test_distances_of_the_other_topologies(name: str, longest: int, mean: Fraction) -> None:
    """A comparison of topologies would state wrong distances."""
    topology = named_topology(name, 9)

    assert (diameter(topology), mean_distance(topology)) == (longest, mean)


@pytest.mark.parametrize("name", ["sierpinski", "ring", "clique", "direct"])
def test_a_fact_crosses_one_edge_for_each_agent_but_its_home(name: str) -> None:
    """The trees would leave an agent out, or bring it a fact twice."""
    assert messages_per_fact(named_topology(name, 9)) == 8


def test_only_the_hub_of_the_star_parts_the_others() -> None:
    """An agent on which the system hangs would not be named, or one would be named that does not matter."""
    assert articulation_points(named_topology("direct", 9)) == (0,)
    assert articulation_points(Topology("path", 4, ((0, 1), (1, 2), (2, 3)))) == (1, 2)
    for name in ("sierpinski", "ring", "clique"):
        assert articulation_points(named_topology(name, 9)) == ()


def test_reach_counts_pairs_that_living_agents_join() -> None:
    """The share of agents that still hear would be wrong."""
    # One of nine fails: without its hub nobody hears in the star; any other leaves all joined.
    assert reach(named_topology("direct", 9), 1) == Fraction(8, 9)
    # Two of four fail: two that stand opposite part the others, which is so for 2 of 6 pairs.
    assert reach(named_topology("ring", 4), 2) == Fraction(4, 6)
    assert reach(named_topology("clique", 9), 5) == 1
    lattice = named_topology("sierpinski", 9)
    assert reach(lattice, 0) == reach(lattice, 1) == 1
    # Four of 36 pairs part the lattice: 1-2 cuts off agent 0, 2-6 agent 7, 1-5 agents 0, 2, 6 and 7 being still joined
    # and so apart from 3, 4 and 8; 2-5 agents 6 and 7 from 0, 1, 3, 4 and 8.
    lost = 2 * (1 * 6) + 2 * (1 * 6) + 2 * (4 * 3) + 2 * (2 * 5)
    assert reach(lattice, 2) == 1 - Fraction(lost, 36 * 7 * 6)


@pytest.mark.parametrize("failed", [-1, 9])
def test_reach_refuses_what_leaves_nobody(failed: int) -> None:
    """A number would be told where there is nothing to measure."""
    with pytest.raises(ValueError, match="choose 0 to 8"):
        reach(named_topology("clique", 9), failed)


def test_reach_refuses_what_takes_too_long() -> None:
    """A large system would be counted for hours instead of an answer."""
    with pytest.raises(ValueError, match="too many"):
        reach(named_topology("ring", 64), 5)


def test_who_hears_of_a_fact_when_certain_agents_failed() -> None:
    """A real run that kills certain agents would be held against another promise than the table's."""
    star = named_topology("direct", 5)
    assert heard_by(star, 1, ()) == {0, 2, 3, 4}
    assert heard_by(star, 1, (0,)) == set(), "the centre failed"
    ring = named_topology("ring", 6)
    assert (heard_by(ring, 1, (0, 3)), heard_by(ring, 4, (0, 3))) == ({2}, {5})
    pairs = sum(len(heard_by(ring, home, (0, two))) for two in range(1, 6) for home in range(1, 6) if home != two)
    assert Fraction(pairs, 5 * 4 * 3) == reach(ring, 2)
