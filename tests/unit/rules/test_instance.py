"""What a match gives, and in which colours."""

import pytest

from egraph.colours import Colour
from egraph.identifiers import NodeId, node_id
from egraph.rules.instance import instance_of
from egraph.rules.matching import Match
from egraph.rules.reader import read_rules

RED, BLUE, GREEN = Colour


def leaf(name: str, colour: Colour) -> NodeId:
    """Give the id of a node without children."""
    return node_id(name, colour, [])


@pytest.mark.parametrize(
    ("replacement", "option", "root", "child", "expected"),
    [
        ("(g ?x)", "", RED, RED, [RED]),
        ("(g ?x)", "", RED, BLUE, [GREEN]),
        ("(g (h ?x))", "", BLUE, RED, [GREEN, BLUE]),
        ("(g ?x)", ":colour red", GREEN, GREEN, [RED]),
        ("(g ?x)", ":colour red", RED, BLUE, None),
        ("(@BLUE g ?x)", "", RED, RED, None),
        ("(@GREEN g (h ?x))", ":colour blue", RED, GREEN, [BLUE, GREEN]),
        ("(g (h ?x) (h ?x))", "", GREEN, RED, [GREEN, GREEN]),
        ("?x", ":colour blue", RED, RED, []),
    ],
)
def test_new_nodes_have_the_colours_of_the_policy(
    replacement: str, option: str, root: Colour, child: Colour, expected: list[Colour] | None
) -> None:
    """A rule would add nodes that every agent refuses, or of a trust that nobody gave."""
    (rule,) = read_rules(f"(rewrite r (f ?x) {replacement} {option})").rules
    bound = leaf("c", child)

    instance = instance_of(rule, Match((leaf("f", root),), (("x", bound),)))

    assert (instance and [node.colour for node in instance.nodes]) == expected
    if instance is not None:
        assert instance.root == (instance.nodes[-1].id if instance.nodes else bound)
        assert all(node.id == node_id(node.operator, node.colour, node.children) for node in instance.nodes)
