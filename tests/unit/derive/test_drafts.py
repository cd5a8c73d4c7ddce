"""What is drafted for publication: examples with one trace each."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from egraph.derive.check import check
from egraph.derive.drafts import Derivation, Publisher, Stamp, derive, rules_in_force
from egraph.derive.proof import ByCongruence, ByPremise, ByRule, InlineTerm
from egraph.derive.verdict import Sound
from egraph.errors import InvalidFact
from egraph.facts import Derived, EqualityAsserted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import NodeId
from egraph.rules.conditions import Content
from egraph.saturation.limits import Limits
from egraph.saturation.saturation import Saturation
from schemas.codec import seal
from tests.unit.derive.small_proof import ENVELOPE, Lookup, id_of, node, rule, sealed

NODES_MAX = 100


def publisher(hlc_after: int = 1, bytes_max: int = 1 << 16) -> Publisher:
    """Give a producer whose clock stands so far behind the newest premise."""
    return Publisher(
        graph="main",
        producer="agent-3",
        stamp=lambda left, latest: Stamp(left[0], latest + hlc_after),
        size=lambda draft: len(seal(draft).raw),
        bytes_max=bytes_max,
    )


def saturated(
    nodes: list[NodeAdded],
    rules: list[RuleAdded],
    accepted: list[EqualityAsserted],
    *,
    unions: list[tuple[NodeId, NodeId]] | None = None,
    also: Mapping[NodeId, Content] | None = None,
    by: Publisher | None = None,
) -> Derivation:
    """Saturate with the real engine, and give what follows."""
    in_force = rules_in_force(rules)
    contents = {id_of(fact): Content(fact.operator, fact.children) for fact in nodes}
    pairs = [(fact.left, fact.right) for fact in accepted] if unions is None else unions
    saturation = Saturation(in_force.rules, contents, pairs, limits=Limits(rounds=4, nodes=NODES_MAX))
    trace = saturation.run().trace
    assert trace is not None
    return derive(trace, saturation.given.ids, accepted, in_force.facts, by or publisher(), also=also or {})


def stated(left: NodeAdded, right: NodeAdded) -> EqualityAsserted:
    """Give a statement."""
    draft = EqualityAsserted(**ENVELOPE, hlc=5, left=id_of(left), right=id_of(right), why=Stated("so"))
    return sealed(draft)  # type: ignore[no-any-return]


def ends(derivation: Derivation) -> set[frozenset[NodeId]]:
    """Give the pairs that are drafted."""
    return {frozenset((draft.left, draft.right)) for draft in derivation.drafts}


def why(draft: EqualityAsserted) -> Derived:
    """Give why a draft holds."""
    assert isinstance(draft.why, Derived)
    return draft.why


A, B, ZERO = node("a"), node("b"), node("0")
PLUS_ZERO = rule("(+ ?x 0)", "?x", name="plus-zero")
COMMUTES = rule("(+ ?x ?y)", "(+ ?y ?x)", name="commutes")


def test_a_term_that_only_saturation_made_stands_inline() -> None:
    """Every step on the way would be published as a node, and the log would grow with each saturation."""
    zero_a = node("+", ZERO, A)
    nodes = [A, ZERO, zero_a]

    (draft,) = saturated(nodes, [PLUS_ZERO, COMMUTES], []).drafts

    proof = why(draft).proof
    assert [term for term in proof.terms if isinstance(term, InlineTerm)] == [
        InlineTerm("+", A.colour, (proof.terms.index(id_of(A)), proof.terms.index(id_of(ZERO))))
    ]
    assert [type(step) for lemma in proof.lemmas for step in lemma.steps] == [ByRule, ByRule]
    assert isinstance(check(draft, Lookup((*nodes, PLUS_ZERO, COMMUTES))), Sound)


def test_what_follows_by_congruence_is_not_said() -> None:
    """Each equality of two leaves would be repeated for every term above them."""
    sum_ = node("+", A, ZERO)
    above = [node("f", sum_), node("f", A), node("g", node("f", sum_)), node("g", node("f", A))]

    derivation = saturated([A, ZERO, sum_, *above], [PLUS_ZERO], [])

    assert ends(derivation) == {frozenset((id_of(sum_), id_of(A)))}


def test_what_was_equal_before_is_not_said() -> None:
    """Statements would come back as derived facts."""
    sum_ = node("+", A, ZERO)

    assert saturated([A, ZERO, sum_], [PLUS_ZERO], [stated(sum_, A)]) == Derivation((), (), 0)


def test_a_match_through_a_class_rests_on_the_statement() -> None:
    """A statement could be retracted, and what was derived through it would stay."""
    n = node("n")
    sum_, said = node("+", A, n), stated(n, ZERO)
    facts = [A, n, ZERO, sum_]

    (draft,) = saturated(facts, [PLUS_ZERO], [said]).drafts

    assert set(why(draft).premises) == {PLUS_ZERO.event_id, said.event_id}
    kinds = [type(step) for lemma in why(draft).proof.lemmas for step in lemma.steps]
    assert sorted(kind.__name__ for kind in kinds) == [item.__name__ for item in (ByCongruence, ByPremise, ByRule)]
    assert draft.hlc > max(said.hlc, PLUS_ZERO.hlc)


def test_the_stamp_is_asked_for_each_draft_and_must_be_later() -> None:
    """A fact would be published that never counts, since its premises stand behind it in the order."""
    nodes = [A, B, ZERO, node("+", A, ZERO), node("+", B, ZERO)]
    drafts = saturated(nodes, [PLUS_ZERO], [], by=publisher(7)).drafts

    assert [(draft.sequence, draft.hlc, draft.producer) for draft in drafts] == [
        (draft.left[0], PLUS_ZERO.hlc + 7, "agent-3") for draft in drafts
    ]
    assert len(drafts) == 2
    with pytest.raises(ValueError, match="move the clock"):
        saturated(nodes, [PLUS_ZERO], [], by=publisher(0))


def test_nodes_that_were_not_handed_in_may_be_needed_for_the_proof() -> None:
    """What an agent derives from a part of the graph could not be proved, and would be lost without a word."""
    h_a, h_b = node("h", A), node("h", B)
    deep = [node("k", h_a), node("k", h_b)]
    same = node("same", *deep)
    rules = [rule("(same ?x ?x)", "yes")]
    yes, said = node("yes"), stated(A, B)
    unions = [(id_of(deep[0]), id_of(deep[1])), (id_of(h_a), id_of(h_b))]

    lost = saturated([same, *deep, yes], rules, [said], unions=unions)
    also = {id_of(fact): Content(fact.operator, fact.children) for fact in (h_a, h_b, A, B)}
    found = saturated([same, *deep, yes], rules, [said], unions=unions, also=also)

    assert (lost.drafts, lost.unproved) == ((), 1)
    assert ends(found) == {frozenset((id_of(same), id_of(yes)))}
    assert isinstance(check(found.drafts[0], Lookup((A, B, h_a, h_b, *deep, same, yes, said, *rules))), Sound)


def test_a_proof_too_large_is_told_with_its_size() -> None:
    """Agents would decode nothing but dead letters, or the equality would be lost without a word."""
    nodes = [A, ZERO, node("+", A, ZERO)]
    (draft,) = saturated(nodes, [PLUS_ZERO], []).drafts

    derivation = saturated(nodes, [PLUS_ZERO], [], by=publisher(bytes_max=100))

    assert derivation.drafts == ()
    ((left, right, size),) = derivation.too_large
    assert (left, right) == (draft.left, draft.right)
    assert size is not None
    assert 100 < len(seal(draft).raw) <= size


def test_the_earliest_of_equal_rules_stands_for_them() -> None:
    """Two agents would rest the same equality on different facts."""
    later = sealed(replace(PLUS_ZERO, hlc=9, producer="else"))
    unreadable = rule("(f", "?x")

    for facts in ([later, PLUS_ZERO, unreadable, COMMUTES], [COMMUTES, PLUS_ZERO, later]):
        rules, found, _, _ = rules_in_force(facts)
        assert [item.name for item in rules.rules] == [fact.name for fact in found]
        assert set(found) == {PLUS_ZERO, COMMUTES}


def test_a_rule_that_nobody_can_read_is_our_caller_s_fault() -> None:
    """A proof would name a rule that no checker accepts."""
    in_force = rules_in_force([PLUS_ZERO])
    saturation = Saturation(in_force.rules, {id_of(A): Content("a", ())}, ())
    trace = saturation.run().trace
    assert trace is not None

    with pytest.raises(InvalidFact, match="saturated with"):
        derive(trace, saturation.given.ids, (), (rule("(f", "?x"),), publisher())
