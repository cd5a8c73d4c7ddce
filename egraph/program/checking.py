"""Commands to a program that can run, or every problem that keeps it from running.

Belongs here: declarations and commands, in their order. Not here: expressions (inference.py, flatten.py, scopes.py),
text (reader.py).
"""

from collections.abc import Iterable
from functools import singledispatchmethod

from egraph.program import resolved, syntax
from egraph.program.names import Names, class_columns, global_schema
from egraph.program.primitives import UNIT
from egraph.program.problems import ProblemKind, ProgramProblem, ProgramRefused, refused
from egraph.program.reader import read_commands
from egraph.program.resolved import Act, Bind, Effects, Order, Program, Schema, Slot
from egraph.program.scopes import effects_of, merge_of, query_of, rule_of, value_of
from egraph.program.syntax import FunctionKind


def load_program(text: str) -> Program:
    """Give the program of a text. Raises ProgramRefused with every problem that was found."""
    read = read_commands(text)
    checker = _Checker()
    problems = list(read.problems)
    missing = {said for word in read.lost_words for said in _said_of_missing(word)}
    for command in read.commands:
        try:
            checker.check(command)
        except ProgramRefused as wrong:
            problems += [problem for problem in wrong.problems if problem.detail not in missing]
            missing |= _said_of_missing(getattr(command, "name", ""))
    if problems:
        raise ProgramRefused(problems)
    return Program(tuple(checker.commands), tuple(checker.names.every_table))


def _said_of_missing(name: str) -> set[str]:
    """Give the details of problems that only follow from a broken declaration of this name."""
    return {name, f"nothing binds {name}"} if name else set()


class _Checker:
    def __init__(self) -> None:
        self.names = Names()
        self.commands: list[resolved.Command] = []

    def check(self, command: syntax.Command) -> None:
        """Add what a command comes to."""
        self.commands += [resolved.Command(order, command.place) for order in self._orders(command)]

    @singledispatchmethod
    def _orders(self, command: object) -> Iterable[Order]:
        raise AssertionError(f"no command: {command}")

    @_orders.register
    def _(self, command: syntax.SortDeclaration) -> Iterable[Order]:
        self.names.declare_sort(command.name, command.place)
        return ()

    @_orders.register
    def _(self, command: syntax.FunctionDeclaration) -> Iterable[Order]:
        problems: list[ProgramProblem] = []
        inputs: list[str] = []
        for name in (*command.inputs, *([command.output] if command.output else [])):
            try:
                inputs.append(self.names.sort(name))
            except ProgramRefused as wrong:
                problems += wrong.problems
        if problems:
            raise ProgramRefused(problems)
        output = inputs.pop() if command.output else UNIT
        if command.kind is FunctionKind.CONSTRUCTOR and not self.names.is_class_sort(output):
            raise refused(
                ProblemKind.WRONG_SORT,
                command.place,
                "a constructor makes terms of a declared sort",
                output,
                f"write (function {command.name} ...), or declare a sort",
            )
        table = Schema(
            command.name,
            command.kind,
            tuple(inputs),
            output,
            command.place,
            class_columns(inputs, output),
            cost=command.cost,
            extractable=command.extractable,
        )
        self.names.declare_table(table, command.place)
        if command.merge is not None:
            table.merge = merge_of(self.names, command.merge, output)
        return (resolved.DeclareTable(table),)

    @_orders.register
    def _(self, command: syntax.RulesetDeclaration) -> Iterable[Order]:
        self.names.declare_ruleset(command.name, command.place)
        return ()

    @_orders.register
    def _(self, command: syntax.RuleDeclaration) -> Iterable[Order]:
        problems: list[ProgramProblem] = []
        ruleset = None
        try:
            ruleset = self.names.ruleset(command.ruleset)
        except ProgramRefused as wrong:
            problems += wrong.problems
        try:
            rule = rule_of(self.names, command)
        except ProgramRefused as wrong:
            problems += wrong.problems
        if problems or ruleset is None:
            raise ProgramRefused(problems)
        return (resolved.DeclareRule(rule, ruleset),)

    @_orders.register(syntax.Set)
    @_orders.register(syntax.Delete)
    @_orders.register(syntax.Subsume)
    @_orders.register(syntax.Union)
    @_orders.register(syntax.Panic)
    @_orders.register(syntax.Evaluate)
    def _(self, command: syntax.Action) -> Iterable[Order]:
        return (Act(effects_of(self.names, (command,))),)

    @_orders.register
    def _(self, command: syntax.Let) -> Iterable[Order]:
        value, sort = value_of(self.names, command.value)
        table = global_schema(command.name, sort, command.place)
        self.names.declare_table(table, command.place)
        steps = (Bind(0, value), resolved.SetRow(table, (), Slot(0)))
        return (resolved.DeclareTable(table), Act(Effects(steps, 1)))

    @_orders.register
    def _(self, command: syntax.Run) -> Iterable[Order]:
        return (resolved.RunPlan(self._plan(command.schedule), command.text),)

    def _plan(self, schedule: syntax.Schedule) -> resolved.Plan:
        if isinstance(schedule, syntax.RunOnce):
            until = query_of(self.names, schedule.until, schedule.place) if schedule.until else None
            return resolved.Once(self.names.ruleset(schedule.ruleset), until)
        return resolved.Loop(schedule.times, tuple(map(self._plan, schedule.parts)))

    @_orders.register
    def _(self, command: syntax.Check) -> Iterable[Order]:
        return (resolved.Claim(query_of(self.names, command.facts, command.place), command.text),)

    @_orders.register
    def _(self, command: syntax.Extract) -> Iterable[Order]:
        value, sort = value_of(self.names, command.expression)
        if sort == UNIT:
            raise refused(
                ProblemKind.WRONG_SORT,
                command.place,
                "there is no term to extract",
                command.text,
                "extract an expression of a declared sort, or write (check ...)",
            )
        return (resolved.ExtractTerms(value, sort, command.variants, command.text),)

    @_orders.register
    def _(self, command: syntax.Push) -> Iterable[Order]:
        for _ in range(command.times):
            self.names.push()
        return (resolved.Keep(command.times),)

    @_orders.register
    def _(self, command: syntax.Pop) -> Iterable[Order]:
        for done in range(command.times):
            if not self.names.pop():
                raise refused(
                    ProblemKind.NOTHING_TO_POP,
                    command.place,
                    "nothing was kept to go back to",
                    f"{command.times} asked for, {done} kept",
                    "write (push) before",
                )
        return (resolved.GoBack(command.times),)

    @_orders.register
    def _(self, command: syntax.PrintSize) -> Iterable[Order]:
        tables = self.names.shown_tables() if command.name is None else (self.names.called_table(command.name),)
        return (resolved.Sizes(tables),)

    @_orders.register
    def _(self, command: syntax.PrintFunction) -> Iterable[Order]:
        return (resolved.Rows(self.names.called_table(command.name), command.rows),)

    @_orders.register
    def _(self, command: syntax.Fail) -> Iterable[Order]:
        *before, last = self._orders(command.command)
        inner = resolved.Command(last, command.command.place)
        return (*before, resolved.MustFail(inner, command.text))
