"""Rules run in rounds: all rules of a ruleset are matched against what stands, then effects happen, then congruence.

Belongs here: rounds, schedules, limits, figures for each rule. Not here: matching one rule (matching.py), effects
(firing.py).

Limits hold within a round: matches are counted while they are found, rows before each match takes effect. What a limit
cut off is found again by the next round, because the marks of its rule are put back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from egraph.program.database import Database, Marks
from egraph.program.firing import Fire, rows_made, slots_of, write_fire
from egraph.program.matching import Search, write_search
from egraph.program.resolved import Loop, Once, Plan, Query, Rule, Ruleset

ROUNDS_MAX = 10_000
ROWS_MAX = 500_000
MATCHES_MAX = 2_000_000


class StopReason(StrEnum):
    """Why a run ended."""

    SATURATED = "saturated"
    FINISHED = "finished"
    UNTIL = "until"
    ROUNDS_LIMIT = "rounds-limit"
    ROWS_LIMIT = "rows-limit"
    MATCHES_LIMIT = "matches-limit"


@dataclass(frozen=True, slots=True)
class Limits:
    """Rounds of the whole program, rows of all tables, matches of one round. Each is at least 1."""

    rounds: int = ROUNDS_MAX
    rows: int = ROWS_MAX
    matches: int = MATCHES_MAX


@dataclass(slots=True)
class RuleFigures:
    """What a rule did. `seconds` is None without a clock. `lacking` counts facts without a value, such as overflows."""

    rule: Rule
    matches: int = 0
    changes: int = 0
    lacking: int = 0
    seconds: float | None = None


class RunEnd(NamedTuple):
    """How a run ended: why, after how many rounds, and the rows and classes there are then."""

    reason: StopReason
    rounds: int
    rows: int
    classes: int


@dataclass(eq=False, slots=True)
class _Ready:
    """A rule with the functions written for it: a search for each fact about a table, or one if there is none."""

    rule: Rule
    searches: tuple[tuple[int | None, Search], ...]
    fire: Fire
    rows_made: int
    marks: Marks
    figures: RuleFigures


class _Cut(Exception):
    """Within this module: a limit ends the run."""

    def __init__(self, reason: StopReason) -> None:
        self.reason = reason


@dataclass(slots=True)
class Runner:
    """Runs schedules on a database. `clock` gives seconds; without one no times are taken."""

    database: Database
    limits: Limits
    clock: Callable[[], float] | None = None
    figures: list[RuleFigures] = field(default_factory=list)
    rounds: int = 0
    _rules: dict[Ruleset, list[_Ready]] = field(default_factory=dict)
    _until: dict[int, tuple[Query, Search]] = field(default_factory=dict)
    _last: StopReason = StopReason.SATURATED

    def add(self, rule: Rule, ruleset: Ruleset) -> None:
        """Add a rule."""
        needed = slots_of(rule.effects)
        facts: list[int | None] = list(range(len(rule.query.rows)))
        searches = tuple(
            (first, write_search(self.database, rule.query, needed, first, hides=True)) for first in facts or [None]
        )
        figures = RuleFigures(rule, seconds=None if self.clock is None else 0.0)
        self.figures.append(figures)
        ready = _Ready(
            rule,
            searches,
            write_fire(self.database, rule.effects),
            rows_made(rule.effects),
            self.database.new_marks(),
            figures,
        )
        self._rules.setdefault(ruleset, []).append(ready)

    def run(self, plan: Plan) -> RunEnd:
        """Run a schedule to its end, or to a limit. Raises ProgramFailed."""
        before = self.rounds
        self._last = StopReason.SATURATED
        try:
            self._pass(plan)
        except _Cut as cut:
            self._last = cut.reason
        return RunEnd(self._last, self.rounds - before, self.database.rows, self.database.classes)

    def holds(self, query: Query) -> bool:
        """Tell whether facts hold together, for some values of their variables."""
        search = write_search(self.database, query, (), None, hides=False)
        return search([0] * len(self.database.tables), [], 1, [0])

    def save(self) -> dict[Ruleset, list[_Ready]]:
        """Give the rules that there are."""
        return {ruleset: list(rules) for ruleset, rules in self._rules.items()}

    def restore(self, rules: dict[Ruleset, list[_Ready]]) -> None:
        """Come back to rules that there were. Figures stay."""
        self._rules = {ruleset: list(ready) for ruleset, ready in rules.items()}

    def _pass(self, plan: Plan) -> bool:
        """Run a part of a schedule. Gives whether anything changed."""
        if isinstance(plan, Once):
            if plan.until is not None and self._reached(plan.until):
                self._last = StopReason.UNTIL
                return False
            changed = self._round(self._rules.get(plan.ruleset, []))
            self._last = StopReason.FINISHED if changed else StopReason.SATURATED
            return changed
        return self._loop(plan)

    def _loop(self, loop: Loop) -> bool:
        done, ever = 0, False
        while loop.times is None or done < loop.times:
            changed = any([self._pass(part) for part in loop.parts])
            ever |= changed
            done += 1
            if not changed:
                break
        return ever

    def _reached(self, until: Query) -> bool:
        if id(until) not in self._until:
            self._until[id(until)] = until, write_search(self.database, until, (), None, hides=False)
        return self._until[id(until)][1]([0] * len(self.database.tables), [], 1, [0])

    def _round(self, rules: list[_Ready]) -> bool:
        if self.rounds == self.limits.rounds:
            raise _Cut(StopReason.ROUNDS_LIMIT)
        self.rounds += 1
        version = self.database.version
        cut: StopReason | None = None
        found: list[tuple[_Ready, list[tuple[Any, ...]], list[int]]] = []
        room = self.limits.matches
        for ready in rules:
            before = list(ready.marks.seen)
            matches, full = self._search(ready, room)
            found.append((ready, matches, before))
            room -= len(matches)
            if full:
                cut = StopReason.MATCHES_LIMIT
                ready.marks.seen[:] = before
                break
        self.database.begin_round()
        for ready, matches, before in found:
            if not self._fire_all(ready, matches):
                cut = StopReason.ROWS_LIMIT
                ready.marks.seen[:] = before
        self.database.end_round()
        if cut is not None:
            raise _Cut(cut)
        return self.database.version != version

    def _search(self, ready: _Ready, most: int) -> tuple[list[tuple[Any, ...]], bool]:
        """Give the new matches of a rule, and whether there may be more than allowed."""
        started = self.clock() if self.clock is not None else 0.0
        tables, marks = self.database.tables, ready.marks
        matches: list[tuple[Any, ...]] = []
        lacking = [0]
        full = False
        for first, search in ready.searches:
            if first is None:
                new = not marks.ran
            else:
                table = self.database.by_schema[ready.rule.query.rows[first].table]
                new = marks.seen[table.place] < len(table.rows)
            if new and search(marks.seen, matches, most, lacking):
                full = True
                break
        marks.seen[:] = [len(table.rows) for table in tables]
        marks.ran = True
        figures = ready.figures
        figures.matches += len(matches)
        figures.lacking += lacking[0]
        if self.clock is not None:
            figures.seconds = (figures.seconds or 0.0) + self.clock() - started
        return matches, full

    def _fire_all(self, ready: _Ready, matches: list[tuple[Any, ...]]) -> bool:
        """Let a rule's matches take effect. Gives False if the limit of rows left some out."""
        started = self.clock() if self.clock is not None else 0.0
        database, fire, most = self.database, ready.fire, self.limits.rows - ready.rows_made
        before = database.version + database.noted
        complete = True
        for match in matches:
            if database.size + database.noted > most:
                complete = False
                break
            fire(*match)
        ready.figures.changes += database.version + database.noted - before
        if self.clock is not None:
            ready.figures.seconds = (ready.figures.seconds or 0.0) + self.clock() - started
        return complete
