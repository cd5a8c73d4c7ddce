"""Terms that are deep, shared, dear, or none at all."""

from random import Random

import pytest

from egraph.colours import Colour
from egraph.extraction.by_callable import depth, extract_by
from egraph.extraction.columns import Columns, Symbol, read_columns
from egraph.extraction.costs import by_operator, prefer_green, size
from egraph.extraction.dag import extract_dag
from egraph.extraction.errors import InvalidColumns, NoTerm, TermTooLarge, TooExpensive
from egraph.extraction.loops import EXPENSIVE
from egraph.extraction.tree import Found, extract_trees

GREEN, RED = Colour.GREEN, Colour.RED


def columns_of(
    nodes: list[tuple[int, str, tuple[int, ...]]], colours: list[Colour] | None = None, classes: int = 0
) -> Columns:
    """Give columns of nodes that are (class, operator, classes of the children), first in content order first."""
    names: dict[Symbol, int] = {}
    offsets = [0]
    for *_, below in nodes:
        offsets.append(offsets[-1] + len(below))
    symbols = [
        names.setdefault(Symbol(operator, colour), len(names))
        for (_, operator, _), colour in zip(nodes, colours or [GREEN] * len(nodes), strict=True)
    ]
    return read_columns(
        classes=classes or 1 + max(label for label, *_ in nodes),
        labels=[label for label, *_ in nodes],
        symbols=symbols,
        offsets=offsets,
        children=[child for *_, below in nodes for child in below],
        order=range(len(nodes)),
        names=tuple(names),
        jit=False,
    )


LEVELS = 100_000


@pytest.fixture(scope="module", params=["children first", "parents first", "shuffled"])
def chain(request: pytest.FixtureRequest) -> Columns:
    """100,000 levels: s(s(...s(zero))), class 0 at the bottom."""
    nodes: list[tuple[int, str, tuple[int, ...]]] = [(0, "zero", ())]
    nodes += [(level, "s", (level - 1,)) for level in range(1, LEVELS)]
    if request.param == "parents first":
        nodes.reverse()
    elif request.param == "shuffled":
        Random(1).shuffle(nodes)
    return columns_of(nodes)


def test_deep_terms_are_extracted_and_written(chain: Columns) -> None:
    """A deep term would end in a RecursionError, or take time that grows with the square of its depth."""
    term = extract_trees(chain, size, jit=True).term(LEVELS - 1)

    assert (term.size, term.depth, len(term.steps)) == (LEVELS, LEVELS, LEVELS)
    assert term.sexpr() == "(s " * (LEVELS - 1) + "zero" + ")" * (LEVELS - 1)


def test_costs_by_function_reach_as_deep() -> None:
    """A cost function of the user's would end in a RecursionError on a deep graph."""
    nodes: list[tuple[int, str, tuple[int, ...]]] = [(0, "zero", ())]
    nodes += [(level, "s", (level - 1,)) for level in range(1, LEVELS)]

    assert extract_by(columns_of(nodes[::-1]), depth).cost_of(LEVELS - 1) == LEVELS


def test_a_term_that_doubles_at_every_level_is_too_expensive_as_a_tree() -> None:
    """The sum would wrap round to a small or negative number, and the dearest term pass for the cheapest."""
    columns = columns_of([(0, "x", ())] + [(n, "twice", (n - 1, n - 1)) for n in range(1, 101)])

    for sweeps_max in (0, 31):
        trees = extract_trees(columns, size, jit=False, sweeps_max=sweeps_max)
        assert trees.cost_of(60) == 2**61 - 1
        assert [trees.found(label) for label in (60, 61, 62, 100)] == [Found.TERM] + [Found.TOO_EXPENSIVE] * 3
        with pytest.raises(TooExpensive, match="dag"):
            trees.term(100)

    shared = extract_dag(columns, size, [100], jit=False)
    assert shared.cost == 101
    assert shared.term(100).size == 2**101 - 1
    assert extract_by(columns, lambda _operator, _colour, below: 1 + sum(below)).cost_of(100) == 2**101 - 1


@pytest.mark.parametrize("jit", [True, False])
def test_costs_at_the_ceiling_do_not_wrap(jit: bool) -> None:
    """Two dear children would add up to a negative cost."""
    columns = columns_of([(0, "x", ()), (1, "f", (0, 0, 0)), (2, "f", (1, 1, 1)), (2, "g", (0, 0, 0, 0))])

    for sweeps_max in (0, 31):
        trees = extract_trees(columns, by_operator({"x": EXPENSIVE - 1}, 1), jit=jit, sweeps_max=sweeps_max)
        assert trees.cost_of(0) == EXPENSIVE - 1
        assert [trees.found(label) for label in (1, 2)] == [Found.TOO_EXPENSIVE] * 2


def test_large_text_is_refused_and_shared_steps_are_given() -> None:
    """A term of a few dozen nodes would fill the memory as text."""
    columns = columns_of([(0, "x", ())] + [(n, "f", (n - 1, n - 1)) for n in range(1, 41)])
    term = extract_trees(columns, size, jit=False).term(40)

    with pytest.raises(TermTooLarge, match=f"{2**41 - 1} symbols"):
        term.sexpr()
    assert [step.children for step in term.steps] == [()] + [(n, n) for n in range(40)]
    small = extract_trees(columns, size, jit=False).term(2)
    assert small.sexpr(symbols_max=7) == "(f (f x x) (f x x))"
    with pytest.raises(TermTooLarge):
        small.sexpr(symbols_max=6)


def test_a_class_above_itself_only_has_no_term() -> None:
    """A user would wait for an endless term, or get one that is cut off."""
    columns = columns_of(
        [(0, "f", (0,)), (1, "g", (2,)), (2, "g", (1,)), (3, "h", (4,)), (5, "x", ()), (6, "k", (5, 0))]
    )

    trees = extract_trees(columns, size, jit=False)

    assert [trees.found(label) is Found.TERM for label in range(7)] == [False] * 5 + [True, False]
    with pytest.raises(NoTerm, match="class 6"):
        trees.cost_of(6)
    with pytest.raises(NoTerm, match="class 1"):
        extract_dag(columns, size, [5, 1], jit=False)
    with pytest.raises(InvalidColumns, match="class 7"):
        trees.term(7)


def test_shared_nodes_are_paid_for_once() -> None:
    """The cheaper of two terms would be missed because its shared part is counted twice."""
    columns = columns_of(
        [(0, "big", ()), (1, "f", (0, 0)), (2, "p", ()), (3, "q", ()), (1, "f", (2, 3))], classes=4
    )  # fmt: skip
    cost = by_operator({"big": 5, "p": 4, "q": 4}, 1)

    assert extract_trees(columns, cost, jit=False).term(1).sexpr() == "(f p q)"
    shared = extract_dag(columns, cost, [1], jit=False)
    assert (shared.cost, shared.term(1).sexpr()) == (6, "(f big big)")
    with pytest.raises(NoTerm, match="nothing was chosen for class 2"):
        shared.term(2)


def test_trust_outweighs_size_or_not() -> None:
    """A user who asks for verified nodes would get imported or unverified ones although there is another way."""
    nodes: list[tuple[int, str, tuple[int, ...]]] = [(0, "x", ()), (1, "short", ()), (1, "f", (0,)), (2, "g", (1,))]
    columns = columns_of(nodes, [GREEN, RED, GREEN, GREEN])

    assert extract_trees(columns, size, jit=False).term(2).sexpr() == "(g short)"
    assert extract_trees(columns, prefer_green(size, 1000), jit=False).term(2).sexpr() == "(g (f x))"


def test_text_reads_the_same_again() -> None:
    """An operator with blanks or parentheses would break the term when it is read by `egraph emit`."""
    from streams.ingest.colouring import Colouring
    from streams.ingest.sexpr import SexprReader, Statement

    odd = ['Constant:str:"a (b)"', "back\\slash", "semi;colon", "#hash"]
    columns = columns_of([(number, operator, ()) for number, operator in enumerate(odd)] + [(4, "f g", (0, 1, 2, 3))])

    read = SexprReader(Colouring()).read_line(extract_trees(columns, size, jit=False).term(4).sexpr())

    assert isinstance(read, Statement)
    assert [node.operator for node in read.nodes] == [*odd, "f g"]
