"""Small graphs and rules for the unit tests of saturation.

Belongs here: what several test files need. Not here: tests.
"""

from egraph.colours import Colour
from egraph.identifiers import NodeId, node_id
from egraph.rules.conditions import Content
from egraph.rules.reader import read_rules

SUMS = read_rules(
    """
    (rewrite commutes (add ?a ?b) (add ?b ?a))
    (rewrite associates (add (add ?a ?b) ?c) (add ?a (add ?b ?c)))
    """
)


class Graph:
    """Nodes under construction."""

    def __init__(self) -> None:
        self.nodes: dict[NodeId, Content] = {}

    def add(self, operator: str, *children: NodeId, colour: Colour = Colour.GREEN) -> NodeId:
        """Add a node."""
        node = node_id(operator, colour, children)
        self.nodes[node] = Content(operator, children)
        return node

    def sum_of(self, n: int) -> NodeId:
        """Add x0 + (x1 + ...)."""
        total = self.add(f"x{n - 1}")
        for place in reversed(range(n - 1)):
            total = self.add("add", self.add(f"x{place}"), total)
        return total


def many_leaves(n: int) -> Graph:
    """Give f(x0), f(x1), ..."""
    graph = Graph()
    for place in range(n):
        graph.add("f", graph.add(f"x{place}"))
    return graph


def two_sums() -> Graph:
    """Give x0 + (x1 + x2)."""
    graph = Graph()
    graph.sum_of(3)
    return graph


CROSS = read_rules("(rewrite cross (:all (f ?a) (f ?b) (f ?c) (f ?d)) (g ?a ?b ?c ?d))")
