"""The checker on computed steps, fault by fault: each case is one step away from a sound example."""

from dataclasses import replace
from typing import Any

import pytest

from egraph.colours import Colour
from egraph.derive.check import check
from egraph.derive.proof import ByPremise, ByRule, DerivationProof, InlineTerm, ProofLemma
from egraph.derive.verdict import Fault, Incomplete, Refused, Sound
from egraph.facts import Derived, EqualityAsserted, Fact, RuleAdded
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.printer import rule_set_hash
from egraph.rules.rule_facts import draft_of
from egraph.rules.ruleset import RuleSet
from tests.unit.derive.small_proof import ENVELOPE, Lookup, id_of, node, sealed

ADDING = ComputedRule(
    name="ints", table="int/1", leaves="int:", functions=(("add", "add"), ("div", "floordiv"), ("neg", "neg"))
)
ONE, TWO, THREE, FOUR = (node(f"int:{number}") for number in (1, 2, 3, 4))
RED_THREE, NAME = node("int:3", colour=Colour.RED), node("x")
APPLIED = node("int:1", TWO)
SUM, OTHER, OPEN, OVER = node("add", ONE, TWO), node("mul", ONE, TWO), node("add", ONE, NAME), node("add", ONE, APPLIED)
WRONG, SHORT = node("div", ONE, node("int:0")), node("add", ONE)
ZERO = node("int:0")
NODES = (ONE, TWO, THREE, FOUR, RED_THREE, NAME, APPLIED, SUM, OTHER, OPEN, OVER, WRONG, SHORT, ZERO)


def fact_of(rule: ComputedRule = ADDING) -> RuleAdded:
    """Give the fact of a computed rule."""
    return sealed(draft_of(rule, graph="main", producer="hand", sequence=0, hlc=1))  # type: ignore[no-any-return]


RULE = fact_of()


def claim(*terms: Any, forward: bool = True, **change: Any) -> EqualityAsserted:
    """Give an equality of the first two terms by one computed step; the others are its operands."""
    ids = tuple(term if isinstance(term, InlineTerm) else id_of(term) for term in terms)
    step = ByRule(0, forward, tuple(range(2, len(ids))), 1)
    named: Any = tuple((str(at), id_of(term)) for at, term in enumerate(terms[2:], start=1))
    why = Derived(
        rule="ints", substitution=named, rule_set=rule_set_hash(RuleSet(computed=(ADDING,))), round=1,
        premises=(RULE.event_id,), proof=DerivationProof(ids, (ProofLemma(0, (step,)),)),
    )  # fmt: skip
    return sealed(  # type: ignore[no-any-return]
        EqualityAsserted(**ENVELOPE, hlc=3, left=id_of(terms[0]), right=id_of(terms[1]), why=replace(why, **change))
    )


def with_step(step: ByRule) -> EqualityAsserted:
    """Give the sound example with another step."""
    good = claim(SUM, THREE, ONE, TWO)
    assert isinstance(good.why, Derived)
    proof = DerivationProof(good.why.proof.terms, (ProofLemma(0, (step,)),))
    return replace(good, why=replace(good.why, proof=proof))


def judged(fact: EqualityAsserted, rule: RuleAdded = RULE) -> Any:
    """Judge a claim."""
    return check(fact, Lookup((*NODES, rule)))


@pytest.mark.parametrize("result", [THREE, RED_THREE], ids=["green", "red"])
def test_a_computed_step_is_sound_both_ways_and_in_every_colour(result: Any) -> None:
    """Agents' computed rules would be withdrawn by their own kind."""
    assert judged(claim(SUM, result, ONE, TWO)) == Sound(rules=(RULE.event_id,), equalities=())
    assert judged(claim(result, SUM, ONE, TWO, forward=False)) == Sound(rules=(RULE.event_id,), equalities=())


def test_a_step_between_terms_that_are_no_nodes_is_sound() -> None:
    """A constant that only the saturation knew could not be passed through."""
    good = claim(SUM, THREE, ONE, TWO)
    assert isinstance(good.why, Derived)
    terms = (
        InlineTerm("int:1", Colour.GREEN, ()), InlineTerm("int:2", Colour.GREEN, ()),
        InlineTerm("add", Colour.GREEN, (0, 1)), InlineTerm("int:3", Colour.GREEN, ()),
    )  # fmt: skip
    proof = DerivationProof(terms, (ProofLemma(2, (ByRule(0, True, (0, 1), 3),)),))

    inline = replace(good, why=replace(good.why, proof=proof))

    assert check(inline, Lookup((RULE,))) == Sound(rules=(RULE.event_id,), equalities=())


CASES: dict[str, EqualityAsserted] = {
    "wrong number": claim(SUM, FOUR, ONE, TWO),
    "no constant": claim(SUM, NAME, ONE, TWO),
    "turned round": claim(SUM, THREE, ONE, TWO, forward=False),
    "another operator": claim(OTHER, TWO, ONE),
    "operands exchanged": claim(SUM, THREE, TWO, ONE),
    "operand missing": claim(SUM, THREE, ONE),
    "operand is a name": claim(OPEN, THREE, ONE, NAME),
    "operand is no leaf": claim(OVER, TWO, ONE, APPLIED),
    "division by zero": claim(WRONG, THREE, ONE, ZERO),
    "too few operands": claim(SHORT, THREE, ONE),
    "witness": with_step(ByRule(0, True, (2, 3), 1, witnesses=(2,))),
    "lemma": with_step(ByRule(0, True, (2, 3), 1, lemmas=(None,))),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_computed_is_refused(name: str) -> None:
    """A forged constant would count on every agent."""
    verdict = judged(CASES[name])

    assert isinstance(verdict, Refused)
    assert (verdict.fault, verdict.lemma, verdict.step) == (Fault.NOT_AN_INSTANCE, 0, 0)


def test_what_the_fact_says_beside_the_step_is_held_to_it() -> None:
    """People would be shown another rule than the one that computed, or a set that does not hold it."""
    rename: Any = (("1", id_of(TWO)), ("2", id_of(ONE)))
    cases: list[tuple[dict[str, Any], Fault]] = [
        ({"rule": "other"}, Fault.OTHER_HEADLINE),
        ({"substitution": rename}, Fault.OTHER_HEADLINE),
        ({"rule_set": rule_set_hash(RuleSet())}, Fault.OTHER_RULE_SET),
    ]
    for change, fault in cases:
        verdict = judged(claim(SUM, THREE, ONE, TWO, **change))
        assert isinstance(verdict, Refused)
        assert verdict.fault is fault


def test_what_another_computed_rule_computes_is_not_this_ones() -> None:
    """Withdrawing one would leave its consequences, because they name another."""
    for other in (replace(ADDING, leaves="i:"), replace(ADDING, functions=(("neg", "neg"),)),
                  replace(ADDING, functions=(("add", "mul"),))):  # fmt: skip
        fact = fact_of(other)
        verdict = judged(claim(SUM, THREE, ONE, TWO, premises=(fact.event_id,)), fact)
        assert isinstance(verdict, Refused)
        assert verdict.fault is Fault.NOT_AN_INSTANCE


def test_a_computed_rule_is_no_equality_and_an_unreadable_one_proves_nothing() -> None:
    """A step by premise would read sides off a rule, or an unknown table would be taken on trust."""
    good = claim(SUM, THREE, ONE, TWO)
    assert isinstance(good.why, Derived)
    steps = (ByPremise(0, True),)
    proof = DerivationProof(good.why.proof.terms, (ProofLemma(0, steps),))
    verdict = judged(replace(good, why=replace(good.why, proof=proof)))
    assert isinstance(verdict, Refused)
    assert verdict.fault is Fault.PREMISE_KIND

    unknown = sealed(replace(RULE, replacement="(:by int/2 int:)"))
    verdict = judged(claim(SUM, THREE, ONE, TWO, premises=(unknown.event_id,)), unknown)
    assert isinstance(verdict, Refused)
    assert verdict.fault is Fault.UNREADABLE_RULE


def test_a_missing_operand_is_waited_for() -> None:
    """A computed rule whose constants are late would be withdrawn for ever."""
    held: list[Fact] = [fact for fact in NODES if fact is not TWO]

    assert check(claim(SUM, THREE, ONE, TWO), Lookup((*held, RULE))) == Incomplete(nodes=(id_of(TWO),))
