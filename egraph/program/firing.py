"""What happens for a match: a function written for the effects of each rule, merge and action.

Belongs here: effects on one match. Not here: when they take place (running.py), what a row does (database.py).
"""

from collections.abc import Callable, Sequence
from typing import Any

from egraph.program.code import Code
from egraph.program.database import Database, Merge
from egraph.program.primitives import Primitive, shown_value
from egraph.program.problems import FailureKind, ProgramFailed
from egraph.program.resolved import (
    Bind,
    Constant,
    DeleteRow,
    Effects,
    Join,
    PrimitiveCall,
    SetRow,
    Slot,
    Source,
    Stop,
    SubsumeRow,
    TableCall,
)
from egraph.program.syntax import FunctionKind
from egraph.rules.problems import Place

Fire = Callable[..., None]


def slots_of(effects: Effects) -> tuple[int, ...]:
    """Give the slots that effects read and do not bind themselves, ascending."""
    bound = {step.slot for step in effects.steps if isinstance(step, Bind)}
    read = {slot for step in effects.steps for part in _parts(step) for slot in _slots(part)}
    return tuple(sorted(read - bound))


def rows_made(effects: Effects) -> int:
    """Give the most rows that one match adds."""
    return sum(
        isinstance(step, SetRow) + sum(map(_calls, _parts(step))) + isinstance(step, SubsumeRow)
        for step in effects.steps
    )


def write_fire(database: Database, effects: Effects) -> Fire:
    """Give the function that is called with the values of `slots_of(effects)`. It raises ProgramFailed."""
    writer = _Writer(database)
    writer.code.write(f"def fire({', '.join(f'v{slot}' for slot in slots_of(effects))}):")
    writer.code.indent = 1
    for step in effects.steps:
        writer.step(step)
    writer.code.write("return None")
    return writer.code.compile("fire")


def write_value(database: Database, source: Source) -> Callable[[], Any]:
    """Give the function that computes a value, adding terms where need be. It raises ProgramFailed."""
    writer = _Writer(database)
    writer.code.write("def value():")
    writer.code.indent = 1
    writer.code.write(f"return {writer.value(source)}")
    return writer.code.compile("value")


def write_merge(database: Database, source: Source) -> Merge:
    """Give the function of two values that makes them one. They are current classes.

    So are the terms that it finds while rows are rewritten: their tables were declared before, and come first.
    """
    writer = _Writer(database)
    writer.code.write("def merge(v0, v1):")
    writer.code.indent = 1
    writer.code.write(f"return {writer.value(source)}")
    return writer.code.compile("merge")


class _Writer:
    def __init__(self, database: Database) -> None:
        self.code, self.database = Code(), database
        self.values = 0
        self._methods: dict[str, str] = {}

    def step(self, step: object) -> None:
        code = self.code
        match step:
            case Bind(slot, value):
                code.write(f"v{slot} = {self.value(value)}")
            case SetRow(table, arguments, value):
                code.write(f"{self.method('set')}({self.table(table)}, {self.keys(arguments)}, {self.value(value)})")
            case DeleteRow(table, arguments):
                code.write(f"{self.method('delete')}({self.table(table)}, {self.keys(arguments)})")
            case SubsumeRow(table, arguments):
                code.write(f"{self.method('subsume')}({self.table(table)}, {self.keys(arguments)})")
            case Join(sort, left, right):
                code.write(f"{self.method('join')}({sort!r}, {self.value(left)}, {self.value(right)})")
            case Stop(message, place):
                code.write(f"{code.name('panic', panic)}({message!r}, {code.name('place', place)})")
            case _:
                self.value(step.value)  # type: ignore[attr-defined]

    def value(self, source: Source) -> str:
        """Write what computes a value. Gives the expression that names it."""
        match source:
            case Slot(number):
                return f"v{number}"
            case Constant(value):
                return repr(value) if isinstance(value, int) else self.code.name("constant", value)
            case PrimitiveCall(primitive, arguments, place):
                return self.primitive_value(primitive, [self.value(argument) for argument in arguments], place)
            case TableCall(table, arguments, place) if table.kind is FunctionKind.FUNCTION:
                return self.looked_up(source, self.keys(arguments), place)
            case TableCall(table, arguments, _):
                return self.made(source, self.keys(arguments))

    def primitive_value(self, primitive: Primitive, arguments: list[str], place: Place) -> str:
        x, code = self.fresh(), self.code
        given = ", ".join(arguments)
        code.write(f"{x} = {code.name('primitive', primitive.compute)}({given})")
        failing = f"{code.name('no_value', no_value)}({primitive.name!r}, ({given},), {code.name('place', place)})"
        code.write(f"if {x} is None: {failing}")
        return x

    def looked_up(self, call: TableCall, keys: str, place: Place) -> str:
        x, code = self.fresh(), self.code
        code.write(f"{x} = {self.method('lookup')}({self.table(call.table)}, {keys})")
        failing = f"{code.name('no_row', no_row)}({call.table.name!r}, {code.name('place', place)})"
        code.write(f"if {x} is None: {failing}")
        return x

    def made(self, call: TableCall, keys: str) -> str:
        x, code = self.fresh(), self.code
        table = self.database.by_schema[call.table]
        code.write(f"{x} = {code.name('numbers', table.numbers)}.get({keys})")
        existing = f"{code.name('rows', table.rows)}[{x}][-1]"
        code.write(f"{x} = {existing} if {x} is not None else {self.method('term')}({self.table(call.table)}, {keys})")
        return x

    def keys(self, arguments: Sequence[Source]) -> str:
        values = "".join(f"{self.value(argument)}, " for argument in arguments)
        if not arguments:
            return "()"
        x = self.fresh()
        self.code.write(f"{x} = ({values})")
        return x

    def table(self, schema: Any) -> str:
        return self.code.name("table", self.database.by_schema[schema])

    def method(self, name: str) -> str:
        key = f"{name}_"
        if key not in self._methods:
            self._methods[key] = self.code.name(key, getattr(self.database, name))
        return self._methods[key]

    def fresh(self) -> str:
        self.values += 1
        return f"x{self.values}"


def no_value(name: str, arguments: tuple[Any, ...], place: Place) -> None:
    """End the program: a primitive has no value for its arguments."""
    shown = " ".join((name, *map(shown_value, arguments)))
    raise ProgramFailed(
        FailureKind.PRIMITIVE,
        "a primitive has no value",
        f"({shown}) is undefined or does not fit in its sort",
        "add a fact that leaves such arguments out",
        place,
    )


def no_row(name: str, place: Place) -> None:
    """End the program: a function has no value for its keys."""
    raise ProgramFailed(FailureKind.LOOKUP, "a function has no value here", name, "set it before", place)


def panic(message: str, place: Place) -> None:
    """End the program as it asked for."""
    raise ProgramFailed(FailureKind.PANIC, "the program panics", message, "see the rule or action that says so", place)


def _parts(step: object) -> tuple[Source, ...]:
    match step:
        case SetRow(_, arguments, value):
            return (*arguments, value)
        case DeleteRow(_, arguments) | SubsumeRow(_, arguments):
            return arguments
        case Join(_, left, right):
            return (left, right)
        case Stop():
            return ()
    return (step.value,)  # type: ignore[attr-defined]


def _slots(source: Source) -> tuple[int, ...]:
    if isinstance(source, Slot):
        return (source.number,)
    arguments = getattr(source, "arguments", ())
    return tuple(slot for argument in arguments for slot in _slots(argument))


def _calls(source: Source) -> int:
    arguments = getattr(source, "arguments", ())
    return isinstance(source, TableCall) + sum(map(_calls, arguments))
