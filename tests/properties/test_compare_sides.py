"""What is told of two e-graphs: nothing of equal ones, the mirror image of swapped sides, and only what is true.

The definition is the pairs of nodes that are equal on one side alone, found by asking for every pair.
"""

from array import array
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from analytics.compare_answers import (
    ACCEPTED,
    CROSSED,
    MISSING,
    ONLY_LEFT,
    ONLY_RIGHT,
    QUARANTINED,
    RETRACTED,
    SUSPENDED,
    Cause,
    ClassOfSides,
    GraphComparison,
    NodeOfSides,
)
from analytics.compare_causes import SeenFact
from analytics.compare_graphs import FoldedSides, classes_apart, compared_graphs, fold_sides
from analytics.compare_reader import CompareReader
from analytics.compare_sides import Wanted
from analytics.side_columns import SideFacts
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, RuleAdded, Stated
from egraph.identifiers import UNSEALED, EventId
from egraph.store import FactStore
from egraph.view import IncrementalView
from schemas.codec import seal
from tests.properties.histories import history
from tests.unit.analytics.stored import AGENTS, Fetched, store_records

SEEDS = range(400)
STORED_SEEDS = range(20)
ALL = 10_000
_MIRRORED = {ONLY_LEFT: ONLY_RIGHT, ONLY_RIGHT: ONLY_LEFT, CROSSED: CROSSED}


def some(seed: int) -> list[tuple[bool, bool, bool, SeenFact, Fact]]:
    """Give the records of a history: most on both sides, some on one."""
    random = Random(seed)
    sides = [(True, True)] * 4 + [(True, False), (False, True)]
    return [
        (
            *random.choice(sides),
            False,
            SeenFact(number % 3, number, type(fact).__name__, fact.producer, "because"),
            fact,
        )
        for number, fact in enumerate(history(seed))
    ]


def interned(records: list[tuple[bool, bool, bool, SeenFact, Fact]]) -> SideFacts:
    """Give the facts of both sides in one store, interned one by one."""
    store, seen = FactStore(), dict[int, SeenFact]()
    left, right = array("i"), array("i")
    derived = [0, 0]
    for on_left, on_right, is_derived, place, fact in records:
        number = store.intern(fact)
        seen.setdefault(number, place)
        for held, is_on, side in ((left, on_left, 0), (right, on_right, 1)):
            if is_on:
                held.append(number)
                derived[side] += is_derived
    return SideFacts(store, left, right, seen, *derived)


def compared(records: list[tuple[bool, bool, bool, SeenFact, Fact]]) -> tuple[FoldedSides, GraphComparison]:
    """Give both views, and what is told of them."""
    sides = fold_sides(interned(records))
    return sides, compared_graphs(sides, (None, None), len(records), ALL)


def equal_pairs(view: IncrementalView, nodes: list[int]) -> set[tuple[int, int]]:
    """Give the pairs of nodes that the view holds equal."""
    ids = view.store.nodes.ids
    return {(a, b) for a, b in combinations(nodes, 2) if ids[b] in view.members(ids[a])}


def test_equal_sides_differ_in_nothing() -> None:
    """Two replicas that agree would be shown as if they did not."""
    for seed in SEEDS:
        records = [(True, True, derived, seen, fact) for _, _, derived, seen, fact in some(seed)]
        told = compared(records)[1]
        assert (told.classes, told.quarantined_left, told.quarantined_right) == ((), (), ())
        assert (told.same_facts, told.same_view, told.left) == (True, True, told.right)


def test_swapped_sides_are_mirrored() -> None:
    """What is missing would depend on which side a user looks from."""
    for seed in SEEDS:
        records = some(seed)
        told = compared(records)[1]
        assert mirrored(compared([(right, left, *rest) for left, right, *rest in records])[1]) == told, seed


def test_exactly_the_pairs_that_differ_are_covered() -> None:
    """A class that one side merges would be passed over, or one be named that is the same on both."""
    kinds = set()
    for seed in SEEDS:
        sides, told = compared(some(seed))
        nodes = list(range(len(sides.facts.store.nodes.ids)))
        differing = equal_pairs(sides.left, nodes) ^ equal_pairs(sides.right, nodes)
        apart = classes_apart(sides.left, sides.right)
        for a, b in differing:
            assert sum({a, b} <= item.nodes for item in apart) == 1, seed
        for item in apart:
            assert any({a, b} <= item.nodes for a, b in differing), seed
            assert frozenset().union(*item.left) == frozenset().union(*item.right) == item.nodes
        assert told.classes_count == len(told.classes) == len(apart)
        assert told.merged_left_count + told.merged_right_count + told.crossed_count == len(apart)
        kinds |= {item.merged for item in told.classes}
    assert kinds == {ONLY_LEFT, ONLY_RIGHT, CROSSED}


def test_a_cause_is_what_fails_on_the_other_side() -> None:
    """A user would be sent to a fact that changes nothing, or be told of none."""
    seen = set()
    for seed in SEEDS:
        sides, told = compared(some(seed))
        for item in told.classes:
            assert item.equal_on_left or item.equal_on_right
            for apart, here, there in (
                (item.equal_on_left, sides.left, sides.right), (item.equal_on_right, sides.right, sides.left),
            ):  # fmt: skip
                if apart is not None:
                    one, other = bytes.fromhex(apart.one.id), bytes.fromhex(apart.other.id)
                    assert here.class_of(one) == here.class_of(other)
                    assert there.class_of(one) != there.class_of(other)
                    assert apart.causes, seed
                    seen |= {held_true(cause, here, there) for cause in apart.causes}
    assert seen == {MISSING, RETRACTED, QUARANTINED, SUSPENDED}


def test_what_is_quarantined_on_one_side_is_told_with_its_witness() -> None:
    """An equality that only one agent keeps out would be overlooked, or its reason be another one's."""
    for seed in SEEDS:
        sides, told = compared(some(seed))
        for items, here, there in (
            (told.quarantined_left, sides.left, sides.right), (told.quarantined_right, sides.right, sides.left),
        ):  # fmt: skip
            ids = {EventId(bytes.fromhex(item.fact.event_id)) for item in items}
            assert ids == set(here.quarantined()) - set(there.quarantined())
            for item in items:
                assert item.witness is not None
                found = tuple(EventId(bytes.fromhex(fact.event_id)) for fact in item.witness)
                assert found == here.witness(EventId(bytes.fromhex(item.fact.event_id)))
                assert item.there == status(EventId(bytes.fromhex(item.fact.event_id)), there)


@pytest.mark.parametrize("compiled_from", [0, ALL], ids=["compiled", "plain"])
def test_stored_sides_are_told_as_their_facts_one_by_one(tmp_path: Path, compiled_from: int) -> None:
    """A long log would be compared otherwise than a short one: columns lose a fact, or compiled loops decide apart."""
    differing = 0
    for seed in STORED_SEEDS:
        random = Random(seed)
        facts = sealed(history(seed))
        places = [(number % 3, number // 3) for number in range(len(facts))]
        rows = [
            Fetched(*place, 1000 + n, seal(fact).raw) for n, (place, fact) in enumerate(zip(places, facts, strict=True))
        ]
        store_records(tmp_path / str(seed), "facts", rows)
        cuts = random.randint(1, len(facts)), random.randint(1, len(facts))
        reader = CompareReader(tmp_path / str(seed), agents=AGENTS, compiled_from=compiled_from)
        found = reader.graphs(*(Wanted(f"n{cut}") for cut in cuts), limit=ALL)
        records = [
            (n < cuts[0], n < cuts[1], False, SeenFact(*place, type(fact).__name__, fact.producer, why_of(fact)), fact)
            for n, (place, fact) in enumerate(zip(places, facts, strict=True))
        ]
        assert found == compared([record for record in records if record[0] or record[1]])[1], seed
        differing += found.classes_count
    assert differing > len(STORED_SEEDS) // 4


def sealed(facts: list[Fact]) -> list[Fact]:
    """Give the facts under ids that are those of their encoding, and named by them."""
    drafts, named = {fact.event_id: fact for fact in facts}, dict[EventId, Fact]()

    def seal_one(event_id: EventId) -> EventId:
        if event_id in drafts and event_id not in named:
            draft = replace(drafts[event_id], event_id=UNSEALED)
            if isinstance(draft, FactRetracted):
                draft = replace(draft, target=seal_one(draft.target))
            elif isinstance(draft, EqualityAsserted) and isinstance(draft.why, Derived):
                premises = tuple(map(seal_one, draft.why.premises))
                draft = replace(draft, why=replace(draft.why, premises=premises))
            named[event_id] = seal(draft).fact
        return named[event_id].event_id if event_id in named else event_id

    for fact in facts:
        seal_one(fact.event_id)
    return [named[fact.event_id] for fact in facts]


def why_of(fact: Fact) -> str | None:
    """Give the text that a row tells as the reason of a fact."""
    match fact:
        case EqualityAsserted(why=Derived() as why):
            return f"rule {why.rule}"
        case EqualityAsserted(why=Stated() as why):
            return why.text
        case FactRetracted():
            return fact.why
        case RuleAdded():
            return f"{fact.pattern} => {fact.replacement}"
    return None


def held_true(cause: Cause, here: IncrementalView, there: IncrementalView) -> str:
    """Check a cause against both views; give what the fact is on the other side."""
    event_id = EventId(bytes.fromhex(cause.fact.event_id))
    assert here.holds(event_id)
    assert cause.there == status(event_id, there) != ACCEPTED
    assert (cause.by is not None) == (cause.there == RETRACTED)
    return cause.there


def status(event_id: EventId, view: IncrementalView) -> str:
    """Give what a fact is on a side, by asking the view for its lists."""
    if not view.holds(event_id):
        return MISSING
    for name, found in ((ACCEPTED, view.accepted()), (QUARANTINED, view.quarantined()), (SUSPENDED, view.suspended())):
        if event_id in found:
            return name
    return RETRACTED


def mirrored(told: GraphComparison) -> GraphComparison:
    """Give what must be told when left and right change places."""
    return replace(
        told,
        left=told.right, right=told.left, classes=tuple(map(_class, told.classes)),
        merged_left_count=told.merged_right_count, merged_right_count=told.merged_left_count,
        quarantined_left=tuple(map(_turned, told.quarantined_right)),
        quarantined_right=tuple(map(_turned, told.quarantined_left)),
        quarantined_left_count=told.quarantined_right_count, quarantined_right_count=told.quarantined_left_count,
    )  # fmt: skip


def _class(item: ClassOfSides) -> ClassOfSides:
    return ClassOfSides(
        nodes_count=item.nodes_count, merged=_MIRRORED[item.merged],
        left_blocks=_turned(item.right_blocks), left_blocks_count=item.right_blocks_count,
        right_blocks=_turned(item.left_blocks), right_blocks_count=item.left_blocks_count,
        equal_on_left=_turned(item.equal_on_right), equal_on_right=_turned(item.equal_on_left),
    )  # fmt: skip


def _turned(value):
    """Give plain data with the sides of every node changed."""
    if isinstance(value, NodeOfSides):
        return replace(value, on_left=value.on_right, on_right=value.on_left)
    if isinstance(value, tuple):
        return tuple(map(_turned, value))
    fields = getattr(value, "__dataclass_fields__", None)
    if fields is None:
        return value
    return replace(value, **{name: _turned(getattr(value, name)) for name in fields})
