"""Which sort each expression has: names looked up, arguments counted, primitives chosen.

Belongs here: expressions within one scope (a rule, a check, an action). Not here: what becomes of them (flatten.py).

Sorts are found by unification: a variable has one sort everywhere, and a primitive with several meanings takes the only
one that fits what is known of its arguments and its value, until nothing more can be concluded.
"""

from dataclasses import dataclass, field

from egraph.program.names import Names
from egraph.program.primitives import ANY, PRIMITIVES, Primitive
from egraph.program.problems import ProblemKind, ProgramProblem, ProgramRefused
from egraph.program.resolved import Schema
from egraph.program.syntax import Call, Expression, Literal, Name
from egraph.rules.problems import Place

WILDCARD = "_"


@dataclass(eq=False, slots=True)
class Typed:
    """An expression with its sort variable, and what its name stands for: a variable, a table, or primitives."""

    expression: Expression
    sort: int
    arguments: "tuple[Typed, ...]" = ()
    variable: str = ""
    table: Schema | None = None
    choices: tuple[Primitive, ...] = ()


@dataclass(slots=True)
class Scope:
    """Expressions that share variables. Problems are collected; `solve` adds those about sorts."""

    names: Names
    problems: list[ProgramProblem] = field(default_factory=list)
    variables: dict[str, int] = field(default_factory=dict)
    first_places: dict[str, Place] = field(default_factory=dict)
    _parents: list[int] = field(default_factory=list)
    _sorts: list[str | None] = field(default_factory=list)
    _pending: list[Typed] = field(default_factory=list)

    def add(self, problem: ProgramRefused) -> None:
        """Keep what is wrong, and go on."""
        self.problems += problem.problems

    def fresh(self, sort: str | None = None) -> int:
        """Give a new sort variable."""
        self._parents.append(len(self._parents))
        self._sorts.append(sort)
        return len(self._parents) - 1

    def sort_of(self, typed: Typed) -> str | None:
        """Give the sort of an expression, None where it is not known."""
        return self._sorts[self._find(typed.sort)]

    def bind(self, name: str, place: Place, sort: int) -> None:
        """Add a variable."""
        self.variables[name] = sort
        self.first_places[name] = place

    def expect(self, typed: Typed, sort: str) -> None:
        """Say which sort an expression must have."""
        self.unify(typed, self.fresh(sort))

    def unify(self, typed: Typed, wanted: int) -> None:
        """Say that an expression has the sort of a sort variable."""
        left, right = self._find(typed.sort), self._find(wanted)
        if left == right:
            return
        has, wants = self._sorts[left], self._sorts[right]
        if has is not None and wants is not None and has != wants:
            self._wrong(
                ProblemKind.WRONG_SORT,
                typed.expression.place,
                "wrong sort",
                f"{wants} is needed here, this is {has}",
                f"write an expression of sort {wants}",
            )
            return
        self._parents[left] = right
        self._sorts[right] = wants if wants is not None else has

    def type(self, expression: Expression, *, binds: bool) -> Typed:
        """Give an expression with its sort variable. `binds`: a name that is not known is a new variable."""
        if isinstance(expression, Literal):
            return Typed(expression, self.fresh(expression.sort))
        if isinstance(expression, Name):
            return self._name(expression, binds=binds)
        arguments = tuple(self.type(argument, binds=binds) for argument in expression.arguments)
        table = self.names.table(expression.function)
        if table is not None and not table.is_global:
            return self._table_call(expression, arguments, table)
        if expression.function in PRIMITIVES:
            return self._primitive_call(expression, arguments)
        self.add(self.names.unknown_call(expression.function, expression.place))
        return Typed(expression, self.fresh(), arguments)

    def solve(self) -> None:
        """Choose the meanings of primitives. What stays open is a problem."""
        while self._step():
            pass
        for typed in self._pending:
            call = typed.expression
            assert isinstance(call, Call)
            self._wrong(
                ProblemKind.UNCLEAR_SORT,
                call.place,
                "the sort of an argument cannot be told",
                f"{call.function} has {len(typed.choices)} meanings here",
                "bind its arguments in a fact about a table",
            )
        if self.problems:
            return
        for name, sort in self.variables.items():
            if self._sorts[self._find(sort)] is None:
                self._wrong(
                    ProblemKind.UNCLEAR_SORT,
                    self.first_places[name],
                    "the sort of a variable cannot be told",
                    name,
                    "use it in a fact about a table",
                )

    def _name(self, name: Name, *, binds: bool) -> Typed:
        table = self.names.global_(name.text)
        if table is not None:
            return Typed(name, self.fresh(table.output), table=table)
        if binds and name.text == WILDCARD:
            unique = f"{WILDCARD}{len(self.variables)}"
            self.bind(unique, name.place, self.fresh())
            return Typed(name, self.variables[unique], variable=unique)
        if name.text not in self.variables:
            if not binds:
                self._unbound(name)
            self.bind(name.text, name.place, self.fresh())
        return Typed(name, self.variables[name.text], variable=name.text)

    def _unbound(self, name: Name) -> None:
        is_table = self.names.table(name.text) is not None
        known = ", ".join(variable for variable in self.variables if _can_be_written(variable))
        remedy = f"write one of {known}, or bind it in a fact" if known else "bind it in a fact, or with let"
        self._wrong(
            ProblemKind.UNBOUND_VARIABLE,
            name.place,
            "a variable is not bound",
            f"nothing binds {name.text}",
            f"write ({name.text} ...) to call it" if is_table else remedy,
        )

    def _table_call(self, call: Call, arguments: tuple[Typed, ...], table: Schema) -> Typed:
        if len(arguments) != len(table.inputs):
            wanted = " ".join((table.name, *table.inputs))
            self._wrong(
                ProblemKind.WRONG_ARITY,
                call.place,
                "wrong number of arguments",
                f"{table.name} takes {len(table.inputs)}, there are {len(arguments)}",
                f"write ({wanted})",
            )
        else:
            for argument, sort in zip(arguments, table.inputs, strict=True):
                self.expect(argument, sort)
        return Typed(call, self.fresh(table.output), arguments, table=table)

    def _primitive_call(self, call: Call, arguments: tuple[Typed, ...]) -> Typed:
        meanings = PRIMITIVES[call.function]
        choices = tuple(primitive for primitive in meanings if primitive.takes(len(arguments)))
        typed = Typed(call, self.fresh(), arguments, choices=choices)
        if not choices:
            self._wrong(
                ProblemKind.WRONG_ARITY,
                call.place,
                "wrong number of arguments",
                f"{call.function} does not take {len(arguments)}",
                f"write {_meanings(meanings)}",
            )
        else:
            self._pending.append(typed)
        return typed

    def _step(self) -> bool:
        """Narrow the meanings of primitives once. Gives whether anything became known."""
        pending, self._pending = self._pending, []
        for typed in pending:
            fitting = tuple(primitive for primitive in typed.choices if self._fits(typed, primitive))
            if len(fitting) == 1:
                typed.choices = fitting
                self._settle(typed, fitting[0])
            elif fitting:
                typed.choices = fitting
                self._pending.append(typed)
            else:
                self._no_meaning(typed)
        return len(self._pending) < len(pending)

    def _fits(self, typed: Typed, primitive: Primitive) -> bool:
        has = [self.sort_of(argument) for argument in typed.arguments]
        wants = primitive.sorts(len(has))
        if self.sort_of(typed) not in (None, primitive.output):
            return False
        if ANY in wants:
            return True
        return all(sort is None or sort == want for sort, want in zip(has, wants, strict=True))

    def _settle(self, typed: Typed, primitive: Primitive) -> None:
        self.expect(typed, primitive.output)
        for argument, sort in zip(typed.arguments, primitive.sorts(len(typed.arguments)), strict=True):
            if sort == ANY:
                self.unify(argument, typed.arguments[0].sort)
            else:
                self.expect(argument, sort)

    def _no_meaning(self, typed: Typed) -> None:
        call = typed.expression
        assert isinstance(call, Call)
        has = ", ".join(self.sort_of(argument) or "unknown" for argument in typed.arguments)
        meanings = _meanings(PRIMITIVES[call.function])
        self._wrong(
            ProblemKind.WRONG_SORT,
            call.place,
            "wrong sort",
            f"{call.function} has no meaning over {has} with the value {self.sort_of(typed) or 'unknown'}",
            f"write {meanings}",
        )

    def _wrong(self, kind: ProblemKind, place: Place, fact: str, detail: str, remedy: str) -> None:
        self.problems.append(ProgramProblem(kind=kind, fact=fact, detail=detail, remedy=remedy, place=place))

    def _find(self, sort: int) -> int:
        while self._parents[sort] != sort:
            sort = self._parents[sort]
        return sort


def _can_be_written(variable: str) -> bool:
    return not variable.startswith(WILDCARD) and " " not in variable


def _meanings(primitives: tuple[Primitive, ...]) -> str:
    return " or ".join(f"({' '.join((primitive.name, *primitive.inputs))})" for primitive in primitives)
