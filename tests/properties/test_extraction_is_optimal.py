"""Extraction gives what its definition says (egraph/extraction/reference.py), however the graph is numbered."""

from collections.abc import Sequence
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egraph.colours import Colour
from egraph.extraction import ilp, reference
from egraph.extraction.bounds import least_through
from egraph.extraction.by_callable import depth, extract_by
from egraph.extraction.columns import Columns
from egraph.extraction.dag import extract_dag, nodes_below, tree_as_dag
from egraph.extraction.errors import NoTerm
from egraph.extraction.from_view import content_order, view_columns
from egraph.extraction.ilp import Ended, extract_exact
from egraph.extraction.program import Program
from egraph.extraction.tree import Extraction, Found, extract_trees
from egraph.store import FactStore
from egraph.view import IncrementalView
from tests.properties.histories import history
from tests.properties.small_columns import (
    is_term_of,
    price_of,
    random_cost,
    renumbered,
    shared_price_of,
    small_columns,
)

SEEDS = st.integers(0, 2**32)
SOLVER_BITS_MAX = 13


def with_terms(trees: Extraction) -> list[int]:
    """Give the classes that have terms."""
    return [label for label in range(trees.columns.classes) if trees.found(label) is Found.TERM]


def texts(trees: Extraction) -> dict[int, str]:
    """Give the best term of each class that has one, as text."""
    return {label: trees.term(label).sexpr() for label in with_terms(trees)}


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_trees_cost_what_the_definition_says(seed: int) -> None:
    """A user would be told a dearer term, or none, where the graph holds a cheaper one."""
    columns, cost = small_columns(seed), random_cost(seed)

    trees = extract_trees(columns, cost, jit=False)

    for label in range(columns.classes):
        expected = reference.tree_cost(columns, cost, label)
        if expected is None:
            assert trees.found(label) is Found.NO_TERM
            with pytest.raises(NoTerm):
                trees.term(label)
        else:
            term = trees.term(label)
            assert trees.cost_of(label) == price_of(term, cost) == expected
            assert is_term_of(columns, term, label)


@settings(max_examples=200, deadline=None)
@given(SEEDS, st.integers(0, 3))
def test_both_ways_choose_the_same_nodes(seed: int, sweeps_max: int) -> None:
    """The terms of a class would depend on how long sweeping was tried."""
    columns, cost = small_columns(seed, classes_max=12, nodes_max=30), random_cost(seed)

    swept = extract_trees(columns, cost, jit=False)
    settled = extract_trees(columns, cost, jit=False, sweeps_max=sweeps_max)

    assert list(swept.best) == list(settled.best)
    assert list(swept.cost) == list(settled.cost)


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.integers(0, 1))
def test_compiled_loops_do_the_same(seed: int, way: int) -> None:
    """What the other tests prove of the plain loops would not hold for the compiled ones that users run."""
    columns, cost = small_columns(seed, classes_max=40, nodes_max=120), random_cost(seed)
    sweeps_max = 31 * way

    plain = extract_trees(columns, cost, jit=False, sweeps_max=sweeps_max)
    compiled = extract_trees(columns, cost, jit=True, sweeps_max=sweeps_max)

    assert list(plain.best) == list(compiled.best)
    assert list(plain.cost) == list(compiled.cost)


@settings(max_examples=200, deadline=None)
@given(SEEDS, SEEDS)
def test_numbering_decides_nothing(seed: int, other: int) -> None:
    """Two replicas that hold the same nodes in another order would extract different terms."""
    columns, cost = small_columns(seed, classes_max=12, nodes_max=40), random_cost(seed)
    moved, name = renumbered(columns, other)

    trees, again = extract_trees(columns, cost, jit=False), extract_trees(moved, cost, jit=False)

    assert {name[label]: text for label, text in texts(trees).items()} == texts(again)
    for label in with_terms(trees):
        left, right = extract_dag(columns, cost, [label], jit=False), extract_dag(moved, cost, [name[label]], jit=False)
        assert left.term(label).sexpr() == right.term(name[label]).sexpr()
    by_depth, again = texts(extract_by(columns, depth)), texts(extract_by(moved, depth))
    assert {name[label]: text for label, text in by_depth.items()} == again


@settings(max_examples=200, deadline=None)
@given(SEEDS, st.integers(1, 3))
def test_shared_terms_cost_no_less_than_the_optimum_and_no_more_than_trees(seed: int, wanted: int) -> None:
    """A user who pays for shared nodes once would get a worse answer than by not asking for it."""
    columns, cost = small_columns(seed), random_cost(seed)
    trees = extract_trees(columns, cost, jit=False)
    roots = with_terms(trees)[:wanted]
    if not roots:
        return

    found = extract_dag(columns, cost, roots, jit=False)

    optimum = reference.dag_cost(columns, cost, roots)
    assert optimum is not None
    assert optimum <= found.cost <= tree_as_dag(trees, cost, roots).cost
    assert found.cost == sum(cost(*columns.symbol_of(node)) for node in found.node.values())
    for root in roots:
        assert is_term_of(columns, found.term(root), root)
        assert shared_price_of(found.term(root), cost) <= found.cost


@pytest.mark.parametrize(("seed", "root"), [(5408, 3), (5408, 4), (1601, 5), (810, 8)])
def test_where_greed_loses_the_tree_is_taken(seed: int, root: int) -> None:
    """Graphs found by search, on which the greedy choice alone is dearer than the cheapest tree."""
    columns, cost = small_columns(seed, classes_max=12, nodes_max=40), random_cost(seed)
    trees = extract_trees(columns, cost, jit=False)

    assert extract_dag(columns, cost, [root], jit=False).cost == tree_as_dag(trees, cost, [root]).cost


def weighed(operator: str, colour: Colour, below: Sequence[int]) -> int:
    """Price operators apart, levels more than breadth: superior, and no sum."""
    return 1 + ord(operator) % 3 + int(colour) + 2 * max(below, default=0) + sum(below) // 2


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_costs_by_function_are_those_of_the_definition(seed: int) -> None:
    """A user's own cost function would give a term that is not the cheapest by it."""
    columns = small_columns(seed)

    for cost in (depth, weighed):
        found = extract_by(columns, cost)
        for label in range(columns.classes):
            expected = reference.term_cost(columns, cost, label)
            assert (found.cost_of(label) if found.found(label) is Found.TERM else None) == expected


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_a_sum_as_function_is_the_sum(seed: int) -> None:
    """The two ways to say the same cost would choose different terms."""
    columns, cost = small_columns(seed), random_cost(seed)

    by_function = extract_by(columns, lambda operator, colour, below: cost(operator, colour) + sum(below))

    assert texts(by_function) == texts(extract_trees(columns, cost, jit=False))


def solve_by_trying(program: Program, seconds_max: float) -> Any:
    """Solve an integer program by trying every assignment: an answer of the same shape as the solver's."""
    best: tuple[float, tuple[int, ...]] | None = None
    for values in product(*(range(upper + 1) for upper in program.upper)):
        sums = [0] * len(program.least)
        for row, column, factor in zip(program.row, program.column, program.factor, strict=True):
            sums[row] += factor * values[column]
        if all(value >= least for value, least in zip(sums, program.least, strict=True)):
            price = sum(price * value for price, value in zip(program.price, values, strict=True))
            if best is None or price < best[0]:
                best = price, values
    assert best is not None, "the program allows nothing"
    return SimpleNamespace(status=0, x=best[1], message="tried")


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_the_integer_program_says_what_the_definition_says(seed: int) -> None:
    """The exact search would be exact about another question: cycles allowed, or terms left out."""
    columns, cost = small_columns(seed, classes_max=4, nodes_max=6), random_cost(seed)
    roots = with_terms(extract_trees(columns, cost, jit=False))[:1]
    if not roots:
        return

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ilp, "_solver", lambda: solve_by_trying)
        found = extract_exact(columns, cost, roots, seconds_max=1, jit=False)

    assert found.choice.cost == found.bound == reference.dag_cost(columns, cost, roots)
    assert found.ended is Ended.OPTIMAL


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 3))
def test_the_exact_search_is_exact(seed: int, wanted: int) -> None:
    """A user would wait for the solver and be told that a choice is optimal which is not."""
    pytest.importorskip("scipy.optimize", reason="the solver is an extra: install egraph-streams[ilp]")
    columns, cost = small_columns(seed), random_cost(seed)
    roots = with_terms(extract_trees(columns, cost, jit=False))[:wanted]
    if not roots:
        return

    found = extract_exact(columns, cost, roots, seconds_max=30, jit=False)

    assert found.ended is Ended.OPTIMAL
    assert found.choice.cost == found.bound == reference.dag_cost(columns, cost, roots)
    for root in roots:
        assert is_term_of(columns, found.choice.term(root), root)


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.integers(1, 2))
def test_what_is_left_out_of_the_search_is_in_no_optimum(seed: int, wanted: int) -> None:
    """The exact search would leave out a node that the cheapest choice needs."""
    columns, cost = small_columns(seed, classes_max=5, nodes_max=8), random_cost(seed)
    trees = extract_trees(columns, cost, jit=False)
    roots = with_terms(trees)[-wanted:]

    least = least_through(columns, cost, roots, nodes_below(trees, roots))

    for node in range(len(columns)):
        cheapest = reference.dag_cost(columns, cost, roots, using=node) if roots else None
        assert cheapest is None or least[node] <= cheapest


def columns_of(seed: int) -> tuple[IncrementalView, Columns, dict[bytes, int]]:
    """Give a view of a random history, its columns, and the class of each node id there."""
    view = IncrementalView(FactStore())
    for fact in history(seed):
        view.add(fact)
    read = view_columns(view, jit=False)
    return view, read.columns, {node: read.class_of(node) for node in read.ids}


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_the_columns_of_a_view_are_the_view(seed: int) -> None:
    """A user would get a term of another class, or one with nodes that no fact added."""
    view, columns, label_of = columns_of(seed)
    ids = list(label_of)

    assert len(columns) == view.counts().nodes
    for node, (left, label) in enumerate(label_of.items()):
        assert columns.labels[node] == label
        assert columns.symbol_of(node).colour == left[0] >> 6
        for right in ids:
            assert (label == label_of[right]) == (right in view.members(left))
    assert sorted(range(len(ids)), key=columns.order.__getitem__) == sorted(range(len(ids)), key=ids.__getitem__)


@settings(deadline=None)
@given(st.lists(st.binary(min_size=9, max_size=9), unique=True), st.booleans())
def test_content_order_is_the_order_of_ids(tails: list[bytes], alike: bool) -> None:
    """Ids that begin alike would count as equal, and a tie between them be refused or decided by position."""
    ids: Any = [(b"\xc0" * 7 + tail) if alike else (tail + b"\xc0" * 7) for tail in tails]

    order = content_order(ids)

    assert sorted(range(len(ids)), key=order.__getitem__) == sorted(range(len(ids)), key=ids.__getitem__)
    assert len(set(order)) == len(ids)
