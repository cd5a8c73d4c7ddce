"""Typed facts to a query over rows, typed actions to effects.

Belongs here: nested expressions taken apart, equal variables made one, what is bound and what not. Not here: sorts
(inference.py), the order in which a query is worked off (query_plan.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from egraph.program.inference import Typed
from egraph.program.primitives import Primitive, same
from egraph.program.problems import ProblemKind, ProgramProblem
from egraph.program.resolved import (
    Constant,
    PrimitiveAtom,
    PrimitiveCall,
    Query,
    RowAtom,
    Schema,
    Slot,
    Source,
    TableCall,
    Term,
)
from egraph.program.syntax import FunctionKind, Literal
from egraph.rules.problems import Place


@dataclass(slots=True)
class FlatFacts:
    """Facts taken apart. A cell is a value that occurs in them; equal cells are joined."""

    _parents: list[int] = field(default_factory=list)
    _constants: dict[int, Constant] = field(default_factory=dict)
    _variables: dict[str, int] = field(default_factory=dict)
    _rows: list[tuple[Schema, list[int]]] = field(default_factory=list)
    _primitives: list[tuple[Primitive, list[int], int | None, Place]] = field(default_factory=list)
    _impossible: bool = False

    def holds(self, typed: Typed) -> None:
        """Add the fact that a call has a value."""
        self._cell(typed)

    def equal(self, left: Typed, right: Typed) -> None:
        """Add the fact that two expressions have one value."""
        first, second = self._find(self._cell(left)), self._find(self._cell(right))
        if first == second:
            return
        constants = [self._constants.pop(cell) for cell in (first, second) if cell in self._constants]
        if len(constants) == 2 and not same(constants[0].value, constants[1].value):
            self._impossible = True
        self._parents[first] = second
        if constants:
            self._constants[second] = constants[0]

    def query(self) -> tuple[Query, dict[str, Term]]:
        """Give the query, and for each variable its slot or value. Slots are numbered by their first use in a row."""
        numbers: dict[int, Slot] = {}

        def term(cell: int) -> Term:
            root = self._find(cell)
            if root in self._constants:
                return self._constants[root]
            return numbers.setdefault(root, Slot(len(numbers)))

        rows = tuple(RowAtom(table, tuple(map(term, cells))) for table, cells in self._rows)
        primitives = tuple(
            PrimitiveAtom(primitive, tuple(map(term, cells)), None if result is None else term(result), place)
            for primitive, cells, result, place in self._primitives
        )
        variables = {name: term(cell) for name, cell in self._variables.items()}
        return Query(rows, primitives, len(numbers), self._impossible), variables

    def _cell(self, typed: Typed) -> int:
        if typed.variable:
            if typed.variable not in self._variables:
                self._variables[typed.variable] = self._new()
            return self._variables[typed.variable]
        if isinstance(typed.expression, Literal):
            cell = self._new()
            self._constants[cell] = Constant(typed.expression.value)
            return cell
        cells = [self._cell(argument) for argument in typed.arguments]
        if typed.table is not None:
            result = self._new()
            if typed.table.kind is FunctionKind.RELATION:
                self._constants[result] = Constant(())
            self._rows.append((typed.table, [*cells, result]))
            return result
        (primitive,) = typed.choices
        result = self._new()
        self._primitives.append((primitive, cells, None if primitive.tests else result, typed.expression.place))
        if primitive.tests:
            self._constants[result] = Constant(())
        return result

    def _new(self) -> int:
        self._parents.append(len(self._parents))
        return len(self._parents) - 1

    def _find(self, cell: int) -> int:
        while self._parents[cell] != cell:
            cell = self._parents[cell]
        return cell


def unbound_slots(query: Query) -> tuple[int, ...]:
    """Give the slots that no row and no primitive over bound slots gives a value."""
    bound = {term.number for row in query.rows for term in row.columns if isinstance(term, Slot)}
    waiting = list(query.primitives)
    progress = True
    while progress:
        progress = False
        for atom in list(waiting):
            if all(isinstance(term, Constant) or term.number in bound for term in atom.arguments):
                waiting.remove(atom)
                progress = True
                if isinstance(atom.result, Slot):
                    bound.add(atom.result.number)
    return tuple(slot for slot in range(query.slots) if slot not in bound)


def unbound_problems(
    query: Query, variables: dict[str, Term], places: dict[str, Place], fallback: Place
) -> Iterable[ProgramProblem]:
    """Give a problem for each variable that nothing binds."""
    missing = unbound_slots(query)
    names: dict[int, str] = {}
    for name, term in variables.items():
        if isinstance(term, Slot) and term.number in missing:
            names.setdefault(term.number, name)
    for slot in missing:
        name = names.get(slot, "a value")
        yield ProgramProblem(
            kind=ProblemKind.UNBOUND_VARIABLE,
            fact="a variable is not bound",
            detail=f"no table gives {name} a value",
            remedy=f"add a fact about a table that names {name}",
            place=places.get(name, fallback),
        )


def source(typed: Typed, slots: dict[str, Term]) -> Source:
    """Give an expression of an action. Its variables must all be in `slots`."""
    if typed.variable:
        return slots[typed.variable]
    if isinstance(typed.expression, Literal):
        return Constant(typed.expression.value)
    arguments = tuple(source(argument, slots) for argument in typed.arguments)
    if typed.table is not None:
        return TableCall(typed.table, arguments, typed.expression.place)
    (primitive,) = typed.choices
    return PrimitiveCall(primitive, arguments, typed.expression.place)


def sources(typed: Sequence[Typed], slots: dict[str, Term]) -> tuple[Source, ...]:
    """Give several expressions of an action."""
    return tuple(source(item, slots) for item in typed)
