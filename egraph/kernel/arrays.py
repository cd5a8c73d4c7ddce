"""The arrays of a kernel: what they are, and how room is made in them.

Belongs here: growth, and running a loop until it has room. Not here: what callers ask for (engine.py), layout
(loops.py), allocation (memory.py).

A loop that runs out of room undoes the transaction it is in and says which array is full; here that array is made
larger and the loop goes on at the same place. Nothing is ever written past an end, and nothing is half done.
"""

from copy import copy
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from egraph.kernel import compiling
from egraph.kernel.errors import CapacityExceeded, InvalidBatch
from egraph.kernel.loops import (
    AGES,
    CONFLICT,
    COUNTERS,
    DIRTIES,
    END_COLUMNS,
    ENDS,
    EPOCH,
    LIMBS,
    LINK_COLUMNS,
    LISTED,
    NODE_COLUMNS,
    NODES,
    OK,
    PENDING,
    PENDING_FULL,
    REDEFINED,
    STAMP_COLUMNS,
    TABLE_FULL,
    TRAIL,
    TRAIL_COLUMNS,
    USED_SLOTS,
    USES,
    VISIBLE,
)
from egraph.kernel.memory import ROWS_MAX, longer, power_of_two, zeros

NODES_MAX = 1 << 29
"""Weights (members + uses) stay below 2^31, numbers plus one fit their fields in the keys, ends fit 31 bits."""
COUNTS_MAX = 1 << 30
"""Epochs beyond it begin anew; ages beyond it are refused: their columns hold 31 bits."""


_SCRATCH = ("scratch", "stamps")


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A state to come back to."""

    trail: int
    generation: int


class KernelArrays:
    """The arrays, and room in them."""

    def __init__(
        self, *, loops: Any = None, capacity: int = 1024, nodes_max: int = NODES_MAX, digests: bool = False
    ) -> None:
        if not 1 <= capacity <= nodes_max <= NODES_MAX:
            raise CapacityExceeded(f"1 <= capacity {capacity} <= nodes_max {nodes_max} <= {NODES_MAX} does not hold")
        self.loops = loops or compiling.compiled()
        self._nodes_max = nodes_max
        self.nodes = zeros(capacity, NODE_COLUMNS, np.int32)
        self.links = zeros(capacity, LINK_COLUMNS, np.int32)
        self.ids = zeros(capacity, LIMBS, np.uint32)
        self.firsts = zeros(capacity, 0, np.int32)
        self.rest = zeros(max(2, capacity) if digests else 1, LIMBS, np.int64)
        self.dirty = zeros(max(2, capacity) if digests else 1, 2, np.int32)
        self.slots = zeros(power_of_two(2 * capacity), 0, np.int64)
        self.uses = zeros(capacity, 2, np.int32)
        self.table = zeros(power_of_two(capacity), 2, np.int64)
        self.trail = zeros(max(8, capacity), TRAIL_COLUMNS, np.int32)
        self.pending = zeros(max(4, capacity), 3, np.int32)
        self.ends = zeros(capacity, END_COLUMNS, np.int32)
        self.counts = zeros(COUNTERS, 0, np.int64)
        self.scratch, self.stamps = _no_scratch()
        self._assertions = zeros(1, 0, np.int32)
        self._generation = 0
        self.marks: list[Mark] = []

    def __len__(self) -> int:
        return int(self.counts[NODES])

    def closing(self) -> tuple[Any, ...]:
        """Give the arrays that merging needs, in the order of merge_pending's parameters."""
        before = (self.nodes, self.links, self.uses, self.table, self.trail, self.pending, self.counts)
        return (*before, self.ids, self.rest, self.dirty)

    def run(
        self, loop: Any, columns: tuple[Any, ...], stop_at_conflict: bool, keep: tuple[bool, ...]
    ) -> tuple[int, int]:
        """Run a loop over a batch to its end, or to the first conflict if told so; gives the place and a status."""
        place = 0
        while True:
            self.check_counters()
            place, status = loop(*self.closing(), self.ends, *columns, place, *keep, stop_at_conflict)
            if status in (OK, CONFLICT):
                return place, status
            if status == REDEFINED:
                raise InvalidBatch(f"position {place}: the node has other content already; those before it are added")
            self.enlarge(status)

    def undo(self, position: int, generation: int) -> None:
        """Take back everything since the trail was `position` long."""
        same = generation == self._generation
        arrays = (self.nodes, self.links, self.uses, self.table, self.trail, self.counts, self.ids, self.rest)
        self.loops.undo(*arrays, self.ends, position, same)
        if not same:
            self.rebuild_table()

    def witness_and_undo(self) -> list[int]:
        """Give the assertions that the conflict of the transaction just stopped rests on, and undo it."""
        self.grow_scratch()
        if len(self._assertions) < len(self.ends):
            self._assertions = zeros(len(self.ends), 0, np.int32)
        while True:
            args = (self.nodes, self.links, self.stamps, self.pending, self.counts, self._assertions)
            count, status = self.loops.witness(*args)
            if status == OK:
                break
            self.enlarge(status)
        found: list[int] = self._assertions[:count].tolist()
        self.undo(0, self._generation)
        return found

    def copy(self) -> Self:
        """Give an independent copy, without marks."""
        twin, used = copy(self), self._rows_in_use()
        twin.scratch, twin.stamps = _no_scratch()
        for name, item in vars(self).items():
            if isinstance(item, np.ndarray) and name not in _SCRATCH:
                rows = min(used.get(name, len(item)), len(item))
                fresh = zeros(len(item), item.shape[1] if item.ndim > 1 else 0, item.dtype)
                fresh[:rows] = item[:rows]
                setattr(twin, name, fresh)
        twin.marks = []
        return twin

    def _rows_in_use(self) -> dict[str, int]:
        """Give how many rows of the arrays have ever said anything that still counts; of others it is all of them."""
        counts = self.counts.tolist()
        listed = self.dirty[: counts[DIRTIES], LISTED]
        of_nodes = dict.fromkeys(("nodes", "links", "ids", "firsts", "rest"), counts[NODES])
        others = {"uses": counts[USES], "trail": counts[TRAIL], "pending": counts[PENDING], "ends": counts[ENDS]}
        return of_nodes | others | {"dirty": max(counts[NODES], int(listed.max(initial=0)) + 1)}

    # --- room

    def grow_nodes(self, wanted: int, hoped: int = 0) -> None:
        """Make room for so many nodes, or some more. Raises CapacityExceeded, before anything is changed."""
        if wanted > self._nodes_max:
            raise CapacityExceeded(f"nodes: {wanted} wanted, {self._nodes_max} at most; this batch was not begun")
        if wanted > len(self.nodes):
            self.nodes = longer(self.nodes, min(wanted + hoped, self._nodes_max), self._nodes_max)
            rows = len(self.nodes)  # all have one length, whatever each would grow to by itself
            self.links, self.ids, self.firsts = (
                longer(item, rows, rows) for item in (self.links, self.ids, self.firsts)
            )
            if len(self.rest) > 1:
                self.rest, self.dirty = longer(self.rest, rows, rows), longer(self.dirty, rows, rows)

    def grow_uses(self, more: int) -> None:
        """Make room for more uses."""
        if self.counts[USES] + more > len(self.uses):
            self.uses = longer(self.uses, int(self.counts[USES]) + more)

    def room_on_trail(self, more: int) -> None:
        """Make room for more entries, so that a large transaction need not be done twice."""
        if self.counts[TRAIL] + more > len(self.trail):
            self.trail = longer(self.trail, int(self.counts[TRAIL]) + more)

    def grow_scratch(self) -> None:
        """Make scratch as long as the nodes are."""
        if len(self.stamps) < len(self.nodes):
            self.scratch = zeros(3 * len(self.nodes), 0, np.int32).reshape(3, -1)
            self.stamps = zeros(len(self.nodes), STAMP_COLUMNS, np.int32)

    def check_counters(self) -> None:
        """Begin epochs anew before they overflow. Raises CapacityExceeded where ages do."""
        if self.counts[EPOCH] > COUNTS_MAX:
            self.stamps[:] = 0
            self.counts[EPOCH] = 0
        if self.counts[AGES] > COUNTS_MAX:
            raise CapacityExceeded(f"edges of the proof forest: {COUNTS_MAX} were made; build this kernel anew")

    def enlarge(self, status: int) -> None:
        """Enlarge the array that a status names."""
        if status == TABLE_FULL:
            self.rebuild_table(
                least=0 if int(self.counts[USED_SLOTS]) * 20 > 9 * len(self.table) else 2 * len(self.table)
            )
        elif status == PENDING_FULL:
            self.pending = longer(self.pending)
        else:
            self.trail = longer(self.trail)

    def rebuild_table(self, more: int = 0, least: int = 0) -> None:
        """Size the table by the nodes that need a key, and `more`, and at least so many slots.

        Afterwards it is filled to 2/5 at most, and a loop stops at 3/5. One that stops again without having got beyond
        9/20 needs the room for a single transaction: `least` doubles the table then, so that the loop goes on.
        """
        live = int(self.loops.count_keyed(self.nodes, self.counts))
        slots = power_of_two(max(least, 5 * (live + more) // 2 + 16))
        if slots > ROWS_MAX:
            raise CapacityExceeded(f"keys: {live + more} need {slots} slots, {ROWS_MAX} at most")
        self.table = zeros(slots, 2, np.int64)
        self.forget_table()
        self.loops.refill(self.nodes, self.table, self.counts, True)

    def empty_table(self, more: int, least: int) -> None:
        """Give a table that holds hidden pairs only, with room for so many keys and so many slots at least."""
        pairs = len(self) - int(self.counts[VISIBLE])
        slots = power_of_two(max(least, 5 * (pairs + more) // 3 + 16))
        if slots > ROWS_MAX:
            raise CapacityExceeded(f"keys: {pairs + more} need {slots} slots, {ROWS_MAX} at most")
        self.table = zeros(slots, 2, np.int64)
        self.loops.refill(self.nodes, self.table, self.counts, False)

    def forget_table(self) -> None:
        """Note that keys entered so far cannot be undone one by one: an undo builds the table anew."""
        self._generation += 1


def _no_scratch() -> tuple[Any, Any]:
    return zeros(1, 3, np.int32).reshape(3, 1), zeros(1, STAMP_COLUMNS, np.int32)
