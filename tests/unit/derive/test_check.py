"""The checker, fault by fault: each case is one step away from the sound example of small_proof.py."""

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from egraph.colours import Colour
from egraph.derive import arithmetic, rule_text
from egraph.derive import check as checker_module
from egraph.derive.check import check
from egraph.derive.proof import NO_PROOF, ByCongruence, ByPremise, ByRule, DerivationProof, InlineTerm, ProofLemma
from egraph.derive.verdict import Fault, Incomplete, Refused, Sound
from egraph.facts import Derived, EqualityAsserted, NodeAdded, RuleAdded, Stated
from tests.unit.derive.small_proof import (
    BY_DROP,
    BY_STATED,
    DERIVED,
    DROP,
    ENVELOPE,
    F_A,
    FACTS,
    PREMISES,
    PROOF,
    STATED,
    A,
    B,
    Lookup,
    hash_of,
    id_of,
    node,
    proving,
    rule,
    saying,
    sealed,
)

FIRST, CLAIM = PROOF.lemmas
DROPPING, STATING = FIRST.steps
WIDE, HUGE = Colour.GREEN, 1 << 40


def test_the_example_is_sound() -> None:
    """Every refusal below would have another cause than the one it names."""
    assert check(DERIVED, Lookup()) == Sound(rules=(DROP.event_id,), equalities=(STATED.event_id,))


def first(*steps: Any, start: int = 0) -> EqualityAsserted:
    """Give the example with other steps in its first lemma."""
    return proving(ProofLemma(start, steps), CLAIM)


def claim(*steps: Any, start: int = 2) -> EqualityAsserted:
    """Give the example with other steps in its claim."""
    return proving(FIRST, ProofLemma(start, steps))


LEAF = InlineTerm("leaf", WIDE, ())
CASES: dict[str, tuple[EqualityAsserted, Fault, int | None, int | None]] = {
    "stated": (replace(DERIVED, why=Stated("so")), Fault.NO_PROOF, None, None),
    "no proof": (saying(proof=NO_PROOF), Fault.NO_PROOF, None, None),
    "terms only": (saying(proof=DerivationProof(PROOF.terms, ())), Fault.NO_PROOF, None, None),
    "premise is a node": (saying(premises=(*PREMISES, A.event_id)), Fault.PREMISE_KIND, None, None),
    "premise later": (replace(DERIVED, hlc=2), Fault.PREMISE_ORDER, None, None),
    "premises descend": (saying(premises=PREMISES[::-1]), Fault.PREMISES_DIFFER, None, None),
    "premise twice": (saying(premises=(*PREMISES, PREMISES[1])), Fault.PREMISES_DIFFER, None, None),
    "premise unused": (first(DROPPING), Fault.NOT_CONGRUENT, 1, 0),
    "no steps": (first(), Fault.MALFORMED, 0, None),
    "no such term": (first(DROPPING, STATING, start=4), Fault.MALFORMED, 0, None),
    "term counted from the end": (first(DROPPING, STATING, start=-4), Fault.MALFORMED, 0, None),
    "no such target": (claim(ByCongruence(HUGE, (0,))), Fault.MALFORMED, 1, 0),
    "no such premise": (first(DROPPING, ByPremise(2, False)), Fault.MALFORMED, 0, 1),
    "premise counted from the end": (first(DROPPING, ByPremise(-1, False)), Fault.MALFORMED, 0, 1),
    "lemma rests on itself": (claim(ByCongruence(3, (1,))), Fault.MALFORMED, 1, 0),
    "lemma counted from the end": (claim(ByCongruence(3, (-1,))), Fault.MALFORMED, 1, 0),
    "lemma unused": (proving(FIRST, FIRST, CLAIM), Fault.MALFORMED, None, None),
    "term unused": (proving(terms=(*PROOF.terms, LEAF)), Fault.MALFORMED, None, None),
    "term twice": (proving(terms=(*PROOF.terms, InlineTerm("a", WIDE, ()))), Fault.MALFORMED, None, None),
    "term twice, both used": (
        proving(ProofLemma(0, (replace(DROPPING, substitution=(4,)), STATING)), CLAIM, terms=(*PROOF.terms, id_of(A))),
        Fault.MALFORMED, None, None,
    ),
    "child counted from the end": (
        proving(terms=(id_of(F_A), id_of(A), InlineTerm("g", WIDE, (-2,)), PROOF.terms[3])),
        Fault.MALFORMED, None, None,
    ),
    "term is no id": (proving(terms=(*PROOF.terms, b"short")), Fault.MALFORMED, None, None),  # type: ignore[arg-type]
    "term names itself": (proving(terms=(*PROOF.terms, InlineTerm("f", WIDE, (4,)))), Fault.MALFORMED, None, None),
    "colours of a term": (
        proving(terms=(*PROOF.terms, InlineTerm("r", Colour.RED, ()), InlineTerm("f", Colour.BLUE, (4,)))),
        Fault.LOCAL_COLOUR, None, None,
    ),
    "rule backwards": (first(replace(DROPPING, forward=False), STATING), Fault.NOT_AN_INSTANCE, 0, 0),
    "equality backwards": (first(DROPPING, ByPremise(BY_STATED, True)), Fault.BROKEN_CHAIN, 0, 1),
    "rule as equality": (first(DROPPING, ByPremise(BY_DROP, False)), Fault.PREMISE_KIND, 0, 1),
    "equality as rule": (first(replace(DROPPING, premise=BY_STATED), STATING), Fault.PREMISE_KIND, 0, 0),
    "other substitution": (first(replace(DROPPING, substitution=(3,)), STATING), Fault.NOT_AN_INSTANCE, 0, 0),
    "no substitution": (first(replace(DROPPING, substitution=()), STATING), Fault.NOT_AN_INSTANCE, 0, 0),
    "other target": (first(replace(DROPPING, target=3), STATING), Fault.NOT_AN_INSTANCE, 0, 0),
    "witness nobody asks for": (first(replace(DROPPING, witnesses=(0,)), STATING), Fault.NO_WITNESS, 0, 0),
    "lemma nobody asks for": (first(replace(DROPPING, lemmas=(None,)), STATING), Fault.NO_WITNESS, 0, 0),
    "congruence without its lemma": (claim(ByCongruence(3, (None,))), Fault.NOT_CONGRUENT, 1, 0),
    "congruence of one child more": (claim(ByCongruence(3, (0, None))), Fault.NOT_CONGRUENT, 1, 0),
    "congruence of other operators": (claim(ByCongruence(0, (0,))), Fault.NOT_CONGRUENT, 1, 0),
    "congruence of another operator": (
        proving(ProofLemma(0, (ByCongruence(4, (None,)),)), CLAIM, terms=(*PROOF.terms, InlineTerm("h", WIDE, (1,)))),
        Fault.NOT_CONGRUENT, 0, 0,
    ),
    "congruence of another colour": (
        proving(
            ProofLemma(0, (ByCongruence(4, (None,)),)), CLAIM, terms=(*PROOF.terms, InlineTerm("f", Colour.RED, (1,)))
        ),
        Fault.NOT_CONGRUENT, 0, 0,
    ),
    "lemma the wrong way round": (
        proving(
            ProofLemma(4, (ByPremise(BY_STATED, True), replace(DROPPING, forward=False, target=0))), CLAIM,
            terms=(*PROOF.terms, id_of(B)),
        ),
        Fault.NOT_CONGRUENT, 1, 0,
    ),
    "ends exchanged": (replace(DERIVED, left=DERIVED.right, right=DERIVED.left), Fault.OTHER_CLAIM, None, None),
    "other left": (replace(DERIVED, left=id_of(A)), Fault.OTHER_CLAIM, None, None),
    "other right": (replace(DERIVED, right=id_of(A)), Fault.OTHER_CLAIM, None, None),
    "rule set": (saying(rule_set=bytes(16)), Fault.OTHER_RULE_SET, None, None),
    "rule's name": (saying(rule="other"), Fault.OTHER_HEADLINE, None, None),
    "shown substitution": (saying(substitution=()), Fault.OTHER_HEADLINE, None, None),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_one_step_away_it_is_refused(case: str) -> None:
    """A derived equality that does not follow would stand, or the reason given to people would be another one."""
    fact, fault, lemma, step = CASES[case]

    verdict = check(fact, Lookup())

    assert isinstance(verdict, Refused)
    assert (verdict.fault, verdict.lemma, verdict.step) == (fault, lemma, step), verdict
    assert fault in str(verdict)


def test_a_premise_that_no_step_uses_is_refused() -> None:
    """Retracting something unrelated would withdraw the equality."""
    other = sealed(EqualityAsserted(**ENVELOPE, hlc=1, left=id_of(A), right=id_of(B), why=Stated("too")))
    listed = tuple(sorted((*PREMISES, other.event_id)))
    moved = {old: listed.index(item) for old, item in enumerate(PREMISES)}
    steps = (replace(DROPPING, premise=moved[BY_DROP]), ByPremise(moved[BY_STATED], False))

    verdict = check(proving(ProofLemma(0, steps), CLAIM, premises=listed), Lookup((*FACTS, other)))

    assert isinstance(verdict, Refused)
    assert verdict.fault is Fault.PREMISES_DIFFER


def test_what_is_missing_is_named() -> None:
    """An agent would retract what it cannot judge yet, because facts are still on their way."""
    assert check(DERIVED, Lookup(FACTS[:-1])) == Incomplete(premises=(STATED.event_id,))
    assert check(DERIVED, Lookup(FACTS[1:])) == Sound((DROP.event_id,), (STATED.event_id,)), "(a) needs no content"
    without = tuple(fact for fact in FACTS if fact is not F_A)
    assert check(DERIVED, Lookup(without)) == Incomplete(nodes=(id_of(F_A),))


def test_a_lookup_that_lies_about_a_node_is_not_believed() -> None:
    """A damaged store could make any two nodes equal."""

    class Lying(Lookup):
        def node(self, wanted: Any) -> NodeAdded | None:
            return A

    assert isinstance(check(DERIVED, Lying()), Incomplete)


def by_one_rule(added: RuleAdded, step: ByRule, terms: tuple[Any, ...], *nodes: NodeAdded, **bound: Any) -> Any:
    """Judge `terms[0] = terms[step.target]` by one step of a rule."""
    ends = [item if isinstance(item, bytes) else node(item.operator, colour=item.colour) for item in terms]
    left, right = (item if isinstance(item, bytes) else id_of(item) for item in (ends[0], ends[step.target]))
    why = Derived(
        rule=added.name, substitution=tuple(bound.items()), rule_set=hash_of(added), round=1,
        premises=(added.event_id,), proof=DerivationProof(terms, (ProofLemma(0, (step,)),)),
    )  # fmt: skip
    return check(EqualityAsserted(**ENVELOPE, hlc=9, left=left, right=right, why=why), Lookup((added, *nodes)))


def test_an_unreadable_rule_is_refused() -> None:
    """Anything could be derived by a rule that says nothing."""
    verdict = by_one_rule(rule("(f ?x", "?x"), ByRule(0, True, (1,), 1), (id_of(F_A), id_of(A)), F_A, x=id_of(A))

    assert isinstance(verdict, Refused)
    assert verdict.fault is Fault.UNREADABLE_RULE


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("(ColorMustBe ?x GREEN)", True), ("(ColorMustBe ?x RED)", False), ("(ColorNot ?x RED)", True),
        ("(ColorNot ?x GREEN)", False), ("(OperatorIs ?x a b)", True), ("(OperatorIs ?x b)", False),
        ("(OperatorNot ?x b)", True), ("(OperatorNot ?x a)", False), ("(OperatorStarts ?x a)", True),
        ("(OperatorStarts ?x b)", False),
    ],
)  # fmt: skip
def test_conditions_are_asked_of_the_substitution(condition: str, holds: bool) -> None:
    """A rule would be believed where its conditions forbid it."""
    step, terms = ByRule(0, True, (1,), 1), (id_of(F_A), id_of(A))

    verdict = by_one_rule(rule("(f ?x)", "?x", condition), step, terms, A, F_A, x=id_of(A))

    assert isinstance(verdict, Sound) is holds
    assert holds or (isinstance(verdict, Refused) and verdict.fault is Fault.CONDITION_FAILS)


GUARD = rule("(:all (f ?x) (p (q ?x)))", "?x")
Q_A = node("q", A)
P_Q_A = node("p", Q_A)
GUARDED = ByRule(0, True, (1,), 1, witnesses=(2, 3), lemmas=(None, None))
GUARD_TERMS = (id_of(F_A), id_of(A), id_of(P_Q_A), id_of(Q_A))


def test_a_further_pattern_asks_for_nodes_that_are_there() -> None:
    """A rule that needs evidence, such as (nonzero x), would be believed without any."""
    there = (F_A, P_Q_A, Q_A)
    q_b = node("q", B)
    r_q_a, p_q_b = node("r", Q_A), node("p", q_b)
    steps = {
        "named": (GUARDED, GUARD_TERMS, Sound),
        "no witness": (replace(GUARDED, witnesses=(), lemmas=()), GUARD_TERMS[:2], Refused),
        "one too few": (replace(GUARDED, witnesses=(2,)), GUARD_TERMS[:3], Refused),
        "another operator": (replace(GUARDED, witnesses=(0, 2)), GUARD_TERMS[:3], Refused),
        "the same under another operator": (GUARDED, (*GUARD_TERMS[:2], id_of(r_q_a), id_of(Q_A)), Refused),
        "over another child": (GUARDED, (*GUARD_TERMS[:2], id_of(p_q_b), id_of(Q_A)), Refused),
        "only spelt out": (GUARDED, (*GUARD_TERMS[:3], InlineTerm("q", WIDE, (1,))), Refused),
        "of another term": (GUARDED, (*GUARD_TERMS[:3], id_of(q_b)), Refused),
        "child without its lemma": (replace(GUARDED, lemmas=(None, 0)), GUARD_TERMS, Refused),
    }
    for name, (step, terms, expected) in steps.items():
        verdict = by_one_rule(GUARD, step, terms, *there, q_b, r_q_a, p_q_b, x=id_of(A))
        assert isinstance(verdict, expected), f"{name}: {verdict}"
        if isinstance(verdict, Refused):
            assert verdict.fault in (Fault.NO_WITNESS, Fault.MALFORMED), name
    assert by_one_rule(GUARD, GUARDED, GUARD_TERMS, F_A, P_Q_A, x=id_of(A)) == Incomplete(nodes=(id_of(Q_A),))


def test_a_further_pattern_that_is_a_variable_asks_for_its_own_node() -> None:
    """Any node would be evidence for any other."""
    added = rule("(:all (f ?x) ?x)", "?x")
    for witness, sound in ((A, True), (Q_A, False)):
        step = ByRule(0, True, (1,), 1, witnesses=(1 if sound else 2,), lemmas=(None,))
        terms = (id_of(F_A), id_of(A)) if sound else (id_of(F_A), id_of(A), id_of(witness))
        verdict = by_one_rule(added, step, terms, A, F_A, Q_A, x=id_of(A))
        assert isinstance(verdict, Sound) is sound, verdict
        assert sound or (isinstance(verdict, Refused) and verdict.fault is Fault.NO_WITNESS)


def test_a_new_term_has_the_colour_of_the_policy() -> None:
    """A rule could raise the trust of what it makes beyond what its policy allows."""
    for policy, colour, sound in (("", WIDE, True), ("", Colour.RED, False), ("red", Colour.RED, True)):
        added = rule("(f ?x)", "k", policy=policy)
        terms = (id_of(F_A), id_of(A), InlineTerm("k", colour, ()))
        verdict = by_one_rule(added, ByRule(0, True, (1,), 2), terms, F_A, x=id_of(A))
        assert isinstance(verdict, Sound) is sound, verdict


def test_a_proof_that_would_cost_too_much_is_refused() -> None:
    """One hostile fact would keep every verifying agent busy for hours."""
    pattern = f"(f {' '.join(['?x'] * 3000)})"
    large = rule(pattern, pattern)
    wide = sealed(NodeAdded(**ENVELOPE, hlc=0, operator="f", colour=WIDE, children=(id_of(A),) * 3000))
    steps = (ByRule(0, True, (1,), 0),) * 2000
    why = Derived(
        rule=large.name, substitution=(("x", id_of(A)),), rule_set=hash_of(large), round=1, premises=(large.event_id,),
        proof=DerivationProof((id_of(wide), id_of(A)), (ProofLemma(0, steps),)),
    )  # fmt: skip
    fact = EqualityAsserted(**ENVELOPE, hlc=9, left=id_of(wide), right=id_of(wide), why=why)

    verdict = check(fact, Lookup((large, wide)))

    assert isinstance(verdict, Refused)
    assert verdict.fault is Fault.TOO_COSTLY


def test_the_checker_shares_no_code_with_engine_and_prover() -> None:
    """A defect of the prover would be believed, because the checker has it too."""
    allowed = {
        "egraph.colours", "egraph.facts", "egraph.identifiers", "egraph.derive.proof", "egraph.derive.verdict",
        "egraph.derive.rule_text", "egraph.rules.conditions", "egraph.rules.patterns", "egraph.rules.printer",
        "egraph.rules.rule_facts", "egraph.rules.ruleset", "egraph.rules.computed_rule", "egraph.derive.arithmetic",
    }  # fmt: skip
    shared: set[str] = set()
    for module in (checker_module, rule_text, arithmetic):
        tree = ast.parse(Path(module.__file__).read_text())
        found = [item for item in ast.walk(tree) if isinstance(item, ast.ImportFrom)]
        assert {item.module for item in found if (item.module or "").startswith("egraph")} <= allowed
        shared |= {
            alias.name for item in found if (item.module or "").startswith("egraph.rules") for alias in item.names
        }
    names = {name for name in shared if name[0].islower()}

    assert names == {"rule_of", "rule_set_hash"}, "of the rules, it reads texts and hashes them; nothing else"
