"""What extraction refuses: columns that do not fit, costs outside their domain, ties without order, no solver."""

import sys
from array import array
from types import SimpleNamespace
from typing import Any

import pytest

from egraph.colours import Colour
from egraph.errors import InvariantBroken
from egraph.extraction import ilp
from egraph.extraction.by_callable import extract_by
from egraph.extraction.columns import Columns, Symbol, read_columns
from egraph.extraction.costs import by_operator, size
from egraph.extraction.dag import extract_dag
from egraph.extraction.errors import InvalidColumns, InvalidCost, SolverFailed, SolverMissing
from egraph.extraction.ilp import EXACT_MAX, Ended, extract_exact
from egraph.extraction.program import Program
from egraph.extraction.terms import build
from egraph.extraction.tree import extract_trees

GOOD: dict[str, Any] = {
    "classes": 2,
    "labels": [0, 1, 1],
    "symbols": [0, 1, 2],
    "offsets": [0, 0, 1, 2],
    "children": [0, 0],
    "order": [5, 7, 6],
    "names": (Symbol("x", Colour.GREEN), Symbol("f", Colour.RED), Symbol("g", Colour.BLUE)),
}


def read(*, jit: bool = False, **changed: Any) -> Columns:
    """Read the good columns with some of them changed."""
    return read_columns(**(GOOD | changed), jit=jit)


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"labels": [0, 1, 2]}, "labels: .* position 2"),
        ({"labels": [-1, 1, 1]}, "labels: .* position 0"),
        ({"symbols": [0, 3, 1]}, "symbols: .* position 1"),
        ({"symbols": [0, 1, -1]}, "symbols: .* position 2"),
        ({"offsets": [0, 1, 0, 2]}, "offsets: .* position 1"),
        ({"offsets": [0, 3, 3, 2]}, "offsets: .* position 0"),
        ({"offsets": [1, 1, 1, 2]}, "offsets: "),
        ({"offsets": [0, 0, 1, 1]}, "offsets: "),
        ({"children": [0, 2]}, "children: .* position 1"),
        ({"children": [-1, 0]}, "children: .* position 0"),
        ({"order": [1, 2]}, "order: 2 values for 3 nodes"),
        ({"offsets": [0, 0, 2]}, "offsets: 3 values for 3 nodes"),
        ({"labels": [0, 1.5, 1]}, "labels: integers of 32 bits"),
        ({"labels": [0, 1 << 31, 1]}, "labels: integers of 32 bits"),
        ({"order": [0, 1 << 63, 1]}, "order: integers of 64 bits"),
        ({"labels": array("d", [0, 1, 1])}, "labels: a flat buffer"),
    ],
)
def test_columns_that_do_not_fit_are_refused(changed: dict[str, Any], told: str, jit: bool) -> None:
    """Compiled loops would read and write outside their arrays."""
    with pytest.raises(InvalidColumns, match=told):
        read(jit=jit, **changed)


def test_buffers_of_any_width_are_taken_and_never_written() -> None:
    """A caller's own column would be refused for its width, misread, or changed under its hands."""
    widths = {"labels": "b", "symbols": "H", "offsets": "i", "children": "q", "order": "i"}
    given = {name: array(code, GOOD[name]) for name, code in widths.items()}
    frozen = {name: memoryview(column.tobytes()).cast(column.typecode) for name, column in given.items()}

    for columns in (read(**given), read(**frozen)):
        trees = extract_trees(columns, size)
        assert (trees.cost_of(1), trees.term(1).sexpr()) == (2, "(g x)")
    assert {name: list(column) for name, column in given.items()} == {name: GOOD[name] for name in widths}


@pytest.mark.parametrize("price", [0, -1, 1.0, True, 1 << 62, None])
def test_prices_outside_their_domain_are_refused(price: Any) -> None:
    """A node that costs nothing could stand above itself for ever; a dear one would overflow."""
    with pytest.raises(InvalidCost, match="f in RED"):
        extract_trees(read(), by_operator({"f": price}, 1), jit=False)


@pytest.mark.parametrize("price", [1, 0, -5, 2.0, "3", None])
def test_functions_that_do_not_grow_are_refused(price: Any) -> None:
    """A class could be cheaper with itself inside than without."""
    with pytest.raises(InvalidCost, match="above each of them"):
        extract_by(read(), lambda operator, _colour, _below: 1 if operator == "x" else price)


@pytest.mark.parametrize("sweeps_max", [0, 31])
def test_ties_without_an_order_are_refused(sweeps_max: int) -> None:
    """Which of two equal terms comes out would depend on the position of the nodes."""
    tied = read(order=[0, 4, 4])
    with pytest.raises(InvalidColumns, match="order: nodes 2 and 1 are equally good and share 4"):
        extract_trees(tied, size, jit=False, sweeps_max=sweeps_max)
    with pytest.raises(InvalidColumns, match="order: nodes 2 and 1 are equally good and share 4"):
        extract_by(tied, lambda _operator, _colour, below: 1 + sum(below))

    assert extract_trees(tied, by_operator({"g": 2}, 1), jit=False, sweeps_max=sweeps_max).term(1).sexpr() == "(f x)"


def test_a_choice_that_goes_round_is_noticed() -> None:
    """A faulty choice, ours or a solver's, would be followed for ever."""
    with pytest.raises(InvariantBroken, match="leads from class 1 back"):
        build(read(children=[1, 0]), 1, {0: 0, 1: 1}.__getitem__)


def test_without_the_solver_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user would see an ImportError from the inside, or the import of the package would already fail."""
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(SolverMissing, match=r"install egraph-streams\[ilp\]"):
        extract_exact(read(), size, [1], seconds_max=1, jit=False)


def answered(monkeypatch: pytest.MonkeyPatch, **answer: Any) -> None:
    """Let the solver answer this, whatever is asked."""
    monkeypatch.setattr(ilp, "_solver", lambda: lambda program, seconds: SimpleNamespace(**answer))


@pytest.mark.parametrize(("known", "bound"), [(None, 0), (float("-inf"), 0), (1.2, 1), (1.9999, 2), (99.0, 2)])
def test_at_the_time_limit_the_greedy_choice_is_given(
    monkeypatch: pytest.MonkeyPatch, known: float | None, bound: int
) -> None:
    """A search that ran out of time would leave the user without a term, or call it optimal."""
    answered(monkeypatch, status=1, x=None, message="time", mip_dual_bound=known)

    found = extract_exact(read(), size, [1], seconds_max=1, jit=False)

    assert (found.ended, found.bound) == (Ended.TIME_LIMIT, bound)
    assert found.choice.node == extract_dag(read(), size, [1], jit=False).node


@pytest.mark.parametrize("answer", [{"status": 2, "x": None}, {"status": 4, "x": None}, {"status": 0, "x": None}])
def test_an_answer_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> None:
    """A failing solver would look like a graph without terms."""
    answered(monkeypatch, message="numerical trouble", **answer)
    with pytest.raises(SolverFailed, match="numerical trouble"):
        extract_exact(read(), size, [1], seconds_max=1, jit=False)


def test_an_optimum_above_what_is_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong answer of the solver would be handed on as the proven optimum."""
    answered(monkeypatch, status=0, x=[1, 1, 1, 0], message="")  # f over two leaves, but g over one is cheaper
    columns = read(
        classes=3, labels=[0, 2, 1, 1], symbols=[0, 0, 1, 2], order=range(4),
        offsets=[0, 0, 0, 2, 3], children=[0, 2, 0],
    )  # fmt: skip
    with pytest.raises(SolverFailed, match="5 was called optimal, but 4 was known"):
        extract_exact(columns, by_operator({"x": 2, "g": 2}, 1), [1], seconds_max=1, jit=False)


def test_sums_that_the_solver_cannot_tell_apart_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounding inside the solver would call a dearer choice optimal."""
    answered(monkeypatch, status=0, x=None, message="")
    with pytest.raises(InvalidCost, match=str(EXACT_MAX)):
        extract_exact(read(), by_operator({"x": EXACT_MAX}, 1), [1], seconds_max=1, jit=False)


def test_values_that_are_nearly_whole_are_rounded() -> None:
    """A node that the solver did not choose, but gave a millionth, would end up in the term."""
    assert Program(read(), [1], [0, 1, 2], [1, 1, 1]).chosen([0.999999, 1e-6, 1.0]) == {0: 0, 1: 2}
