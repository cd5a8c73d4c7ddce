"""Explanations of random logs: one for exactly the pairs that are equal, at true places; and no forged proof passes.

Reproduce a failure with EGRAPH_SEED=<printed seed>.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from egraph.explain.check import check
from egraph.explain.known import KnownFacts
from egraph.explain.proof import Asserted, Congruence, Lemma, Proof, Step
from egraph.explain.prove import why
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded
from egraph.identifiers import UNSEALED, EventId, NodeId, node_id
from egraph.reference import ReferenceView
from schemas.codec import decode_fact, seal
from schemas.topics import FACTS
from streams.ports import LogRecord
from streams.processors.folder import LogFolder
from streams.runtimes.why import explain
from tests.properties.histories import HistoryMaker
from tests.properties.test_explain_proofs import HISTORIES, counting_lookup, mentioned, merging_history, seeds

PARTITIONS = 3


def log_of(seed: int) -> dict[int, list[LogRecord]]:
    """Give a random history as a log: every fact sealed, in a random partition, some of them twice."""
    maker = HistoryMaker(seed)
    for _ in range(maker.random.randint(3, 7)):
        maker.node()
    steps = (maker.equality,) * 6 + (maker.node, maker.rule, maker.retraction)
    for _ in range(maker.random.randint(3, 10)):
        maker.random.choice(steps)()
    random, sealed = Random(seed), dict[EventId, EventId]()
    log: dict[int, list[LogRecord]] = {partition: [] for partition in range(PARTITIONS)}
    for number, fact in enumerate(maker.facts):
        whole, raw = seal(unsealed(fact, number, sealed))
        sealed[fact.event_id] = whole.event_id
        of_partition = log[random.randrange(PARTITIONS)]
        for _ in range(1 + (random.random() < 0.1)):
            of_partition.append(LogRecord(FACTS.name, partition_of(log, of_partition), len(of_partition), 0, b"", raw))
    return log


def partition_of(log: dict[int, list[LogRecord]], records: list[LogRecord]) -> int:
    """Give the number of a partition."""
    return next(number for number, its in log.items() if its is records)


def unsealed(fact: Fact, sequence: int, sealed: dict[EventId, EventId]) -> Fact:
    """Give a fact as a draft that refers to sealed facts; what it names that is not sealed yet stays unknown."""
    draft: dict[str, Any] = {"event_id": UNSEALED, "sequence": sequence}
    if isinstance(fact, FactRetracted):
        draft["target"] = sealed.get(fact.target, fact.target)
    elif isinstance(fact, EqualityAsserted) and isinstance(fact.why, Derived):
        premises = tuple(sorted({sealed.get(item, item) for item in fact.why.premises}))
        draft["why"] = replace(fact.why, premises=premises, rule_set=bytes(16))
    return replace(fact, **draft)


def test_a_log_explains_exactly_what_is_equal_and_names_true_places() -> None:
    """A pair would be said to be equal that is not, or a place would hold another fact than the one that is named."""
    reached: Counter[str] = Counter()
    for seed in seeds(HISTORIES // 10):
        log = log_of(seed)
        folder = LogFolder(PARTITIONS, "main")
        for records in log.values():
            folder.fold(records)
        assert not folder.dead_letters, seed
        facts = [fact for records in log.values() for record in records if is_fact(fact := decode_fact(record.value))]
        reference = ReferenceView(facts)
        nodes = mentioned(reference)
        for left in nodes:
            for right in nodes:
                explanation = explain(folder, left.hex(), f"#{right.hex()}")
                equal = right in reference.members(left)
                assert (explanation.left, explanation.right) == (left, right), seed
                assert (explanation.proof is not None) == equal, seed
                assert not (explanation.blocked and equal), seed
                named = (
                    explanation.proof.equalities() if explanation.proof else [b.event_id for b in explanation.blocked]
                )
                assert set(named) <= set(explanation.sources), seed
                for event, source in explanation.sources.items():
                    fact = decode_fact(log[source.position.partition][source.position.offset].value)
                    assert is_fact(fact), seed
                    assert fact.event_id == event, seed
                reached["equal" if equal else "blocked" if explanation.blocked else "nothing"] += left != right
    assert HISTORIES < 1000 or min(reached["equal"], reached["blocked"], reached["nothing"]) > 20, reached


def is_fact(item: object) -> bool:
    """Tell a fact from a refusal."""
    return isinstance(item, Fact)


def test_a_proof_changed_in_any_one_place_is_refused() -> None:
    """A forged proof, or a defect of the prover in one field, would be shown as checked."""
    tried: Counter[str] = Counter()
    for seed in seeds(HISTORIES // 2):
        facts = merging_history(seed)
        reference = ReferenceView(facts)
        lookup = counting_lookup(facts, reference.accepted())
        saying = {fact.event_id: says(fact) for fact in facts if lookup(fact.event_id) is not None}
        for members in reference.classes():
            left, right = min(members), max(members)
            proof = why(reference, KnownFacts(facts), left, right)
            assert proof is not None
            for place, changed in changes(proof, sorted(members), facts, saying):
                believed = check(changed, lookup) is None and (changed.claim.start, changed.claim.end) == (left, right)
                assert not believed, (seed, place, changed)
                tried[place] += 1
    assert HISTORIES < 1000 or min(tried[place] for place in PLACES) > 30, tried


PLACES = ("start", "end", "left out", "swapped", "event", "left", "right", "direction", "added", "child", "lemma")


def says(fact: Fact) -> object:
    """Give what makes one fact as good as another: a node, or the two sides of an equality."""
    if isinstance(fact, NodeAdded):
        return node_id(fact.operator, fact.colour, fact.children)
    return (fact.left, fact.right) if isinstance(fact, EqualityAsserted) else None


def changes(
    proof: Proof, nodes: list[NodeId], facts: list[Fact], saying: dict[EventId, object]
) -> Iterator[tuple[str, Proof]]:
    """Give every proof that differs in one place and says something else there."""
    for number, lemma in enumerate(proof.lemmas):
        for name, other in lemma_changes(lemma, nodes, facts, saying, len(proof.lemmas)):
            yield name, Proof((*proof.lemmas[:number], other, *proof.lemmas[number + 1 :]))
        if len(proof.lemmas) > 1:
            yield "lemma", Proof(proof.lemmas[:number] + proof.lemmas[number + 1 :])


def lemma_changes(
    lemma: Lemma, nodes: list[NodeId], facts: list[Fact], saying: dict[EventId, object], lemmas: int
) -> Iterator[tuple[str, Lemma]]:
    """Give every change of one lemma."""
    for node in nodes:
        if node != lemma.start:
            yield "start", replace(lemma, start=node)
        if node != lemma.end:
            yield "end", replace(lemma, end=node)
    for at, step in enumerate(lemma.steps):
        before, after = lemma.steps[:at], lemma.steps[at + 1 :]
        yield "left out", replace(lemma, steps=(*before, *after))
        yield "doubled", replace(lemma, steps=(*before, step, step, *after))
        if after:
            yield "swapped", replace(lemma, steps=(*before, after[0], step, *after[1:]))
        for name, other in step_changes(step, nodes, facts, saying, lemmas):
            yield name, replace(lemma, steps=(*before, other, *after))


def step_changes(
    step: Step, nodes: list[NodeId], facts: list[Fact], saying: dict[EventId, object], lemmas: int
) -> Iterator[tuple[str, Step]]:
    """Give every change of one field of a step."""
    for node in nodes:
        if node != step.left:
            yield "left", replace(step, left=node)
        if node != step.right:
            yield "right", replace(step, right=node)
    others = [fact.event_id for fact in facts]
    if isinstance(step, Asserted):
        yield "direction", replace(step, forward=not step.forward)
        for event in others:
            if saying.get(event) != (step.left, step.right):
                yield "event", replace(step, event_id=event)
        return
    for event in others:
        if saying.get(event) != step.left:
            yield "added", replace(step, left_added=event)
        if saying.get(event) != step.right:
            yield "added", replace(step, right_added=event)
    yield from child_changes(step, lemmas)


def child_changes(step: Congruence, lemmas: int) -> Iterator[tuple[str, Step]]:
    """Give every change of one child's lemma, and one child too few or too many."""
    yield "child", replace(step, children=step.children[:-1])
    yield "child", replace(step, children=(*step.children, None))
    for place, child in enumerate(step.children):
        for other in (None, *range(-1, lemmas + 1)):
            if other != child:
                yield "child", replace(step, children=(*step.children[:place], other, *step.children[place + 1 :]))
