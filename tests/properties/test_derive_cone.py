"""A trace cut to its cone says the same as the whole one."""

from collections.abc import Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st

from egraph.derive.cone import cone_of
from egraph.derive.drafts import derive
from egraph.identifiers import NodeId
from egraph.saturation.trace import Trace
from tests.properties.derived_worlds import World, publisher, unsaturated


def classes(trace: Trace, ids: Sequence[NodeId], world: World) -> tuple[list[int], list[int]]:
    """The class of each term at the end, and that of each given one at the beginning, by brute force."""
    place = {node: number for number, node in enumerate(ids)}
    stated = [
        (place[fact.left], place[fact.right]) for fact in world.accepted if fact.left in place and fact.right in place
    ]
    before = closed(trace, range(trace.given), stated)
    firings = [(trace.firings.root[at], trace.firings.right[at]) for at in range(len(trace.firings))]
    return closed(trace, range(len(trace.terms)), stated + firings), before


def closed(trace: Trace, terms: range, pairs: list[tuple[int, int]]) -> list[int]:
    """Label terms by their smallest equal under pairs and congruence."""
    label = list(terms)

    def unite(a: int, b: int) -> None:
        low, high = sorted((label[a], label[b]))
        for term in terms:
            if label[term] == high:
                label[term] = low

    for a, b in pairs:
        unite(a, b)
    while True:
        seen: dict[object, int] = {}
        before = list(label)
        for term in terms:
            row = trace.terms[term]
            if row.operator is not None:
                key = (row.operator, row.colour, tuple(label[child] for child in row.children))
                unite(term, seen.setdefault(key, term))
        if label == before:
            return label


@settings(max_examples=250, deadline=None)
@given(st.integers(min_value=0, max_value=2**32))
@example(129)  # in this one and the next two, what a further pattern matched is needed and nothing else names it
@example(788)
@example(1382)
def test_nothing_that_may_be_published_is_lost(seed: int) -> None:
    """Agents would derive less than the rules give, or other proofs, because a part of the reasons was left out."""
    world = unsaturated(seed)
    world.saturate(3)
    trace = world.brute.trace()
    after, before = classes(trace, world.ids, world)

    cone = cone_of(trace, after, before, world.rules.rules.rules)
    ids = [world.ids[term] for term in cone.kept[: cone.trace.given]]
    cut = derive(cone.trace, ids, world.accepted, world.rules.facts, publisher())

    assert [(draft.left, draft.right) for draft in cut.drafts] == [
        (draft.left, draft.right) for draft in world.derivation.drafts
    ]
    assert len(cone.trace.terms) <= len(trace.terms)


def test_the_worlds_above_have_something_to_lose() -> None:
    """The property would hold because nothing is ever derived, or nothing is ever cut."""
    derived = cut = 0
    for seed in range(60):
        world = unsaturated(seed)
        world.saturate(3)
        trace = world.brute.trace()
        cone = cone_of(trace, *classes(trace, world.ids, world), world.rules.rules.rules)
        derived += len(world.derivation.drafts)
        cut += len(trace.terms) - len(cone.trace.terms)
    assert derived > 20
    assert cut > 100
