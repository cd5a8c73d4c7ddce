"""The incremental view equals the reference, on tens of thousands of random histories, after every batch.

Reproduce a failure with EGRAPH_SEED=<printed seed>; EGRAPH_HISTORIES changes how many are run.
"""

import os
from dataclasses import dataclass
from random import Random, SystemRandom

from egraph.facts import EqualityAsserted, Fact, FactRetracted
from egraph.invariants import check_invariants
from egraph.reference import ReferenceView
from egraph.store import FactStore
from egraph.view import IncrementalView
from tests.properties.histories import batches, history

HISTORIES = int(os.environ.get("EGRAPH_HISTORIES", "20000"))


@dataclass
class Reached:
    """What the histories of one run exercised; a generator that exercises nothing proves nothing."""

    compared: int = 0
    accepted: int = 0
    quarantined: int = 0
    suspended: int = 0
    retracted: int = 0
    tombstones_held: int = 0
    replays: int = 0
    rollbacks: int = 0
    congruences: int = 0
    witnesses: int = 0


def compare(view: IncrementalView, reference: ReferenceView) -> None:
    """Compare everything that can be read."""
    assert view.accepted() == reference.accepted()
    assert view.quarantined() == reference.quarantined()
    assert view.suspended() == reference.suspended()
    assert view.counts() == reference.counts()
    assert view.counts().violations == 0
    assert view.set_digest() == reference.set_digest()
    assert view.view_digest() == reference.view_digest()
    for members in reference.classes():
        some = min(members)
        assert view.members(some) == tuple(sorted(members))
        assert all(view.class_of(item) == some for item in members)


def run_history(seed: int, reached: Reached) -> None:
    """Fold one history batch by batch and compare with the reference after each."""
    view = IncrementalView(FactStore())
    seen: list[Fact] = []
    for batch in batches(seed, history(seed)):
        view.fold_many(view.store.intern_all(batch))
        seen += batch
        reference = ReferenceView(seen)
        compare(view, reference)
        reached.compared += 1
    for event_id in view.quarantined():
        assert view.witness(event_id) == reference.witness(event_id)
        reached.witnesses += 1
    check_invariants(view)
    counts = view.counts()
    reached.accepted += counts.accepted
    reached.quarantined += counts.quarantined
    reached.suspended += counts.suspended
    reached.retracted += counts.retracted
    reached.tombstones_held += counts.tombstones_held
    reached.replays += view.replays
    reached.rollbacks += view.closure.rollbacks
    reached.congruences += view.closure.congruences


def test_view_equals_reference() -> None:
    """Replicas would show other classes, decisions or digests than the definition says."""
    named = os.environ.get("EGRAPH_SEED")
    base = int(named) if named else SystemRandom().randrange(1 << 48)
    print(f"base seed {base}, {HISTORIES} histories")
    reached = Reached()
    for seed in range(base, base + HISTORIES):
        try:
            run_history(seed, reached)
        except BaseException:
            print(f"reproduce: EGRAPH_SEED={seed} EGRAPH_HISTORIES=1 pytest -k test_view_equals_reference")
            raise
    print(reached)
    if HISTORIES >= 1000:
        for name, value in vars(reached).items():
            assert value > HISTORIES // 50, f"the generator hardly reaches {name}: {value}"


def test_views_on_one_store_are_independent() -> None:
    """Agents that share a process would influence each other through the shared store."""
    random = Random(7)
    for seed in range(500):
        facts = history(seed)
        store = FactStore()
        one, other = IncrementalView(store), IncrementalView(store)
        part = [fact for fact in facts if random.random() < 0.5]
        for fact in facts:
            one.add(fact)
        for fact in part:
            other.add(fact)

        compare(one, ReferenceView(facts))
        compare(other, ReferenceView(part))


def test_order_duplicates_and_batches_do_not_matter() -> None:
    """Two replicas with the same facts would disagree."""
    for seed in range(500):
        facts = history(seed)
        shuffled = facts + facts[::2]
        Random(seed).shuffle(shuffled)
        one, other = IncrementalView(FactStore()), IncrementalView(FactStore())
        one.fold_many(one.store.intern_all(facts))
        for fact in shuffled:
            other.add(fact)

        assert one.view_digest() == other.view_digest()
        assert one.set_digest() == other.set_digest()


def test_retracting_equals_never_having_seen() -> None:
    """A withdrawn equality would leave a trace in the visible graph."""
    compared = 0
    for seed in range(800):
        facts = list(dict.fromkeys(history(seed)))
        targets = {fact.target for fact in facts if isinstance(fact, FactRetracted)}
        for fact in facts:
            if isinstance(fact, EqualityAsserted) and fact.event_id not in targets:
                tombstone = FactRetracted(
                    graph="main", producer="t", sequence=0, hlc=0, event_id=b"t" * 16, target=fact.event_id, why=""
                )
                withdrawn = IncrementalView(FactStore())
                for item in [*facts, tombstone]:
                    withdrawn.add(item)
                never = IncrementalView(FactStore())
                for item in facts:
                    if item is not fact:
                        never.add(item)
                compared += 1
                assert withdrawn.view_digest() == never.view_digest(), seed
    assert compared > 500
