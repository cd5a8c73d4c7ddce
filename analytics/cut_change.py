"""What one record changes in a view: classes and decisions about equalities before it and after it.

Belongs here: folding that record and comparing. Not here: what is told of it (cut_surroundings.py), which record it is.
"""

from dataclasses import dataclass
from typing import NamedTuple

from analytics import change_answers as told
from egraph.facts import Fact, FactRetracted, NodeAdded
from egraph.identifiers import EventId, NodeId
from egraph.reading import ReplicaView
from egraph.store import EQUALITY_ASSERTED, NODE_ADDED

Group = frozenset[int]


class _Standing(NamedTuple):
    """Classes of two or more members, what was decided about equalities, and rules in force."""

    groups: frozenset[Group]
    accepted: frozenset[EventId]
    quarantined: frozenset[EventId]
    suspended: frozenset[EventId]
    rules: frozenset[EventId]

    def decided(self, event: EventId) -> str:
        """Give what was decided about an equality or a rule; `retracted` where it does not stand."""
        if event in self.accepted:
            return told.ACCEPTED
        if event in self.quarantined:
            return told.QUARANTINED
        if event in self.suspended:
            return told.SUSPENDED
        return told.RULE if event in self.rules else told.RETRACTED


def groups_of(view: ReplicaView) -> frozenset[Group]:
    """Give the classes of two or more members, by numbers of the store's nodes."""
    return frozenset(frozenset(group) for group in view.merged_classes())


def regrouped(before: frozenset[Group], after: frozenset[Group]) -> tuple[dict[int, Group], dict[int, Group]]:
    """Give the class that was and the class that is of each node whose class is another one now."""
    gone, come = ({node: group for group in groups for node in group} for groups in (before - after, after - before))
    return gone, come


def _standing(view: ReplicaView) -> _Standing:
    equalities = (frozenset(view.accepted()), frozenset(view.quarantined()), frozenset(view.suspended()))
    return _Standing(groups_of(view), *equalities, frozenset(view.rules()))


@dataclass(frozen=True, slots=True)
class Change:
    """What a record changed. `nodes` are those it speaks of; `equality` the one that it states or retracts.

    `before` and `after` give the class of each node whose class is another one now, by numbers of the store's nodes.
    """

    kind: str | None
    outcome: str
    nodes: tuple[NodeId, ...] = ()
    equality: EventId | None = None
    was: str | None = None
    new_node: int | None = None
    had_been_named: bool = False
    before: dict[int, Group] | None = None
    after: dict[int, Group] | None = None
    counts_now: int = 0
    fails_now: int = 0

    @property
    def merged(self) -> int:
        """Count the classes that were several before."""
        return sum(len(self._parts(group)) > 1 for group in set((self.after or {}).values()))

    @property
    def split(self) -> int:
        """Count the classes that are several now."""
        after = self.after or {}
        groups = set((self.before or {}).values())
        return sum(len({after.get(node, Group((node,))) for node in group}) > 1 for group in groups)

    def of_class(self, members: Group) -> tuple[str | None, int]:
        """Tell what befell a class that stands now, and of how many classes it was made."""
        parts = self._parts(members)
        if parts == {members}:
            if self.new_node not in members:
                return None, 1
            return ("defined" if self.had_been_named else "new"), 1
        is_split = any(not part <= members for part in parts)
        if is_split:
            return ("regrouped" if len(parts) > 1 else "split"), len(parts)
        if self.new_node in members and len(parts) == 2 and Group((self.new_node,)) in parts:
            return "joined", 2
        return "merged", len(parts)

    def _parts(self, members: Group) -> set[Group]:
        before, after = self.before or {}, self.after or {}
        if not any(node in before or node in after for node in members):
            return {members}
        return {before.get(node, Group((node,))) for node in members}


NOT_TAKEN = Change(kind=None, outcome=told.REFUSED)
"""A record that agents refuse."""


def fold_telling(view: ReplicaView, fact: Fact) -> Change:
    """Fold a fact and give what it changed."""
    store = view.store
    is_repeated = view.holds(fact.event_id)
    number = store.intern(fact)
    node = store.node[number]
    before = _standing(view)
    is_looked_at = node < len(view.nodes.added)  # else nobody named it: it came with this fact
    is_new = node >= 0 and not (is_looked_at and view.nodes.added[node])
    is_named = is_new and is_looked_at and view.nodes.is_mentioned(node)
    view.fold_many((number,))
    view.settle()
    after = _standing(view)
    outcome, subject = _outcome(fact, before, after, is_new=is_new)
    if isinstance(fact, FactRetracted) and not view.holds(fact.target):
        outcome, subject = told.WAITS, None
    nodes, equality = _spoken_of(view, subject)
    own = {fact.event_id, subject}
    gone, come = regrouped(before.groups, after.groups)
    return Change(
        kind=type(fact).__name__,
        outcome=told.REPEATED if is_repeated else outcome,
        nodes=nodes,
        equality=equality,
        was=before.decided(subject) if outcome == told.WITHDRAWN and subject is not None else None,
        new_node=node if is_new else None,
        had_been_named=is_named or any(node in group for group in before.groups),
        before=gone,
        after=come,
        counts_now=len(after.accepted - before.accepted - own),
        fails_now=len(before.accepted - after.accepted - own),
    )


def _outcome(fact: Fact, before: _Standing, after: _Standing, *, is_new: bool) -> tuple[str, EventId | None]:
    """Tell what became of a fact, and the fact that it speaks of: itself, or the one that it retracts."""
    if isinstance(fact, NodeAdded):
        return told.NODE_NEW if is_new else told.NODE_HELD, fact.event_id
    if isinstance(fact, FactRetracted):
        stood = before.decided(fact.target) != told.RETRACTED
        return told.WITHDRAWN if stood else told.NO_EFFECT, fact.target
    return after.decided(fact.event_id), fact.event_id


def _spoken_of(view: ReplicaView, event: EventId | None) -> tuple[tuple[NodeId, ...], EventId | None]:
    """Give the nodes of a fact, and its id if it is an equality."""
    store = view.store
    number = None if event is None else store.index_of(event)
    if number is None:
        return (), None
    ids = store.nodes.ids
    if store.kinds[number] == NODE_ADDED:
        return (ids[store.node[number]],), None
    if store.kinds[number] == EQUALITY_ASSERTED:
        return (ids[store.left[number]], ids[store.right[number]]), event
    return (), None
