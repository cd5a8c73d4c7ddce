"""What a choice costs at least if it uses a certain node: to leave out of an exact search what cannot be in its answer.

Belongs here: the bound. Not here: the search (ilp.py).
A choice that uses a node holds a chain of nodes of different classes, from a root through that node down to a leaf; so
it costs no less than the cheapest such chain. Both halves are shortest paths: downwards over the dearest child, by
Knuth's algorithm (by_callable.py), upwards by Dijkstra's.
"""

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush

from egraph.extraction.by_callable import extract_by
from egraph.extraction.columns import Columns
from egraph.extraction.costs import NodeCost


def least_through(columns: Columns, cost: NodeCost, roots: Iterable[int], nodes: Sequence[int]) -> dict[int, int]:
    """Give, for each of the nodes that a root reaches through them, what a choice for the roots with it costs at least.

    The nodes must have finite terms.
    """
    below = extract_by(columns, lambda operator, colour, costs: cost(operator, colour) + max(costs, default=0)).cost
    own = {node: cost(*columns.symbol_of(node)) for node in nodes}
    members: dict[int, list[int]] = {}
    for node in nodes:
        members.setdefault(columns.labels[node], []).append(node)
    above: dict[int, int] = {}
    heap = [(0, root) for root in roots]
    while heap:
        spent, label = heappop(heap)
        if label in above:
            continue
        above[label] = spent
        for node in members.get(label, ()):
            for child in set(columns.children_of(node)):
                if child not in above:
                    heappush(heap, (spent + own[node], child))
    return {
        node: above[columns.labels[node]] + own[node] + max((below[c] for c in columns.children_of(node)), default=0)
        for node in nodes
        if columns.labels[node] in above
    }
