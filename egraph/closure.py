"""Congruence closure over the part of the graph that equalities touch, with rollback.

Belongs here: labels, masks and the hashcons of non-singleton classes; one equality as a transaction. Not here: which
equalities are tried, and in which order (view.py).

Why only the touched part: node ids are content addresses, so two nodes whose children all sit in singleton classes
cannot be congruent. Labels, masks and hashcons keys exist only for classes of two or more and for their parents;
the rest of the graph, usually nearly all of it, costs nothing here.

Closure by worklist follows Downey, Sethi, Tarjan (JACM 1980): relabel the smaller class, re-key its parents.
"""

from array import array
from collections.abc import Iterator
from typing import Any

from egraph.colours import MEMBER_BIT, PARENT_BIT, Colour, mask_is_legal
from egraph.store import NodeTable

_MEMBER_BITS = [0] + [MEMBER_BIT[Colour(value)] for value in (1, 2, 3)]
_PARENT_BITS = [0] + [PARENT_BIT[Colour(value)] for value in (1, 2, 3)]
_ABSENT: Any = object()

Key = tuple[int, ...]


class AddedNodes:
    """The nodes that one replica holds, and who names whom. Indexed by the dense numbers of the node table."""

    def __init__(self, table: NodeTable) -> None:
        self.table = table
        self.added = bytearray()
        self.parent_mask = bytearray()
        self.count = 0
        self.mentioned_only = 0
        self._first_use = array("i")
        self._use_parent = array("i")
        self._next_use = array("i")

    def grow(self) -> None:
        """Make room for every number that the shared table has given out."""
        missing = len(self.table.ids) - len(self.added)
        if missing > 0:
            self.added.extend(bytes(missing))
            self.parent_mask.extend(bytes(missing))
            self._first_use.extend([-1] * missing)

    def add(self, number: int) -> None:
        """Hold a defined node that was not held before."""
        self.added[number] = 1
        self.count += 1
        if self._first_use[number] >= 0:
            self.mentioned_only -= 1
        table = self.table
        arity = table.arity[number]
        if arity:
            bit = _PARENT_BITS[table.colour[number]]
            first = table.first_child[number]
            first_use, use_parent, next_use = self._first_use, self._use_parent, self._next_use
            for child in table.children[first : first + arity]:
                head = first_use[child]
                if head < 0 and not self.added[child]:
                    self.mentioned_only += 1
                next_use.append(head)
                first_use[child] = len(use_parent)
                use_parent.append(number)
                self.parent_mask[child] |= bit

    def is_mentioned(self, number: int) -> bool:
        """Tell whether a held node is, or names, this one."""
        return bool(self.added[number]) or self._first_use[number] >= 0

    def parents(self, number: int) -> Iterator[int]:
        """Give the held nodes that name this one; a node that names it twice comes twice."""
        cell = self._first_use[number]
        while cell >= 0:
            yield self._use_parent[cell]
            cell = self._next_use[cell]

    def own_mask(self, number: int) -> int:
        """Give the mask of a node standing alone."""
        return _MEMBER_BITS[self.table.colour[number]] | self.parent_mask[number]


class Closure:
    """Classes of two or more members under the equalities asserted so far."""

    def __init__(self, nodes: AddedNodes) -> None:
        self._nodes = nodes
        self.label: dict[int, int] = {}
        self.members: dict[int, list[int]] = {}
        self.mask: dict[int, int] = {}
        self._hashcons: dict[Key, int] = {}
        self._key_of: dict[int, Key] = {}
        self._trail: list[tuple[Any, ...]] = []
        self.congruences = 0
        self.rollbacks = 0

    def find(self, number: int) -> int:
        """Give the label of a node's class: any member's number, equal within a class."""
        return self.label.get(number, number)

    def assert_equal(self, left: int, right: int) -> bool:
        """Merge two classes and all that follows, or change nothing and give False where the class rule breaks."""
        return self._merge_all([(left, right)])

    def node_added(self, number: int) -> bool:
        """Take a node into account that was just added. False means that the classes now break the class rule.

        After False this closure is of no further use: the caller decides everything anew.
        """
        table, label = self._nodes.table, self.label
        bit = _PARENT_BITS[table.colour[number]]
        touched = False
        for child in table.children_of(number):
            its = label.get(child)
            if its is not None:
                touched = True
                self.mask[its] |= bit
                if not mask_is_legal(self.mask[its]):
                    return False
        if not touched:
            return True
        pending: list[tuple[int, int]] = []
        self._rekey(number, pending)
        return self._merge_all(pending)

    def _merge_all(self, pending: list[tuple[int, int]]) -> bool:
        self._trail.clear()
        while pending:
            left, right = pending.pop()
            a, b = self.find(left), self.find(right)
            if a != b and not self._merge(a, b, pending):
                self._roll_back()
                return False
        return True

    def _merge(self, a: int, b: int, pending: list[tuple[int, int]]) -> bool:
        mask = self._mask_of(a) | self._mask_of(b)
        if not mask_is_legal(mask):
            return False
        if len(self.members.get(a, (a,))) < len(self.members.get(b, (b,))):
            a, b = b, a
        moved = self.members.get(b) or [b]
        changed = moved
        if a not in self.members:  # a singleton's parents were never keyed; they are from now on
            self._set(self.members, a, [a])
            self._set(self.label, a, a)
            changed = [a, *moved]
        self._trail.append((self.members[a], len(self.members[a])))
        self.members[a].extend(moved)
        for item in moved:
            self._set(self.label, item, a)
        self._delete(self.members, b)
        self._delete(self.mask, b)
        self._set(self.mask, a, mask)
        for item in changed:
            for parent in self._nodes.parents(item):
                self._rekey(parent, pending)
        return True

    def _rekey(self, number: int, pending: list[tuple[int, int]]) -> None:
        table = self._nodes.table
        label = self.label
        key = (table.symbol[number], *[label.get(child, child) for child in table.children_of(number)])
        old = self._key_of.get(number)
        if old == key:
            return
        if old is not None and self._hashcons.get(old) == number:
            self._delete(self._hashcons, old)
        self._set(self._key_of, number, key)
        other = self._hashcons.get(key)
        if other is None:
            self._set(self._hashcons, key, number)
        elif self.find(other) != self.find(number):
            self.congruences += 1
            pending.append((other, number))

    def _mask_of(self, label: int) -> int:
        mask = self.mask.get(label)
        return self._nodes.own_mask(label) if mask is None else mask

    def _set(self, target: dict[Any, Any], key: Any, value: Any) -> None:
        self._trail.append((target, key, target.get(key, _ABSENT)))
        target[key] = value

    def _delete(self, target: dict[Any, Any], key: Any) -> None:
        if key in target:
            self._trail.append((target, key, target.pop(key)))

    def _roll_back(self) -> None:
        self.rollbacks += 1
        while self._trail:
            entry = self._trail.pop()
            if len(entry) == 2:
                members, length = entry
                del members[length:]
            elif entry[2] is _ABSENT:
                del entry[0][entry[1]]
            else:
                entry[0][entry[1]] = entry[2]
