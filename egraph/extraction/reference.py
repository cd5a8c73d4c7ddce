"""Extraction by definition: every choice of one node per class, tried one after the other. For tiny graphs.

Belongs here: what "cheapest" means. Not here: anything fast. tree.py, dag.py, by_callable.py and ilp.py are tested
against this file.

A choice gives each class one of its nodes. It makes a term of a class where following it from there never comes back.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from egraph.extraction.by_callable import TermCost
from egraph.extraction.columns import Columns
from egraph.extraction.costs import NodeCost

CHOICES_MAX = 100_000

Choice = dict[int, int]


def choices(columns: Columns) -> Iterator[Choice]:
    """Give every choice of one node per class."""
    members: dict[int, list[int]] = {}
    for node in range(len(columns)):
        members.setdefault(columns.labels[node], []).append(node)
    count = 1
    for nodes in members.values():
        count *= len(nodes)
    if count > CHOICES_MAX:
        raise ValueError(f"{count} choices; this definition is for at most {CHOICES_MAX}")
    for picked in product(*members.values()):
        yield dict(zip(members, picked, strict=True))


def needed(columns: Columns, choice: Choice, roots: Sequence[int]) -> set[int] | None:
    """Give the classes that the roots need under a choice, or None where that makes no finite term."""
    finished: set[int] = set()

    def is_finite(label: int, above: frozenset[int]) -> bool:
        if label in above or label not in choice:
            return False
        if label not in finished:
            inner = above | {label}
            if not all(is_finite(child, inner) for child in columns.children_of(choice[label])):
                return False
            finished.add(label)
        return True

    return finished if all(is_finite(root, frozenset()) for root in roots) else None


def tree_cost(columns: Columns, cost: NodeCost, label: int) -> int | None:
    """Give the least sum over the nodes of a term, counted as often as they occur; None if no choice makes a term."""
    return term_cost(columns, lambda operator, colour, below: cost(operator, colour) + sum(below), label)


def term_cost(columns: Columns, cost: TermCost, label: int) -> int | None:
    """Give the least cost of a term under a cost function that looks at the children."""

    def price(choice: Choice, at: int) -> int:
        operator, colour = columns.symbol_of(choice[at])
        return cost(operator, colour, [price(choice, child) for child in columns.children_of(choice[at])])

    found = [price(choice, label) for choice in choices(columns) if needed(columns, choice, (label,)) is not None]
    return min(found, default=None)


def dag_cost(columns: Columns, cost: NodeCost, roots: Sequence[int], using: int | None = None) -> int | None:
    """Give the least sum over the nodes that the roots need, each counted once; None if no choice makes terms.

    With `using`, only choices count in which the roots need that node.
    """
    found = []
    for choice in choices(columns):
        labels = needed(columns, choice, roots)
        if labels is not None and (using is None or using in {choice[label] for label in labels}):
            found.append(sum(cost(*columns.symbol_of(choice[label])) for label in labels))
    return min(found, default=None)
