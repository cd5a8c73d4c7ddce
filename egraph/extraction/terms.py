"""Terms: the nodes that were chosen, each once, and as text.

Belongs here: building and writing a term. Not here: choosing (tree.py, dag.py). Nothing here recurses: a term may be
hundreds of thousands of levels deep.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from egraph.colours import Colour
from egraph.errors import InvariantBroken
from egraph.extraction.columns import Columns, Ints
from egraph.extraction.errors import TermTooLarge
from egraph.rules.forms import write_atom

SYMBOLS_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """One node of a term. `children` are positions of earlier steps; `node` is the number in the columns."""

    node: int
    operator: str
    colour: Colour
    children: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A term as shared nodes: each class once, children before parents, the root last."""

    steps: tuple[Step, ...]

    @property
    def size(self) -> int:
        """The number of symbols when written out, sharing undone. It can be far larger than `len(steps)`."""
        sizes: list[int] = []
        for step in self.steps:
            sizes.append(1 + sum(sizes[child] for child in step.children))
        return sizes[-1]

    @property
    def depth(self) -> int:
        """The number of levels, 1 for a leaf."""
        depths: list[int] = []
        for step in self.steps:
            depths.append(1 + max((depths[child] for child in step.children), default=0))
        return depths[-1]

    def sexpr(self, *, symbols_max: int = SYMBOLS_MAX) -> str:
        """Give the term as an S-expression, sharing undone, as `egraph emit` reads it.

        Raises TermTooLarge where it has more symbols than `symbols_max`.
        """
        if self.size > symbols_max:
            raise TermTooLarge(
                f"the term has {self.size} symbols as text, {symbols_max} are allowed; "
                f"use its {len(self.steps)} shared steps, or allow more"
            )
        return "".join(self._pieces())

    def _pieces(self) -> Iterator[str]:
        pending: list[int | str] = [len(self.steps) - 1]
        while pending:
            item = pending.pop()
            if isinstance(item, str):
                yield item
                continue
            step = self.steps[item]
            if not step.children:
                yield write_atom(step.operator)
                continue
            yield f"({write_atom(step.operator)}"
            pending.append(")")
            for child in reversed(step.children):
                pending += (child, " ")


def build(columns: Columns, root: int, chosen: Callable[[int], int]) -> Term:
    """Give the term of class `root` under a choice of one node per class, which must not lead back to a class."""
    position: dict[int, int] = {}
    steps: list[Step] = []
    for node in chosen_nodes(columns, (root,), chosen):
        symbol = columns.symbol_of(node)
        below = tuple(position[child] for child in columns.children_of(node))
        position[columns.labels[node]] = len(steps)
        steps.append(Step(node, symbol.operator, symbol.colour, below))
    return Term(tuple(steps))


def chosen_nodes(columns: Columns, roots: "tuple[int, ...] | Ints", chosen: Callable[[int], int]) -> Iterator[int]:
    """Give the chosen node of every class that the roots need, each once, children before parents."""
    finished: set[int] = set()
    entered: set[int] = set()
    pending = list(reversed(roots))
    while pending:
        label = pending[-1]
        if label in finished:
            pending.pop()
            continue
        node = chosen(label)
        missing = [child for child in columns.children_of(node) if child not in finished]
        if missing:
            if label in entered:
                raise InvariantBroken(f"the choice of nodes leads from class {label} back to it")
            entered.add(label)
            pending.extend(reversed(missing))
            continue
        finished.add(label)
        pending.pop()
        yield node
