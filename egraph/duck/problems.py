"""What can be wrong with a colour policy: values that say the fact, the detail and what to do, and where it stands.

    DuckError           root; never raised itself
      InvalidSeed       a seed or a branch outside 64 bits
      PolicyRefused     a policy that cannot be used, with every problem that was found

Belongs here: the kinds and their form. Not here: finding them (reader.py, palette.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from egraph.errors import EGraphError
from egraph.rules.problems import Place


class DuckError(EGraphError):
    """Root of the errors of duck colours."""


class InvalidSeed(DuckError):
    """A seed or a branch outside its domain."""


class PolicyProblemKind(StrEnum):
    """What is wrong, for programs; the texts of a problem are for people."""

    SYNTAX = "syntax"
    UNKNOWN_KEY = "unknown-key"
    WRONG_TYPE = "wrong-type"
    UNKNOWN_COLOUR = "unknown-colour"
    OUT_OF_RANGE = "out-of-range"
    NEVER_USED = "never-used"
    NEVER_HOLDS = "never-holds"
    NEEDS_RULES = "needs-rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyProblem:
    """One thing wrong. `path` names the entry as TOML does; `place` is None outside documents."""

    kind: PolicyProblemKind
    fact: str
    detail: str
    remedy: str
    path: str = ""
    place: Place | None = None

    def __str__(self) -> str:
        where = f"line {self.place.line}, column {self.place.column}: " if self.place else ""
        whose = f"{self.path}: " if self.path else ""
        return f"{where}{whose}{self.fact}: {self.detail}; {self.remedy}"


class PolicyRefused(DuckError):
    """A policy that cannot be used. `problems` holds every one that was found."""

    def __init__(self, problems: Iterable[PolicyProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
