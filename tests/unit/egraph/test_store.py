"""The shared store: content by dense number, written once; and what a replica holds stays its own."""

from array import array
from dataclasses import replace

import pytest

from egraph.errors import InvariantBroken
from egraph.facts import Fact
from egraph.store import EQUALITY_ASSERTED, FACT_RETRACTED, NODE_ADDED, RULE_ADDED, FactStore
from egraph.view import IncrementalView
from tests.unit.egraph.worded import GREEN, RED, equal, id_of, named, node, retract, rule

A, B = node("a", GREEN), node("b", RED)
FACTS = [A, B, equal("e1", A, B, 7), retract("e1"), rule("r1")]


def test_a_repeated_fact_keeps_its_number() -> None:
    """A fact that arrives twice, through two neighbours, would be folded twice."""
    store = FactStore()
    numbers = store.intern_all(FACTS)

    assert store.intern_all(reversed(FACTS)) == numbers[::-1]
    assert numbers == [0, 1, 2, 3, 4]
    assert len(store) == len(FACTS)
    view = IncrementalView(store)
    assert [view.fold(number) for number in numbers] == [True] * 5
    assert [view.fold(number) for number in numbers] == [False] * 5
    assert (view.fact_count, view.version) == (5, 5)


def test_a_fact_can_be_read_back() -> None:
    """Gossip and decisions would work on another fact than the one that arrived."""
    store = FactStore()
    numbers = store.intern_all(FACTS)

    assert [store.kind(n) for n in numbers] == [NODE_ADDED, NODE_ADDED, EQUALITY_ASSERTED, FACT_RETRACTED, RULE_ADDED]
    assert [store.event_id(n) for n in numbers] == [fact.event_id for fact in FACTS]
    assert [store.index_of(fact.event_id) for fact in FACTS] == numbers
    assert store.index_of(named("unheard")) is None
    assert [store.fact(n) for n in numbers[2:]] == FACTS[2:]
    assert store.order(2) == (7, named("e1"))
    with pytest.raises(InvariantBroken, match="node table"):
        store.fact(0)


def test_a_fact_that_stayed_in_columns_is_read_when_somebody_asks() -> None:
    """Explanations would find no fact behind an equality that came in bulk; or each question would decode it again."""
    asked: list[int] = []
    fact = FACTS[2]

    def read(number: int) -> Fact:
        asked.append(number)
        return fact

    store = FactStore(read)
    store.intern_all(FACTS[:2])
    ends = [store.nodes.index[id_of(item)] for item in (A, B)]
    kinds, none = bytes([EQUALITY_ASSERTED]), array("i", [-1])
    store.intern_new(fact.event_id, array("q", [7]), kinds, none, (array("i", ends[:1]), array("i", ends[1:])), {})

    assert (store.left[2], store.right[2], store.premises(2)) == (*ends, ())
    assert [store.fact(2), store.fact(2)] == [fact, fact]
    assert asked == [2]
    with pytest.raises(InvariantBroken, match="node table"):
        store.fact(0)


def test_two_facts_may_say_the_same_node() -> None:
    """Two producers that add the same node would give two nodes, or one of the facts would vanish."""
    again = replace(A, event_id=named("a again"), producer="other")
    store = FactStore()
    first, second = store.intern_all([A, again])

    assert first != second
    assert store.node[first] == store.node[second]
    view = IncrementalView(store)
    view.fold_many([first, second])
    assert (view.counts().facts, view.counts().nodes) == (2, 1)


def test_two_facts_with_one_sequence_are_two_facts() -> None:
    """Which of them counts is for admission, by log order; a store that drops one would make it depend on arrival."""
    one, other = equal("e1", A, B, 1), replace(equal("e2", A, B, 1), sequence=0)
    assert (one.producer, one.sequence) == (other.producer, other.sequence)

    assert FactStore().intern_all([one, other]) == [0, 1]


def test_a_node_is_known_before_its_children_and_its_children_before_it() -> None:
    """The content of a node would depend on whether it was mentioned first."""
    above = node("f", GREEN, id_of(A), id_of(B))
    for order in ([above, A, B], [A, B, above]):
        store = FactStore()
        store.intern_all(order)
        table = store.nodes
        number = table.index[id_of(above)]

        assert [table.ids[child] for child in table.children_of(number)] == [id_of(A), id_of(B)]
        assert table.operator_of(number) == "f"
        assert [table.operator_of(table.index[id_of(child)]) for child in (A, B)] == ["a", "b"]


def test_a_mentioned_node_has_a_colour_and_no_content() -> None:
    """A dangling child would have no colour, so the class rule would depend on arrival (decision 0006)."""
    store = FactStore()
    store.intern(node("f", GREEN, id_of(B)))
    number = store.nodes.index[id_of(B)]

    assert store.nodes.operator_of(number) is None
    assert store.nodes.colour[number] == RED
    assert len(store.nodes.children_of(number)) == 0


def test_a_tombstone_that_comes_first_is_kept() -> None:
    """The equality that it withdraws would count when it arrives."""
    view = IncrementalView(FactStore())
    assert view.add(retract("e1"))
    assert not view.holds(named("e1"))

    assert view.add(equal("e1", A, B, 1))

    assert view.holds(named("e1"))
    assert view.accepted() == ()


def test_a_store_knows_more_than_a_replica_holds() -> None:
    """Agents of one process would see each other's facts before gossip has brought them."""
    store = FactStore()
    one, other = IncrementalView(store), IncrementalView(store)
    for fact in FACTS[:3]:
        one.add(fact)

    other.add(equal("e2", A, B, 8, premises=["e1"]))

    assert not other.holds(named("e1"))
    assert other.suspended() == {named("e2"): (named("e1"),)}
    assert (other.counts().nodes, one.counts().nodes) == (0, 2)
