"""What is derived from a trace: proved, complete, sparing, and a function of content alone.

Reproduce a failure with EGRAPH_SEED=<seed in the message> EGRAPH_HISTORIES=1.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from random import Random, SystemRandom

from egraph.derive.check import check
from egraph.derive.drafts import derive
from egraph.derive.proof import ByCongruence, ByPremise, ByRule, InlineTerm
from egraph.derive.replay import replay
from egraph.derive.verdict import Sound
from egraph.facts import Derived, EqualityAsserted
from egraph.identifiers import NodeId
from egraph.reference import ReferenceView
from egraph.rules.conditions import Content
from egraph.saturation.limits import Limits
from egraph.saturation.saturation import Saturation
from egraph.saturation.trace import NO_FIRING, NOT_ARRIVED, Firings, Terms, Trace
from schemas.codec import decode_fact, seal
from tests.properties.brute_saturation import BruteSaturation
from tests.properties.derived_worlds import World, publisher, sealed, world

WORLDS = int(os.environ.get("EGRAPH_HISTORIES", "1000"))


@cache
def worlds() -> list[tuple[int, World]]:
    """Give the worlds of this run with their seeds."""
    named = os.environ.get("EGRAPH_SEED")
    base = int(named) if named else SystemRandom().randrange(1 << 48)
    return [(seed, world(seed)) for seed in range(base, base + WORLDS)]


def why(fact: EqualityAsserted) -> Derived:
    """Give why a derived fact holds."""
    assert isinstance(fact.why, Derived)
    return fact.why


def test_the_checker_accepts_every_proof() -> None:
    """Agents that verify would retract what follows, and each saturation would derive it again."""
    seen: Counter[str] = Counter()
    for seed, found in worlds():
        held = found.holding()
        for draft in found.derivation.drafts:
            fact, raw = seal(draft)

            verdict = check(fact, held)  # type: ignore[arg-type]

            assert isinstance(verdict, Sound), f"seed {seed}: {verdict}"
            assert tuple(sorted((*verdict.rules, *verdict.equalities))) == why(draft).premises
            assert decode_fact(raw) == fact
            steps = [step for lemma in why(draft).proof.lemmas for step in lemma.steps]
            seen.update({type(step).__name__ for step in steps})
            seen["backwards"] += any(isinstance(step, ByRule) and not step.forward for step in steps)
            seen["witnesses"] += any(isinstance(step, ByRule) and step.witnesses != () for step in steps)
            seen["inline"] += any(isinstance(term, InlineTerm) for term in why(draft).proof.terms)
            seen["lemmas"] += len(why(draft).proof.lemmas) > 1
            seen["rounds"] += why(draft).round > 1
    print(seen)
    if WORLDS >= 1000:
        kinds = {kind.__name__ for kind in (ByRule, ByPremise, ByCongruence)}
        for name in (*kinds, "backwards", "witnesses", "inline", "lemmas", "rounds"):
            assert seen[name] > WORLDS // 200, f"the worlds hardly reach {name}: {seen[name]}"


def partition(label: Sequence[int], among: Sequence[int]) -> frozenset[frozenset[int]]:
    """Give the classes of some terms."""
    groups: defaultdict[int, set[int]] = defaultdict(set)
    for term in among:
        groups[label[term]].add(term)
    return frozenset(frozenset(group) for group in groups.values())


def closed(found: World, equalities: Sequence[EqualityAsserted]) -> list[int]:
    """Give the classes of the given terms under the accepted and some more equalities, by brute force."""
    brute = BruteSaturation(found.rules.rules)
    brute.begin(found.nodes, [*found.accepted, *equalities])
    assert brute.ids == found.ids
    return brute.label


def test_nothing_is_missing_and_nothing_superfluous() -> None:
    """Nodes that saturation made equal would stay apart for everybody else, or the log would fill with repetitions."""
    whole = several = by_congruence = 0
    for seed, found in worlds():
        given = range(found.brute.given)
        saturated, published = (partition(label, given) for label in (found.brute.label, closed(found, found.derived)))

        terms = replay(found.brute.trace(), found.ids, found.accepted, found.rules.facts).terms
        if all(map(terms.may_be_end, given)):  # else a term was made whose node is only named: then we know more
            assert all(any(group <= other for other in saturated) for group in published), f"seed {seed}"
            assert found.derivation.unproved or published == saturated, f"seed {seed}"
            whole += published != partition(closed(found, ()), given)
        for fact in found.derived:
            label = closed(found, [other for other in found.derived if why(other).round < why(fact).round])
            ends = [label[found.ids.index(end)] for end in (fact.left, fact.right)]
            assert ends[0] != ends[1], f"seed {seed}: this follows from what was equal a round before"
        merges = len(set(closed(found, ()))) - len(set(closed(found, found.derived)))
        assert len(found.derived) <= merges, f"seed {seed}"
        by_congruence += len(found.derived) < merges
        several += len(found.derived) > 1
    if WORLDS >= 1000:
        assert whole > WORLDS // 10
        assert several > WORLDS // 50
        assert by_congruence > WORLDS // 100


def renumbered(trace: Trace, ids: Sequence[NodeId], random: Random) -> tuple[Trace, list[NodeId]]:
    """Give the same trace with other numbers for its terms, and with the firings of each round in another order."""
    fresh: list[int] = list(range(trace.given))  # the old numbers in the new order
    random.shuffle(fresh)
    waiting = list(range(trace.given, len(trace.terms)))
    round_of = {term: _round(trace, term) for term in waiting}
    while waiting:
        ready = [term for term in waiting if set(trace.terms[term].children) <= set(fresh)]
        earliest = min(round_of[term] for term in ready)
        term = random.choice([item for item in ready if round_of[item] == earliest])
        fresh.append(term)
        waiting.remove(term)
    number = {old: new for new, old in enumerate(fresh)}
    order = sorted(range(len(trace.firings)), key=lambda item: (trace.firings[item].round, random.random()))
    place = {old: new for new, old in enumerate(order)}
    firings = [trace.firings[item] for item in order]
    rows = [trace.terms[old] for old in fresh]
    first_child, first_variable = [0], [0]
    for row in rows:
        first_child.append(first_child[-1] + len(row.children))
    for firing in firings:
        first_variable.append(first_variable[-1] + len(firing.substitution))
    operators = tuple(reversed(trace.terms.operators))
    terms = Terms(
        operators,
        [NOT_ARRIVED if row.operator is None else operators.index(row.operator) for row in rows],
        [int(row.colour) for row in rows],
        first_child,
        [number[child] for row in rows for child in row.children],
    )
    creators = [trace.creator(old) for old in fresh[trace.given :]]
    again = Firings(
        [firing.round for firing in firings],
        [firing.rule for firing in firings],
        [number[firing.root] for firing in firings],
        [number[firing.right] for firing in firings],
        first_variable,
        [number[term] for firing in firings for term in firing.substitution],
    )
    created_by = [item if item == NO_FIRING else place[item] for item in creators]
    return Trace(trace.given, terms, created_by, again), [ids[old] for old in fresh[: trace.given]]


def _round(trace: Trace, term: int) -> int:
    creator = trace.creator(term)
    return 0 if creator == NO_FIRING else trace.firings[creator].round


def test_drafts_do_not_depend_on_numbers_and_order() -> None:
    """Two agents that saturate the same facts would publish different proofs, and argue in the log for ever."""
    compared = 0
    for seed, found in worlds()[::2]:
        trace, ids = renumbered(found.brute.trace(), found.ids, Random(seed))
        accepted = list(found.accepted)
        Random(seed).shuffle(accepted)

        again = derive(trace, ids, accepted, found.rules.facts, publisher())

        assert again == found.derivation, f"seed {seed}"
        compared += len(again.drafts)
    assert compared > WORLDS // 20


def test_derived_facts_count_at_once() -> None:
    """A derived fact would wait for a premise that everybody holds.

    One premise may fail: an equality that stands later in the order than what was derived, and is refused beside it.
    """
    counted = 0
    for seed, found in worlds()[::2]:
        view = ReferenceView([*found.facts, *found.derived])
        refused = {*view.quarantined(), *view.suspended()}

        for waiting, failing in view.suspended().items():
            assert failing, f"seed {seed}: {waiting.hex()} waits for nothing"
            assert refused.issuperset(failing), f"seed {seed}: {waiting.hex()} waits for what everybody holds"
        counted += len(set(view.accepted()) & {fact.event_id for fact in found.derived})
    assert counted > WORLDS // 20


def test_what_is_quarantined_is_not_said_again() -> None:
    """Every saturation would add the same rejected equalities to a log that is kept for ever."""
    quarantined = 0
    for seed, found in worlds():
        view = ReferenceView([*found.facts, *found.derived])
        refused = [fact for fact in found.derived if fact.event_id in view.quarantined()]
        if refused:
            said = [(fact.left, fact.right) for fact in refused]
            trace, rules = found.brute.trace(), found.rules.facts

            again = derive(trace, found.ids, found.accepted, rules, publisher(), said=said)

            assert not {(draft.left, draft.right) for draft in again.drafts} & set(said), f"seed {seed}"
            assert len(again.drafts) + len(again.too_large) <= len(found.derived) - len(refused)
            quarantined += 1
    if WORLDS >= 1000:
        assert quarantined > 2


def test_traces_of_the_real_saturation_are_proved() -> None:
    """The engine would derive what nobody can check, or what is published would be less than it found."""
    proved = whole = 0
    for seed, found in worlds()[::8]:
        contents = {node: Content(row[0], tuple(found.ids[child] for child in row[2]))
                    for node, row in zip(found.ids, found.brute.rows, strict=False) if row[0] is not None}  # fmt: skip
        named = {*contents, *(child for content in contents.values() for child in content.children)}
        accepted = [fact for fact in found.accepted if {fact.left, fact.right} <= named]
        saturation = Saturation(
            found.rules.rules,
            contents,
            [(fact.left, fact.right) for fact in accepted],
            limits=Limits(rounds=4, nodes=150),
        )
        outcome = saturation.run()
        assert outcome.trace is not None

        derivation = derive(outcome.trace, saturation.given.ids, accepted, found.rules.facts, publisher())

        derived = [sealed(draft) for draft in derivation.drafts]
        again = replace(found, accepted=accepted, derived=derived)
        verdicts = [check(fact, found.holding()) for fact in again.derived]
        assert all(isinstance(verdict, Sound) for verdict in verdicts), f"seed {seed}: {verdicts}"
        proved += len(verdicts)
        arrived = range(len(named)) if len(contents) == len(named) == len(found.ids) else ()
        if arrived and not derivation.unproved:
            assert partition(closed(again, again.derived), arrived) == partition(outcome.classes.label, arrived), seed
            whole += len(verdicts)
    assert proved > WORLDS // 40
    assert whole > 0


def test_a_proof_too_large_is_left_out_and_told() -> None:
    """A fact that no agent can decode would be in the log, or an equality would vanish without a word."""
    told = 0
    for seed, found in worlds()[::4]:
        sizes = [len(seal(fact).raw) for fact in found.derived]
        trace, rules = found.brute.trace(), found.rules.facts
        limit = sorted(sizes)[len(sizes) // 2] if sizes else 0

        some = derive(trace, found.ids, found.accepted, rules, publisher(limit))

        assert all(len(sealed_bytes(draft)) <= limit for draft in some.drafts), f"seed {seed}"
        assert {(draft.left, draft.right) for draft in some.drafts} | {item[:2] for item in some.too_large} == {
            (fact.left, fact.right) for fact in found.derived
        }
        assert all(item.size is not None and item.size > limit for item in some.too_large)
        told += len(some.too_large)
    assert told > WORLDS // 40


def sealed_bytes(draft: EqualityAsserted) -> bytes:
    """Give the bytes of a draft as it would be published."""
    return seal(sealed(draft)).raw
