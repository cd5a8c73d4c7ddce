"""What a generator gives back, and what can be in its way: values that say the fact, the detail and what to do.

    CannotGenerate      a term or a rule set says what the target has no words for; holds every problem found

Belongs here: results, problems, comments. Not here: finding problems (each target does).
A rule that cannot be written is left out and listed; a term that cannot be written is refused: half of it is wrong.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from egraph.errors import EGraphError
from egraph.rules.problems import Place
from egraph.rules.ruleset import Rule, RuleSet


class ProblemKind(StrEnum):
    """What is wrong, for programs; the texts of a problem are for people."""

    UNKNOWN_OPERATOR = "unknown-operator"
    WRONG_ARITY = "wrong-arity"
    BAD_LITERAL = "bad-literal"
    BAD_NAME = "bad-name"
    WRONG_ROLE = "wrong-role"
    UNBOUND = "unbound"
    SHAPE = "shape"
    CONDITION = "condition"
    COLOUR = "colour"
    TOO_LARGE = "too-large"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodegenProblem:
    """One thing that a target cannot say. `rule` is empty for a term; `place` is None outside texts."""

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


class CannotGenerate(EGraphError):
    """Something that the target cannot express. `problems` holds every one that was found, each once."""

    def __init__(self, problems: Iterable[CodegenProblem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Generated:
    """A text, and why each rule that is not in it was left out."""

    text: str
    left_out: tuple[CodegenProblem, ...] = ()


def of_rule(rule: Rule, problems: Iterable[CodegenProblem]) -> Iterator[CodegenProblem]:
    """Say of problems whose they are: a problem without a place stands where its rule does."""
    return (replace(item, rule=rule.name, place=item.place or rule.place) for item in problems)


def computed_left_out(rules: RuleSet) -> tuple[CodegenProblem, ...]:
    """Say of computed rules that no target writes them: matchers need patterns, and their integers are too long."""
    return tuple(
        CodegenProblem(
            kind=ProblemKind.COMPUTED, fact="a computed rule is not written", detail=f"it computes by {rule.table}",
            remedy="fold constants where the code runs, or let the agents apply the rule", rule=rule.name,
            place=rule.place,
        )
        for rule in rules.computed
    )  # fmt: skip


def comment(mark: str, text: str) -> list[str]:
    """Give the text as comment lines. Nothing in it ends a comment early or hides: it is ASCII without controls."""
    return [f"{mark} {_plain(line)}".rstrip() for line in text.splitlines()]


def _plain(line: str) -> str:
    return "".join(letter if " " <= letter <= "~" else ascii(letter)[1:-1] for letter in line)
