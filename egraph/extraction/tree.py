"""The cheapest term of every class, where a term costs the sum over its nodes as often as they occur: tree cost.

Belongs here: the call and its result. Not here: the loops (loops.py), costs (costs.py), shared costs (dag.py).
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from egraph.errors import InvariantBroken
from egraph.extraction import compiling
from egraph.extraction.columns import Columns
from egraph.extraction.costs import NodeCost, weights
from egraph.extraction.errors import InvalidColumns, NoTerm, TooExpensive
from egraph.extraction.loops import EXPENSIVE, NO_COST, SWEEPS_MAX
from egraph.extraction.terms import Term, build


class Found(Enum):
    """What is known of a class."""

    TERM = "term"
    NO_TERM = "no-term"
    TOO_EXPENSIVE = "too-expensive"


@dataclass(frozen=True, slots=True, eq=False)
class Extraction:
    """The best node of every class. `best[label]` is its number, or -1 where there is none; `found` says why."""

    columns: Columns
    best: Sequence[int]
    cost: Sequence[int]

    def found(self, label: int) -> Found:
        """Tell whether the class has a term, has none, or has one too expensive to count."""
        self.columns.check_class(label)
        if self.best[label] >= 0:
            return Found.TERM
        return Found.TOO_EXPENSIVE if self.cost[label] == EXPENSIVE else Found.NO_TERM

    def cost_of(self, label: int) -> int:
        """Give the cost of the best term. Raises NoTerm and TooExpensive."""
        self.chosen(label)
        return self.cost[label]

    def chosen(self, label: int) -> int:
        """Give the best node. Raises NoTerm and TooExpensive."""
        match self.found(label):
            case Found.NO_TERM:
                raise NoTerm(
                    f"class {label} has no finite term: each of its nodes needs the class itself, or a class without "
                    "nodes; add a node that does not"
                )
            case Found.TOO_EXPENSIVE:
                raise TooExpensive(
                    f"every term of class {label} costs {EXPENSIVE} or more; count shared nodes once (dag.py), or use "
                    "smaller costs"
                )
        return self.best[label]

    def term(self, label: int) -> Term:
        """Give the best term. Raises NoTerm and TooExpensive."""
        self.chosen(label)
        return build(self.columns, label, self.best.__getitem__)


def extract_trees(columns: Columns, cost: NodeCost, *, jit: bool = True, sweeps_max: int = SWEEPS_MAX) -> Extraction:
    """Give the cheapest term of every class; of equally cheap ones that whose nodes stand first in content order.

    The same content gives the same terms, however nodes and classes are numbered. Raises InvalidCost, and
    InvalidColumns where two equally cheap nodes of a class share an `order`.
    """
    run = compiling.compiled() if jit else compiling.plain()
    table = weights(columns, cost)
    costs, best = _filled("q", columns.classes, NO_COST), _filled("i", columns.classes, -1)
    nodes = (columns.labels, columns.symbols, columns.offsets, columns.children)
    offered = (*nodes, columns.order, table, costs, best)
    fell = _filled("h", columns.classes, -1)
    done, ties = run.sweeps(*offered, fell, sweeps_max)
    if not done:
        costs[:], best[:] = _filled("q", columns.classes, NO_COST), _filled("i", columns.classes, -1)
        scratch = (
            _filled("i", columns.classes + 1, 0), _filled("i", len(columns.children), 0), _filled("i", len(columns), 0),
            _filled("i", columns.classes, 0), _filled("i", columns.classes, -1),
        )  # fmt: skip
        run.knuth(*nodes, table, costs, *scratch)
        cheaper, ties = run.sweep(*offered, fell, 0, False, False)
        if cheaper:
            raise InvariantBroken("a sweep over settled costs found a cheaper node")
    run.forget_expensive(costs, best)
    tie = run.find_tie(*offered) if ties else -1
    if tie >= 0:
        raise InvalidColumns(
            f"order: nodes {tie} and {best[columns.labels[tie]]} are equally good and share {columns.order[tie]}; "
            "give every node a value of its own that follows from its content"
        )
    return Extraction(columns, best, costs)


def _filled(code: str, count: int, value: int) -> "memoryview[int]":
    return memoryview(array(code, (value,)) * count)
