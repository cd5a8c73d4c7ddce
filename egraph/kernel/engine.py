"""The kernel: what can be asked of it.

Belongs here: the calls, and marks. Not here: the arrays and room in them (arrays.py), loops, checks of input
(inputs.py), which equalities count (acceptance.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from egraph.kernel import inputs
from egraph.kernel.arrays import NODES_MAX, KernelArrays, Mark
from egraph.kernel.bulk import SPARSE, close_by_rounds
from egraph.kernel.errors import CapacityExceeded, MarkIsOpen, NotEqual, UnknownMark, UnknownNumber
from egraph.kernel.inputs import Column
from egraph.kernel.loops import (
    ALIVE,
    ASSERTED,
    CONFLICT,
    ENDS,
    LABEL,
    MASK,
    MORE,
    NEXT_MEMBER,
    OK,
    PENDING,
    TABLE_FULL,
    TRAIL,
    VISIBLE,
)
from egraph.kernel.memory import longer, power_of_two, zeros

MANY = 1000
"""More members are found by a look at all labels."""


class Kernel(KernelArrays):
    """Classes of coloured nodes under equalities, in flat arrays. Statuses are loops.OK and loops.CONFLICT."""

    def __init__(
        self, *, loops: Any = None, capacity: int = 1024, nodes_max: int = NODES_MAX, digests: bool = False
    ) -> None:
        super().__init__(loops=loops, capacity=capacity, nodes_max=nodes_max, digests=digests)
        self._mixes = zeros(32, 0, np.int64)
        self._path = zeros(64, 4, np.int32)

    # --- names

    def intern(self, ids: Any) -> Column:
        """Number 16-byte node ids, given as (n, 2) uint64 or joined bytes: the known number, or the next."""
        self._expect_no_mark()
        names = inputs.names_of(ids)
        numbers = np.empty(len(names), np.int32)
        place = 0
        while True:
            columns = (self.nodes, self.counts, self.ids, self.slots, names, self._mixes, numbers)
            place = self.loops.intern_names(*columns, place, len(names))
            if place == len(names):
                return numbers
            if len(self) == len(self.nodes):
                self.grow_nodes(len(self) + 1, len(names) - place)
            else:
                wanted = min(len(self.nodes), len(self) + len(names) - place)
                self.slots = zeros(max(2 * len(self.slots), power_of_two(20 * wanted // 13)), 0, np.int64)
                self.loops.refill_names(self.ids, self.slots, self.nodes, self.counts)

    def append(self, names: Any, known: Column, wanted: Column) -> Column:
        """Number nodes that the caller tells apart himself, by rows of `names`: uint32 (n, 4), 16-byte node ids.

        `known` has the number of each row, -1 for none yet, which is filled in. Gives the numbers of the rows `wanted`.
        `find` and `intern` never hear of what is numbered here: use one way in a kernel.
        """
        self._expect_no_mark()
        numbers = np.empty(len(wanted), np.int32)
        place = 0
        while True:
            columns = (self.nodes, self.counts, self.ids, names, known, wanted, numbers)
            place = self.loops.append_names(*columns, place)
            if place == len(wanted):
                return numbers
            self.grow_nodes(len(self) + 1, len(wanted) - place)

    def find(self, ids: Any) -> Column:
        """Give the numbers of 16-byte node ids, -1 for those never seen."""
        names = inputs.names_of(ids)
        numbers = np.empty(len(names), np.int32)
        self.loops.find_names(self.slots, self.ids, names, self._mixes, numbers, 0, len(names))
        return numbers

    # --- changing

    def add_nodes(self, numbers: Any, operators: Any, child_offsets: Any, children: Any) -> Column:
        """Give nodes their content; gives a status for each. Equal content once more is nothing new.

        A CONFLICT would put a class under a parent of a colour that it may not have, by whatever follows; then the
        node is as unknown as before. Raises InvalidBatch where a node has other content already.
        """
        columns = self._node_columns(numbers, operators, child_offsets, children)
        statuses = np.zeros(len(columns[3]), np.int32)
        self.run(self.loops.add_nodes, (*columns, statuses), False, ())
        return statuses

    def add_node(self, number: int, operator: int, children: Any) -> list[int] | None:
        """Give one node its content. None, or at a conflict the assertions it rests on; then nothing has changed."""
        columns = self._node_columns([number], [operator], [0, len(children)], children)
        _, status = self.run(self.loops.add_nodes, (*columns, np.zeros(1, np.int32)), True, ())
        return None if status == OK else self.witness_and_undo()

    def register(self, left: Any, right: Any) -> Column:
        """Number assertions between nodes. They count once `assert_each` took them."""
        a, b = self._pairs(left, right)
        first = int(self.counts[ENDS])
        if first + len(a) > len(self.ends):
            if first + len(a) > NODES_MAX:
                raise CapacityExceeded(f"assertions: {first + len(a)} wanted, {NODES_MAX} at most")
            self.ends = longer(self.ends, first + len(a))
        self.loops.register(self.firsts, self.counts, self.ends, a, b)
        return np.arange(first, first + len(a), dtype=np.int32)

    def assert_each(self, handles: Any) -> Column:
        """Try registered assertions in order; gives OK or CONFLICT for each. A refused one changes nothing."""
        handle = self._handles(handles)
        statuses = np.zeros(len(handle), np.int32)
        self.run(self.loops.assert_each, (handle, statuses), False, (bool(self.marks),))
        return statuses

    def assert_until_conflict(self, handles: Any) -> tuple[int, list[int]]:
        """Try assertions in order up to the first refused one: its place, and what it conflicts with.

        The place is the number of assertions if none is refused. What it conflicts with are accepted assertions that,
        with it, break the class rule: enough of them, not the fewest.
        """
        self._expect_no_mark()
        handle = self._handles(handles)
        columns = (handle, np.zeros(len(handle), np.int32))
        place, status = self.run(self.loops.assert_each, columns, True, (False,))
        if status == OK:
            return place, []
        refused = int(handle[place])
        return place, [item for item in self.witness_and_undo() if item != refused]

    def assert_equal(self, left: Any, right: Any) -> Column:
        """Register assertions and try them in order; gives OK or CONFLICT for each."""
        return self.assert_each(self.register(left, right))

    def try_union(self, left: int, right: int) -> bool:
        """Assert one equality. False: it breaks the class rule, and everything is as before."""
        return bool(self.assert_equal([left], [right])[0] == OK)

    def close_bulk(self, handles: Any) -> bool:
        """Take registered assertions all at once. False: together they break the class rule; all is as before."""
        handle = self._handles(handles)
        left, right = (np.ascontiguousarray(self.ends[handle, side]) for side in (0, 1))
        by_rounds = len(handle) * SPARSE > len(self)
        begin = int(self.counts[TRAIL])
        self.room_on_trail(2 * len(handle))
        slots = 0
        while True:
            generation = self._generation
            self.check_counters()
            status = (
                close_by_rounds(self, left, right, handle, slots) if by_rounds else self._merge(left, right, handle)
            )
            if status == OK:
                self._note_asserted(handle)
                return True
            slots = 2 * len(self.table) if status == TABLE_FULL else slots
            self.undo(begin, generation)
            if status == CONFLICT:
                return False
            self.enlarge(status)

    def _merge(self, left: Column, right: Column, handle: Column) -> int:
        if len(self.pending) < len(handle):
            self.pending = zeros(len(handle), 3, np.int32)
        for column, values in enumerate((left, right, handle)):
            self.pending[: len(handle), column] = values
        self.counts[PENDING] = len(handle)
        return int(self.loops.merge_pending(*self.closing()))

    def _note_asserted(self, handle: Column) -> None:
        self.ends[handle, ALIVE] = 1
        if not self.marks:
            self.counts[TRAIL] = 0
            return
        self.room_on_trail(len(handle))
        top = int(self.counts[TRAIL])
        self.trail[top : top + len(handle), 0] = ASSERTED
        self.trail[top : top + len(handle), 1] = handle
        self.counts[TRAIL] = top + len(handle)

    def retract(self, handles: Any) -> None:
        """Take assertions back. Afterwards all is as if they had never been made. Refused ones are left as they are."""
        self._expect_no_mark()
        handle = self._handles(handles)
        self.grow_scratch()
        self.check_counters()
        nodes, links, uses, _, _, _, counts, ids, rest, dirty = self.closing()
        visited = self.loops.take_back(
            nodes, links, uses, counts, ids, rest, dirty, self.ends, self.scratch, self.stamps, handle
        )
        while visited:
            status = self.loops.join_again(*self.closing(), self.ends, self.firsts, self.scratch, visited)
            if status == OK:
                counts[TRAIL] = 0
                return
            assert status != CONFLICT, "less than what was legal is legal"
            self.undo(0, self._generation)
            self.enlarge(status)

    @contextmanager
    def what_if(self, left: Any, right: Any) -> Iterator[Column]:
        """Try equalities for the length of a `with` block; gives OK or CONFLICT for each. All is undone at its end."""
        handles = self.register(left, right)
        mark = self.mark()
        try:
            yield self.assert_each(handles)
        finally:
            self.rollback(mark)

    # --- marks

    def mark(self) -> Mark:
        """Name the present state. Until it is rolled back or committed, every change is kept on the trail."""
        self.marks.append(Mark(int(self.counts[TRAIL]), self._generation))
        return self.marks[-1]

    def rollback(self, mark: Mark) -> None:
        """Go back to a mark: what was asserted since counts no more. It and the later ones are gone."""
        self._forget(mark)
        self.undo(mark.trail, mark.generation)

    def commit(self, mark: Mark) -> None:
        """Keep what was done since a mark. It and the later ones are gone."""
        self._forget(mark)
        if not self.marks:
            self.counts[TRAIL] = 0

    def _forget(self, mark: Mark) -> None:
        if mark not in self.marks:
            raise UnknownMark("this mark was rolled back or committed before, or is another kernel's")
        del self.marks[self.marks.index(mark) :]

    def _expect_no_mark(self) -> None:
        if self.marks:
            raise MarkIsOpen("nodes and retractions are not rolled back; commit or roll back the mark first")

    # --- reading

    def class_of(self, numbers: Any) -> Column:
        """Give the labels of the nodes' classes: a member's number each, equal within a class, good until a change."""
        number = inputs.column("numbers", numbers, len(self), UnknownNumber)
        return np.asarray(self.nodes[number, LABEL])

    def labels(self) -> Column:
        """Give the labels of all nodes, hidden ones too, as a copy that nobody can change: a reader's snapshot."""
        snapshot = self.nodes[: len(self), LABEL].copy()
        snapshot.flags.writeable = False
        return snapshot

    def members(self, number: int) -> Column:
        """Give the nodes in a node's class, in no particular order."""
        self._visible("number", [number])
        label = int(self.nodes[number, LABEL])
        if self.links[label, MORE] > MANY:
            return np.flatnonzero(self.nodes[: len(self), LABEL] == label).astype(np.int32)
        found = [number]
        while (item := int(self.nodes[found[-1], NEXT_MEMBER])) != number:
            found.append(item)
        return np.array(found, np.int32)

    def masks(self, numbers: Any) -> Column:
        """Give the 4-bit colour masks of the nodes' classes."""
        return np.asarray(self.nodes[self.class_of(numbers), MASK] >> 4)

    def path(self, left: int, right: int) -> list[list[int]]:
        """Give the edges that join two equal nodes, as (from, to, why, age): `why` an assertion, or loops.CONGRUENT.

        A congruent edge rests on the paths between the two nodes' children, whose edges are all younger in number
        (smaller in age). Raises NotEqual.
        """
        labels = self.class_of([left, right])
        if labels[0] != labels[1]:
            raise NotEqual(f"nodes {left} and {right} are in different classes")
        return self.edges_between(left, right)

    def edges_between(self, left: int, right: int) -> list[list[int]]:
        """Give the same for two nodes that the caller knows to be equal; any others are an endless loop."""
        self.grow_scratch()
        self.check_counters()
        length = self.loops.path(self.links, self.stamps, self.counts, left, right, self._path)
        if length < 0:
            self._path = zeros(-length, 4, np.int32)
            length = self.loops.path(self.links, self.stamps, self.counts, left, right, self._path)
        edges: list[list[int]] = self._path[:length].tolist()
        return edges

    def asserted_ends(self) -> Column:
        """Give the nodes that assertions which count stand between, in no particular order."""
        ends = self.ends[: int(self.counts[ENDS])]
        return np.asarray(ends[ends[:, ALIVE] != 0, :2].ravel())

    # --- checks

    def _node_columns(self, numbers: Any, operators: Any, child_offsets: Any, children: Any) -> tuple[Column, ...]:
        """Check a batch of contents, make room for it, and give it in the order of add_nodes' parameters."""
        self._expect_no_mark()
        number = self._visible("numbers", numbers)
        operator = inputs.column("operators", operators, inputs.OPERATORS_MAX)
        child = self._visible("children", children)
        offsets = inputs.column("child_offsets", child_offsets, len(child) + 1)
        inputs.same_length(numbers=number, operators=operator)
        inputs.check_offsets(offsets, len(number), child)
        widths = np.diff(offsets)
        pairs = int(np.maximum(widths - 2, 0).sum()) if len(widths) and widths.max() > 2 else 0
        self.grow_nodes(len(self) + pairs)
        self.grow_uses(len(child) + pairs)
        return operator, offsets, child, number

    def _pairs(self, left: Any, right: Any) -> tuple[Column, Column]:
        a, b = self._visible("left", left), self._visible("right", right)
        inputs.same_length(left=a, right=b)
        return a, b

    def _visible(self, name: str, numbers: Any) -> Column:
        """Give known numbers of nodes; a hidden pair is nobody's."""
        found = inputs.column(name, numbers, len(self), UnknownNumber)
        if self.counts[VISIBLE] < len(self):
            inputs.check_visible(name, found, self.nodes)
        return found

    def _handles(self, handles: Any) -> Column:
        return inputs.column("handles", handles, int(self.counts[ENDS]), UnknownNumber)
