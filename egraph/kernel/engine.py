"""The kernel: one small class that owns the arrays, makes room in them, and keeps marks.

Belongs here: growth, marks, the calls. Not here: loops (loops.py, rounds.py), checks of input (inputs.py).

A loop that runs out of room undoes the transaction it is in and says which array is full; here that array is made
larger and the loop goes on at the same place. Nothing is ever written past an end, and nothing is half done.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from egraph.kernel import compiling, inputs
from egraph.kernel.errors import CapacityExceeded, UnknownMark
from egraph.kernel.inputs import Column
from egraph.kernel.loops import (
    COUNTERS,
    LABEL,
    LEFT,
    MASK,
    NODE_COLUMNS,
    NODES,
    OK,
    PENDING_FULL,
    RIGHT,
    SPARSE,
    SYMBOL,
    TABLE_FULL,
    TRAIL,
    USED_SLOTS,
    USES,
)

NODES_MAX = 1 << 29
"""Weights (members + uses) stay below 2^31, and numbers plus one fit their fields in the keys."""
SLOTS_MAX = 1 << 31


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A state to come back to."""

    trail: int
    generation: int


class Kernel:
    """Classes of coloured nodes under equalities, in flat arrays. Statuses are loops.OK and loops.CONFLICT."""

    def __init__(self, *, jit: bool = True, capacity: int = 1024, nodes_max: int = NODES_MAX) -> None:
        if not 1 <= capacity <= nodes_max <= NODES_MAX:
            raise CapacityExceeded(f"1 <= capacity {capacity} <= nodes_max {nodes_max} <= {NODES_MAX} does not hold")
        self._loops = compiling.compiled() if jit else compiling.plain()
        self._nodes_max = nodes_max
        self.nodes = np.zeros((capacity, NODE_COLUMNS), np.int32)
        self.uses = np.zeros((capacity, 2), np.int32)
        self.table = np.zeros((_power_of_two(2 * capacity), 2), np.int64)
        self.trail = np.zeros((max(8, capacity), 3), np.int32)
        self.pending = np.zeros((capacity, 2), np.int32)
        self.counts = np.zeros(COUNTERS, np.int64)
        self._marks: list[Mark] = []
        self._generation = 0

    def __len__(self) -> int:
        return int(self.counts[NODES])

    # --- changing

    def add_nodes(self, operators: Any, colours: Any, child_offsets: Any, children: Any, into: Any = None) -> Column:
        """Add nodes; gives the number of each, the known one for known content, or -1 where the class rule breaks.

        A child is a number, or -1 - position for an earlier node of this batch (and refused if that one is).
        `into` names unknown nodes whose content this is.
        """
        symbols = inputs.column("operators", operators, 0, inputs.OPERATORS_MAX) << 2
        colour = inputs.column("colours", colours, 1, 4)
        offsets = inputs.column("child_offsets", child_offsets, 0, 1 << 62)
        child = inputs.column("children", children, -len(symbols), len(self))
        targets = np.full(len(symbols), -1, np.int64)
        inputs.same_length(operators=symbols, colours=colour)
        inputs.check_offsets(offsets, len(symbols), child)
        inputs.check_children(offsets, child, self.nodes)
        if into is not None:
            targets = inputs.column("into", into, 0, len(self))
            inputs.same_length(operators=symbols, into=targets)
            inputs.check_targets(targets, colour, self.nodes)
        pairs = int(np.maximum(np.diff(offsets) - 2, 0).sum())
        self._make_room(len(symbols) + pairs, len(child) + pairs)
        numbers = np.full(len(symbols), -1, np.int64)
        self._run("add_nodes", symbols | colour, offsets, child, targets, numbers)
        return numbers

    def add_unknown(self, colours: Any) -> Column:
        """Add nodes of which only the colour is known; give their content later, by add_nodes(into=...)."""
        colour = inputs.column("colours", colours, 1, 4)
        self._make_room(len(colour), 0)
        while len(self.trail) < self.counts[TRAIL] + len(colour):
            self.trail = _longer(self.trail)
        numbers = np.zeros(len(colour), np.int64)
        self._loops.add_unknown(self.nodes, self.trail, self.counts, colour, numbers, bool(self._marks))
        return numbers

    def assert_equal(self, left: Any, right: Any) -> "np.ndarray[Any, np.dtype[np.int8]]":
        """Try equalities in order; gives OK or CONFLICT for each. One that breaks the class rule changes nothing."""
        a, b = self._ends(left, right)
        statuses = np.zeros(len(a), np.int8)
        self._run("assert_equal", a, b, statuses)
        return statuses

    def try_union(self, left: int, right: int) -> bool:
        """Assert one equality. False: it breaks the class rule, and everything is as before."""
        return bool(self.assert_equal([left], [right])[0] == OK)

    def close_bulk(self, left: Any, right: Any) -> bool:
        """Assert all equalities at once. False: together they break the class rule, and everything is as before."""
        a, b = self._ends(left, right)
        by_rounds = len(a) * SPARSE > len(self)
        room = len(self) if by_rounds else len(a)
        if len(self.pending) < room:
            self.pending = np.zeros((room, 2), np.int32)
        scratch = np.zeros((2, len(self)), np.int32)
        while True:
            status = self._loops.close_bulk(*self._arrays(), scratch[0], scratch[1], a, b, by_rounds, bool(self._marks))
            if status < TABLE_FULL:
                return bool(status == OK)
            self._enlarge(status)

    # --- marks

    def mark(self) -> Mark:
        """Name the present state. Until it is rolled back or committed, every change is kept on the trail."""
        self._marks.append(Mark(int(self.counts[TRAIL]), self._generation))
        return self._marks[-1]

    def rollback(self, mark: Mark) -> None:
        """Go back to a mark. It and the later ones are gone."""
        self._forget(mark)
        same_table = mark.generation == self._generation
        arrays = (self.nodes, self.uses, self.table, self.trail, self.counts)
        self._loops.undo(*arrays, mark.trail, same_table)
        if not same_table:
            self._rebuild_table()

    def commit(self, mark: Mark) -> None:
        """Keep what was done since a mark. It and the later ones are gone."""
        self._forget(mark)
        if not self._marks:
            self.counts[TRAIL] = 0

    def _forget(self, mark: Mark) -> None:
        if mark not in self._marks:
            raise UnknownMark("this mark was rolled back or committed before, or is another kernel's")
        del self._marks[self._marks.index(mark) :]

    # --- reading

    def class_of(self, numbers: Any) -> Column:
        """Give the labels of the nodes' classes: a member's number each, equal within a class, good until a change."""
        return inputs.labels_of(self.nodes, inputs.column("numbers", numbers, 0, len(self)))

    def masks(self, numbers: Any) -> Column:
        """Give the 4-bit colour masks of the nodes' classes."""
        return np.asarray(self.nodes[self.class_of(numbers), MASK], dtype=np.int64)

    # --- room

    def _ends(self, left: Any, right: Any) -> tuple[Column, Column]:
        a, b = inputs.column("left", left, 0, len(self)), inputs.column("right", right, 0, len(self))
        inputs.same_length(left=a, right=b)
        inputs.check_visible("left", a, self.nodes)
        inputs.check_visible("right", b, self.nodes)
        return a, b

    def _arrays(self) -> tuple[Any, ...]:
        return self.nodes, self.uses, self.table, self.trail, self.pending, self.counts

    def _run(self, name: str, *columns: Any) -> None:
        position = 0
        while True:
            loop = getattr(self._loops, name)
            position, status = loop(*self._arrays(), *columns, position, bool(self._marks))
            if status == OK:
                return
            self._enlarge(status)

    def _make_room(self, nodes: int, uses: int) -> None:
        wanted = len(self) + nodes
        if wanted > self._nodes_max:
            raise CapacityExceeded(f"nodes: {wanted} wanted, {self._nodes_max} at most; this batch was not begun")
        if wanted > len(self.nodes):
            self.nodes = _longer(self.nodes, wanted)
        if self.counts[USES] + uses > len(self.uses):
            self.uses = _longer(self.uses, int(self.counts[USES]) + uses)

    def _enlarge(self, status: int) -> None:
        if status == TABLE_FULL:
            stale = int(self.counts[USED_SLOTS]) * 20 > 9 * len(self.table)
            self._rebuild_table(0 if stale else 2 * len(self.table))
        elif status == PENDING_FULL:
            self.pending = _longer(self.pending)
        else:
            self.trail = _longer(self.trail)

    def _rebuild_table(self, least: int = 0) -> None:
        """Size the table by live keys: the raw one of each node, and the canonical one where that differs.

        Afterwards it is filled to 2/5 at most, and a loop stops at 3/5. One that stops again without having got beyond
        9/20 needs the room for a single transaction: `least` doubles the table then, so that the loop goes on.
        """
        held = self.nodes[: len(self)]
        moved = held[:, LABEL] != np.arange(len(held))
        has_left, has_right = held[:, LEFT] >= 0, held[:, RIGHT] >= 0
        changed = (has_left & moved[held[:, LEFT]]) | (has_right & moved[held[:, RIGHT]]) if len(held) else moved
        live = int((held[:, SYMBOL] >= 0).sum() + changed.sum())
        slots = _power_of_two(max(least, 5 * live // 2 + 16))
        if slots > SLOTS_MAX:
            raise CapacityExceeded(f"keys: {live} need {slots} slots, {SLOTS_MAX} at most")
        self.table = np.zeros((slots, 2), np.int64)
        self._generation += 1
        self._loops.refill(self.nodes, self.table, self.counts)
        assert self.counts[USED_SLOTS] <= live


def _power_of_two(least: int) -> int:
    return 1 << max(3, (least - 1).bit_length())


def _longer(array: Any, least: int = 0) -> Any:
    if len(array) >= SLOTS_MAX - 1:
        raise CapacityExceeded(f"an array of {len(array)} rows cannot grow")
    rows = min(max(2 * len(array), least), SLOTS_MAX - 1)
    grown = np.zeros((rows, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown
