"""Nodes by the batch into the columns of a store: the same numbers as defining one node after the other gives.

Belongs here: the way from arrays into the node table. Not here: the table (store.py), whose columns are arrays of the
standard library: they cannot grow while numpy looks at them, so each look ends at once.
"""

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np

from egraph.colours import Colour
from egraph.identifiers import ID_BYTES
from egraph.store import IdColumn, NodeTable
from schemas.columns.id_numbers import IdNumbers
from schemas.columns.layout import COLOURS

if TYPE_CHECKING:
    from schemas.columns.compiling import Loops
    from schemas.columns.facts import FactColumns
    from schemas.columns.numbering import Texts

_COLOURS = {colour.value: colour for colour in Colour}

Integers = np.ndarray[Any, np.dtype[Any]]


class NodeInterner:
    """Interns the nodes that decoded facts name. The table may grow in other ways in between."""

    def __init__(self, table: NodeTable, loops: "Loops") -> None:
        self._table = table
        self._loops = loops
        self._ids = IdNumbers(loops)
        self._texts: Texts | None = None
        self._symbols = np.zeros(0, np.int32)
        self._taken_over = 0
        self._has_all = True

    def intern(self, columns: "FactColumns") -> tuple[Integers, Integers, Integers]:
        """Define the nodes that facts add, and mention those that they name.

        Gives dense numbers by the row: of the node that is added, and of both ends of an equality; -1 where there is
        none. A node that is defined already stays as it is. The ids were verified by the decoder.
        """
        table, fields = self._table, columns.fields
        rows = len(columns)
        mentions = np.empty((2 * rows + len(columns.children), 2), np.uint64)
        count = self._loops.list_mentions(fields, columns.ids, columns.child_offsets, columns.children, mentions)
        numbers = self._mention(mentions[:count])
        children = np.empty(len(columns.children), np.int32)
        nodes, ends = np.full(rows, -1, np.int32), np.full((2, rows), -1, np.int32)
        taken = self._loops.enter_nodes(
            fields, numbers, self._number_symbols(columns),
            _view(table.symbol), _view(table.first_child), _view(table.arity), children, len(table.children),
            nodes, ends,
        )  # fmt: skip
        table.children.frombytes(children[:taken].tobytes())
        return nodes, ends[0], ends[1]

    def _mention(self, ids: Integers) -> Integers:
        """Give dense numbers to ids; those that the table does not have yet are mentioned there, in their order."""
        table, known = self._table, self._ids
        take_over(table.column, known)
        before = len(known)
        numbers = known.number(ids)
        table.mention_new(known.ids_from(before).tobytes())
        return numbers

    def _number_symbols(self, columns: "FactColumns") -> Integers:
        """Number the operators of nodes, each with a colour; gives the numbers by the pair (interning.py).

        While texts are numbered by one object, all symbols of the table are known here, and what is not is new. Later
        the table is asked.
        """
        table, texts = self._table.symbols, columns.texts
        if self._texts is not texts:
            self._has_all = self._texts is None
            self._texts, self._symbols = texts, np.zeros(0, np.int32)
        if self._has_all and self._taken_over < len(table):
            self._take_over_symbols(texts)
        self._make_room(texts)
        fresh = np.empty(len(columns), np.int64)
        count = self._loops.number_symbols(columns.fields, self._symbols, len(table), fresh)
        if not count:
            return self._symbols
        pairs = fresh[:count]
        operators, colours = pairs // COLOURS, pairs % COLOURS
        if self._has_all:
            names, lengths = texts.joined(operators)
            table.take_new(names, array("q", lengths.tobytes()), colours.astype(np.uint8).tobytes())
            self._taken_over = len(table)
        else:
            several = zip(texts.several(operators), colours.tolist(), strict=True)
            self._symbols[pairs] = [table.number(operator, _COLOURS[colour]) for operator, colour in several]
        return self._symbols

    def _take_over_symbols(self, texts: "Texts") -> None:
        """Take over the symbols that came one by one since the last batch."""
        table = self._table.symbols
        several = range(self._taken_over, len(table))
        names, colours = table.names(), table.colours
        pairs = [texts.number(names[number]) * COLOURS + colours[number] for number in several]
        self._make_room(texts)
        self._symbols[pairs] = several

    def _make_room(self, texts: "Texts") -> None:
        if len(self._symbols) < COLOURS * len(texts):
            grown = np.full(2 * COLOURS * len(texts), -1, np.int32)
            grown[: len(self._symbols)] = self._symbols
            self._symbols = grown


def take_over(column: IdColumn[Any], known: IdNumbers) -> None:
    """Number the ids that came into a column one by one since the last batch."""
    if len(known) < len(column):
        known.number(np.frombuffer(bytes(memoryview(column.data)[ID_BYTES * len(known) :]), np.uint64).reshape(-1, 2))


def _view(column: Any) -> Integers:
    view: Integers = np.frombuffer(column, np.int32)
    return view
