"""Costs that look at the costs of the children: any Python function, at the speed of Python.

Belongs here: Knuth's algorithm over a callable. Not here: costs that are sums (costs.py, tree.py), which run compiled.
"""

import math
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import TypeAlias

from egraph.colours import Colour
from egraph.extraction.columns import Columns
from egraph.extraction.errors import InvalidColumns, InvalidCost
from egraph.extraction.loops import NO_COST
from egraph.extraction.tree import Extraction

TermCost: TypeAlias = Callable[[str, Colour, Sequence[int]], int]
"""From operator, colour and the costs of the children to the cost of the whole term: an integer of any size.

It must be above the cost of every child, and must not fall where a child's cost rises. The first is checked at every
call; the second cannot be, and a function that breaks it gets terms that are not the cheapest.
"""


def depth(operator: str, colour: Colour, below: Sequence[int]) -> int:
    """Count levels: the flattest term is the best."""
    return 1 + max(below, default=0)


def extract_by(columns: Columns, cost: TermCost) -> Extraction:
    """Give the cheapest term of every class under any superior cost function (Knuth 1977), ties as in `extract_trees`.

    Raises InvalidCost for a cost that is no integer, or not above those of the children.
    """
    missing = [len(set(columns.children_of(node))) for node in range(len(columns))]
    uses: list[list[int]] = [[] for _ in range(columns.classes)]
    for node in range(len(columns)):
        for child in set(columns.children_of(node)):
            uses[child].append(node)
    settled: list[int | None] = [None] * columns.classes
    best = [-1] * columns.classes
    # By order behind cost: of equally cheap nodes the first in content order comes first, before any costlier one.
    heap: list[tuple[int, int, int]] = []
    for node in range(len(columns)):
        if missing[node] == 0:
            heappush(heap, (_checked(columns, cost, node, ()), columns.order[node], node))
    while heap:
        total, order, node = heappop(heap)
        label = columns.labels[node]
        if settled[label] is not None:
            _check_tie(columns, best[label], total == settled[label], order, node)
            continue
        settled[label], best[label] = total, node
        for above in uses[label]:
            missing[above] -= 1
            if missing[above] == 0:
                below = [_known(settled[child]) for child in columns.children_of(above)]
                heappush(heap, (_checked(columns, cost, above, below), columns.order[above], above))
    return Extraction(columns, best, [NO_COST if total is None else total for total in settled])


def _checked(columns: Columns, cost: TermCost, node: int, below: Sequence[int]) -> int:
    operator, colour = columns.symbol_of(node)
    value = cost(operator, colour, below)
    if type(value) is not int or value <= max(below, default=-math.inf):
        raise InvalidCost(
            f"{operator} in {colour.name} over children that cost {list(below)} costs {value!r}; "
            "an integer above each of them is wanted: else a term could be infinite"
        )
    return value


def _check_tie(columns: Columns, chosen: int, equal: bool, order: int, node: int) -> None:
    if equal and columns.order[chosen] == order:
        raise InvalidColumns(
            f"order: nodes {node} and {chosen} are equally good and share {order}; "
            "give every node a value of its own that follows from its content"
        )


def _known(total: int | None) -> int:
    assert total is not None, "a node was looked at before its last child was settled"
    return total
