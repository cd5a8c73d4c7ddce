"""Proofs over random histories: there is one for every pair in one class, and the checker is not to be fooled.

Reproduce a failure with EGRAPH_SEED=<printed seed>.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random, SystemRandom

from egraph.explain.blocked import why_not
from egraph.explain.check import check
from egraph.explain.known import KnownFacts, KnownToView
from egraph.explain.proof import Asserted, Congruence, Lemma, Proof, Step
from egraph.explain.prove import why
from egraph.facts import EqualityAsserted, Fact, NodeAdded, Stated
from egraph.identifiers import EventId, NodeId
from egraph.reference import ReferenceView
from egraph.store import FactStore
from egraph.view import IncrementalView
from tests.properties.histories import HistoryMaker

HISTORIES = int(os.environ.get("EGRAPH_HISTORIES", "1500"))


def merging_history(seed: int) -> list[Fact]:
    """Give a history with fewer colours and withdrawals than usual, so that classes grow and congruences follow."""
    maker = HistoryMaker(seed)
    for _ in range(maker.random.randint(4, 12)):
        maker.node()
    steps = (maker.equality,) * 6 + (maker.node, maker.node, maker.retraction)
    for _ in range(maker.random.randint(3, 10)):
        maker.random.choice(steps)()
    return maker.arrival()


def seeds(count: int) -> range:
    """Give seeds never tried before, or those that EGRAPH_SEED names; print them."""
    named = os.environ.get("EGRAPH_SEED")
    base = int(named) if named else SystemRandom().randrange(1 << 48)
    print(f"EGRAPH_SEED={base}, {count} histories")
    return range(base, base + count)


def counting_lookup(facts: list[Fact], accepted: tuple[EventId, ...]) -> Callable[[EventId], Fact | None]:
    """Give the lookup that knows nodes, and of the equalities only those that count."""
    by_id = {f.event_id: f for f in facts if isinstance(f, NodeAdded) or f.event_id in set(accepted)}
    return by_id.get


def mentioned(reference: ReferenceView) -> list[NodeId]:
    """Give every id of a view in order."""
    return sorted(item for members in reference.classes() for item in members)


def test_every_pair_of_a_class_has_a_proof_that_checks_and_no_other_pair_has_one() -> None:
    """A merge could not be explained, would rest on facts that do not count, or two views would tell two stories."""
    reached: Counter[str] = Counter()
    for seed in seeds(HISTORIES):
        facts = merging_history(seed)
        reference, view = ReferenceView(facts), IncrementalView(FactStore())
        view.fold_many(view.store.intern_all(facts))
        lookup = counting_lookup(facts, reference.accepted())
        nodes = mentioned(reference)
        for left in nodes:
            for right in nodes:
                proof = why(view, KnownToView(view), left, right)
                assert proof == why(reference, KnownFacts(facts), left, right), seed
                assert (proof is not None) == (right in reference.members(left)), seed
                if proof is not None:
                    assert check(proof, lookup) is None, (seed, proof)
                    assert (proof.claim.start, proof.claim.end) == (left, right), seed
                    assert set(proof.equalities()) <= set(reference.accepted()), seed
                    reached["congruences"] += any(isinstance(s, Congruence) for s in proof.claim.steps)
                    reached["lemmas"] += len(proof.lemmas) > 1
                    reached["steps"] += len(proof.claim.steps) > 2
    assert HISTORIES < 1000 or min(reached["congruences"], reached["lemmas"], reached["steps"]) > 100, reached


def test_no_equality_of_a_proof_can_be_left_out() -> None:
    """A person would be shown, and asked to judge, statements that have nothing to do with it."""
    tried = 0
    for seed in seeds(HISTORIES // 4):
        facts = merging_history(seed)
        reference = ReferenceView(facts)
        added = [fact for fact in facts if isinstance(fact, NodeAdded)]
        by_id = {fact.event_id: fact for fact in facts}
        for members in reference.classes():
            for right in sorted(members)[1:]:
                proof = why(reference, KnownFacts(facts), min(members), right)
                assert proof is not None
                named = [fact for fact in added if fact.event_id in adders(proof)]
                for left_out in proof.equalities():
                    rest = [stated(by_id[item]) for item in proof.equalities() if item != left_out]
                    smaller = ReferenceView([*named, *rest])
                    assert right not in smaller.members(min(members)), (seed, proof)
                    tried += 1
    assert HISTORIES < 300 or tried > 50


def adders(proof: Proof) -> set[EventId]:
    """Give the facts that add the nodes of congruence steps."""
    steps = [step for lemma in proof.lemmas for step in lemma.steps if isinstance(step, Congruence)]
    return {event for step in steps for event in (step.left_added, step.right_added)}


def stated(fact: Fact) -> Fact:
    """Give the equality without premises, so that it counts on its own."""
    assert isinstance(fact, EqualityAsserted)
    return replace(fact, why=Stated("test"))


def test_mutated_proofs_are_refused_or_still_true() -> None:
    """The checker would let a defect of the prover, or a forged proof, pass as an explanation."""
    verdicts: Counter[bool] = Counter()
    for seed in seeds(HISTORIES // 3):
        random = Random(seed)
        facts = merging_history(seed)
        reference = ReferenceView(facts)
        lookup = counting_lookup(facts, reference.accepted())
        nodes = mentioned(reference)
        events = [fact.event_id for fact in facts]
        for members in reference.classes():
            for right in sorted(members)[1:]:
                proof = why(reference, KnownFacts(facts), min(members), right)
                assert proof is not None
                for _ in range(6):
                    mutant = mutated(proof, random, nodes, events)
                    refused = mutant == proof or check(mutant, lookup) is not None
                    verdicts[refused] += mutant != proof
                    if not refused:
                        for lemma in mutant.lemmas:
                            assert lemma.end in reference.members(lemma.start), (seed, mutant)
    assert HISTORIES < 300 or verdicts[True] > 3 * verdicts[False] > 0, verdicts


def mutated(proof: Proof, random: Random, nodes: list[NodeId], events: list[EventId]) -> Proof:
    """Change one thing: an end, a step left out, doubled, moved, turned round or rewritten, a lemma left out."""
    lemmas = list(proof.lemmas)
    at = random.randrange(len(lemmas))
    lemma = lemmas[at]
    kind = random.randrange(6)
    steps = list(lemma.steps)
    place = random.randrange(len(steps)) if steps else 0
    if kind == 0:
        lemma = replace(lemma, start=random.choice(nodes))
    elif kind == 1:
        lemma = replace(lemma, end=random.choice(nodes))
    elif kind == 2 and len(lemmas) > 1:
        del lemmas[at]
        return Proof(tuple(lemmas))
    elif steps and kind == 3:
        del steps[place]
        lemma = Lemma(lemma.start, lemma.end, tuple(steps))
    elif steps and kind == 4:
        random.shuffle(steps)
        lemma = Lemma(lemma.start, lemma.end, (*steps, steps[place]) if random.random() < 0.5 else tuple(steps))
    elif steps:
        steps[place] = mutated_step(steps[place], random, nodes, events, len(lemmas))
        lemma = Lemma(lemma.start, lemma.end, tuple(steps))
    lemmas[at] = lemma
    return Proof(tuple(lemmas))


def mutated_step(step: Step, random: Random, nodes: list[NodeId], events: list[EventId], lemmas: int) -> Step:
    """Change one field of a step."""
    if isinstance(step, Asserted):
        return random.choice(
            (
                replace(step, event_id=random.choice(events)),
                replace(step, left=random.choice(nodes)),
                replace(step, right=random.choice(nodes)),
                replace(step, left=step.right, right=step.left),
                replace(step, forward=not step.forward),
            )
        )
    children = list(step.children)
    children[random.randrange(len(children))] = random.choice((None, -1, *range(lemmas + 1)))
    return random.choice(
        (
            replace(step, left=random.choice(nodes)),
            replace(step, right=random.choice(nodes)),
            replace(step, left_added=random.choice(events)),
            replace(step, right_added=random.choice(events)),
            replace(step, children=tuple(children)),
            replace(step, children=step.children[:-1]),
            replace(step, left=step.right, right=step.left),
        )
    )


def test_what_blocks_two_nodes_would_join_them_and_nothing_less_would() -> None:
    """Somebody would mend the conflict that was named, and the two nodes would still differ."""
    found = missing = 0
    for seed in seeds(HISTORIES // 3):
        facts = merging_history(seed)
        reference, view = ReferenceView(facts), IncrementalView(FactStore())
        view.fold_many(view.store.intern_all(facts))
        blocked_ids = {*reference.quarantined(), *reference.suspended()}
        nodes = mentioned(reference)
        for left, right in zip(nodes, nodes[1:] + nodes[:1], strict=True):
            named = why_not(view, KnownToView(view), left, right)
            ids = [item.event_id for item in named]
            everything = blocked_ids if right not in reference.members(left) else set[EventId]()
            assert bool(named) == (bool(everything) and joins(facts, reference, everything, left, right)), seed
            if named:
                assert set(ids) <= blocked_ids
                assert joins(facts, reference, set(ids), left, right), (seed, named)
                assert not any(joins(facts, reference, set(ids) - {item}, left, right) for item in ids), (seed, named)
                assert named == why_not(reference, KnownFacts(facts), left, right), seed
                for item in named:
                    where = reference.suspended() if item.state == "suspended" else None
                    because = where[item.event_id] if where else reference.witness(item.event_id)
                    assert item.because == because
            found, missing = found + bool(named), missing + (not named)
    assert HISTORIES < 300 or min(found, missing) > 50


def joins(facts: list[Fact], reference: ReferenceView, also: set[EventId], left: NodeId, right: NodeId) -> bool:
    """Tell whether accepted equalities and some blocked ones, colours forgotten, make two nodes equal."""
    use = {*reference.accepted(), *also}
    parent = {item: item for item in mentioned(reference)}
    for fact in facts:
        if isinstance(fact, EqualityAsserted):
            parent.setdefault(fact.left, fact.left)
            parent.setdefault(fact.right, fact.right)

    def join(a: NodeId, b: NodeId) -> None:
        old, new = parent[a], parent[b]
        for item, its in parent.items():
            if its == old:
                parent[item] = new

    for fact in facts:
        if isinstance(fact, EqualityAsserted) and fact.event_id in use:
            join(fact.left, fact.right)
    content = {item: KnownFacts(facts).node(item) for item in parent}
    changed = True
    while changed:
        changed = False
        seen: dict[object, NodeId] = {}
        for item, its in content.items():
            if its is not None:
                key = (its.operator, its.colour, *[parent[child] for child in its.children])
                other = seen.setdefault(key, item)
                if parent[other] != parent[item]:
                    join(other, item)
                    changed = True
    return parent[left] == parent[right]
