"""Explanations read off the proof forest: there is one for every pair in one class, and the checker believes it.

Reproduce a failure with EGRAPH_SEED=<printed seed>.
"""

import os
from collections import Counter
from random import Random, SystemRandom

from egraph.colours import Colour
from egraph.explain.check import check
from egraph.explain.known import KnownFacts, KnownToView
from egraph.explain.proof import Congruence
from egraph.explain.prove import why
from egraph.facts import EqualityAsserted, Fact, NodeAdded
from egraph.identifiers import node_id
from egraph.kernel.view import KernelView
from egraph.reference import ReferenceView
from egraph.store import FactStore
from tests.properties.histories import ENVELOPE, HistoryMaker

HISTORIES = int(os.environ.get("EGRAPH_HISTORIES", "300"))


def merging_history(seed: int) -> list[Fact]:
    """Give a history with few withdrawals, so that classes grow and congruences follow, of wide nodes too."""
    maker = HistoryMaker(seed)
    for _ in range(maker.random.randint(4, 10)):
        maker.node()
    facts: list[Fact] = []
    for _ in range(4):
        children = tuple(maker.random.choice(maker.nodes)[0] for _ in range(3))
        fields = {**ENVELOPE, "sequence": 0, "hlc": 0, "event_id": maker.random.randbytes(16)}
        facts.append(NodeAdded(**fields, operator="h", colour=Colour.GREEN, children=children))  # type: ignore[arg-type]
    maker.facts += facts
    for _ in range(maker.random.randint(3, 10)):
        maker.random.choice((maker.equality,) * 6 + (maker.node, maker.node, maker.retraction))()
    return maker.arrival()


def test_every_pair_of_a_class_has_an_explanation_that_checks_and_no_other_pair_has_one() -> None:
    """A merge could not be explained, or would be explained by facts that do not count."""
    named = os.environ.get("EGRAPH_SEED")
    base = int(named) if named else SystemRandom().randrange(1 << 48)
    print(f"EGRAPH_SEED={base}, {HISTORIES} histories")
    reached: Counter[str] = Counter()
    for seed in range(base, base + HISTORIES):
        facts = merging_history(seed)
        reference, view = ReferenceView(facts), KernelView(FactStore())
        half = Random(seed).randrange(len(facts) + 1)
        view.fold_many(view.store.intern_all(facts[:half]))
        view.settle()
        view.fold_many(view.store.intern_all(facts[half:]))
        accepted = set(reference.accepted())
        lookup = {f.event_id: f for f in facts if isinstance(f, NodeAdded) or f.event_id in accepted}
        nodes = {item for members in reference.classes() for item in members}
        nodes |= {item for fact in facts if isinstance(fact, EqualityAsserted) for item in (fact.left, fact.right)}
        for left in nodes:
            for right in nodes:
                proof = view.explain(left, right)
                assert (proof is not None) == (right in reference.members(left)), seed
                if proof is not None:
                    assert check(proof, lookup.get) is None, (seed, proof)
                    assert (proof.claim.start, proof.claim.end) == (left, right), seed
                    reached["congruences"] += any(isinstance(step, Congruence) for step in proof.claim.steps)
                    reached["lemmas"] += len(proof.lemmas) > 1
                    reached["wide"] += any(len(step.children) > 2 for lemma in proof.lemmas
                                           for step in lemma.steps if isinstance(step, Congruence))  # fmt: skip
    assert HISTORIES < 1000 or min(reached["congruences"], reached["lemmas"], reached["wide"]) > 100, reached


def test_the_canonical_proof_is_the_same_over_either_view() -> None:
    """`egraph why` would tell another story on an agent that runs the kernel."""
    compared = 0
    for seed in range(60):
        facts = merging_history(seed)
        reference, view = ReferenceView(facts), KernelView(FactStore())
        view.fold_many(view.store.intern_all(facts))
        for members in reference.classes():
            left, right = min(members), max(members)
            known = KnownToView(view)  # type: ignore[arg-type]
            assert why(view, known, left, right) == why(reference, KnownFacts(facts), left, right), seed
            compared += left != right
    assert compared > 30


def test_a_node_is_its_own_explanation() -> None:
    """A page that asks why a node equals itself would fail."""
    view = KernelView(FactStore())
    some, other = node_id("a", Colour.RED, ()), node_id("b", Colour.RED, ())
    proof = view.explain(some, some)
    assert proof is not None
    assert proof.claim.steps == ()
    assert view.explain(some, other) is None
