"""THE definition of a view, by brute force. Slow on purpose: everything is recomputed, nothing is remembered.

Belongs here: meaning. Not here: speed (view.py, tested to agree with this file on random histories).

    facts --> nodes, equalities, rules, tombstones
    equalities in ascending (hlc, event id):
        premises fail                     -> suspended
        closure with the accepted illegal -> quarantined
        otherwise                         -> accepted
    view = congruence closure of the accepted ones
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

from egraph.colours import MEMBER_BIT, PARENT_BIT, mask_is_legal
from egraph.digest import FACT_KINDS, SetDigest, bucket_sums, id_sum, view_digest
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded
from egraph.identifiers import EventId, NodeId, colour_of, node_id
from egraph.reading import ViewCounts

Partition = dict[NodeId, frozenset[NodeId]]


class ReferenceView:
    """The view of a set of facts. Order and duplicates of `facts` do not matter."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts: dict[EventId, Fact] = {fact.event_id: fact for fact in facts}
        held = self._facts.values()
        self._nodes = {node_id(f.operator, f.colour, f.children): f for f in held if isinstance(f, NodeAdded)}
        targets = {f.target for f in held if isinstance(f, FactRetracted)}
        self._retracted = {eid for eid in targets if isinstance(self._facts.get(eid), EqualityAsserted | RuleAdded)}
        self._tombstones_held = len(targets - set(self._facts))
        self._rules = [f.event_id for f in held if isinstance(f, RuleAdded) and f.event_id not in self._retracted]
        self._accepted: list[EqualityAsserted] = []
        self._quarantined: list[EqualityAsserted] = []
        self._suspended: dict[EventId, tuple[EventId, ...]] = {}
        self._decide()
        self._classes = self._closure(self._accepted)

    def _decide(self) -> None:
        equalities = [
            f for f in self._facts.values() if isinstance(f, EqualityAsserted) and f.event_id not in self._retracted
        ]
        for equality in sorted(equalities, key=_order):
            failing = tuple(p for p in _premises(equality) if not self._premise_holds(p, equality))
            if failing:
                self._suspended[equality.event_id] = failing
            elif self._is_legal(self._closure([*self._accepted, equality])):
                self._accepted.append(equality)
            else:
                self._quarantined.append(equality)

    def _premise_holds(self, premise: EventId, equality: EqualityAsserted) -> bool:
        fact = self._facts.get(premise)
        if fact is None or premise in self._retracted or _order(fact) >= _order(equality):
            return False
        return not isinstance(fact, EqualityAsserted) or fact in self._accepted

    def _closure(self, equalities: Sequence[EqualityAsserted]) -> Partition:
        """Congruence closure by naive fixpoint, over every id that the nodes or these equalities mention."""
        mentioned = set(self._nodes)
        for fact in self._nodes.values():
            mentioned.update(fact.children)
        for equality in equalities:
            mentioned.update((equality.left, equality.right))
        classes: Partition = {item: frozenset((item,)) for item in mentioned}
        for equality in equalities:
            _merge(classes, equality.left, equality.right)
        changed = True
        while changed:
            changed = False
            for (left, f), (right, g) in combinations(self._nodes.items(), 2):
                if classes[left] is not classes[right] and _congruent(f, g, classes):
                    _merge(classes, left, right)
                    changed = True
        return classes

    def _is_legal(self, classes: Partition) -> bool:
        return self._violations(classes) == 0

    def _violations(self, classes: Partition) -> int:
        masks = {members: 0 for members in classes.values()}
        for item, members in classes.items():
            masks[members] |= MEMBER_BIT[colour_of(item)]
        for fact in self._nodes.values():
            for child in fact.children:
                masks[classes[child]] |= PARENT_BIT[fact.colour]
        return sum(not mask_is_legal(mask) for mask in masks.values())

    def holds(self, event_id: EventId) -> bool:
        return event_id in self._facts

    def classes(self) -> frozenset[frozenset[NodeId]]:
        """Give every class as a set of node ids."""
        return frozenset(self._classes.values())

    def class_of(self, node: NodeId) -> NodeId:
        return min(self._classes.get(node, (node,)))

    def members(self, node: NodeId) -> tuple[NodeId, ...]:
        return tuple(sorted(self._classes.get(node, (node,))))

    def accepted(self) -> tuple[EventId, ...]:
        return tuple(f.event_id for f in self._accepted)

    def quarantined(self) -> tuple[EventId, ...]:
        return tuple(f.event_id for f in self._quarantined)

    def suspended(self) -> dict[EventId, tuple[EventId, ...]]:
        return dict(self._suspended)

    def witness(self, event_id: EventId) -> tuple[EventId, ...]:
        by_id = {f.event_id: f for f in self._quarantined}
        equality = by_id[event_id]
        conflict = [f for f in self._accepted if _order(f) < _order(equality)]
        for candidate in reversed(tuple(conflict)):
            without = [f for f in conflict if f is not candidate]
            if not self._is_legal(self._closure([*without, equality])):
                conflict = without
        return tuple(f.event_id for f in conflict)

    def counts(self) -> ViewCounts:
        return ViewCounts(
            facts=len(self._facts),
            nodes=len(self._nodes),
            classes=len(self.classes()),
            accepted=len(self._accepted),
            quarantined=len(self._quarantined),
            suspended=len(self._suspended),
            retracted=len(self._retracted),
            tombstones_held=self._tombstones_held,
            violations=self._violations(self._classes),
        )

    def set_digest(self) -> bytes:
        digest = SetDigest()
        for event_id, fact in self._facts.items():
            digest.add(FACT_KINDS.index(type(fact).__name__), event_id)
        return digest.value()

    def bucket_sums(self) -> bytes:
        """Give the sums of the ids of all facts, by their first byte."""
        return bucket_sums(self._facts, 0)

    def ids_in(self, prefixes: Sequence[bytes]) -> dict[bytes, list[EventId]]:
        """Give the ids of the facts below each prefix, ascending."""
        return {prefix: sorted(item for item in self._facts if item.startswith(prefix)) for prefix in prefixes}

    def view_digest(self) -> bytes:
        return view_digest(
            nodes=id_sum(self._nodes),
            classes=[(id_sum(members), len(members)) for members in self.classes() if len(members) > 1],
            rules=id_sum(self._rules),
            accepted=id_sum(self.accepted()),
            quarantined=id_sum(self.quarantined()),
            suspended=id_sum(self._suspended),
        )


def _order(fact: Fact) -> tuple[int, EventId]:
    return fact.hlc, fact.event_id


def _premises(equality: EqualityAsserted) -> tuple[EventId, ...]:
    return equality.why.premises if isinstance(equality.why, Derived) else ()


def _congruent(f: NodeAdded, g: NodeAdded, classes: Partition) -> bool:
    return (
        f.operator == g.operator
        and f.colour == g.colour
        and len(f.children) == len(g.children)
        and all(classes[a] is classes[b] for a, b in zip(f.children, g.children, strict=True))
    )


def _merge(classes: Partition, left: NodeId, right: NodeId) -> None:
    together = classes[left] | classes[right]
    for item in together:
        classes[item] = together
