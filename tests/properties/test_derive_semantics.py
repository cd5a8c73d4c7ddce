"""Derived facts with real proofs in views: withdrawing, order, and the fast view against the definition.

Reproduce a failure with EGRAPH_SEED=<seed in the message> EGRAPH_HISTORIES=1.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from random import Random, SystemRandom

from egraph.colours import Colour, may_name
from egraph.derive.verdict import Sound
from egraph.derive.verify import derived_equalities, verify_view
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import EventId, colour_of, node_id
from egraph.invariants import check_invariants
from egraph.reference import ReferenceView
from egraph.store import FactStore
from egraph.view import IncrementalView
from tests.properties.derived_worlds import World, sealed, unsaturated
from tests.properties.test_view_equals_reference import compare

WORLDS = int(os.environ.get("EGRAPH_HISTORIES", "1000")) // 2 or 1


@cache
def worlds() -> list[tuple[int, World]]:
    """Give worlds that were saturated twice: what the second derives may rest on what the first derived."""
    named = os.environ.get("EGRAPH_SEED")
    base = int(named) if named else SystemRandom().randrange(1 << 48)
    made = []
    for seed in range(base, base + WORLDS):
        found = unsaturated(seed)
        found.facts += found.saturate(1)
        found.facts += found.saturate(2)
        made.append((seed, found))
    return made


def folded(facts: Sequence[Fact], random: Random | None = None) -> IncrementalView:
    """Give the view of facts that arrive one by one, in random order."""
    view = IncrementalView(FactStore())
    for fact in facts if random is None else random.sample(facts, len(facts)):
        view.add(fact)
    return view


def retraction(target: EventId) -> FactRetracted:
    """Give the tombstone of a fact."""
    draft = FactRetracted(graph="main", producer="t", sequence=0, hlc=99, target=target, why="test")
    return sealed(draft)  # type: ignore[return-value]


def derived_in(found: World) -> list[EqualityAsserted]:
    """Give the derived facts of a world."""
    return [f for f in found.facts if isinstance(f, EqualityAsserted) and isinstance(f.why, Derived)]


def premises(fact: EqualityAsserted) -> tuple[EventId, ...]:
    """Give what a fact rests on."""
    return fact.why.premises if isinstance(fact.why, Derived) else ()


def test_views_with_derived_facts_equal_the_definition() -> None:
    """Replicas that get rules, proofs and tombstones in another order would show other graphs."""
    suspended = 0
    for seed, found in worlds():
        random = Random(seed)
        withdrawable = [fact.event_id for fact in found.facts if not isinstance(fact, NodeAdded)]
        tombstones = [retraction(item) for item in random.sample(withdrawable, min(2, len(withdrawable)))]
        facts = [fact for fact in (*found.facts, *tombstones) if random.random() < 0.95]
        view, seen = IncrementalView(FactStore()), []
        for fact in random.sample(facts, len(facts)):
            view.add(fact)
            seen.append(fact)
            if random.random() < 0.3:
                assert view.view_digest() == ReferenceView(seen).view_digest(), f"seed {seed}"
        reference = ReferenceView(facts)

        compare(view, reference)
        check_invariants(view)
        suspended += len(reference.suspended())
    assert suspended > WORLDS // 20


def test_retracting_withdraws_exactly_what_rests_on_it() -> None:
    """A withdrawn rule or statement would live on in what was derived from it, or take along what has nothing to do."""
    chained = withdrawn_in_all = 0
    for seed, found in worlds():
        derived = derived_in(found)
        before = folded(found.facts)
        for target in {premise for fact in derived for premise in premises(fact)}:
            tombstone = retraction(target)

            withdrawn = folded([*found.facts, tombstone], Random(seed))
            never = folded([fact for fact in found.facts if fact.event_id != target])

            assert withdrawn.view_digest() == never.view_digest(), f"seed {seed}"
            assert withdrawn.accepted() == never.accepted(), f"seed {seed}"
            resting = {target}
            for fact in sorted(derived, key=lambda fact: (fact.hlc, fact.event_id)):
                if resting.intersection(premises(fact)):
                    resting.add(fact.event_id)
            assert resting - {target} <= set(withdrawn.suspended()), f"seed {seed}"
            for event, failing in withdrawn.suspended().items():
                assert set(failing) & resting or event in before.suspended(), f"seed {seed}"
                chained += bool(set(failing) & {fact.event_id for fact in derived})
                withdrawn_in_all += 1
            if not before.quarantined():
                assert set(before.accepted()) - resting == set(withdrawn.accepted()), f"seed {seed}"
    assert withdrawn_in_all > WORLDS // 10
    assert chained > 0 or WORLDS < 250


def test_a_premise_that_does_not_count_suspends_and_is_named() -> None:
    """A derived equality would count without what it rests on, or nobody could say what it waits for."""
    kinds = {"missing": 0, "later": 0, "quarantined": 0}
    for seed, found in worlds():
        refused = set(ReferenceView(found.facts).quarantined())
        for fact in derived_in(found):
            for premise in premises(fact):
                rest = [item for item in found.facts if item.event_id != premise]
                original = next(item for item in found.facts if item.event_id == premise)
                late = replace(original, hlc=fact.hlc + 1)  # its event id stays: only the order is at stake here
                for kind, facts in (("missing", rest), ("later", [*rest, late])):
                    view = folded(facts, Random(seed))
                    assert premise in view.suspended()[fact.event_id], f"seed {seed}: {kind}"
                    kinds[kind] += 1
            if refused.intersection(premises(fact)):
                kinds["quarantined"] += 1
                assert refused.intersection(folded(found.facts).suspended()[fact.event_id]), f"seed {seed}"
    assert min(kinds["missing"], kinds["later"]) > WORLDS // 10


def test_a_derived_fact_that_rests_on_a_quarantined_one_is_suspended() -> None:
    """What follows from a statement that breaks the colour rule would be shown, though the statement is not."""
    reached = 0
    for seed, found in worlds():
        resting = [fact for fact in derived_in(found) if any(is_equality(found, item) for item in premises(fact))]
        for fact in resting:
            support = next(item for item in premises(fact) if is_equality(found, item))
            rival = conflicting(found, support)
            if rival is None:
                continue
            reference = ReferenceView([*found.facts, *rival])
            if support in reference.quarantined():
                view = folded([*found.facts, *rival], Random(seed))
                assert support in view.suspended()[fact.event_id], f"seed {seed}"
                compare(view, reference)
                reached += 1
    assert reached > 0 or WORLDS < 250


def is_equality(found: World, event: EventId) -> bool:
    """Tell whether a premise is an equality."""
    return any(fact.event_id == event and isinstance(fact, EqualityAsserted) for fact in found.facts)


def conflicting(found: World, support: EventId) -> list[Fact] | None:
    """Give facts that make an equality illegal: a BLUE node in one side's class, the other side's under a RED node."""
    fact = next(item for item in found.facts if item.event_id == support)
    assert isinstance(fact, EqualityAsserted)
    if not may_name(Colour.RED, colour_of(fact.right)) or Colour.RED in (colour_of(fact.left), colour_of(fact.right)):
        return None
    envelope = {"graph": "main", "producer": "rival", "sequence": 0, "hlc": 0}
    blue = NodeAdded(**envelope, operator="rival", colour=Colour.BLUE)  # type: ignore[arg-type]
    red = NodeAdded(**envelope, operator="rival", colour=Colour.RED, children=(fact.right,))  # type: ignore[arg-type]
    name = node_id("rival", Colour.BLUE, ())
    equal = EqualityAsserted(**envelope, left=fact.left, right=name, why=Stated("rival"))  # type: ignore[arg-type]
    return [sealed(blue), sealed(red), sealed(equal)]


def test_a_view_verifies_what_was_derived() -> None:
    """Agents that verify would find fault with sound facts, or pass over some."""
    judged = 0
    for seed, found in worlds():
        view = folded(found.facts, Random(seed))

        verdicts = dict(verify_view(view))

        assert list(verdicts) == [fact.event_id for fact in derived_equalities(view)]
        assert set(verdicts) == {fact.event_id for fact in derived_in(found)}, f"seed {seed}"
        assert all(isinstance(verdict, Sound) for verdict in verdicts.values()), f"seed {seed}: {verdicts}"
        judged += len(verdicts)
    assert judged > WORLDS // 10


def test_rules_alone_can_be_premises() -> None:
    """Worlds would only ever rest on statements, and the tests above would say nothing about rules."""
    kinds = {
        type(next(item for item in found.facts if item.event_id == premise))
        for _, found in worlds()
        for fact in derived_in(found)
        for premise in premises(fact)
    }

    assert kinds == {RuleAdded, EqualityAsserted}
