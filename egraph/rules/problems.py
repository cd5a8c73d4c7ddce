"""What can be wrong with rules: values that say the fact, the detail and what to do, and where it stands.

Belongs here: the kinds and their form. Not here: finding them (reader.py, validation.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from egraph.errors import EGraphError


class Place(NamedTuple):
    """Where a form begins in a text. Both count from 1."""

    line: int
    column: int


class ProblemKind(StrEnum):
    """What is wrong, for programs; the texts of a problem are for people."""

    SYNTAX = "syntax"
    UNBOUND_VARIABLE = "unbound-variable"
    UNKNOWN_OPERATOR = "unknown-operator"
    WRONG_ARITY = "wrong-arity"
    DUPLICATE_NAME = "duplicate-name"
    NEVER_HOLDS = "never-holds"
    TOO_LARGE = "too-large"
    UNKNOWN_FUNCTION = "unknown-function"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleProblem:
    """One thing wrong with one rule. `rule` is empty where no rule could be read; `place` is None outside texts."""

    kind: ProblemKind
    fact: str
    detail: str
    remedy: str
    rule: str = ""
    place: Place | None = None

    def __str__(self) -> str:
        where = f"line {self.place.line}, column {self.place.column}: " if self.place else ""
        whose = f"rule {self.rule}: " if self.rule else ""
        return f"{where}{whose}{self.fact}: {self.detail}; {self.remedy}"


class RulesRefused(EGraphError):
    """Rules that cannot be used. `problems` holds every one that was found, in the order of the text."""

    def __init__(self, problems: Iterable[RuleProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
