"""Explanations on graphs made by hand: which proof is found, what it says, and what is said where there is none."""

import json
from dataclasses import replace

import pytest

from egraph.colours import Colour
from egraph.explain.blocked import why_not
from egraph.explain.check import check
from egraph.explain.known import KnownFacts, KnownToView
from egraph.explain.proof import Asserted, Congruence, Lemma, Proof
from egraph.explain.prove import Explainer, why
from egraph.facts import Fact, NodeAdded
from egraph.reference import ReferenceView
from egraph.store import FactStore
from egraph.view import IncrementalView
from tests.unit.egraph.worded import BLUE, GREEN, RED, equal, fact_by_fact, id_of, named, names, node, retract

LEAVES = [node(letter, GREEN) for letter in "abcdef"]
A, B, C, D, E, F = LEAVES


def plain(name: str, operator: str, *children: NodeAdded) -> NodeAdded:
    """Give a GREEN node whose fact has this name; names made from terms are too short for deep ones."""
    return NodeAdded(
        event_id=named(name), graph="main", producer="p", sequence=0, hlc=0,
        operator=operator, colour=GREEN, children=tuple(map(id_of, children)),
    )  # fmt: skip


def explain(facts: list[Fact], left: NodeAdded, right: NodeAdded) -> Proof:
    """Give the proof, checked."""
    proof = why(ReferenceView(facts), KnownFacts(facts), id_of(left), id_of(right))
    assert proof is not None
    assert check(proof, {fact.event_id: fact for fact in facts}.get) is None
    return proof


def test_the_shortest_of_two_ways_is_shown() -> None:
    """A reader would wade through a detour."""
    chain = [equal(f"long{n}", LEAVES[n], LEAVES[n + 1], n) for n in range(5)]
    facts = [*LEAVES, *chain, equal("s1", C, A, 50), equal("s2", C, F, 51)]

    proof = explain(facts, A, F)

    assert names(proof.equalities()) == ["s1", "s2"]
    assert [step.forward for step in proof.claim.steps if isinstance(step, Asserted)] == [False, True]
    assert [step.source for step in proof.claim.steps] == [id_of(A), id_of(C)]


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_simple_chain_is_its_own_proof(length: int) -> None:
    """A step would be missing, doubled or out of order."""
    facts = [*LEAVES, *(equal(f"e{n}", LEAVES[n], LEAVES[n + 1], 9 - n) for n in range(5))]

    assert names(explain(facts, A, LEAVES[length]).equalities()) == [f"e{n}" for n in range(length)]


def test_what_several_facts_say_outright_is_told_by_the_first_of_them() -> None:
    """Two replicas, or two questions, would name different facts for one equality."""
    facts: list[Fact] = [A, B, C, equal("late", A, B, 7), equal("first", B, A, 2), equal("other", A, C, 1)]
    for left, right, forward in ((A, B, False), (B, A, True)):
        proof = explain(facts, left, right)
        (step,) = proof.claim.steps

        assert isinstance(step, Asserted)
        assert (names([step.event_id]), step.forward) == (["first"], forward)


def test_an_explainer_gives_for_many_pairs_what_each_question_gives_alone() -> None:
    """What one answer left behind would change the next."""
    floors = [tower(3, leaf) for leaf in (A, B, C)]
    facts: list[Fact] = [*(item for its in floors for item in its), equal("ab", A, B, 1), equal("bc", B, C, 2)]
    view, known = ReferenceView(facts), KnownFacts(facts)
    explainer = Explainer(view, known)
    nodes = [id_of(item) for its in floors for item in its]

    for left in nodes:
        for right in nodes:
            assert explainer.why(left, right) == why(view, known, left, right)
    assert explainer.why(nodes[3], nodes[-1]) is not None


def test_a_node_equals_itself_for_no_reason() -> None:
    """A tautology would need a fact."""
    assert explain([A], A, A) == Proof((Lemma(id_of(A), id_of(A), ()),))


def test_congruence_names_the_nodes_and_proves_each_child_once() -> None:
    """f(a, a) = f(b, b) would be shown with the same argument twice, or without the facts that hold the nodes."""
    left, right = plain("left", "f", A, A), plain("right", "f", B, B)

    proof = explain([A, B, left, right, equal("e", A, B, 1)], left, right)

    assert len(proof.lemmas) == 2
    assert proof.claim.steps == (
        Congruence(id_of(left), id_of(right), left.event_id, right.event_id, children=(0, 0)),
    )  # fmt: skip


def test_an_argument_does_not_rest_on_itself() -> None:
    """With a = f(a) a proof of a = f(f(a)) could go round in a circle."""
    once = node("f", GREEN, id_of(A))
    twice = plain("twice", "f", once)

    proof = explain([A, once, twice, equal("e", A, once, 1)], A, twice)

    assert names(proof.equalities()) == ["e"]
    assert [len(lemma.steps) for lemma in proof.lemmas] == [1, 2]


def tower(height: int, ground: NodeAdded) -> list[NodeAdded]:
    """Give f(f(...f(ground))), the ground first."""
    floors = [ground]
    for number in range(height):
        floors.append(plain(f"{ground.operator}{number}", "f", floors[-1]))
    return floors


def test_a_thousand_levels_of_congruence() -> None:
    """Deep terms, common in generated code, would end in a recursion error or take for ever."""
    left, right = tower(1000, A), tower(1000, B)
    facts: list[Fact] = [*left, *right, equal("e", A, B, 1)]
    view = IncrementalView(FactStore())
    view.fold_many(view.store.intern_all(facts))

    proof = why(view, KnownToView(view), id_of(left[-1]), id_of(right[-1]))

    assert proof is not None
    assert check(proof, {fact.event_id: fact for fact in facts}.get) is None
    assert (len(proof.lemmas), names(proof.equalities())) == (1001, ["e"])
    assert len(json.loads(proof.canonical_json())["lemmas"]) == 1001
    assert hash(proof) == hash(Proof(proof.lemmas))


def test_a_large_group_of_congruent_nodes_is_explained() -> None:
    """Where hundreds of nodes are congruent the search would cut off the only way."""
    leaves = [plain(f"x{n}", f"x{n}") for n in range(200)]
    above = [plain(f"fx{n}", "f", leaf) for n, leaf in enumerate(leaves)]
    equalities = [equal(f"e{n}", leaves[n], leaves[n + 1], n) for n in range(199)]

    view = fact_by_fact([*leaves, *above, *equalities])
    proof = why(view, KnownToView(view), id_of(above[0]), id_of(above[3]))

    assert proof is not None
    assert names(proof.equalities()) == ["e0", "e1", "e2"]


def test_canonical_json_has_one_text() -> None:
    """Two replicas would publish different bytes for one explanation."""
    facts: list[Fact] = [A, B, equal("e", B, A, 1)]
    text = explain(facts, A, B).canonical_json()

    assert text == explain(facts[::-1], A, B).canonical_json()
    assert json.loads(text)["lemmas"][0]["steps"] == [
        {
            "by": "asserted",
            "event": named("e").hex(),
            "left": id_of(B).hex(),
            "right": id_of(A).hex(),
            "direction": "backward",
        }
    ]
    assert " " not in text


def conflict() -> list[Fact]:
    """A RED node over x; y is BLUE: x = y breaks the class rule as soon as g = h is accepted."""
    x, y = node("x", GREEN), node("y", BLUE)
    return [x, y, node("r", RED, id_of(x)), equal("bad", x, y, 5)]


def test_why_not_names_the_quarantined_equality_and_its_witness() -> None:
    """A user would not learn what stands between two nodes that somebody said to be equal."""
    x, y, z = node("x", GREEN), node("y", BLUE), node("z", GREEN)
    facts: list[Fact] = [*conflict(), z, equal("first", x, z, 1), equal("bad2", z, y, 6)]
    for view, known in ((ReferenceView(facts), KnownFacts(facts)), (v := fact_by_fact(facts), KnownToView(v))):
        (found,) = why_not(view, known, id_of(z), id_of(y))

        assert (found.state, names([found.event_id])) == ("quarantined", ["bad"])
        assert names(found.because) == names(view.witness(named("bad")))
        (other,) = why_not(view, known, id_of(y), id_of(x))
        assert other.event_id == named("bad")


def test_why_not_sees_through_congruence() -> None:
    """f(x) and f(y) would seem to have nothing to do with each other."""
    x, y = node("x", GREEN), node("y", BLUE)
    left, right = node("f", GREEN, id_of(x)), node("f", GREEN, id_of(y))
    facts = [*conflict(), left, right]
    found = why_not(ReferenceView(facts), KnownFacts(facts), id_of(left), id_of(right))

    assert names(item.event_id for item in found) == ["bad"]


def test_why_not_names_the_failing_premises_of_a_suspended_equality() -> None:
    """A user would not learn which withdrawal took the equality with it."""
    facts: list[Fact] = [A, B, C, equal("p", B, C, 1), retract("p"), equal("e", A, B, 2, premises=["p"])]
    (found,) = why_not(ReferenceView(facts), KnownFacts(facts), id_of(A), id_of(B))

    assert (found.state, names([found.event_id]), names(found.because)) == ("suspended", ["e"], ["p"])
    assert found.document()["because"] == [named("p").hex()]


def test_why_not_takes_the_fewest() -> None:
    """Somebody would mend two conflicts where one is enough."""
    gone = [equal(name, a, b, 2, premises=["p"]) for name, a, b in (("ab", A, B), ("bc", B, C), ("ac", A, C))]
    facts: list[Fact] = [A, B, C, *gone]

    assert names(i.event_id for i in why_not(ReferenceView(facts), KnownFacts(facts), id_of(A), id_of(C))) == ["ac"]


def test_where_nothing_is_known_nothing_is_said() -> None:
    """A guess would be shown as knowledge."""
    facts: list[Fact] = [A, B, C, equal("e", A, C, 1)]
    view = ReferenceView(facts)

    assert why(view, KnownFacts(facts), id_of(A), id_of(B)) is None
    assert why_not(view, KnownFacts(facts), id_of(A), id_of(B)) == ()
    assert why_not(view, KnownFacts(facts), id_of(A), id_of(C)) == ()


def test_the_checker_says_which_step_is_wrong() -> None:
    """A refusal would not help to find the defect."""
    e = equal("e", A, B, 1)
    facts: dict[object, Fact] = {fact.event_id: fact for fact in (A, B, e)}
    right = Asserted(e.event_id, e.left, e.right, forward=True)
    wrong = Asserted(named("nothing"), e.right, e.left, forward=True)
    proof = Proof((Lemma(e.left, e.left, (right, wrong)),))

    found = check(proof, facts.get)

    assert found is not None
    assert (found.lemma, found.step) == (0, 1)
    assert "lemma 0, step 1: 6e6f7468696e67" in str(found)


@pytest.mark.parametrize("later", [1, -1])
def test_a_proof_that_goes_round_in_a_circle_is_refused(later: int) -> None:
    """With a = f(a) and b = f(b), a = b would be proved from itself: any two such nodes could be made equal."""
    above_a, above_b = plain("above a", "f", A), plain("above b", "f", B)
    facts = [A, B, above_a, above_b, e := equal("ea", A, above_a, 1), d := equal("eb", B, above_b, 2)]
    a, b, fa, fb = map(id_of, (A, B, above_a, above_b))
    congruence = Congruence(fa, fb, above_a.event_id, above_b.event_id, (later,))
    up, down = Asserted(e.event_id, a, fa, forward=True), Asserted(d.event_id, b, fb, forward=False)
    proof = Proof((Lemma(fa, fb, (congruence,)), Lemma(a, b, (up, congruence, down))))
    lookup = {fact.event_id: fact for fact in facts}.get

    found = check(proof, lookup)
    assert found is not None
    assert (found.lemma, found.step) == (0, 0)
    assert check(Proof((Lemma(a, b, (up, replace(congruence, children=(0,)), down)),)), lookup) is not None


def test_the_checker_does_not_take_another_fact_under_the_same_name() -> None:
    """A lookup that answers wrongly would make anything provable."""
    e = equal("e", A, B, 1)
    proof = Proof((Lemma(e.left, e.right, (Asserted(named("other"), e.left, e.right, forward=True),)),))

    assert check(proof, lambda _: e) is not None
    assert check(Proof(()), lambda _: e) is not None


def test_colours_tell_nodes_apart() -> None:
    """A congruence of a RED and a GREEN node would merge two levels of trust."""
    red, green = node("f", RED, id_of(A)), node("f", Colour.GREEN, id_of(B))
    e = equal("e", A, B, 1)
    facts: dict[object, Fact] = {fact.event_id: fact for fact in (A, B, red, green, e)}
    child = Lemma(id_of(A), id_of(B), (Asserted(e.event_id, e.left, e.right, forward=True),))
    step = Congruence(id_of(red), id_of(green), red.event_id, green.event_id, (0,))

    found = check(Proof((child, Lemma(id_of(red), id_of(green), (step,)))), facts.get)

    assert found is not None
    assert "differ" in found.detail


def test_the_checker_shares_no_code_with_the_engine() -> None:
    """One defect could make a wrong proof and bless it."""
    from pathlib import Path

    import egraph.explain.check as checker

    imported = [line.split()[1] for line in Path(checker.__file__).read_text().splitlines() if line.startswith("from ")]
    ours = {name for name in imported if name.startswith("egraph")}

    assert ours == {"egraph.explain.proof", "egraph.facts", "egraph.identifiers"}
