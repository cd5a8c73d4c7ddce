"""The incremental view: the same answers as reference.py, at a cost that follows the change.

Belongs here: which facts are held, and what was decided about equalities. Not here: closure (closure.py), decoding.

Illegality is monotone: a closure only grows with nodes and equalities. So an equality that is legal together with
everything accepted changes no other decision but those of the facts that wait for it, and one that is illegal with
nothing accepted behind it is quarantined alone. Everything else (a late conflict, a retraction, a node that makes
the accepted ones illegal) marks the view unsettled, and the next reading decides all equalities anew, once, over
node columns that stay as they are.
"""

from array import array
from bisect import insort
from collections.abc import Collection, Iterable, Sequence
from itertools import compress

from egraph.closure import AddedNodes, Closure
from egraph.colours import MEMBER_BIT, PARENT_BIT, Colour, mask_is_legal
from egraph.digest import SetDigest, id_sum, ids_by_bucket, view_digest
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted
from egraph.identifiers import EventId, NodeId
from egraph.reading import ViewCounts
from egraph.store import EQUALITY_ASSERTED, FACT_RETRACTED, NODE_ADDED, RULE_ADDED, FactStore
from egraph.witness import minimal_conflict

_ACCEPTED, _QUARANTINED, _SUSPENDED = "accepted", "quarantined", "suspended"


class IncrementalView:
    """The view of one replica over a shared fact store."""

    def __init__(self, store: FactStore) -> None:
        self.store = store
        self._held = bytearray()
        self._facts = 0
        self._set_digest = SetDigest()
        self._node_sum = 0
        self.nodes = AddedNodes(store.nodes)
        self.closure = Closure(self.nodes)
        self._equalities: list[tuple[int, EventId, int]] = []
        self._status: dict[int, str] = {}
        self._last_accepted: tuple[int, EventId] = (-1, EventId(b""))
        self._tombstones: dict[EventId, int] = {}
        self._rules: set[int] = set()
        self._retracted: set[int] = set()
        self._waiting: dict[EventId, list[int]] = {}
        self._settled = True
        self.replays = 0
        self.version = 0
        """Grows with every fact folded; readers compare it to know whether anything changed."""

    # --- folding

    def add(self, fact: Fact) -> bool:
        """Intern a fact and fold it. Gives False if it was held already."""
        return self.fold(self.store.intern(fact))

    def fold(self, number: int) -> bool:
        """Take in one interned fact. Gives False if it was held already."""
        return self.fold_many((number,)) == 1

    def fold_many(self, numbers: "Sequence[int] | array[int]") -> int:
        """Take in interned facts and give how many were new."""
        store = self.store
        held = self._held
        if len(held) < len(store.ids):
            held.extend(bytes(len(store.ids) - len(held)))
        self.nodes.grow()
        kinds, ids = store.kinds, store.ids
        new = 0
        for number in numbers:
            if held[number]:
                continue
            held[number] = 1
            new += 1
            kind = kinds[number]
            self._set_digest.add(kind, ids[number])
            if kind == NODE_ADDED:
                self._fold_node(store.node[number])
            else:
                self._fold_other(kind, number)
            if self._waiting:
                self._retest_waiting(ids[number])
        self._facts += new
        self.version += new
        return new

    def load(self, numbers: "array[int]", doubtful: Collection[EventId] = ()) -> int:
        """Take in many interned facts at once and give how many were new (see ReplicaView): no faster here."""
        return self.fold_many(numbers)

    def _fold_node(self, node: int) -> None:
        nodes = self.nodes
        if nodes.added[node]:
            return
        nodes.add(node)
        self._node_sum += int.from_bytes(nodes.table.ids[node], "little")
        if self._settled and self.closure.label and not self.closure.node_added(node):
            self._settled = False

    def _fold_other(self, kind: int, number: int) -> None:
        event_id = self.store.ids[number]
        if kind == FACT_RETRACTED:
            self._fold_tombstone(number)
        elif event_id in self._tombstones:
            self._retracted.add(number)
        elif kind == RULE_ADDED:
            self._rules.add(number)
        else:
            self._fold_equality(number)

    def _fold_equality(self, number: int) -> None:
        hlc, event_id = self.store.order(number)
        insort(self._equalities, (hlc, event_id, number))
        for premise in self._premises(number):
            self._waiting.setdefault(premise, []).append(number)
        if self._settled:
            self._decide_one(number)

    def _fold_tombstone(self, number: int) -> None:
        fact = self.store.fact(number)
        assert isinstance(fact, FactRetracted)
        self._tombstones[fact.target] = self._tombstones.get(fact.target, 0) + 1
        target = self.store.index_of(fact.target)
        if target is None or not self._is_held(target) or target in self._retracted:
            return
        kind = self.store.kinds[target]
        if kind == RULE_ADDED:
            self._rules.discard(target)
            self._retracted.add(target)
            if fact.target in self._waiting:
                self._settled = False
        elif kind == EQUALITY_ASSERTED:
            self._retracted.add(target)
            self._withdraw(target)

    def _withdraw(self, number: int) -> None:
        self._equalities.remove((*self.store.order(number), number))
        for premise in self._premises(number):
            self._waiting[premise].remove(number)
        if self._status.pop(number, _ACCEPTED) == _ACCEPTED:
            self._settled = False

    # --- deciding

    def _decide_one(self, number: int) -> None:
        """Decide an equality against everything accepted; unsettle the view where that is not enough."""
        if self._failing_premises(number):
            self._status[number] = _SUSPENDED
            return
        equality = self.store.fact(number)
        assert isinstance(equality, EqualityAsserted)
        order = self.store.order(number)
        if self._apply(equality):
            self._status[number] = _ACCEPTED
            self._last_accepted = max(self._last_accepted, order)
        elif self._last_accepted < order:
            self._status[number] = _QUARANTINED
        else:
            self._settled = False

    def _apply(self, equality: EqualityAsserted) -> bool:
        table = self.store.nodes
        left, right = table.mention(equality.left), table.mention(equality.right)
        self.nodes.grow()
        return self.closure.assert_equal(left, right)

    def _retest_waiting(self, arrived: EventId) -> None:
        """Decide the suspended equalities that may have waited for a fact, and in turn those that wait for them."""
        queue = [arrived]
        while queue and self._settled:
            for number in tuple(self._waiting.get(queue.pop(), ())):
                if self._status.get(number) == _SUSPENDED and self._settled:
                    self._decide_one(number)
                    if self._status[number] == _ACCEPTED:
                        queue.append(self.store.ids[number])

    def settle(self) -> None:
        """Decide whatever is open. Readers call it; callers need it only to choose when the work is done."""
        if self._settled:
            return
        self.replays += 1
        congruences, rollbacks = self.closure.congruences, self.closure.rollbacks
        self.closure = Closure(self.nodes)
        self.closure.congruences, self.closure.rollbacks = congruences, rollbacks
        self._status.clear()
        self._last_accepted = (-1, EventId(b""))
        self._settled = True
        for _, _, number in self._equalities:
            self._decide_one(number)
        # In ascending order nothing accepted stands behind, so nothing above can have unsettled the view again.
        assert self._settled

    def _premises(self, number: int) -> tuple[EventId, ...]:
        equality = self.store.fact(number)
        assert isinstance(equality, EqualityAsserted)
        return equality.why.premises if isinstance(equality.why, Derived) else ()

    def _failing_premises(self, number: int) -> tuple[EventId, ...]:
        return tuple(item for item in self._premises(number) if not self._premise_holds(item, number))

    def _premise_holds(self, premise: EventId, number: int) -> bool:
        store = self.store
        index = store.index_of(premise)
        if index is None or not self._is_held(index) or index in self._retracted:
            return False
        if store.order(index) >= store.order(number):
            return False
        return store.kinds[index] != EQUALITY_ASSERTED or self._status.get(index) == _ACCEPTED

    def _is_held(self, number: int) -> bool:
        return number < len(self._held) and bool(self._held[number])

    # --- reading

    def holds(self, event_id: EventId) -> bool:
        """Tell whether the fact is in the set."""
        number = self.store.index_of(event_id)
        return number is not None and self._is_held(number)

    @property
    def fact_count(self) -> int:
        """The number of facts held, without deciding anything."""
        return self._facts

    def class_of(self, node: NodeId) -> NodeId:
        """Give the smallest id in the node's class; an unknown id is its own class."""
        return min(self.members(node))

    def members(self, node: NodeId) -> tuple[NodeId, ...]:
        """Give all ids in the node's class, ascending."""
        self.settle()
        number = self.store.nodes.index.get(node)
        if number is None or number not in self.closure.label:
            return (node,)
        ids = self.store.nodes.ids
        return tuple(sorted(ids[item] for item in self.closure.members[self.closure.label[number]]))

    def accepted(self) -> tuple[EventId, ...]:
        """Give the accepted equalities in order."""
        return self._with_status(_ACCEPTED)

    def quarantined(self) -> tuple[EventId, ...]:
        """Give the equalities that would break the class rule, in order."""
        return self._with_status(_QUARANTINED)

    def suspended(self) -> dict[EventId, tuple[EventId, ...]]:
        """Give the equalities that do not count, each with its failing premises."""
        return {item: self._failing_premises(self._number(item)) for item in self._with_status(_SUSPENDED)}

    def rules(self) -> tuple[EventId, ...]:
        """Give the rules in force, in order."""
        order = self.store.order
        return tuple(self.store.ids[number] for number in sorted(self._rules, key=order))

    def merged_classes(self) -> tuple[tuple[int, ...], ...]:
        """Give the classes of two or more members, as numbers of the store's nodes, in no order that means anything."""
        self.settle()
        return tuple(tuple(group) for group in self.closure.members.values())

    def witness(self, event_id: EventId) -> tuple[EventId, ...]:
        """Give a minimal set of accepted equalities that conflict with a quarantined one (see reading.View)."""
        self.settle()
        number = self.store.index_of(event_id)
        if number is None or self._status.get(number) != _QUARANTINED:
            raise KeyError(f"{event_id.hex()} is not quarantined")
        before = [
            item for *_, item in self._equalities
            if self._status[item] == _ACCEPTED and self.store.order(item) < self.store.order(number)
        ]  # fmt: skip
        return tuple(self.store.ids[item] for item in minimal_conflict(before, number, self._is_legal))

    def _is_legal(self, equalities: Iterable[int]) -> bool:
        scratch = Closure(self.nodes)
        mention = self.store.nodes.mention
        for number in equalities:
            equality = self.store.fact(number)
            assert isinstance(equality, EqualityAsserted)
            if not scratch.assert_equal(mention(equality.left), mention(equality.right)):
                return False
        return True

    def counts(self) -> ViewCounts:
        """Give the sizes of the view."""
        self.settle()
        statuses = list(self._status.values())
        return ViewCounts(
            facts=self._facts,
            nodes=self.nodes.count,
            classes=self._class_count(),
            accepted=statuses.count(_ACCEPTED),
            quarantined=statuses.count(_QUARANTINED),
            suspended=statuses.count(_SUSPENDED),
            retracted=len(self._retracted),
            tombstones_held=sum(not self.holds(target) for target in self._tombstones),
            violations=self.visible_violations(),
        )

    def visible_violations(self) -> int:
        """Count classes that break the class rule, from members and parents, not from the masks kept on the way."""
        self.settle()
        return sum(not mask_is_legal(self._mask_from_scratch(group)) for group in self.closure.members.values())

    def _mask_from_scratch(self, group: Iterable[int]) -> int:
        colour = self.store.nodes.colour
        mask = 0
        for item in group:
            mask |= MEMBER_BIT[Colour(colour[item])]
            for parent in self.nodes.parents(item):
                mask |= PARENT_BIT[Colour(colour[parent])]
        return mask

    def set_digest(self) -> bytes:
        """Give the digest of all facts held, 16 bytes."""
        return self._set_digest.value()

    def bucket_sums(self) -> bytes:
        """Give the sums of the ids of all facts held, by their first byte."""
        return self._set_digest.bucket_sums()

    def ids_in(self, prefixes: Sequence[bytes]) -> dict[bytes, list[EventId]]:
        """Give the ids of the facts held that begin with each of these prefixes, ascending."""
        return ids_by_bucket(compress(self.store.ids, self._held), prefixes)

    def view_digest(self) -> bytes:
        """Give the digest of the view, 16 bytes; facts without effect leave no trace in it."""
        self.settle()
        ids = self.store.nodes.ids
        event_ids = self.store.ids
        return view_digest(
            nodes=self._node_sum,
            classes=((id_sum(ids[item] for item in group), len(group)) for group in self.closure.members.values()),
            rules=id_sum(event_ids[number] for number in self._rules),
            accepted=id_sum(self.accepted()),
            quarantined=id_sum(self.quarantined()),
            suspended=id_sum(self._with_status(_SUSPENDED)),
        )

    def _class_count(self) -> int:
        ends: set[int] = set()
        for *_, number in self._equalities:
            if self._status[number] == _ACCEPTED:
                equality = self.store.fact(number)
                assert isinstance(equality, EqualityAsserted)
                ends.update((self.store.nodes.index[equality.left], self.store.nodes.index[equality.right]))
        unmentioned = sum(not self.nodes.is_mentioned(end) for end in ends)
        merged = sum(len(group) - 1 for group in self.closure.members.values())
        return self.nodes.count + self.nodes.mentioned_only + unmentioned - merged

    def _with_status(self, status: str) -> tuple[EventId, ...]:
        self.settle()
        return tuple(event_id for _, event_id, number in self._equalities if self._status[number] == status)

    def _number(self, event_id: EventId) -> int:
        number = self.store.index_of(event_id)
        assert number is not None
        return number
