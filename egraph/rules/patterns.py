"""What stands on the sides of a rule: variables and applications of operators.

Belongs here: the shape of a pattern and what can be read off it. Not here: text (reader.py, printer.py), matching.
Equality ignores `place`: a rule from a file equals the same rule from Python.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from egraph.colours import Colour
from egraph.rules.forms import syntax
from egraph.rules.problems import Place

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Variable:
    """Stands for a child, whatever it is. Everywhere in one rule the same name stands for the same class."""

    name: str
    place: Place | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise syntax(
                self.place, "not a name of a variable", repr(self.name), "use ASCII letters, digits, - and _ after ?"
            )


@dataclass(frozen=True, slots=True)
class Application:
    """An operator over children, of one colour or, where `colour` is None, of any."""

    operator: str
    children: "tuple[Pattern, ...]" = ()
    colour: Colour | None = None
    place: Place | None = field(default=None, compare=False, repr=False)


Pattern: TypeAlias = Variable | Application


def walk(pattern: Pattern) -> Iterator[Pattern]:
    """Give the pattern and all inside it, in the order of the text."""
    pending = [pattern]
    while pending:
        part = pending.pop()
        yield part
        if isinstance(part, Application):
            pending.extend(reversed(part.children))


def variables_of(pattern: Pattern) -> tuple[Variable, ...]:
    """Give the variables in the order of the text, each once."""
    return tuple(dict.fromkeys(part for part in walk(pattern) if isinstance(part, Variable)))


def size_of(pattern: Pattern) -> int:
    """Give the number of variables and operators in the pattern."""
    return sum(1 for _ in walk(pattern))


def depth_of(pattern: Pattern) -> int:
    """Give the number of levels, 1 for a leaf."""
    deepest = 0
    pending = [(pattern, 1)]
    while pending:
        part, level = pending.pop()
        deepest = max(deepest, level)
        if isinstance(part, Application):
            pending.extend((child, level + 1) for child in part.children)
    return deepest
