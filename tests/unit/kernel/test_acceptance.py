"""The decision table, row by row: what an arriving fact does to decisions taken, and how much is decided anew."""

import pytest

from egraph.facts import Fact
from egraph.kernel import compiling
from egraph.kernel.errors import InvalidBatch
from egraph.kernel.view import KernelView
from egraph.store import FactStore
from tests.unit.egraph.worded import BLUE, GREEN, RED, equal, id_of, named, names, node, retract, rule

A, B, C, D = (node(operator, GREEN) for operator in "abcd")
BLUE_LEAF, UNDER_RED = node("b", BLUE), node("u", GREEN)
RED_PARENT = node("R", RED, id_of(UNDER_RED))
NODES: list[Fact] = [A, B, C, D, BLUE_LEAF, UNDER_RED, RED_PARENT]
"""A RED node stands above UNDER_RED, so nothing BLUE may join its class."""


def view_of(*facts: Fact) -> KernelView:
    """Fold facts one after another, reading after each."""
    view = KernelView(FactStore(), loops=compiling.plain())
    for fact in facts:
        view.add(fact)
        view.settle()
    return view


def decided(view: KernelView) -> tuple[list[str], list[str], list[str]]:
    """Give what is accepted, quarantined and suspended, by name."""
    return names(view.accepted()), names(view.quarantined()), names(view.suspended())


def test_a_conflict_in_order_is_quarantined_with_its_witness() -> None:
    """An equality would be shown that breaks the class rule, or nobody could say what it conflicts with."""
    view = view_of(*NODES, equal("e1", A, UNDER_RED, 1), equal("e2", C, D, 2), equal("e3", A, BLUE_LEAF, 3))

    assert decided(view) == (["e1", "e2"], ["e3"], [])
    assert names(view.witness(named("e3"))) == ["e1"]
    assert view.replays == 0


def test_a_late_equality_that_is_illegal_in_its_place_changes_nothing_else() -> None:
    """Every quarantined latecomer would have the whole tail decided anew."""
    view = view_of(*NODES, equal("e1", A, UNDER_RED, 1), equal("e5", C, D, 5), equal("e3", A, BLUE_LEAF, 3))

    assert decided(view) == (["e1", "e5"], ["e3"], [])
    assert view.replays == 0


def test_a_late_equality_wins_over_what_stands_behind_it() -> None:
    """Two replicas would accept what reached each of them first."""
    view = view_of(*NODES, equal("e5", A, UNDER_RED, 5), equal("e6", C, D, 6), equal("e3", A, BLUE_LEAF, 3))

    assert decided(view) == (["e3", "e6"], ["e5"], [])
    assert view.replays == 1


def test_a_late_node_puts_the_last_equality_out_that_it_makes_illegal() -> None:
    """A node would be refused for an equality's sake, or an earlier equality would have to go."""
    late = [item for item in NODES if item is not RED_PARENT]
    view = view_of(*late, equal("e1", A, UNDER_RED, 1), equal("e2", A, BLUE_LEAF, 2), equal("e3", C, D, 3), RED_PARENT)

    assert decided(view) == (["e1", "e3"], ["e2"], [])
    assert view.members(id_of(RED_PARENT)) == (id_of(RED_PARENT),)
    assert view.replays == 1


def test_what_is_quarantined_comes_back_when_its_witness_goes() -> None:
    """A withdrawn equality would keep others out for ever, or unsettle those that it has no part in."""
    view = view_of(*NODES, equal("e1", A, UNDER_RED, 1), equal("e2", C, D, 2), equal("e3", A, BLUE_LEAF, 3))
    tried = view.acceptance.conflicts
    view.add(retract("e2"))
    assert decided(view) == (["e1"], ["e3"], [])
    assert view.acceptance.conflicts == tried

    view.add(retract("e1"))
    assert decided(view) == (["e3"], [], [])


def test_what_rests_on_a_premise_follows_it() -> None:
    """An equality would stay accepted after what it was derived from was put out, withdrawn, or never came."""
    derived = equal("e7", C, D, 7, premises=["e5", "r"])
    view = view_of(*NODES, equal("e5", A, UNDER_RED, 5), derived)
    assert decided(view) == (["e5"], [], ["e7"])
    assert view.suspended() == {named("e7"): (named("r"),)}

    view.add(rule("r"))
    assert decided(view) == (["e5", "e7"], [], [])
    view.add(equal("e3", A, BLUE_LEAF, 3))
    assert decided(view) == (["e3"], ["e5"], ["e7"])
    view.add(retract("e3"))
    assert decided(view) == (["e5", "e7"], [], [])
    view.add(retract("r"))
    assert decided(view) == (["e5"], [], ["e7"])


def test_what_waits_for_a_waiting_one_is_decided_after_it() -> None:
    """A chain of derived equalities would be accepted in part, depending on the batch."""
    chain = [
        equal(f"e{at}", *pair, at, premises=[f"e{at - 1}"]) for at, pair in ((2, (A, B)), (3, (B, C)), (4, (C, D)))
    ]
    view = KernelView(FactStore(), loops=compiling.plain())
    view.fold_many(view.store.intern_all([*NODES, *chain[::-1]]))
    assert decided(view) == ([], [], ["e2", "e3", "e4"])
    view.add(equal("e1", A, C, 1))
    assert decided(view) == (["e1", "e2", "e3", "e4"], [], [])


def test_a_node_that_is_illegal_by_itself_is_an_error() -> None:
    """Decoding refuses such a node; if one came through, an equality would be put out for its sake, or none found."""
    view = view_of(*NODES)
    view.add(node("X", RED, id_of(BLUE_LEAF)))
    with pytest.raises(InvalidBatch, match="wrong colour"):
        view.settle()


def test_digests_of_many_facts_equal_those_of_one_by_one() -> None:
    """A replica that caught up in one batch would be told that it holds other facts."""
    facts = [*NODES, *(equal(f"x{at}", A, A, at) for at in range(200))]
    slow, fast = view_of(*facts[:60]), KernelView(FactStore(), loops=compiling.plain())
    slow.fold_many(slow.store.intern_all(facts))
    for at in range(60, len(facts)):
        slow.add(facts[at])
        slow.set_digest()
    fast.fold_many(fast.store.intern_all(facts))

    assert fast.set_digest() == slow.set_digest()
    assert fast.view_digest() == slow.view_digest()


def test_parents_are_those_of_the_facts_not_of_hidden_pairs() -> None:
    """An explanation would name nodes that no fact adds."""
    wide = node("w", GREEN, id_of(A), id_of(B), id_of(C), id_of(A))
    view = view_of(A, B, C, wide, node("f", GREEN, id_of(B)))
    table = view.store.nodes
    parents = {
        item: sorted(table.ids[parent] for parent in view.nodes.parents(table.index[id_of(item)])) for item in (A, B)
    }

    assert parents[A] == [id_of(wide), id_of(wide)]
    assert len(parents[B]) == 2
    assert view.nodes.is_mentioned(table.index[id_of(A)])
    assert view.counts().classes == 5
