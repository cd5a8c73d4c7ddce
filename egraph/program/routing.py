"""Which programs need nothing but terms, rewriting and unions, so that a faster engine may run them.

Belongs here: the question. Not here: any engine.
"""

from collections.abc import Iterator

from egraph.program.resolved import (
    Act,
    Bind,
    Command,
    DeclareRule,
    DeclareTable,
    Do,
    Effects,
    GoBack,
    Join,
    Keep,
    MustFail,
    PrimitiveCall,
    Program,
    Query,
    SetRow,
    Source,
    TableCall,
)
from egraph.program.syntax import FunctionKind


def is_pure(program: Program) -> bool:
    """Tell whether a program has constructors and globals only, no primitives, and effects that add and unite terms.

    Values of primitive sorts may stand in its terms; nothing is computed with them. Push and pop are not pure.
    """
    return all(map(_is_pure, program.commands))


def _is_pure(command: Command) -> bool:
    match command.order:
        case DeclareTable(table):
            return table.kind is FunctionKind.CONSTRUCTOR or table.is_global
        case DeclareRule(rule, _):
            return _adds_and_unites(rule.effects) and _is_plain(rule.query)
        case Act(effects):
            return _adds_and_unites(effects)
        case Keep() | GoBack() | MustFail():
            return False
    return True


def _is_plain(query: Query) -> bool:
    return not query.primitives and all(row.table.kind is FunctionKind.CONSTRUCTOR for row in query.rows)


def _adds_and_unites(effects: Effects) -> bool:
    for step in effects.steps:
        match step:
            case Bind(_, value) | Do(value):
                parts: tuple[Source, ...] = (value,)
            case Join(_, left, right):
                parts = (left, right)
            case SetRow(table, (), value) if table.is_global:
                parts = (value,)
            case _:
                return False
        if any(isinstance(part, PrimitiveCall) for source in parts for part in _within(source)):
            return False
    return True


def _within(source: Source) -> Iterator[Source]:
    yield source
    if isinstance(source, TableCall | PrimitiveCall):
        for argument in source.arguments:
            yield from _within(argument)
