"""The engine in plain Python behind the port: clear first, with functions written for each rule.

Belongs here: putting the parts together. Not here: the parts (database.py, running.py, extraction.py).
"""

from collections.abc import Callable, Iterator
from typing import Any

from egraph.program.database import Database, Saved
from egraph.program.extraction import Extractor
from egraph.program.firing import slots_of, write_fire, write_merge, write_value
from egraph.program.port import StoredRow
from egraph.program.resolved import Effects, Plan, Query, Rule, Ruleset, Schema, Source
from egraph.program.running import Limits, RuleFigures, RunEnd, Runner
from egraph.program.terms import Term


class PythonEngine:
    """Implements `egraph.program.port.Engine`. `clock` gives seconds, for the figures of rules."""

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] | None = None) -> None:
        self._database = Database()
        self._runner = Runner(self._database, limits or Limits(), clock)
        self._kept: list[tuple[Saved, Any]] = []
        self._extractor: Extractor | None = None

    def declare(self, table: Schema) -> None:
        """Add a table."""
        merge = write_merge(self._database, table.merge) if table.merge is not None else None
        self._database.declare(table, merge)

    def add_rule(self, rule: Rule, ruleset: Ruleset) -> None:
        """Add a rule."""
        self._runner.add(rule, ruleset)

    def act(self, effects: Effects) -> None:
        """Let effects happen once, and restore congruence."""
        assert not slots_of(effects), "effects outside rules have no variables"
        self._database.begin_round()
        write_fire(self._database, effects)()
        self._database.end_round()

    def evaluate(self, source: Source) -> Any:
        """Give a value, adding terms where need be."""
        value = write_value(self._database, source)()
        self._database.end_round()
        return value

    def run(self, plan: Plan) -> RunEnd:
        """Run rules."""
        return self._runner.run(plan)

    def holds(self, query: Query) -> bool:
        """Tell whether facts hold together."""
        return self._runner.holds(query)

    def best(self, sort: str, value: Any) -> Term | None:
        """Give the cheapest term for a value, None if there is none."""
        return self._current_extractor().best(sort, value)

    def variants(self, sort: str, value: Any, most: int) -> tuple[Term, ...]:
        """Give terms for a value that differ at the top, the cheapest first."""
        return self._current_extractor().variants(sort, value, most)

    def tables(self) -> tuple[Schema, ...]:
        """Give the tables that are declared now, in their order."""
        return tuple(table.schema for table in self._database.tables)

    def size(self, table: Schema) -> int:
        """Give the number of rows of a table."""
        return len(self._database.by_schema[table])

    def rows(self, table: Schema) -> Iterator[StoredRow]:
        """Give the rows of a table in the order in which they came."""
        stored = self._database.by_schema[table]
        for number, row in stored.live():
            yield StoredRow(row[:-1], row[-1], number in stored.hidden)

    def class_of(self, value: int) -> int:
        """Give the number of a class as it is now."""
        return self._database.find(value)

    def totals(self) -> tuple[int, int]:
        """Give the rows of all tables, and the classes."""
        return self._database.rows, self._database.classes

    def figures(self) -> tuple[RuleFigures, ...]:
        """Give what each rule did, in the order in which they were added."""
        return tuple(self._runner.figures)

    def push(self, times: int = 1) -> None:
        """Keep the state, for so many pops. It is copied once: coming back to it leaves it as it is."""
        self._kept += [(self._database.save(), self._runner.save())] * times

    def pop(self) -> None:
        """Come back to the state kept last, and forget it."""
        database, rules = self._kept.pop()
        self._database.restore(database)
        self._runner.restore(rules)

    def forget(self) -> None:
        """Forget the state kept last, and stay."""
        self._kept.pop()

    def _current_extractor(self) -> Extractor:
        if self._extractor is None or self._extractor.version != self._database.version:
            self._extractor = Extractor(self._database)
        return self._extractor
