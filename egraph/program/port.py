"""What running a program asks of an engine.

Belongs here: the port. Not here: an engine (engine.py is the one in plain Python), the commands (execution.py).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from egraph.program.resolved import Effects, Plan, Query, Rule, Ruleset, Schema, Source
from egraph.program.running import RuleFigures, RunEnd
from egraph.program.terms import Term


class StoredRow(NamedTuple):
    """A row as it stands: keys and value, classes by their number."""

    keys: tuple[Any, ...]
    value: Any
    subsumed: bool


class Engine(Protocol):
    """Tables, classes and rules of one program. All that raises, raises ProgramFailed."""

    def declare(self, table: Schema) -> None:
        """Add a table."""

    def add_rule(self, rule: Rule, ruleset: Ruleset) -> None:
        """Add a rule."""

    def act(self, effects: Effects) -> None:
        """Let effects happen once, and restore congruence."""

    def evaluate(self, source: Source) -> Any:
        """Give a value, adding terms where need be."""

    def run(self, plan: Plan) -> RunEnd:
        """Run rules."""

    def holds(self, query: Query) -> bool:
        """Tell whether facts hold together."""

    def best(self, sort: str, value: Any) -> Term | None:
        """Give the cheapest term for a value, None if there is none."""

    def variants(self, sort: str, value: Any, most: int) -> tuple[Term, ...]:
        """Give terms for a value that differ at the top, the cheapest first."""

    def tables(self) -> tuple[Schema, ...]:
        """Give the tables that are declared now, in their order."""

    def size(self, table: Schema) -> int:
        """Give the number of rows of a table."""

    def rows(self, table: Schema) -> Iterator[StoredRow]:
        """Give the rows of a table in the order in which they came."""

    def class_of(self, value: int) -> int:
        """Give the number of a class as it is now."""

    def totals(self) -> tuple[int, int]:
        """Give the rows of all tables, and the classes."""

    def figures(self) -> tuple[RuleFigures, ...]:
        """Give what each rule did, in the order in which they were added."""

    def push(self, times: int = 1) -> None:
        """Keep the state, for so many pops."""

    def pop(self) -> None:
        """Come back to the state kept last, and forget it."""

    def forget(self) -> None:
        """Forget the state kept last, and stay."""
