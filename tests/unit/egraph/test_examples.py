"""What a view is, by small examples: each on the definition and on the incremental view, in several orders of arrival.

Belongs here: documentation of egraph/reference.py. Not here: random histories (tests/properties).
"""

from collections.abc import Callable, Sequence

import pytest

from egraph.colours import Colour
from egraph.facts import Fact
from egraph.reading import View
from tests.unit.egraph.worded import (
    BLUE,
    EVERY_WAY,
    GREEN,
    RED,
    equal,
    id_of,
    named,
    names,
    node,
    retract,
    rule,
)

Viewing = Callable[[Sequence[Fact]], View]

A, B, C = (node(operator, GREEN) for operator in "abc")
RED_LEAF, BLUE_LEAF = node("r", RED), node("b", BLUE)
UNDER_RED, UNDER_BLUE = node("u", GREEN), node("v", GREEN)
RED_PARENT = node("R", RED, id_of(UNDER_RED))
BLUE_PARENT = node("B", BLUE, id_of(UNDER_BLUE))
TRIANGLE = [UNDER_RED, BLUE_LEAF, A, RED_PARENT]
"""A RED node stands above UNDER_RED, so nothing BLUE may join its class."""


@pytest.fixture(params=EVERY_WAY, ids=lambda way: way.__name__)
def view_of(request: pytest.FixtureRequest) -> Viewing:
    """Each way to compute a view."""
    way: Viewing = request.param
    return way


def together(view: View, *facts: object) -> bool:
    """Tell whether nodes are in one class, asked through both readings."""
    ids = [id_of(fact) for fact in facts]  # type: ignore[arg-type]
    same = len({view.class_of(item) for item in ids}) == 1
    assert same == all(set(ids) <= set(view.members(item)) for item in ids)
    return same


# --- classes


def test_without_equalities_each_node_is_alone(view_of: Viewing) -> None:
    """Nodes would be merged that nobody called equal."""
    view = view_of([A, B, node("f", GREEN, id_of(A))])

    assert view.members(id_of(A)) == (id_of(A),)
    assert (view.counts().nodes, view.counts().classes) == (3, 3)


def test_equality_is_transitive_and_named_by_the_smallest(view_of: Viewing) -> None:
    """Replicas would name the same class differently."""
    view = view_of([A, B, C, equal("e1", A, B, 1), equal("e2", B, C, 2)])

    ids = sorted(map(id_of, (A, B, C)))
    assert view.class_of(id_of(B)) == ids[0]
    assert view.members(id_of(C)) == tuple(ids)
    assert view.counts().classes == 1


def test_equal_children_make_equal_parents(view_of: Viewing) -> None:
    """Congruence would be missing: f(a) and f(b) stay apart though a = b."""
    fa, fb = node("f", GREEN, id_of(A)), node("f", GREEN, id_of(B))
    gfa, gfb = node("g", GREEN, id_of(fa), id_of(C)), node("g", GREEN, id_of(fb), id_of(C))
    view = view_of([A, B, C, fa, fb, gfa, gfb, equal("e1", A, B, 1)])

    assert together(view, fa, fb)
    assert together(view, gfa, gfb)
    assert not together(view, fa, gfa)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (node("f", GREEN, id_of(A)), node("g", GREEN, id_of(B))),
        (node("f", GREEN, id_of(A)), node("f", RED, id_of(B))),
        (node("f", GREEN, id_of(A)), node("f", GREEN, id_of(B), id_of(B))),
        (node("f", GREEN, id_of(A), id_of(C)), node("f", GREEN, id_of(C), id_of(B))),
    ],
    ids=["operator", "colour", "arity", "order of children"],
)
def test_what_differs_in_more_than_classes_is_not_congruent(view_of: Viewing, left: Fact, right: Fact) -> None:
    """Two different terms would become equal."""
    assert not together(view_of([A, B, C, left, right, equal("e1", A, B, 1)]), left, right)


def test_a_cycle_is_a_class_like_any_other(view_of: Viewing) -> None:
    """a = f(a) would not end, or f(f(a)) would be left out."""
    fa = node("f", GREEN, id_of(A))
    ffa = node("f", GREEN, id_of(fa))
    view = view_of([A, fa, ffa, equal("e1", A, fa, 1)])

    assert together(view, A, fa, ffa)


def test_an_equality_may_name_nodes_that_nobody_added_yet(view_of: Viewing) -> None:
    """Facts would have to wait for each other."""
    view = view_of([equal("e1", A, B, 1)])

    assert names(view.accepted()) == ["e1"]
    assert together(view, A, B)
    assert (view.counts().nodes, view.counts().classes) == (0, 1)


# --- the class rule


@pytest.mark.parametrize(
    ("facts", "left", "right"),
    [
        ([UNDER_RED, RED_PARENT, BLUE_LEAF], UNDER_RED, BLUE_LEAF),
        ([UNDER_BLUE, BLUE_PARENT, RED_LEAF], UNDER_BLUE, RED_LEAF),
    ],
    ids=["BLUE below RED", "RED below BLUE"],
)
def test_an_equality_that_breaks_the_class_rule_is_quarantined(
    view_of: Viewing, facts: list[Fact], left: object, right: object
) -> None:
    """A violation would be visible; or the equality would be lost and not shown."""
    view = view_of([*facts, equal("e1", left, right, 1)])  # type: ignore[arg-type]

    assert names(view.quarantined()) == ["e1"]
    assert view.accepted() == ()
    assert not together(view, left, right)
    assert view.counts().violations == 0
    assert view.witness(named("e1")) == ()


@pytest.mark.parametrize("colour", Colour)
def test_colours_may_meet_in_a_class_that_nobody_forbids(view_of: Viewing, colour: Colour) -> None:
    """More than the rule says would be forbidden: RED may equal BLUE where no parent objects."""
    other, parent = node("o", colour), node("G", GREEN, id_of(RED_LEAF))
    view = view_of([RED_LEAF, other, parent, equal("e1", RED_LEAF, other, 1)])

    assert names(view.accepted()) == ["e1"]
    assert together(view, RED_LEAF, other)


def test_a_conflict_names_the_accepted_equalities_it_is_made_of(view_of: Viewing) -> None:
    """A person would search among all equalities for the two that matter."""
    view = view_of(
        [*TRIANGLE, B, C, equal("unrelated", B, C, 1), equal("e1", UNDER_RED, A, 2), equal("e2", A, BLUE_LEAF, 3)]
    )

    assert names(view.accepted()) == ["unrelated", "e1"]
    assert names(view.quarantined()) == ["e2"]
    assert names(view.witness(named("e2"))) == ["e1"]


def test_there_is_no_witness_for_what_is_not_quarantined(view_of: Viewing) -> None:
    """A made-up explanation would be shown."""
    view = view_of([*TRIANGLE, equal("e1", UNDER_RED, A, 2)])
    for name in ("e1", "unheard"):
        with pytest.raises(KeyError):
            view.witness(named(name))


def test_of_two_in_conflict_the_earlier_in_the_order_stands(view_of: Viewing) -> None:
    """The one that arrived first would stand, so replicas would differ."""
    one, other = equal("e1", UNDER_RED, A, 2), equal("e2", A, BLUE_LEAF, 3)
    assert names(view_of([*TRIANGLE, one, other]).accepted()) == ["e1"]
    assert names(view_of([*TRIANGLE, other, one]).accepted()) == ["e1"]

    tie = [equal("e9", UNDER_RED, A, 5), equal("e8", A, BLUE_LEAF, 5)]
    assert names(view_of([*TRIANGLE, *tie]).accepted()) == ["e8"], "equal times: the smaller event id"


def test_congruence_can_break_the_rule_too(view_of: Viewing) -> None:
    """Only the two ends would be checked, and the violation would stand one level above."""
    left, right = node("f", GREEN, id_of(A)), node("f", GREEN, id_of(B))
    parent = node("R", RED, id_of(left))
    facts = [A, B, left, right, parent, BLUE_LEAF, equal("e1", right, BLUE_LEAF, 1)]
    view = view_of([*facts, equal("e2", A, B, 2)])

    assert names(view.quarantined()) == ["e2"]
    assert names(view.witness(named("e2"))) == ["e1"]
    assert not together(view, left, right)


def test_a_node_that_comes_late_can_unmake_an_equality(view_of: Viewing) -> None:
    """A decision taken before the node was known would stand against the definition."""
    parent = node("R", RED, id_of(A))
    facts = [A, BLUE_LEAF, equal("e1", A, BLUE_LEAF, 1)]
    assert names(view_of(facts).accepted()) == ["e1"]

    assert names(view_of([*facts, parent]).quarantined()) == ["e1"]


# --- premises


def test_a_derived_equality_counts_while_its_premises_do(view_of: Viewing) -> None:
    """Conclusions would be drawn from what nobody holds."""
    derived = equal("d", A, B, 5, premises=["rule", "e1", "aG"])
    view = view_of([A, B, C, rule("rule"), equal("e1", B, C, 1), derived])

    assert names(view.accepted()) == ["e1", "d"]
    assert view.suspended() == {}


@pytest.mark.parametrize(
    ("facts", "failing"),
    [
        ([equal("e1", B, C, 1)], ["rule"]),
        ([rule("rule"), retract("rule"), equal("e1", B, C, 1)], ["rule"]),
        ([rule("rule"), equal("e1", B, C, 1), retract("e1")], ["e1"]),
        ([rule("rule"), equal("e1", B, C, 5)], ["e1"]),
        ([rule("rule", at=6), equal("e1", B, C, 1)], ["rule"]),
        ([rule("rule"), equal("e1", UNDER_RED, BLUE_LEAF, 1)], ["e1"]),
        ([rule("rule"), equal("e1", B, C, 1, premises=["lost"])], ["e1"]),
        ([], ["rule", "e1"]),
    ],
    ids=[
        "absent",
        "rule retracted",
        "retracted",
        "not earlier",
        "rule not earlier",
        "quarantined",
        "itself suspended",
        "both absent",
    ],
)
def test_a_suspended_equality_names_the_premises_that_fail(
    view_of: Viewing, facts: list[Fact], failing: list[str]
) -> None:
    """Nobody could tell why it does not count; or it would count without its grounds."""
    view = view_of([*TRIANGLE, B, C, *facts, equal("d", A, B, 5, premises=["rule", "e1"])])

    assert names(view.suspended()[named("d")]) == failing
    assert "d" not in names(view.accepted()) + names(view.quarantined())
    assert not together(view, A, B)


def test_a_chain_of_derivations_falls_with_its_first_link(view_of: Viewing) -> None:
    """Conclusions would outlive what they were concluded from."""
    d, f = node("d", GREEN), node("f", GREEN)
    chain = [
        equal("e1", A, B, 1),
        equal("e2", B, C, 2, premises=["e1"]),
        equal("e3", C, d, 3, premises=["e2"]),
        equal("e4", d, f, 4, premises=["e3"]),
    ]
    assert names(view_of([A, B, C, d, f, *chain]).accepted()) == ["e1", "e2", "e3", "e4"]

    view = view_of([A, B, C, d, f, *chain, retract("e1")])
    assert {name: names(why) for name, why in zip(names(view.suspended()), view.suspended().values(), strict=True)} == {
        "e2": ["e1"],
        "e3": ["e2"],
        "e4": ["e3"],
    }


# --- retraction


def test_retracting_a_rule_withdraws_what_it_derived(view_of: Viewing) -> None:
    """A rule that turned out wrong would go on in everything concluded from it."""
    facts = [A, B, C, rule("rule"), equal("d", A, B, 5, premises=["rule"]), equal("e1", B, C, 1)]
    assert names(view_of(facts).accepted()) == ["e1", "d"]

    view = view_of([*facts, retract("rule")])

    assert names(view.accepted()) == ["e1"]
    assert names(view.suspended()[named("d")]) == ["rule"]
    assert not together(view, A, B)
    assert view_of([*facts, rule("another")]).view_digest() != view.view_digest()


def test_retracting_restores_what_was_before(view_of: Viewing) -> None:
    """A withdrawn equality would leave its class, its congruences or its trace in the digest."""
    fa, fb = node("f", GREEN, id_of(A)), node("f", GREEN, id_of(B))
    before = [A, B, fa, fb, C, equal("e0", B, C, 0)]

    view = view_of([*before, equal("e1", A, B, 1), retract("e1")])

    assert not together(view, fa, fb)
    assert together(view, B, C)
    assert view.view_digest() == view_of(before).view_digest()
    assert (view.counts().retracted, view.counts().facts) == (1, len(before) + 2)
    assert view.holds(named("e1")), "the log is never rewritten"


def test_retracting_one_side_of_a_conflict_releases_the_other(view_of: Viewing) -> None:
    """The quarantined equality would stay out for ever, though nothing speaks against it any more."""
    facts = [*TRIANGLE, equal("e1", UNDER_RED, A, 2), equal("e2", A, BLUE_LEAF, 3)]
    assert names(view_of(facts).quarantined()) == ["e2"]

    view = view_of([*facts, retract("e1")])

    assert names(view.accepted()) == ["e2"]
    assert view.quarantined() == ()


def test_a_tombstone_may_come_first_and_waits(view_of: Viewing) -> None:
    """Replicas that hear of the retraction first would show what is withdrawn."""
    waiting = view_of([A, B, retract("e1")])
    assert (waiting.counts().tombstones_held, waiting.counts().retracted) == (1, 0)

    view = view_of([A, B, retract("e1"), equal("e1", A, B, 1)])

    assert view.accepted() == ()
    assert (view.counts().tombstones_held, view.counts().retracted) == (0, 1)


def test_two_tombstones_are_one_retraction(view_of: Viewing) -> None:
    """Two people who withdraw the same thing would be counted, or cancel each other."""
    view = view_of([A, B, equal("e1", A, B, 1), retract("e1"), retract("e1", "again")])

    assert view.accepted() == ()
    assert (view.counts().retracted, view.counts().facts) == (1, 5)


def test_nodes_and_tombstones_cannot_be_retracted(view_of: Viewing) -> None:
    """Nodes only grow; a tombstone for a tombstone would bring back what was withdrawn."""
    facts = [A, B, equal("e1", A, B, 1), retract("e1", "t1")]
    view = view_of([*facts, retract("aG", "t2"), retract("t1", "t3")])

    assert view.accepted() == ()
    assert (view.counts().nodes, view.counts().retracted, view.counts().tombstones_held) == (2, 1, 0)


def test_the_view_digest_tells_what_can_be_seen(view_of: Viewing) -> None:
    """Two replicas that show different things would look converged."""
    facts = [*TRIANGLE, B, C, rule("rule")]
    views = [
        view_of(facts),
        view_of([*facts, node("another", GREEN)]),
        view_of([*facts, rule("rule 2")]),
        view_of([*facts, equal("e1", B, C, 1)]),
        view_of([*facts, equal("e1", A, B, 1)]),
        view_of([*facts, equal("e2", B, C, 1)]),
        view_of([*facts, equal("e1", UNDER_RED, BLUE_LEAF, 1)]),
        view_of([*facts, equal("e1", B, C, 1, premises=["lost"])]),
    ]
    assert len({view.view_digest() for view in views}) == len(views)
