"""What differs between the e-graphs of two sides: classes, and equalities that are quarantined on one of them alone.

Belongs here: folding both sides over one store of facts, and comparing the views. Not here: which records a side holds
(compare_sides.py), reading them (side_columns.py). What is told of a difference, compare_causes.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.compare_answers import (
    CROSSED,
    ONLY_LEFT,
    ONLY_RIGHT,
    Block,
    ClassOfSides,
    GraphComparison,
    GraphOfSide,
    Published,
    QuarantinedOfSides,
)
from analytics.compare_causes import CauseFinder
from analytics.cut_change import Group, groups_of
from analytics.cut_replay import graph_counts
from analytics.cut_surroundings import WITNESS_ACCEPTED
from analytics.side_columns import SideFacts
from egraph.identifiers import EventId
from egraph.reading import MakeView, ReplicaView
from egraph.view import IncrementalView

NODES = 6
BLOCKS = 6


@dataclass(frozen=True, slots=True)
class FoldedSides:
    """Both views over one store, so that numbers of nodes and facts mean the same on both sides."""

    facts: SideFacts
    left: ReplicaView
    right: ReplicaView


def fold_sides(facts: SideFacts, make_view: MakeView = IncrementalView) -> FoldedSides:
    """Fold what each side holds; sides that hold the same share one view."""
    left = make_view(facts.store)
    left.load(facts.left)
    if facts.left == facts.right:
        return FoldedSides(facts, left, left)
    right = make_view(facts.store)
    right.load(facts.right)
    return FoldedSides(facts, left, right)


def compared_graphs(
    sides: FoldedSides, published: tuple[Published | None, Published | None], records: int, limit: int
) -> GraphComparison:
    """Give what differs, with at most `limit` of each list."""
    left = _side(sides.left, sides.facts.left_derived, published[0])
    right = _side(sides.right, sides.facts.right_derived, published[1])
    causes = CauseFinder(sides.left, sides.right, sides.facts.seen)
    apart = [] if sides.left is sides.right else classes_apart(sides.left, sides.right)
    merged = [_merged(item) for item in apart]
    few = left.counts.accepted <= WITNESS_ACCEPTED, right.counts.accepted <= WITNESS_ACCEPTED
    held = set(sides.left.quarantined()), set(sides.right.quarantined())
    alone = sorted(held[0] - held[1], key=causes.order), sorted(held[1] - held[0], key=causes.order)
    return GraphComparison(
        records=records,
        same_facts=left.counts.set_digest == right.counts.set_digest,
        same_view=left.counts.view_digest == right.counts.view_digest,
        left=left,
        right=right,
        classes=tuple(_told(item, causes) for item in apart[:limit]),
        classes_count=len(apart),
        merged_left_count=merged.count(ONLY_LEFT),
        merged_right_count=merged.count(ONLY_RIGHT),
        crossed_count=merged.count(CROSSED),
        quarantined_left=tuple(
            _quarantined(item, causes, sides.left, sides.right, few[0]) for item in alone[0][:limit]
        ),
        quarantined_left_count=len(alone[0]),
        quarantined_right=tuple(
            _quarantined(item, causes, sides.right, sides.left, few[1]) for item in alone[1][:limit]
        ),
        quarantined_right_count=len(alone[1]),
        quarantined_both_count=len(held[0] & held[1]),
    )


@dataclass(frozen=True, slots=True)
class NodesApart:
    """Nodes that the sides put together differently, and the classes that each side makes of them, by smallest id."""

    nodes: Group
    left: tuple[Group, ...]
    right: tuple[Group, ...]


def classes_apart(left: ReplicaView, right: ReplicaView) -> list[NodesApart]:
    """Give the smallest sets of nodes that are unions of classes on both sides and differ; the largest come first."""
    groups = groups_of(left), groups_of(right)
    alone = groups[0] - groups[1], groups[1] - groups[0]
    ids = left.store.nodes.ids
    connected = _connected([*alone[0], *alone[1]])
    place_of = {number: place for place, nodes in enumerate(connected) for number in nodes}
    inside: tuple[list[list[Group]], ...] = tuple([[] for _ in connected] for _ in alone)
    for side, found in zip(alone, inside, strict=True):
        for group in side:
            found[place_of[next(iter(group))]].append(group)
    apart = [
        NodesApart(nodes, _blocks(nodes, inside[0][place], ids), _blocks(nodes, inside[1][place], ids))
        for place, nodes in enumerate(connected)
    ]
    return sorted(apart, key=lambda item: (-len(item.nodes), min(ids[number] for number in item.nodes)))


def _connected(groups: Sequence[Group]) -> list[Group]:
    """Give the unions of groups that overlap, directly or through others."""
    at: dict[int, list[int]] = {}
    for index, group in enumerate(groups):
        for number in group:
            at.setdefault(number, []).append(index)
    seen: set[int] = set()
    found = []
    for start in range(len(groups)):
        if start in seen:
            continue
        seen.add(start)
        queue, nodes = [start], set()
        while queue:
            for number in groups[queue.pop()]:
                nodes.add(number)
                fresh = [index for index in at[number] if index not in seen]
                seen.update(fresh)
                queue += fresh
        found.append(frozenset(nodes))
    return found


def _blocks(nodes: Group, groups: list[Group], ids: Sequence[bytes]) -> tuple[Group, ...]:
    alone = nodes.difference(*groups)
    return tuple(
        sorted([*groups, *(frozenset((number,)) for number in alone)], key=lambda item: min(ids[n] for n in item))
    )


def _merged(apart: NodesApart) -> str:
    if len(apart.left) == 1:
        return ONLY_LEFT
    return ONLY_RIGHT if len(apart.right) == 1 else CROSSED


def _told(apart: NodesApart, causes: CauseFinder) -> ClassOfSides:
    def blocks(groups: tuple[Group, ...]) -> tuple[Block, ...]:
        shown = sorted(groups, key=len, reverse=True)[:BLOCKS]
        return tuple(Block(nodes_count=len(group), nodes=causes.nodes(group, NODES)) for group in shown)

    return ClassOfSides(
        nodes_count=len(apart.nodes),
        merged=_merged(apart),
        left_blocks=blocks(apart.left),
        left_blocks_count=len(apart.left),
        right_blocks=blocks(apart.right),
        right_blocks_count=len(apart.right),
        equal_on_left=causes.equal_on_left(apart.left, apart.right),
        equal_on_right=causes.equal_on_right(apart.left, apart.right),
    )


def _quarantined(
    event_id: EventId, causes: CauseFinder, here: ReplicaView, there: ReplicaView, few: bool
) -> QuarantinedOfSides:
    cause = causes.cause(event_id, there)
    witness = tuple(causes.fact(item) for item in here.witness(event_id)) if few else None
    return QuarantinedOfSides(fact=cause.fact, there=cause.there, by=cause.by, witness=witness)


def _side(view: ReplicaView, derived: int, published: Published | None) -> GraphOfSide:
    counts = graph_counts(view)
    confirmed = None
    if published is not None and published.set_digest == counts.set_digest:
        # What was folded without its premises may count here and not for the agent; that is no sign of a fault.
        confirmed = True if published.view_digest == counts.view_digest else None if derived else False
    return GraphOfSide(counts=counts, derived=derived, confirmed=confirmed)
