"""Laws of running programs, over random ones: congruence, complete matching, cheapest terms, going back.

Belongs here: what must hold whatever the program. Not here: single commands (tests/unit/program).
"""

from itertools import product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from egraph.interchange.serialized import read_graph, write_graph
from egraph.program.checking import load_program
from egraph.program.database import Database
from egraph.program.engine import PythonEngine
from egraph.program.execution import Execution
from egraph.program.extraction import Extractor
from egraph.program.matching import write_search
from egraph.program.primitives import PRIMITIVE_SORTS, same
from egraph.program.resolved import Claim, Constant, Query, Term
from egraph.program.running import Limits
from egraph.program.serialize import serialize
from egraph.program.syntax import FunctionKind
from tests.properties.random_programs import DECLARATIONS, FACTS, programs, statements

LIMITS = Limits(rounds=20, rows=400, matches=5_000)
EVERYTHING = list(HealthCheck)


def run(text: str) -> tuple[Execution, Database]:
    """Give a program that has run, and what it left."""
    engine = PythonEngine(LIMITS)
    execution = Execution(load_program(text), engine)
    execution.run()
    return execution, engine._database


@settings(max_examples=20, deadline=None, suppress_health_check=EVERYTHING)
@given(text=programs(deletes=True))
def test_rows_are_current_and_congruent(text: str) -> None:
    """Terms that are equal would stand in different classes, or a lookup would miss a row."""
    _, database = run(text)

    for table in database.tables:
        for number, row in table.live():
            for column in table.schema.class_columns:
                assert database.find(row[column]) == row[column]
            assert table.numbers[row[:-1]] == number
        assert len(table.live()) == len(table) == len({row[:-1] for _, row in table.live()})
        assert all(table.rows[number] is not None for number in table.hidden)
    assert database.size == sum(len(table) for table in database.tables)


@settings(max_examples=50, deadline=None, suppress_health_check=EVERYTHING)
@given(
    text=st.lists(statements(), min_size=3, max_size=12),
    facts=st.lists(st.sampled_from(FACTS), min_size=1, max_size=3, unique=True),
)
def test_a_search_finds_what_trying_everything_finds(text: list[str], facts: list[str]) -> None:
    """A rule would miss a match, or fire where its facts do not hold."""
    asked = " ".join(dict.fromkeys([*facts, *(f"(R {name})" for name in "xyz"), *(f"(P {name})" for name in "ij")]))
    program = f"{DECLARATIONS}{' '.join(text)}(P 1)(P 2)(R (A))(check {asked})"
    execution, database = run(program)
    (query,) = [command.order.query for command in execution.program.commands if isinstance(command.order, Claim)]
    found: list[tuple[Any, ...]] = []
    write_search(database, query, range(query.slots), None, hides=False)([], found, 10**9, [0])

    assert sorted(found, key=repr) == sorted(by_trying(database, query), key=repr)


def by_trying(database: Database, query: Query) -> list[tuple[Any, ...]]:
    """Give all matches of a query by trying every combination of rows."""
    matches = []
    for rows in product(*([row for _, row in database.by_schema[atom.table].live()] for atom in query.rows)):
        known: dict[int, Any] = {}
        cells = [
            (term, value)
            for atom, row in zip(query.rows, rows, strict=True)
            for term, value in zip(atom.columns, row, strict=True)
        ]
        if all(agrees(known, term, value) for term, value in cells) and primitives_agree(query, known):
            matches.append(tuple(known[slot] for slot in range(query.slots)))
    return [] if query.impossible else matches


def agrees(known: dict[int, Any], term: Term, value: Any) -> bool:
    """Bind a term, or tell whether it has this value."""
    return same(term.value if isinstance(term, Constant) else known.setdefault(term.number, value), value)


def primitives_agree(query: Query, known: dict[int, Any]) -> bool:
    """Tell whether all primitives hold; their arguments are known in some order."""
    waiting = list(query.primitives)
    while waiting:
        ready = [
            atom
            for atom in waiting
            if all(isinstance(term, Constant) or term.number in known for term in atom.arguments)
        ]
        atom = ready[0]
        waiting.remove(atom)
        value = atom.primitive.compute(
            *(term.value if isinstance(term, Constant) else known[term.number] for term in atom.arguments)
        )
        if value is None or (atom.result is not None and not agrees(known, atom.result, value)):
            return False
    return True


@settings(max_examples=20, deadline=None, suppress_health_check=EVERYTHING)
@given(text=programs())
def test_no_row_gives_a_cheaper_term(text: str) -> None:
    """An extracted term would not be the cheapest."""
    _, database = run(text)
    extractor = Extractor(database)

    for table in database.tables:
        if table.schema.kind is not FunctionKind.CONSTRUCTOR:
            continue
        for number, row in table.live():
            below = [
                1 if sort in PRIMITIVE_SORTS else extractor.cost(key)
                for sort, key in zip(table.schema.inputs, row, strict=False)
            ]
            if number not in table.hidden and None not in below:
                cost = extractor.cost(row[-1])
                assert cost is not None
                assert cost <= table.schema.cost + sum(part or 0 for part in below)
            term = extractor.best(table.schema.output, row[-1])
            if term is not None:
                assert term.cost == extractor.cost(row[-1]) == cost_of(term.text())


def cost_of(text: str) -> int:
    """Count the cost of a term from its text alone."""
    costs = {"A": 1, "B": 3, "N": 1, "F": 2, "G": 1, "H": 0}
    words = text.replace("(", " ( ").replace(")", " ) ").split()
    return sum(costs.get(word, 1) for word in words if word not in "()")


@settings(max_examples=15, deadline=None, suppress_health_check=EVERYTHING)
@given(text=programs(deletes=True), tried=st.lists(statements(), min_size=1, max_size=4))
def test_push_and_pop_leave_no_trace(text: str, tried: list[str]) -> None:
    """What was tried between push and pop would show in what follows."""
    plain, _ = run(text + "(run 3)(print-size)")
    trying, _ = run(f"{text}(push){' '.join(tried)}(run 2)(pop)(run 3)(print-size)")

    assert write_graph(serialize(trying.engine)) == write_graph(serialize(plain.engine))


@settings(max_examples=20, deadline=None, suppress_health_check=EVERYTHING)
@given(text=programs())
def test_what_a_program_leaves_can_be_written_and_read(text: str) -> None:
    """The file for other tools would be refused by them, or say something else."""
    execution, _ = run(text)
    graph = serialize(execution.engine)

    assert read_graph(write_graph(graph)) == graph
