"""Cheap terms where shared nodes are paid for once: DAG cost, for the roots that are asked for.

Belongs here: the greedy search and its result. Not here: the exact search (ilp.py), tree cost (tree.py).

Finding the cheapest is NP-hard (Stepp, Equality Saturation, PhD thesis, UC San Diego 2011). This is a greedy search in
the manner of `faster-greedy-dag` in extraction-gym (github.com/egraphs-good/extraction-gym): for each class the set of
classes that its term needs, with the price of each; a node is offered to its class whenever a child has become
cheaper. Ours keeps the dearer price where two children disagree about a class. So a class always costs more than each
child of its node, prices only ever fall, and no choice can lead back to its own class.
Afterwards the trees of least cost are priced as DAGs as well, and the cheaper of the two choices is given.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

from egraph.extraction.columns import Columns, Ints
from egraph.extraction.costs import NodeCost, weights
from egraph.extraction.errors import NoTerm
from egraph.extraction.terms import Term, build, chosen_nodes
from egraph.extraction.tree import Extraction, Found, extract_trees


@dataclass(frozen=True, slots=True, eq=False)
class DagExtraction:
    """One node for each class that the roots need. `cost` is the sum over these nodes."""

    columns: Columns
    roots: tuple[int, ...]
    node: Mapping[int, int]
    cost: int

    def term(self, root: int) -> Term:
        """Give the term of one of the roots, or of a class that they need. Raises NoTerm for any other."""
        if root not in self.node:
            raise NoTerm(f"nothing was chosen for class {root}; only for the roots {self.roots} and what they need")
        return build(self.columns, root, self.node.__getitem__)


def dag_of(columns: Columns, roots: Iterable[int], chosen: Mapping[int, int], table: Ints) -> DagExtraction:
    """Give what the roots need of a choice, and what it costs with shared nodes paid for once."""
    wanted = tuple(dict.fromkeys(roots))
    nodes = {columns.labels[node]: node for node in chosen_nodes(columns, wanted, chosen.__getitem__)}
    return DagExtraction(columns, wanted, nodes, sum(table[columns.symbols[node]] for node in nodes.values()))


def tree_as_dag(extraction: Extraction, cost: NodeCost, roots: Iterable[int]) -> DagExtraction:
    """Give the cheapest trees of the roots, shared nodes paid for once. Raises NoTerm and TooExpensive."""
    wanted = tuple(roots)
    for root in wanted:
        extraction.chosen(root)
    columns = extraction.columns
    nodes = chosen_nodes(columns, wanted, extraction.best.__getitem__)
    return dag_of(columns, wanted, {columns.labels[node]: node for node in nodes}, weights(columns, cost))


def extract_dag(columns: Columns, cost: NodeCost, roots: Iterable[int], *, jit: bool = True) -> DagExtraction:
    """Give a cheap choice for the roots, never dearer than their cheapest trees. The same content gives the same.

    Pure Python over everything below the roots; memory grows with the classes times the size of their terms.
    Raises NoTerm where a root has no finite term.
    """
    wanted = tuple(dict.fromkeys(roots))
    trees = extract_trees(columns, cost, jit=jit)
    for root in wanted:
        if trees.found(root) is Found.NO_TERM:
            trees.chosen(root)  # says why
    table = weights(columns, cost)
    greedy = dag_of(columns, wanted, _greedy(columns, table, nodes_below(trees, wanted)), table)
    if any(trees.found(root) is Found.TOO_EXPENSIVE for root in wanted):
        return greedy
    by_tree = tree_as_dag(trees, cost, wanted)
    return greedy if greedy.cost < by_tree.cost else by_tree


def nodes_below(trees: Extraction, roots: Iterable[int]) -> list[int]:
    """Give the nodes of every class that a term of the roots may need, ascending; those with finite terms only."""
    columns = trees.columns
    members: dict[int, list[int]] = {}
    for node in range(len(columns)):
        if all(trees.found(child) is not Found.NO_TERM for child in columns.children_of(node)):
            members.setdefault(columns.labels[node], []).append(node)
    reached = set(roots)
    pending = list(reached)
    while pending:
        for node in members[pending.pop()]:
            below = set(columns.children_of(node)) - reached
            reached |= below
            pending += below
    return sorted(node for label in reached for node in members[label])


def _greedy(columns: Columns, table: Ints, nodes: list[int]) -> dict[int, int]:
    below = {node: tuple(sorted(set(columns.children_of(node)))) for node in nodes}
    uses: dict[int, list[int]] = {}
    for node in nodes:
        for child in below[node]:
            uses.setdefault(child, []).append(node)
    prices: dict[int, dict[int, int]] = {}
    total: dict[int, int] = {}
    chosen: dict[int, int] = {}
    heap = [(table[columns.symbols[node]], columns.order[node], node) for node in nodes if not below[node]]
    heap.sort()
    queued = {node: bid for bid, _, node in heap}
    while heap:
        bid, _, node = heappop(heap)
        if queued.get(node) != bid:
            continue  # offered again since, with cheaper children
        del queued[node]
        label = columns.labels[node]
        offered = _prices(label, table[columns.symbols[node]], below[node], prices)
        if offered is None:
            continue
        price = sum(offered.values())
        if label in total and price >= total[label]:
            continue
        prices[label], total[label], chosen[label] = offered, price, node
        for above in uses.get(label, ()):
            if all(child in total for child in below[above]):
                # At least this much: a bid below what the node will cost, and cheap to know.
                least = table[columns.symbols[above]] + max(total[child] for child in below[above])
                if queued.get(above, least + 1) > least:
                    queued[above] = least
                    heappush(heap, (least, columns.order[above], above))
    return chosen


def _prices(
    label: int, own: int, below: tuple[int, ...], prices: Mapping[int, Mapping[int, int]]
) -> dict[int, int] | None:
    """Give what the classes below a node cost, each once, and the node's own; None if its class is among them."""
    if not below:
        return {label: own}
    if any(label in prices[child] for child in below):
        return None
    largest = max(below, key=lambda child: len(prices[child]))
    merged = dict(prices[largest])
    for child in below:
        if child != largest:
            for item, price in prices[child].items():
                merged[item] = max(price, merged.get(item, 0))
    merged[label] = own
    return merged
