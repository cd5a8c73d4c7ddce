"""Topologies that people write: what is read, and each mistake with its line and its remedy."""

import pytest

from streams.topology import SIERPINSKI_SIZES, default_topology, named_topology
from streams.topology_measures import articulation_points, diameter
from streams.topology_text import TopologyProblem, read_topology


@pytest.mark.parametrize("text", ["0 1\n\n# a path\n2 1  # back\n3 2\n", '{"edges": [[0, 1], [2, 1], [3, 2]]}'])
def test_lines_and_json_say_the_same(text: str) -> None:
    """A file that worked in one notation would mean another graph in the other."""
    topology = read_topology(text, "mine", 4)
    assert topology.edges == ((0, 1), (1, 2), (2, 3))
    assert (topology.name, topology.size) == ("mine", 4)
    assert diameter(topology) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 1\n1 4\n", "line 2: there is no agent 4 of 4"),
        ("0 1\n2 2\n", "line 2: agent 2 cannot gossip with itself"),
        ("0 1\n1 2\n\n1 0\n", "line 4: the edge 0 1 is there already (line 1)"),
        ("0 1\n2 3\n", "agents 2, 3 cannot be reached from agent 0; add an edge"),
        ("0 1 2\n", "line 1: '0 1 2' is no edge; write two numbers"),
        ("0 one\n", "line 1: '0 one' is no edge"),
        ("0 -1\n", "line 1: '0 -1' is no edge"),
        ("", "agents 1, 2, 3 cannot be reached"),
        ('{"edges": [[0, 1],]}', "line 1, column"),
        ('{"edge": []}', 'there is no list "edges"'),
        ('{"edges": [[0, 1], [1, 2, 3]]}', "edge 2: [1, 2, 3] is no edge"),
        ('{"edges": [[0, true]]}', "edge 1: [0, true] is no edge"),
        ('{"edges": [[0, 1], [1, 9]]}', "edge 2: there is no agent 9"),
    ],
)
def test_a_mistake_has_its_place_and_remedy(text: str, said: str) -> None:
    """A typing mistake would start nine agents of which some never hear of anything."""
    with pytest.raises(TopologyProblem) as problem:
        read_topology(text, "mine", 4)
    assert said in str(problem.value)


@pytest.mark.parametrize(("size", "edges", "across"), [(3, 3, 1), (6, 9, 2), (15, 27, 4), (42, 81, 8)])
def test_a_gasket_is_three_of_the_level_before(size: int, edges: int, across: int) -> None:
    """A lattice of another size would not be the lattice: 3 ** level edges, doubling in diameter."""
    topology = named_topology("sierpinski", size)
    assert len(topology.edges) == edges
    assert diameter(topology) == across
    assert sorted(len(topology.neighbours(agent)) for agent in range(size))[:4] == [2, 2, 2, 4][: min(4, size)]
    assert articulation_points(topology) == ()


def test_nobody_chose_means_the_lattice_where_there_is_one() -> None:
    """Workers of one system that were given nothing would have to guess alike."""
    assert [default_topology(size).name for size in SIERPINSKI_SIZES] == ["sierpinski"] * len(SIERPINSKI_SIZES)
    assert default_topology(7).name == "ring"
    with pytest.raises(ValueError, match="has 3, 6, 9, 15, 42 agents, not 7"):
        named_topology("sierpinski", 7)
