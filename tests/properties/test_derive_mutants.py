"""No proof changed in one place passes the checker: every place of every proof of many worlds, and every other value.

Reproduce a failure with EGRAPH_SEED=<seed in the message> EGRAPH_HISTORIES=1.
"""

import os
from collections import Counter
from dataclasses import replace
from functools import cache
from random import SystemRandom

from egraph.derive.check import check
from egraph.derive.verdict import Fault, Incomplete, Refused, Sound
from egraph.facts import Derived, EqualityAsserted, Fact
from egraph.identifiers import UNSEALED, EventId
from tests.properties.derived_worlds import Held, World, world
from tests.properties.proof_mutants import mutants

WORLDS = int(os.environ.get("EGRAPH_HISTORIES", "1000")) // 4 or 1


@cache
def worlds() -> list[tuple[int, World]]:
    """Give the worlds of one run."""
    named = os.environ.get("EGRAPH_SEED")
    base = int(named) if named else SystemRandom().randrange(1 << 48)
    return [(seed, world(seed)) for seed in range(base, base + WORLDS)]


def test_a_proof_changed_in_one_place_is_refused() -> None:
    """Somebody could make the graph believe what follows from nothing, or rest it on what it does not rest on."""
    refused: Counter[str] = Counter()
    other_proofs = 0
    for seed, found in worlds():
        held = found.holding()
        for fact in found.derived:
            ids: list[bytes] = [*list(held.facts)[:5], *found.ids[:4]]
            for place, mutant in mutants(fact, ids):
                verdict = check(mutant, held)
                if isinstance(verdict, Sound):
                    # Now and then it is another proof of the same: a witness as good, a rule or a premise that says
                    # the same.
                    assert replace(mutant, why=fact.why) == fact, f"seed {seed}: {place} of {fact}"
                    same = replace(why(mutant), proof=why(fact).proof, premises=why(fact).premises)
                    assert same == why(fact), f"seed {seed}: {place} of {fact}"
                    said, meant = (
                        [says(held.facts[premise]) for premise in why(proved).premises] for proved in (mutant, fact)
                    )
                    assert said == meant, f"seed {seed}: {place} of {fact}"
                    other_proofs += 1
                elif isinstance(verdict, Refused):
                    refused[verdict.fault] += 1
    print(refused, other_proofs)
    assert refused
    if WORLDS >= 250:
        assert other_proofs * 200 <= sum(refused.values())
        rare = {Fault.UNREADABLE_RULE, Fault.TOO_COSTLY, Fault.CONDITION_FAILS, Fault.PREMISE_ORDER}
        assert set(refused) >= set(Fault) - rare  # those: tests/unit/derive/test_check.py


def test_without_one_of_its_premises_it_is_incomplete() -> None:
    """A checker would guess about facts that it does not hold."""
    judged = 0
    for seed, found in worlds():
        for fact in found.derived:
            assert isinstance(fact.why, Derived)
            for premise in fact.why.premises:
                held = Held([item for item in found.facts if item.event_id != premise])
                assert check(fact, held) == Incomplete(premises=(premise,)), f"seed {seed}"
                judged += 1
    assert judged


def test_a_premise_as_late_as_the_fact_is_refused() -> None:
    """A fact would be published that never counts, because its premises do not stand before it."""
    judged = 0
    for seed, found in worlds():
        held = found.holding()
        for fact in found.derived:
            latest = max(hlc_of(found, premise) for premise in why(fact).premises)
            assert isinstance(check(replace(fact, hlc=latest + 1), held), Sound), f"seed {seed}"
            verdict = check(replace(fact, hlc=latest), held)
            assert isinstance(verdict, Refused)
            assert verdict.fault is Fault.PREMISE_ORDER, f"seed {seed}"
            judged += 1
    assert judged


def why(fact: EqualityAsserted) -> Derived:
    """Give why a derived fact holds."""
    assert isinstance(fact.why, Derived)
    return fact.why


def says(premise: Fact) -> object:
    """Give what a premise lends to a proof, whoever sent it, when and why."""
    if isinstance(premise, EqualityAsserted):
        return premise.left, premise.right
    return replace(premise, event_id=UNSEALED, producer="", sequence=0, causes=(), trace=b"", hlc=0)


def hlc_of(found: World, event: EventId) -> int:
    """Give the clock of a fact."""
    return next(fact.hlc for fact in found.facts if fact.event_id == event)
