"""What generators read: an expression as a list of nodes, each different one once, children before parents.

Belongs here: making it from a pattern or an extracted term. Not here: what operators mean (each target says).
Nothing here recurses: a term may be hundreds of thousands of levels deep.
"""

from dataclasses import dataclass, field

from egraph.extraction.terms import Term
from egraph.rules.patterns import Pattern, Variable
from egraph.rules.problems import Place


@dataclass(frozen=True, slots=True)
class Node:
    """An operator over earlier nodes, or a variable, whose `operator` is its name."""

    operator: str
    children: tuple[int, ...] = ()
    variable: bool = False
    place: Place | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"?{self.operator}" if self.variable else self.operator


@dataclass(frozen=True, slots=True)
class Expression:
    """Nodes, the root last."""

    nodes: tuple[Node, ...]


def of_pattern(pattern: Pattern) -> Expression:
    """Give a pattern as an expression. Colours are dropped: they say nothing about a value."""
    nodes: list[Node] = []
    position: dict[Node, int] = {}
    finished: list[int] = []
    pending: list[tuple[Pattern, bool]] = [(pattern, False)]
    while pending:
        part, ready = pending.pop()
        if isinstance(part, Variable):
            node = Node(part.name, (), True, part.place)
        elif not ready:
            pending.append((part, True))
            pending.extend((child, False) for child in reversed(part.children))
            continue
        else:
            first = len(finished) - len(part.children)
            node = Node(part.operator, tuple(finished[first:]), False, part.place)
            del finished[first:]
        if node not in position:
            position[node] = len(nodes)
            nodes.append(node)
        finished.append(position[node])
    return Expression(tuple(nodes))


def of_term(term: Term) -> Expression:
    """Give an extracted term as an expression. Its sharing is kept, its colours are dropped."""
    return Expression(tuple(Node(step.operator, step.children) for step in term.steps))
