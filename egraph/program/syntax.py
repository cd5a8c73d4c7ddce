"""The parts of a program as data, as they were written: names are not resolved and sorts are not known yet.

Belongs here: shapes. Not here: text (reader.py), what names mean (checking.py).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from egraph.rules.problems import Place

Value: TypeAlias = int | float | str | bool | tuple[()]
"""A value of a primitive sort, or the number of a class."""


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or a global; `_` is a new variable each time."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written out, of a primitive sort."""

    value: Value
    sort: str
    place: Place


@dataclass(frozen=True, slots=True)
class Call:
    """A constructor, function, relation or primitive with its arguments."""

    function: str
    arguments: "tuple[Expression, ...]"
    place: Place


Expression: TypeAlias = Name | Literal | Call


@dataclass(frozen=True, slots=True)
class Equals:
    """The fact that two expressions have one value."""

    left: Expression
    right: Expression
    place: Place


Fact: TypeAlias = Equals | Call
"""A call alone is the fact that it has a value (a comparison: that it holds)."""


@dataclass(frozen=True, slots=True)
class Let:
    """Gives a name to a value: in a rule for the rest of it, outside for the rest of the program."""

    name: str
    value: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Set:
    """Gives a function a value; two values for one key are merged."""

    call: Call
    value: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Delete:
    """Removes the row of a call, where there is one."""

    call: Call
    place: Place


@dataclass(frozen=True, slots=True)
class Subsume:
    """Hides the row of a call from rules and from extraction."""

    call: Call
    place: Place


@dataclass(frozen=True, slots=True)
class Union:
    """Makes two expressions equal."""

    left: Expression
    right: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Panic:
    """Ends the program with a message."""

    message: str
    place: Place


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Adds a term, or a row of a relation."""

    expression: Expression
    place: Place


Action: TypeAlias = Let | Set | Delete | Subsume | Union | Panic | Evaluate


class FunctionKind(StrEnum):
    """What a table holds: terms, values, or facts that are just there."""

    CONSTRUCTOR = "constructor"
    FUNCTION = "function"
    RELATION = "relation"


@dataclass(frozen=True, slots=True)
class SortDeclaration:
    """A sort of classes."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class FunctionDeclaration:
    """A constructor, function or relation. `output` is None for relations; `merge` is None for :no-merge."""

    name: str
    kind: FunctionKind
    inputs: tuple[Name, ...]
    output: Name | None
    place: Place
    merge: Expression | None = None
    cost: int = 1
    extractable: bool = True


@dataclass(frozen=True, slots=True)
class RulesetDeclaration:
    """A named set of rules."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class RuleDeclaration:
    """Wherever the facts hold, the actions happen. A rewrite is one too: `rewrite_left` is its left side."""

    name: str
    ruleset: Name | None
    facts: tuple[Fact, ...]
    actions: tuple[Action, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class RunOnce:
    """One round of a ruleset (None: the rules that name none), unless `until` holds already."""

    ruleset: Name | None
    until: tuple[Fact, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Repeat:
    """The parts in order, `times` times, or (None) until nothing changes; a pass that changes nothing is the last."""

    times: int | None
    parts: "tuple[Schedule, ...]"
    place: Place


Schedule: TypeAlias = RunOnce | Repeat


@dataclass(frozen=True, slots=True)
class Run:
    """Runs rules by a schedule. `text` is how it was written."""

    schedule: Schedule
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Check:
    """Claims that facts hold together."""

    facts: tuple[Fact, ...]
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Extract:
    """Asks for the cheapest term; with `variants` > 0 for so many that differ at the top."""

    expression: Expression
    variants: int
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Push:
    """Keeps the state, `times` times."""

    times: int
    place: Place


@dataclass(frozen=True, slots=True)
class Pop:
    """Goes back to the state of the push before the last `times - 1`."""

    times: int
    place: Place


@dataclass(frozen=True, slots=True)
class PrintSize:
    """Asks how many rows a table holds, or (None) each."""

    name: Name | None
    place: Place


@dataclass(frozen=True, slots=True)
class PrintFunction:
    """Asks for the first `rows` rows of a table."""

    name: Name
    rows: int
    place: Place


@dataclass(frozen=True, slots=True)
class Fail:
    """Claims that a command fails."""

    command: "Command"
    text: str
    place: Place


Command: TypeAlias = (
    SortDeclaration
    | FunctionDeclaration
    | RulesetDeclaration
    | RuleDeclaration
    | Action
    | Run
    | Check
    | Extract
    | Push
    | Pop
    | PrintSize
    | PrintFunction
    | Fail
)
