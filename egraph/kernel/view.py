"""The view of one replica over the compiled kernel: the same answers as egraph/view.py, at a fraction of its cost.

Belongs here: which facts are held, what they mean for the kernel, and how answers are named. Not here: deciding
(acceptance.py), closure (engine.py). With gathering.py the one place in this package that imports the core.

Facts are taken in at once and worked on by the batch: nodes first, then equalities, then tombstones, whatever order
they came in, since a view is a function of a set. Readers get settled answers.
"""

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import compress
from typing import Any

import numpy as np

from egraph.digest import BUCKETS, SetDigest, _combine, id_sum, ids_by_bucket
from egraph.explain.proof import Proof
from egraph.facts import Fact, FactRetracted
from egraph.identifiers import ID_BYTES, EventId, NodeId
from egraph.kernel.acceptance import ACCEPTED, QUARANTINED, SUSPENDED, Acceptance, Order
from egraph.kernel.audit import merged_groups, tally_of
from egraph.kernel.digests import as_integers, changed_classes, id_sum_of
from egraph.kernel.engine import Kernel
from egraph.kernel.gathering import NodeColumns, ids_at, names_in
from egraph.kernel.loops import DEFINED, LIMBS
from egraph.kernel.proving import proof
from egraph.reading import ViewCounts
from egraph.store import EQUALITY_ASSERTED, FACT_RETRACTED, NODE_ADDED, RULE_ADDED, FactStore, IdColumn
from egraph.witness import minimal_conflict

FLUSH = 4096
"""So many facts at most wait for a reader; then they are worked on."""
COLOURS = 4
"""Values of colours, from 1 on, and 0."""
FEW = 64
"""Fewer ids are summed one by one: arrays cost more than they save."""


class KernelView:
    """The view of one replica over a shared fact store."""

    def __init__(self, store: FactStore, *, loops: Any = None) -> None:
        self.store = store
        self._kernel = Kernel(loops=loops, digests=True)
        self.acceptance = Acceptance(self._kernel, self)
        self.nodes = NodeColumns(store.nodes, self._kernel)
        self._held = bytearray()
        self._facts = 0
        self._queue = array("i")
        self._set_digest = SetDigest()
        self._node_sum = 0
        self._mixed = 0
        self._mixes: dict[int, int] = {}
        self._has_mix = bytearray()
        self._tombstones: dict[EventId, int] = {}
        self._early: set[EventId] = set()
        """What tombstones withdrew before it was held; what is held by now goes when they are counted."""
        self._counted: tuple[int, ViewCounts] | None = None
        self._rules: set[int] = set()
        self._retracted: set[int] = set()
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
        held = self._held
        if len(held) < len(self.store):
            held.extend(bytes(len(self.store) - len(held)))
        first, new = len(self._queue), len(numbers)
        if isinstance(numbers, range) and numbers.step == 1 and held.find(1, numbers.start, numbers.stop) < 0:
            held[numbers.start : numbers.stop] = b"\1" * new
            self._queue.frombytes(np.arange(numbers.start, numbers.stop, dtype=np.int32).tobytes())
        else:
            for number in numbers:
                if not held[number]:
                    held[number] = 1
                    self._queue.append(number)
            new = len(self._queue) - first
        self._facts += new
        self.version += new
        if len(self._queue) >= FLUSH:
            self.settle()
        return new

    def load(self, numbers: "array[int]", doubtful: Collection[EventId] = ()) -> int:
        """Take in many interned facts at once, as `fold_many` does, and give how many were new (see ReplicaView)."""
        self._held.extend(bytes(len(self.store.column) - len(self._held)))
        held, wanted = np.frombuffer(self._held, np.bool_), np.zeros(len(self.store.column), np.bool_)
        wanted[np.frombuffer(numbers, np.int32)] = True
        fresh = np.flatnonzero(wanted & ~held)
        held[fresh] = True
        self._queue.frombytes(fresh.astype(np.int32).tobytes())
        self._facts += len(fresh)
        self.version += len(fresh)
        self._flush()
        self.acceptance.take_together(frozenset(doubtful))
        self.settle()
        return len(fresh)

    def settle(self) -> None:
        """Decide whatever is open. Readers call it; callers need it only to choose when the work is done."""
        self._flush()
        self.acceptance.settle()

    def _flush(self) -> None:
        if not self._queue:
            return
        queue, self._queue = np.frombuffer(self._queue, np.int32), array("i")
        kinds = np.frombuffer(self.store.kinds, np.uint8)[queue]
        self._sum(queue, kinds)
        nodes = queue[kinds == NODE_ADDED]
        if len(nodes):
            self._add_nodes(nodes)
        fresh = [self.store.fact(number) for number in queue[kinds == FACT_RETRACTED].tolist()]
        targets = [fact.target for fact in fresh if isinstance(fact, FactRetracted)]
        for target in targets:
            self._tombstones[target] = self._tombstones.get(target, 0) + 1
        self._early.update(target for target in targets if not self.holds(target))
        self._rules |= self._not_withdrawn(queue[kinds == RULE_ADDED])
        self._take(sorted(self._not_withdrawn(queue[kinds == EQUALITY_ASSERTED])))
        for target in targets:
            self._withdraw(target)
        for number in queue.tolist() if self.acceptance.rests_on_facts else ():
            self.acceptance.premise_changed(self.store.ids[number])

    def _sum(self, numbers: Any, kinds: Any) -> None:
        digest, column = self._set_digest, self.store.column
        if len(numbers) < FEW:
            data = ids_at(column, numbers)
            for at, kind in zip(range(0, len(data), ID_BYTES), kinds.tolist(), strict=True):
                digest.add(kind, data[at : at + ID_BYTES])
            return
        sums = self._sums(column, self.store.kinds, numbers, len(digest.by_kind))
        for totals, values in ((digest.by_kind, sums[:-BUCKETS]), (digest.buckets, sums[-BUCKETS:])):
            for place, value in enumerate(values):
                totals[place] += value

    def _sums(self, column: IdColumn[Any], kinds: bytearray, numbers: Any, count: int) -> list[int]:
        """Give the sums of ids, modulo 2^128, by their kind, of which there are so many, then by their first byte."""
        limbs = np.zeros((count + BUCKETS, LIMBS), np.int64)
        self._kernel.loops.sum_names(names_in(column), np.frombuffer(kinds, np.int8), numbers, limbs)
        return as_integers(limbs)

    def _add_nodes(self, facts: Any) -> None:
        table, added = self.store.nodes, self.nodes.add(facts, self.store)
        if len(added) < FEW:
            self._node_sum += id_sum_of(ids_at(table.column, added))
        else:
            self._node_sum += sum(self._sums(table.column, table.colour, added, COLOURS)[:COLOURS])
        self.acceptance.add_nodes(*self.nodes.contents(added))

    def _not_withdrawn(self, numbers: Any) -> set[int]:
        """Give the facts among these that no held tombstone withdraws; the others are noted as retracted."""
        found = set(numbers.tolist())
        if not self._tombstones:
            return found
        ids = self.store.column
        withdrawn = {number for number in found if ids.at(number) in self._tombstones}
        self._retracted |= withdrawn
        return found - withdrawn

    def _take(self, equalities: list[int]) -> None:
        if not equalities:
            return
        store, chosen = self.store, np.array(equalities)
        self.acceptance.add(
            self.nodes.number(np.frombuffer(store.left, np.int32)[chosen]),
            self.nodes.number(np.frombuffer(store.right, np.int32)[chosen]),
            store.orders(equalities),
            store.premises_of(equalities),
        )

    def _withdraw(self, target: EventId) -> None:
        number = self.store.index_of(target)
        if number is None or not self._is_held(number) or number in self._retracted:
            return
        if self.store.kinds[number] == RULE_ADDED:
            self._rules.discard(number)
            self._retracted.add(number)
            self.acceptance.premise_changed(target)
        elif self.store.kinds[number] == EQUALITY_ASSERTED:
            self._retracted.add(number)
            self.acceptance.withdraw(target)

    def order_of(self, premise: bytes) -> Order | None:
        """Give the place of a fact in the total order; None if it is not held, or was withdrawn."""
        number = self.store.index_of(EventId(premise))
        if number is None or not self._is_held(number) or number in self._retracted:
            return None
        return self.store.order(number)

    def _is_held(self, number: int) -> bool:
        return number < len(self._held) and bool(self._held[number])

    def _number(self, event_id: EventId) -> int:
        number = self.store.index_of(event_id)
        assert number is not None
        return number

    # --- reading

    def holds(self, event_id: EventId) -> bool:
        """Tell whether the fact is in the set."""
        number = self.store.index_of(event_id)
        return number is not None and self._is_held(number)

    @property
    def fact_count(self) -> int:
        """The number of facts held, without deciding anything."""
        return self._facts

    @property
    def replays(self) -> int:
        """How often an accepted equality was decided anew because of what came late."""
        return self.acceptance.replays

    def kernel(self) -> Kernel:
        """Give the settled kernel, to read from; good until the next fold."""
        self.settle()
        return self._kernel

    def class_of(self, node: NodeId) -> NodeId:
        """Give the smallest id in the node's class; an unknown id is its own class."""
        return self.members(node)[0]

    def members(self, node: NodeId) -> tuple[NodeId, ...]:
        """Give all ids in the node's class, ascending."""
        self.settle()
        number = self.nodes.number_of(node)
        return (node,) if number < 0 else tuple(sorted(self.nodes.ids_of(self._kernel.members(number))))

    def accepted(self) -> tuple[EventId, ...]:
        """Give the accepted equalities in order."""
        return tuple(self._with_status(ACCEPTED))

    def quarantined(self) -> tuple[EventId, ...]:
        """Give the equalities that would break the class rule, in order."""
        return tuple(self._with_status(QUARANTINED))

    def suspended(self) -> dict[EventId, tuple[EventId, ...]]:
        """Give the equalities that do not count, each with its failing premises."""
        found = {}
        for event_id in self._with_status(SUSPENDED):
            equality = self.acceptance.equalities[self.acceptance.handle_of[event_id]]
            failing = [item for item in equality.premises if not self.acceptance.holds(item, equality.order)]
            found[event_id] = tuple(EventId(item) for item in failing)
        return found

    def rules(self) -> tuple[EventId, ...]:
        """Give the rules in force, in order."""
        self.settle()
        return tuple(self.store.ids[number] for number in sorted(self._rules, key=self.store.order))

    def merged_classes(self) -> tuple[tuple[int, ...], ...]:
        """Give the classes of two or more members, as numbers of the store's nodes, in no order that means anything."""
        index = self.store.nodes.index
        return tuple(tuple(index[item] for item in self.nodes.ids_of(group)) for group in merged_groups(self.kernel()))

    def _with_status(self, status: int) -> Iterator[EventId]:
        self.settle()
        equalities = self.acceptance.equalities
        return (EventId(equalities[handle].order[1]) for handle in self.acceptance.with_status(status))

    def witness(self, event_id: EventId) -> tuple[EventId, ...]:
        """Give a minimal set of accepted equalities that conflict with a quarantined one (see reading.View)."""
        self.settle()
        equalities = self.acceptance.equalities
        handle = self.acceptance.handle_of.get(event_id)
        if handle is None or equalities[handle].status != QUARANTINED:
            raise KeyError(f"{event_id.hex()} is not quarantined")
        accepted = self.acceptance.with_status(ACCEPTED)
        before = [item for item in accepted if equalities[item].order < equalities[handle].order]
        scratch = self._kernel.copy()
        scratch.retract(accepted)

        def is_legal(handles: Iterable[int]) -> bool:
            mark = scratch.mark()
            legal = scratch.close_bulk(list(handles))
            scratch.rollback(mark)
            return legal

        return tuple(EventId(equalities[item].order[1]) for item in minimal_conflict(before, handle, is_legal))

    def explain(self, left: NodeId, right: NodeId) -> Proof | None:
        """Give a proof that two nodes are equal, or None if they are not: fast, and another one on other replicas."""
        return proof(self.kernel(), self.acceptance, self.nodes, self.store, left, right)

    def counts(self) -> ViewCounts:
        """Give the sizes of the view."""
        if self._counted is None or self._counted[0] != self.version:
            self._counted = self.version, self._count()
        return self._counted[1]

    def _count(self) -> ViewCounts:
        self.settle()
        self._early = {target for target in self._early if not self.holds(target)}
        counts, tally = self.acceptance.counts, tally_of(self._kernel)
        return ViewCounts(
            facts=self._facts,
            nodes=int(self._kernel.counts[DEFINED]),
            classes=tally.classes,
            accepted=counts[ACCEPTED],
            quarantined=counts[QUARANTINED],
            suspended=counts[SUSPENDED],
            retracted=len(self._retracted),
            tombstones_held=len(self._early),
            violations=tally.violations,
        )

    def visible_violations(self) -> int:
        """Count classes that break the class rule, from members and parents, not from the masks kept on the way."""
        self.settle()
        return tally_of(self._kernel).violations

    def set_digest(self) -> bytes:
        """Give the digest of all facts held, 16 bytes."""
        self._flush()
        return self._set_digest.value()

    def bucket_sums(self) -> bytes:
        """Give the sums of the ids of all facts held, by their first byte."""
        self._flush()
        return self._set_digest.bucket_sums()

    def ids_in(self, prefixes: Sequence[bytes]) -> dict[bytes, list[EventId]]:
        """Give the ids of the facts held that begin with each of these prefixes, ascending."""
        return ids_by_bucket(compress(self.store.ids, self._held), prefixes)

    def view_digest(self) -> bytes:
        """Give the digest of the view, 16 bytes; its cost follows what changed since the last one."""
        self.settle()
        labels, sizes, sums = changed_classes(self._kernel)
        self._has_mix.extend(bytes(len(self._kernel) - len(self._has_mix)))
        has_mix = np.frombuffer(self._has_mix, np.bool_)
        chosen = has_mix[labels] | (sizes > 1)  # most labels are of nodes that have joined other classes meanwhile
        labels, sizes, sums = labels[chosen], sizes[chosen], sums[chosen]
        has_mix[labels] = sizes > 1
        data = sums.tobytes()
        for place, (label, size) in enumerate(zip(labels.tolist(), sizes.tolist(), strict=True)):
            self._mixed -= self._mixes.pop(label, 0)
            if size > 1:
                total = int.from_bytes(data[16 * place : 16 * place + 16], "little")
                mix = int.from_bytes(_combine(b"egraph.class", (total, size)), "little")
                self._mixes[label] = mix
                self._mixed += mix
        accepted, quarantined, suspended = (self.acceptance.sums[item] for item in (ACCEPTED, QUARANTINED, SUSPENDED))
        rules = id_sum(self.store.ids[number] for number in self._rules)
        return _combine(b"egraph.view", (self._node_sum, self._mixed, rules, accepted, quarantined, suspended))
