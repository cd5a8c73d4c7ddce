"""What can be wrong with a program, before it runs and while it runs; every message says fact, detail and what to do.

Belongs here: the kinds of problems and their form. Not here: finding them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from egraph.errors import EGraphError
from egraph.rules.problems import Place


class ProblemKind(StrEnum):
    """What is wrong with a program, for programs; the texts of a problem are for people."""

    SYNTAX = "syntax"
    UNSUPPORTED = "unsupported"
    UNBOUND_VARIABLE = "unbound-variable"
    UNKNOWN_NAME = "unknown-name"
    DUPLICATE_NAME = "duplicate-name"
    WRONG_ARITY = "wrong-arity"
    WRONG_SORT = "wrong-sort"
    UNCLEAR_SORT = "unclear-sort"
    UNREACHABLE_LIMIT = "unreachable-limit"
    NOTHING_TO_POP = "nothing-to-pop"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramProblem:
    """One thing wrong with a program. `place` is None where the program is no text."""

    kind: ProblemKind
    fact: str
    detail: str
    remedy: str
    place: Place | None = None

    def __str__(self) -> str:
        where = f"line {self.place.line}, column {self.place.column}: " if self.place else ""
        return f"{where}{self.fact}: {self.detail}; {self.remedy}"


class ProgramRefused(EGraphError):
    """A program that cannot be run. `problems` holds every one that was found, in the order of the text."""

    def __init__(self, problems: Iterable[ProgramProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.place or Place(0, 0)))
        super().__init__("\n".join(map(str, self.problems)))


class FailureKind(StrEnum):
    """What went wrong while a program ran."""

    CHECK = "check"
    PANIC = "panic"
    PRIMITIVE = "primitive"
    LOOKUP = "lookup"
    MERGE = "merge"
    EXTRACT = "extract"
    NOT_FAILED = "not-failed"


class ProgramFailed(EGraphError):
    """A command of a running program did not succeed: a check, a panic, a primitive without a result."""

    def __init__(self, kind: FailureKind, fact: str, detail: str, remedy: str, place: Place | None = None) -> None:
        self.kind, self.fact, self.detail, self.remedy, self.place = kind, fact, detail, remedy, place
        where = f"line {place.line}, column {place.column}: " if place else ""
        super().__init__(f"{where}{self.message}")

    @property
    def message(self) -> str:
        """What happened and what to do, without the place."""
        return f"{self.fact}: {self.detail}; {self.remedy}"


def refused(kind: ProblemKind, place: Place | None, fact: str, detail: str, remedy: str) -> ProgramRefused:
    """Give the refusal of a program with one problem."""
    return ProgramRefused([ProgramProblem(kind=kind, fact=fact, detail=detail, remedy=remedy, place=place)])
