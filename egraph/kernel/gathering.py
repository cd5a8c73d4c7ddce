"""Columns for the kernel out of the shared node table, and back: who is added, under which number, over whom.

Belongs here: the way between the process's dense numbers of nodes and the kernel's. Not here: facts (view.py).
Arrays of the standard library cannot grow while numpy looks at them, so each look is a copy and ends at once.
"""

from array import array
from collections.abc import Iterator
from typing import Any

import numpy as np

from egraph.identifiers import ID_BYTES, EventId, NodeId
from egraph.kernel.engine import Kernel
from egraph.kernel.inputs import Column
from egraph.kernel.loops import FIRST_USE, NEXT_USE, PAIR_SYMBOL, PARENT, SYMBOL
from egraph.store import FactStore, IdColumn, NodeTable


def ids_at(column: IdColumn[Any], numbers: Any) -> bytes:
    """Give the ids behind dense numbers, joined."""
    return bytes(np.frombuffer(column.data, np.uint64).reshape(-1, 2)[numbers].tobytes())


def names_in(column: IdColumn[Any]) -> Any:
    """Give all ids as rows of four 32-bit numbers. The column cannot grow while this lives."""
    return np.frombuffer(column.data, np.uint32).reshape(-1, 4)


class NodeColumns:
    """The nodes that one replica holds. Indexed by the dense numbers of the node table, not by the kernel's."""

    def __init__(self, table: NodeTable, kernel: Kernel) -> None:
        self.table = table
        self.added = bytearray()
        self.count = 0
        self._kernel = kernel
        self._numbers = np.zeros(0, np.int32)
        self._facts = array("i")
        self._looked_at = 0
        self._first_fact: dict[int, int] = {}

    def add(self, facts: Column, store: FactStore) -> Column:
        """Note that facts add nodes; gives the nodes that were not added before."""
        missing = len(self.table) - len(self.added)
        if missing > 0:
            self.added.extend(bytes(missing))
        self._facts.frombytes(facts.tobytes())
        found = np.empty(len(facts), np.int32)
        nodes, added = np.frombuffer(store.node, np.int32), np.frombuffer(self.added, np.int8)
        fresh = found[: self._kernel.loops.note_added(added, nodes, facts, found)]
        self.count += len(fresh)
        return fresh

    def contents(self, nodes: Column) -> tuple[Column, Any, Any, Column]:
        """Give the kernel's numbers of nodes, their operators, offsets, and the kernel's numbers of their children."""
        table = self.table
        symbols = np.frombuffer(table.symbol, np.int32)[nodes]
        first = np.frombuffer(table.first_child, np.int32)[nodes]
        arity = np.frombuffer(table.arity, np.int32)[nodes]
        offsets = np.zeros(len(nodes) + 1, np.int32)
        np.cumsum(arity, out=offsets[1:])
        places = np.repeat(first - offsets[:-1], arity) + np.arange(offsets[-1], dtype=np.int32)
        children = np.frombuffer(table.children, np.int32)[places] if len(places) else np.zeros(0, np.int32)
        numbers = self.number(np.concatenate((nodes, children)))
        return numbers[: len(nodes)], symbols, offsets, numbers[len(nodes) :]

    def number(self, nodes: Any) -> Column:
        """Give the kernel's numbers; nodes that it has not seen yet get the next ones."""
        if len(self._numbers) < len(self.table):
            grown = np.full(max(2 * len(self._numbers), len(self.table)), -1, np.int32)
            grown[: len(self._numbers)] = self._numbers
            self._numbers = grown
        return self._kernel.append(names_in(self.table.column), self._numbers, np.ascontiguousarray(nodes, np.int32))

    def number_of(self, node: NodeId) -> int:
        """Give the kernel's number of an id, or -1."""
        number = self.table.index.get(node)
        return -1 if number is None or number >= len(self._numbers) else int(self._numbers[number])

    def ids_of(self, numbers: Column) -> Iterator[NodeId]:
        """Give the ids behind the kernel's numbers."""
        data = self._kernel.ids[numbers].tobytes()
        return (NodeId(data[at : at + ID_BYTES]) for at in range(0, len(data), ID_BYTES))

    def added_by(self, node: int, store: FactStore) -> EventId:
        """Give the first fact, in the total order, that adds a node. Reads the facts that came since the last call."""
        for fact in self._facts[self._looked_at :]:
            its = store.node[fact]
            first = self._first_fact.setdefault(its, fact)
            if store.order(fact) < store.order(first):
                self._first_fact[its] = fact
        self._looked_at = len(self._facts)
        return store.ids[self._first_fact[node]]

    def is_mentioned(self, number: int) -> bool:
        """Tell whether a held node is, or names, this one."""
        return number < len(self.added) and (bool(self.added[number]) or next(self.parents(number), None) is not None)

    def parents(self, number: int) -> Iterator[int]:
        """Give the held nodes that name this one; a node that names it twice comes twice."""
        known = self.number_of(self.table.ids[number])
        if known < 0:
            return
        for parent in self._users(known):
            (node,) = self.ids_of(np.array([parent], np.int32))
            yield self.table.index[node]

    def _users(self, number: int) -> Iterator[int]:
        """Give the kernel's numbers of visible parents; a hidden pair stands for the node above it."""
        nodes, uses = self._kernel.nodes, self._kernel.uses
        pending = [number]  # pairs stand over pairs, as many as a wide node has children: too deep to recurse
        while pending:
            cell = int(nodes[pending.pop(), FIRST_USE]) - 1
            while cell >= 0:
                parent = int(uses[cell, PARENT])
                if nodes[parent, SYMBOL] == PAIR_SYMBOL:
                    pending.append(parent)
                else:
                    yield parent
                cell = int(uses[cell, NEXT_USE]) - 1
