"""A program with names resolved and sorts known: what the engine is given.

Belongs here: shapes. Not here: making them (checking.py and its parts), running them (engine.py).
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from egraph.program.primitives import Primitive
from egraph.program.syntax import FunctionKind, Value
from egraph.rules.problems import Place


@dataclass(eq=False, slots=True)
class Schema:
    """A table: constructor, function, relation, or a global, which is a function without keys.

    Compared by identity: after a pop a name may be declared anew. `merge` is over slots 0 (old) and 1 (new).
    """

    name: str
    kind: FunctionKind
    inputs: tuple[str, ...]
    output: str
    place: Place | None
    class_columns: tuple[int, ...]
    """Places of keys and value (the last) that hold classes."""
    merge: "Source | None" = None
    cost: int = 1
    extractable: bool = True
    is_global: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A variable, by its number within a rule."""

    number: int


@dataclass(frozen=True, slots=True)
class Constant:
    """A value of a primitive sort."""

    value: Value


Term: TypeAlias = Slot | Constant


@dataclass(frozen=True, slots=True)
class RowAtom:
    """A row of a table: keys, then the value."""

    table: Schema
    columns: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class PrimitiveAtom:
    """A primitive over terms. Its value is `result`; a test has none."""

    primitive: Primitive
    arguments: tuple[Term, ...]
    result: Term | None
    place: Place


@dataclass(frozen=True, slots=True)
class Query:
    """Facts that must hold together, over `slots` variables. `impossible`: two different values shall be equal."""

    rows: tuple[RowAtom, ...]
    primitives: tuple[PrimitiveAtom, ...]
    slots: int
    impossible: bool = False


@dataclass(frozen=True, slots=True)
class TableCall:
    """The value of a table for keys. A constructor makes it if need be."""

    table: Schema
    arguments: "tuple[Source, ...]"
    place: Place


@dataclass(frozen=True, slots=True)
class PrimitiveCall:
    """The value of a primitive."""

    primitive: Primitive
    arguments: "tuple[Source, ...]"
    place: Place


Source: TypeAlias = Slot | Constant | TableCall | PrimitiveCall
"""Where an action takes a value from."""


@dataclass(frozen=True, slots=True)
class Bind:
    """Keeps a value in a slot."""

    slot: int
    value: Source


@dataclass(frozen=True, slots=True)
class SetRow:
    """Gives a function a value."""

    table: Schema
    arguments: tuple[Source, ...]
    value: Source


@dataclass(frozen=True, slots=True)
class DeleteRow:
    """Removes a row."""

    table: Schema
    arguments: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class SubsumeRow:
    """Hides a row from rules and extraction."""

    table: Schema
    arguments: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """Makes two classes of a sort one."""

    sort: str
    left: Source
    right: Source


@dataclass(frozen=True, slots=True)
class Stop:
    """Ends the program."""

    message: str
    place: Place


@dataclass(frozen=True, slots=True)
class Do:
    """Evaluates, for what that adds."""

    value: Source


Effect: TypeAlias = Bind | SetRow | DeleteRow | SubsumeRow | Join | Stop | Do


@dataclass(frozen=True, slots=True)
class Effects:
    """What happens for each match: over `slots` variables, the first of them those of the query."""

    steps: tuple[Effect, ...]
    slots: int


@dataclass(eq=False, frozen=True, slots=True)
class Rule:
    """A rule ready to run. Compared by identity."""

    name: str
    query: Query
    effects: Effects
    place: Place


@dataclass(eq=False, slots=True)
class Ruleset:
    """Rules that run together. The checker adds rules as the program declares them. Compared by identity."""

    name: str
    rules: list[Rule] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Once:
    """One round of a ruleset, unless `until` holds."""

    ruleset: Ruleset
    until: Query | None


@dataclass(frozen=True, slots=True)
class Loop:
    """The parts in order, `times` times or (None) until a pass changes nothing."""

    times: int | None
    parts: "tuple[Plan, ...]"


Plan: TypeAlias = Once | Loop


@dataclass(frozen=True, slots=True)
class DeclareTable:
    """A table from here on."""

    table: Schema


@dataclass(frozen=True, slots=True)
class DeclareRule:
    """A rule from here on."""

    rule: Rule
    ruleset: Ruleset


@dataclass(frozen=True, slots=True)
class Act:
    """Effects that happen once."""

    effects: Effects


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Runs rules."""

    plan: Plan
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Facts that are claimed to hold."""

    query: Query
    text: str


@dataclass(frozen=True, slots=True)
class ExtractTerms:
    """Asks for the cheapest term of a value, or for several variants."""

    value: Source
    sort: str
    variants: int
    text: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Keeps the state, `times` times."""

    times: int


@dataclass(frozen=True, slots=True)
class GoBack:
    """Goes back over `times` kept states."""

    times: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """Asks how many rows tables hold."""

    tables: tuple[Schema, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Asks for the first rows of a table."""

    table: Schema
    most: int


@dataclass(frozen=True, slots=True)
class MustFail:
    """Claims that a command fails."""

    command: "Command"
    text: str


Order: TypeAlias = (
    DeclareTable | DeclareRule | Act | RunPlan | Claim | ExtractTerms | Keep | GoBack | Sizes | Rows | MustFail
)


@dataclass(frozen=True, slots=True)
class Command:
    """An order, and where it stands."""

    order: Order
    place: Place


@dataclass(frozen=True, slots=True)
class Program:
    """Commands in their order, and every table that any of them declares."""

    commands: tuple[Command, ...]
    tables: tuple[Schema, ...]
