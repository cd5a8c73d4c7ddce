"""Runs a program command by command, and keeps what came out of each.

Belongs here: commands and their outcomes. Not here: an engine (engine.py), printing (cli/run_file.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from egraph.program import resolved
from egraph.program.port import Engine
from egraph.program.primitives import PRIMITIVE_SORTS
from egraph.program.problems import FailureKind, ProgramFailed
from egraph.program.running import RunEnd
from egraph.program.terms import Term
from egraph.rules.problems import Place

GOES_ON_AFTER = (FailureKind.CHECK, FailureKind.EXTRACT, FailureKind.NOT_FAILED)
"""Failures that change nothing: the commands behind them still run. Any other one ends the program."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of rules ended."""

    text: str
    end: RunEnd
    place: Place


@dataclass(frozen=True, slots=True)
class Checked:
    """A check, or a fail, and what was wrong with it (None: nothing)."""

    text: str
    failure: ProgramFailed | None
    place: Place


@dataclass(frozen=True, slots=True)
class Extracted:
    """The cheapest terms that were asked for, the cheapest first. `variants` says whether several were."""

    text: str
    terms: tuple[Term, ...]
    variants: bool
    sort: str
    root: int | None
    """The class; None for a value of a primitive sort."""
    place: Place


@dataclass(frozen=True, slots=True)
class Sized:
    """Tables and their numbers of rows."""

    sizes: tuple[tuple[str, int], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows of a table: keys and value as terms, or the value itself of a primitive sort."""

    table: str
    rows: tuple[tuple[tuple[Term | None, ...], Term | None], ...]
    left_out: int
    place: Place


@dataclass(frozen=True, slots=True)
class Failed:
    """A command failed. `ends` says whether the program ended by it."""

    failure: ProgramFailed
    ends: bool
    place: Place


Outcome: TypeAlias = Ran | Checked | Extracted | Sized | Listed | Failed


@dataclass(slots=True)
class Execution:
    """A program on an engine. `outcomes` are those so far, in the order of the program."""

    program: resolved.Program
    engine: Engine
    outcomes: list[Outcome] = field(default_factory=list)
    ended_early: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether nothing failed so far."""
        return not any(
            isinstance(outcome, Failed) or (isinstance(outcome, Checked) and outcome.failure is not None)
            for outcome in self.outcomes
        )

    def run(self) -> None:
        """Run all commands, or up to the one that ends the program."""
        for command in self.program.commands:
            outcome = self._outcome(command)
            if outcome is not None:
                self.outcomes.append(outcome)
            if isinstance(outcome, Failed) and outcome.ends:
                self.ended_early = True
                return

    def _outcome(self, command: resolved.Command) -> Outcome | None:
        order, place = command.order, command.place
        try:
            outcome = self._carry_out(order, place)
        except ProgramFailed as failure:
            if failure.place is None:
                failure = ProgramFailed(failure.kind, failure.fact, failure.detail, failure.remedy, place)
            if isinstance(order, resolved.Claim | resolved.MustFail) and failure.kind in GOES_ON_AFTER:
                return Checked(order.text, failure, place)
            return Failed(failure, failure.kind not in GOES_ON_AFTER, place)
        if isinstance(order, resolved.Claim | resolved.MustFail):
            return Checked(order.text, None, place)
        return outcome

    def _carry_out(self, order: resolved.Order, place: Place) -> Outcome | None:
        engine = self.engine
        match order:
            case resolved.DeclareTable(table):
                engine.declare(table)
            case resolved.DeclareRule(rule, ruleset):
                engine.add_rule(rule, ruleset)
            case resolved.Act(effects):
                engine.act(effects)
            case resolved.RunPlan(plan, text):
                return Ran(text, engine.run(plan), place)
            case resolved.Claim(query, text):
                if not engine.holds(query):
                    raise ProgramFailed(
                        FailureKind.CHECK,
                        "a check failed",
                        text,
                        "run more rounds, or correct the facts or rules",
                        place,
                    )
            case resolved.ExtractTerms():
                return self._extracted(order, place)
            case resolved.Keep(times):
                engine.push(times)
            case resolved.GoBack(times):
                _repeat(engine.pop, times)
            case resolved.Sizes(tables):
                return Sized(tuple((table.name, engine.size(table)) for table in tables), place)
            case resolved.Rows(table, most):
                return self._listed(table, most, place)
            case resolved.MustFail(command, text):
                self._must_fail(command, text, place)
        return None

    def _claim(self, query: resolved.Query, text: str, place: Place) -> None:
        if not self.engine.holds(query):
            remedy = "run more rounds, or correct the facts or rules"
            raise ProgramFailed(FailureKind.CHECK, "a check failed", text, remedy, place)

    def _must_fail(self, command: resolved.Command, text: str, place: Place) -> None:
        """Carry out a command that is claimed to fail. What it did before it failed is taken back."""
        self.engine.push()
        try:
            self._carry_out(command.order, command.place)
        except ProgramFailed:
            self.engine.pop()
            return
        self.engine.forget()
        raise ProgramFailed(
            FailureKind.NOT_FAILED, "a command did not fail", text, "remove the fail, or correct the command", place
        )

    def _extracted(self, order: resolved.ExtractTerms, place: Place) -> Extracted:
        value = self.engine.evaluate(order.value)
        if order.variants:
            terms = self.engine.variants(order.sort, value, order.variants)
        else:
            best = self.engine.best(order.sort, value)
            terms = () if best is None else (best,)
        if not terms:
            raise ProgramFailed(
                FailureKind.EXTRACT,
                "there is no term to extract",
                order.text,
                "its rows are deleted, subsumed or :unextractable; extract before, or keep one of them",
                place,
            )
        root = None if order.sort in PRIMITIVE_SORTS else self.engine.class_of(value)
        return Extracted(order.text, terms, order.variants > 0, order.sort, root, place)

    def _listed(self, table: resolved.Schema, most: int, place: Place) -> Listed:
        sorts = (*table.inputs, table.output)
        rows: list[tuple[tuple[Term | None, ...], Term | None]] = []
        for stored in self.engine.rows(table):
            if len(rows) == most:
                break
            cells = [
                self.engine.best(sort, value) for sort, value in zip(sorts, (*stored.keys, stored.value), strict=True)
            ]
            rows.append((tuple(cells[:-1]), cells[-1]))
        return Listed(table.name, tuple(rows), self.engine.size(table) - len(rows), place)


def _repeat(do: Callable[[], None], times: int) -> None:
    for _ in range(times):
        do()
