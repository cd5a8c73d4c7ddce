"""Which equalities count: the decision table over a kernel, decided anew only where something changed.

Belongs here: accepted, quarantined, suspended, and what a late fact does to them. Not here: closure (engine.py), what
facts say and which are held (view.py). Imports nothing of ours but the kernel.

The definition: equalities in ascending order; one whose premises fail is suspended; one that breaks the class rule
with the nodes and the accepted ones before it is quarantined; the others are accepted. Since a closure only grows, that
is the same as: the accepted ones are legal together, and each quarantined one has a witness, accepted ones before it
that it conflicts with. Decisions for which this is in doubt wait in ascending order, and only those:

    an equality that is legal with all accepted    is accepted; nothing else changes but what rests on it
    one that conflicts with accepted ones before   is quarantined with them as its witness; nothing else changes
    one that conflicts with later ones too         puts the last of them back among the undecided, and is tried again
    a node whose consequences are illegal          puts the last one it conflicts with back, and is tried again
    one put back, or withdrawn                     puts those back that rest on it or have it in their witness
    a premise found or lost                        puts those back that rest on it

What is put back stands behind what put it there, so each decision is final when its turn comes: this is the greedy of
the definition, with all steps left out whose outcome is known. A quarantined equality watches its witness, as a
clause of a SAT solver watches literals (Moskewicz and others, Chaff, DAC 2001), and is left alone until it moves.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any, Protocol

from egraph.kernel.digests import id_sum_of
from egraph.kernel.engine import Kernel
from egraph.kernel.errors import InvalidBatch
from egraph.kernel.inputs import Column

UNDECIDED, ACCEPTED, QUARANTINED, SUSPENDED, WITHDRAWN = range(5)

RUN_LEAST, RUN_MOST = 16, 4096
"""So many equalities go to the kernel in one call: few while late ones put others back, which costs the rest a turn."""

Order = tuple[int, bytes]
Name = bytes


class Premises(Protocol):
    """What equalities rest on, beside each other."""

    def order_of(self, premise: Name) -> Order | None:
        """Give the place of a fact in the total order; None if it is not held, or withdrawn."""


@dataclass(slots=True)
class Equality:
    """One equality, by its handle in the kernel."""

    order: Order
    premises: tuple[Name, ...]
    status: int = UNDECIDED
    witness: tuple[int, ...] = ()


class Acceptance:
    """The decisions about the equalities of one view."""

    def __init__(self, kernel: Kernel, premises: Premises) -> None:
        self.kernel = kernel
        self._premises = premises
        self.equalities: list[Equality] = []
        self.handle_of: dict[Name, int] = {}
        self._undecided: list[tuple[Order, int]] = []
        self._waiting: dict[Name, list[int]] = {}
        self._watching: dict[int, list[int]] = {}
        self.sums = [0] * 5
        """Sum of the names with each status but UNDECIDED, read as little-endian numbers."""
        self.counts = [0] * 5
        self._run_length = RUN_MOST
        self.replays = 0
        """How often an accepted equality was put back because something before it, or a node, contradicts it."""
        self.conflicts = 0

    # --- what arrives

    def add(self, left: Any, right: Any, orders: Sequence[Order], premises: Sequence[tuple[Name, ...]]) -> None:
        """Take equalities in, each named by the second part of its order. They are decided by `settle`."""
        handles = self.kernel.register(left, right).tolist()
        if len(self.equalities) != (handles[0] if handles else len(self.equalities)):
            raise InvalidBatch("this kernel has assertions that were not made here")
        self.equalities += map(Equality, orders, premises)
        self.handle_of.update(zip((order[1] for order in orders), handles, strict=True))
        self.counts[UNDECIDED] += len(handles)
        for handle, resting_on in zip(handles, premises, strict=True):
            for premise in resting_on:
                self._waiting.setdefault(premise, []).append(handle)
        self._push(handles)

    def add_nodes(self, numbers: Column, operators: Any, offsets: Any, children: Any) -> None:
        """Give nodes their content. Raises InvalidBatch for one that is illegal by itself, the others are added."""
        statuses = self.kernel.add_nodes(numbers, operators, offsets, children)
        for place in statuses.nonzero()[0].tolist():
            below = children[offsets[place] : offsets[place + 1]]
            while (conflict := self.kernel.add_node(int(numbers[place]), int(operators[place]), below)) is not None:
                if not conflict:
                    raise InvalidBatch(f"node {numbers[place]}: no equality is to blame; it stands over a wrong colour")
                self._put_back_last(conflict)

    def withdraw(self, name: Name) -> None:
        """Take an equality out for ever."""
        handle = self.handle_of[name]
        if self.equalities[handle].status == ACCEPTED:
            self._put_back([handle])
        self.equalities[handle].witness = ()
        self._set(handle, WITHDRAWN)

    @property
    def rests_on_facts(self) -> bool:
        """Tell whether any equality has premises."""
        return bool(self._waiting)

    def premise_changed(self, premise: Name) -> None:
        """Take note that a fact which is no equality of ours came in, or was withdrawn."""
        self._put_back(self._waiting.get(premise, ()))

    # --- deciding

    def take_together(self, doubtful: Container[Name]) -> None:
        """Accept at once all undecided equalities but the doubtful ones, if those are legal together; else decide none.

        That is what `settle` would come to, one after another: who is legal with all accepted is accepted, and nothing
        else changes by it. Those left over, doubtful or resting on what does not hold, are decided by `settle`. So a
        wrong guess of what is doubtful costs time, and no decision.
        """
        equalities = self.equalities
        # In order where any rests on another, which stands before it.
        entries = sorted(self._undecided) if self._waiting else self._undecided
        taken = [
            handle
            for handle in dict.fromkeys([handle for _, handle in entries])
            if equalities[handle].status == UNDECIDED and equalities[handle].order[1] not in doubtful
        ]
        if self._waiting:
            taken = self._with_premises(taken)
        if not taken or not self.kernel.close_bulk(taken):
            return
        self._accept(taken)
        self._undecided = [entry for entry in self._undecided if equalities[entry[1]].status == UNDECIDED]
        heapify(self._undecided)

    def _with_premises(self, handles: list[int]) -> list[int]:
        """Give those among equalities in order whose premises hold, or would if those before them were accepted."""
        found = []
        names: set[Name] = set()
        for handle in handles:
            equality = self.equalities[handle]
            if all(premise in names or self.holds(premise, equality.order) for premise in equality.premises):
                found.append(handle)
                names.add(equality.order[1])
        return found

    def settle(self) -> None:
        """Decide whatever is open."""
        while run := self._next_run():
            late = False
            while run and not late:
                place, conflict = self.kernel.assert_until_conflict(run)
                self._accept(run[:place])
                if place < len(run):
                    late = self._refuse(run[place], conflict)
                run = run[place + 1 :]
            if late:
                self._push(run)
            self._run_length = max(RUN_LEAST, self._run_length // 8) if late else min(RUN_MOST, 2 * self._run_length)

    def _accept(self, handles: list[int]) -> None:
        accepted = [self.equalities[handle] for handle in handles]
        for equality in accepted:
            equality.status = ACCEPTED
        names = id_sum_of(b"".join([equality.order[1] for equality in accepted]))
        for status, sign in ((UNDECIDED, -1), (ACCEPTED, 1)):
            self.counts[status] += sign * len(accepted)
            self.sums[status] += sign * names
        for handle in handles if self._waiting else ():
            self._release(handle)

    def _refuse(self, handle: int, conflict: list[int]) -> bool:
        """Quarantine an equality, or tell that it was put back together with the last one that it conflicts with."""
        self.conflicts += 1
        order = self.equalities[handle].order
        if any(self.equalities[item].order > order for item in conflict):
            self._put_back_last(conflict)
            self._push([handle])
            return True
        self._set(handle, QUARANTINED)
        self.equalities[handle].witness = tuple(conflict)
        for item in conflict:
            self._watching.setdefault(item, []).append(handle)
        return False

    def _next_run(self) -> list[int]:
        """Take the next undecided ones that rest on nothing undecided; those whose premises fail are suspended."""
        if not self._waiting and len(self._undecided) <= self._run_length:  # nothing rests on anything: take them all
            everything = dict.fromkeys([handle for _, handle in sorted(self._undecided)])
            self._undecided.clear()
            return [handle for handle in everything if self.equalities[handle].status == UNDECIDED]
        run: list[int] = []
        taken: set[int] = set()
        while self._undecided and len(run) < self._run_length:
            order, handle = self._undecided[0]
            equality = self.equalities[handle]
            if equality.status == UNDECIDED and handle not in taken:
                failing = False
                for premise in equality.premises:
                    on = self.handle_of.get(premise)
                    if on is not None and self.equalities[on].order < order and self.equalities[on].status == UNDECIDED:
                        return run
                    failing = failing or not self.holds(premise, order)
                if failing:
                    self._set(handle, SUSPENDED)
                else:
                    run.append(handle)
                    taken.add(handle)
            heappop(self._undecided)
        return run

    def holds(self, premise: Name, order: Order) -> bool:
        """Tell whether a premise of an equality at a place holds."""
        on = self.handle_of.get(premise)
        if on is not None:
            return self.equalities[on].status == ACCEPTED and self.equalities[on].order < order
        place = self._premises.order_of(premise)
        return place is not None and place < order

    def _release(self, handle: int) -> None:
        """Put those back that were suspended and may have waited for an accepted equality."""
        order = self.equalities[handle].order
        for item in self._waiting.get(order[1], ()):
            if self.equalities[item].status == SUSPENDED and self.equalities[item].order > order:
                self._reopen(item)

    def _put_back_last(self, conflict: Iterable[int]) -> None:
        self.replays += 1
        self._put_back([max(conflict, key=lambda item: self.equalities[item].order)])

    def _put_back(self, handles: Iterable[int]) -> None:
        """Put decided equalities among the undecided, and with an accepted one all that rests on it."""
        queue, retracted = list(handles), []
        while queue:
            handle = queue.pop()
            equality = self.equalities[handle]
            if equality.status in (UNDECIDED, WITHDRAWN):
                continue
            if equality.status == ACCEPTED:
                retracted.append(handle)
                queue += self._waiting.get(equality.order[1], ())
                watching = self._watching.pop(handle, ())
                queue += [item for item in watching if handle in self.equalities[item].witness]
            self._reopen(handle)
        if retracted:
            self.kernel.retract(retracted)

    def _reopen(self, handle: int) -> None:
        equality = self.equalities[handle]
        equality.witness = ()
        self._set(handle, UNDECIDED)
        self._push([handle])

    def _push(self, handles: list[int]) -> None:
        """Put equalities among the undecided."""
        entries = [(self.equalities[handle].order, handle) for handle in handles]
        if len(entries) * 8 > len(self._undecided):
            self._undecided += entries
            heapify(self._undecided)
            return
        for entry in entries:
            heappush(self._undecided, entry)

    def _set(self, handle: int, status: int) -> None:
        equality = self.equalities[handle]
        name = int.from_bytes(equality.order[1], "little")
        self.counts[equality.status] -= 1
        self.sums[equality.status] -= name
        equality.status = status
        self.counts[status] += 1
        self.sums[status] += name

    # --- reading

    def with_status(self, status: int) -> list[int]:
        """Give the equalities with a status, in order."""
        found = [handle for handle, item in enumerate(self.equalities) if item.status == status]
        return sorted(found, key=lambda handle: self.equalities[handle].order)
