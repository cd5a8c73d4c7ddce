"""Terms that were extracted: operators over terms and values, shared parts once, and as text.

Belongs here: the shape and its text. Not here: choosing terms (extraction.py).
"""

from dataclasses import dataclass

from egraph.program.primitives import shown_value
from egraph.program.syntax import Value

SHOWN_OPERATORS = 2_000
"""Operators that the text of a term shows; a shared part counts each time it is written."""


@dataclass(frozen=True, slots=True)
class TermNode:
    """An operator over earlier nodes, or (operator None) a value of a primitive sort."""

    operator: str | None
    children: tuple[int, ...]
    value: Value = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A term as nodes, children before parents; the last one is the whole. `cost` counts shared parts each time."""

    nodes: tuple[TermNode, ...]
    cost: int

    @property
    def size(self) -> int:
        """Operators and values of the term written out."""
        sizes: list[int] = []
        for node in self.nodes:
            sizes.append(1 + sum(sizes[child] for child in node.children))
        return sizes[-1]

    def text(self, most: int = SHOWN_OPERATORS) -> str:
        """Give the term as it is written in a program; beyond `most` operators, `...` stands for each part left out."""
        parts: list[str] = []
        pending: list[int | str] = [len(self.nodes) - 1]
        while pending:
            item = pending.pop()
            if isinstance(item, str):
                parts.append(item)
                continue
            node = self.nodes[item]
            if node.operator is None:
                parts.append(shown_value(node.value))
            elif most <= 0:
                parts.append("...")
            else:
                most -= 1
                parts.append(f"({node.operator}")
                pending.append(")")
                for child in reversed(node.children):
                    pending += [child, " "]
        return "".join(parts)
