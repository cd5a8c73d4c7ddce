"""Colours of operators: laws over random seeds, operators, rules and graphs."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from egraph.colours import Colour, may_name
from egraph.duck.draw import branch_seed, drawn_colour
from egraph.duck.harmony import harmony, harmony_under
from egraph.duck.meaning import COMPATIBLE, PRIORITY, first_in_priority
from egraph.duck.palette import make_palette, seeded
from egraph.duck.polarity import polarities
from egraph.duck.policy import Policy
from egraph.identifiers import NodeId
from egraph.rules.patterns import Application, Variable
from egraph.rules.ruleset import Rule
from streams.ingest.colouring import Colouring

SEEDS = st.integers(-(1 << 63), (1 << 63) - 1)
COLOURS = st.sampled_from(Colour)
OPERATORS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
PAIRS = st.lists(st.tuples(COLOURS, COLOURS))
PATTERNS = st.recursive(
    st.builds(Variable, st.sampled_from("xy")) | st.builds(Application, st.sampled_from("abc")),
    lambda inner: st.builds(Application, st.sampled_from("fgh"), st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)
RULES = st.lists(st.tuples(PATTERNS, PATTERNS), max_size=5).map(
    lambda sides: [Rule(name=f"r{n}", patterns=(left,), replacement=right) for n, (left, right) in enumerate(sides)]
)


def child_of(colour: Colour) -> NodeId:
    """Give a node id of this colour."""
    return NodeId(bytes((colour << 6,)) + bytes(15))


@settings(max_examples=300, deadline=None)
@given(SEEDS, OPERATORS, st.lists(COLOURS, max_size=4))
def test_the_empty_policy_colours_as_ingest_does(seed: int, operator: str, children: list[Colour]) -> None:
    """The console would explain colours that the log does not have."""
    palette, colouring = make_palette(Policy(seed=seed)), Colouring(seeded(seed))

    assert palette.colour(operator) is drawn_colour(operator, seed) is colouring.preferred(operator)
    assert palette.colour_over(operator, children) is colouring.colour(operator, [child_of(item) for item in children])


@given(COLOURS, COLOURS)
def test_the_table_is_the_rule(parent: Colour, child: Colour) -> None:
    """The table would promise pairs that agents refuse."""
    assert COMPATIBLE[parent, child] is may_name(parent, child)
    assert first_in_priority([parent, child]) is max(parent, child, key=PRIORITY.__getitem__)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(OPERATORS, COLOURS, max_size=3), SEEDS, OPERATORS, st.lists(COLOURS, max_size=4))
def test_no_palette_breaks_the_local_rule(
    entries: dict[str, Colour], seed: int, operator: str, children: list[Colour]
) -> None:
    """A user's policy would make nodes that every agent refuses."""
    palette = make_palette(Policy(operators=entries, seed=seed))

    for name in (operator, *entries):
        colour = palette.colour_over(name, children)
        assert all(may_name(colour, child) for child in children)
        assert colour in (palette.colour(name), Colour.GREEN)


@settings(max_examples=200, deadline=None)
@given(PAIRS)
def test_harmony_keeps_its_bounds(pairs: list[tuple[Colour, Colour]]) -> None:
    """A dashboard would show a score outside its scale, or full harmony over conflicts."""
    found = harmony(pairs)

    assert 0 <= found.score <= 1
    assert (found.score == 1) == all(parent is child for parent, child in pairs)
    assert (found.score == 0) == (bool(pairs) and not any(may_name(*pair) for pair in pairs))
    if all(may_name(*pair) for pair in pairs):
        assert found.score >= 0.5
    assert harmony(reversed(pairs)) == found
    assert found.pairs == len(pairs)


@given(PAIRS, COLOURS, COLOURS)
def test_harmony_grows_with_better_pairs(pairs: list[tuple[Colour, Colour]], parent: Colour, child: Colour) -> None:
    """A user who mends a conflict would see the score fall."""
    with_pair = harmony([*pairs, (parent, child)]).score

    assert harmony([*pairs, (parent, Colour.GREEN)]).score >= with_pair or parent is child
    assert harmony([*pairs, (parent, parent)]).score >= with_pair


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"))), SEEDS)
def test_harmony_under_a_palette_is_that_of_its_colours(pairs: list[tuple[str, str]], seed: int) -> None:
    """The score of a plan would not be the score of the graph that it makes."""
    palette = make_palette(Policy(seed=seed))

    expected = harmony([(palette.colour(parent), palette.colour(child)) for parent, child in pairs])
    assert harmony_under(palette.colour, pairs) == expected


@settings(max_examples=200, deadline=None)
@given(RULES)
def test_turning_rules_round_exchanges_red_and_blue(rules: list[Rule]) -> None:
    """Forward and backward agents would be sent after the same operators."""
    turned = [Rule(name=rule.name, patterns=(rule.replacement,), replacement=rule.patterns[0]) for rule in rules]
    opposite = {Colour.RED: Colour.BLUE, Colour.BLUE: Colour.RED, Colour.GREEN: Colour.GREEN}

    there, back = polarities(rules), polarities(turned)

    assert {name: opposite[its.colour] for name, its in there.items()} == {name: b.colour for name, b in back.items()}
    assert {its.colour for its in polarities([*rules, *turned]).values()} <= {Colour.GREEN}
    assert polarities(reversed(rules)) == there


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.lists(st.integers(0, (1 << 64) - 1), unique=True, min_size=2, max_size=6))
def test_branches_are_stable_distinct_and_independent(seed: int, branches: list[int]) -> None:
    """Two experiments side by side would be the same one, or not be the same again tomorrow."""
    parent = make_palette(Policy(seed=seed, operators={"fixed": Colour.RED}))
    children = [parent.fork(branch) for branch in branches]
    operators = [f"op{number}" for number in range(400)]
    drawn = [[palette.colour(operator) for operator in operators] for palette in (parent, *children)]

    assert children == [parent.fork(branch) for branch in branches]
    assert len({child.seed for child in children}) == len(branches)
    assert {child.colour("fixed") for child in children} == {Colour.RED}
    for left, right in combinations(drawn, 2):
        agreeing = sum(a is b for a, b in zip(left, right, strict=True))
        assert 0.2 * 400 < agreeing < 0.55 * 400  # independent draws agree in 3/8 of the cases


@given(SEEDS, st.integers(0, 1000), st.integers(0, 1000))
def test_branches_of_branches_are_others(seed: int, first: int, second: int) -> None:
    """The grandchild of an experiment would repeat an experiment that was done."""
    palette = make_palette(Policy(seed=seed))
    inner, outer = palette.fork(first).fork(second), palette.fork(second).fork(first)

    assert inner.branches == (first, second)
    assert (inner == outer) == (first == second)
    assert len({palette.seed, palette.fork(first).seed, inner.seed}) == 3


def test_the_seeds_of_branches_are_pinned() -> None:
    """Another version of the program would give other colours to the branches that a user wrote down."""
    assert [branch_seed(0, 0), branch_seed(0, 1), branch_seed(-1, 0)] == [
        -2917263548253286020, -9206052645304608018, 3969225254374005513,
    ]  # fmt: skip
