"""What nodes cost, by operator and colour; and costs that look at the children too (by_callable.py).

Belongs here: costs as functions, and as the table that the loops read. Not here: choosing (tree.py, dag.py).
A node costs at least 1: a node that costs nothing could stand above itself for ever at no price.
"""

from array import array
from collections.abc import Callable, Mapping
from typing import TypeAlias

from egraph.colours import Colour
from egraph.extraction.columns import Columns, Ints
from egraph.extraction.errors import InvalidCost
from egraph.extraction.loops import EXPENSIVE

NodeCost: TypeAlias = Callable[[str, Colour], int]
"""From operator and colour to what the node itself adds, at least 1. The cost of a term is the sum over its nodes."""


def size(operator: str, colour: Colour) -> int:
    """Count every node as 1: the smallest term is the best."""
    return 1


def by_operator(table: Mapping[str, int], default: int) -> NodeCost:
    """Give the cost that a table says; operators it does not name cost `default`."""

    def cost(operator: str, colour: Colour) -> int:
        return table.get(operator, default)

    return cost


def prefer_green(base: NodeCost, penalty: int) -> NodeCost:
    """Give a cost for which an unverified node, RED or BLUE, costs `penalty` more.

    With a penalty above the cost of any term at hand, the best term is the one with the fewest unverified nodes, and
    among those the cheapest; a small one trades trust against size.
    """

    def cost(operator: str, colour: Colour) -> int:
        return base(operator, colour) + (0 if colour is Colour.GREEN else penalty)

    return cost


def weights(columns: Columns, cost: NodeCost) -> Ints:
    """Give the cost of each symbol as a table. Raises InvalidCost for one that is no integer from 1 on."""
    table = array("q", bytes(8 * len(columns.names)))
    for number, (operator, colour) in enumerate(columns.names):
        value = cost(operator, colour)
        if type(value) is not int or not 1 <= value < EXPENSIVE:
            raise InvalidCost(
                f"{operator} in {colour.name} costs {value!r}; an integer from 1 to below {EXPENSIVE} is wanted: "
                "without a price on every node a term could be infinite"
            )
        table[number] = value
    return memoryview(table)
