"""Facts as columns: one row for each message, in the order of the messages.

Belongs here: what the caller gets, with names. Not here: making it (decode.py).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from egraph.facts import Fact, NodeAdded
from schemas.columns import layout
from schemas.columns.numbering import Texts
from schemas.columns.single import as_words
from schemas.poison import Poison

Integers = np.ndarray[Any, np.dtype[np.int64]]
Ids = np.ndarray[Any, np.dtype[np.uint64]]


@dataclass(frozen=True, slots=True)
class FactColumns:
    """What a batch of messages says. Arrays are the caller's; a column that says nothing of a row holds 0 there.

    raw, starts, ends: a buffer, and where in it each message stands (nothing, if it was longer than a fact may be and
    was left out).
    fields, ids: tables of columns (layout.py); the properties below name them, each contiguous.
    child_offsets, children: row i names children[child_offsets[i] : child_offsets[i + 1]]; an id is two words.
    texts: the texts that graph, producer and operator are numbers of.
    singly: rows that the scalar codec decided: the fact with all it says, or the reason why it is none.

    An id as two words: bytes 0 to 7 and 8 to 15, little endian, so `tobytes()` gives the id. Words do not compare
    like ids.
    """

    raw: bytes
    starts: Integers
    ends: Integers
    fields: Integers
    ids: Ids
    child_offsets: Integers
    children: Ids
    texts: Texts
    singly: dict[int, Fact | Poison]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def kind(self) -> Integers:
        """Position in egraph.digest.FACT_KINDS; -1 for what was refused."""
        return self._field(layout.KIND)

    @property
    def graph(self) -> Integers:
        """Number of the graph's name."""
        return self._field(layout.GRAPH)

    @property
    def producer(self) -> Integers:
        """Number of the producer's name."""
        return self._field(layout.PRODUCER)

    @property
    def sequence(self) -> Integers:
        """Sequence of the producer."""
        return self._field(layout.SEQUENCE)

    @property
    def hlc(self) -> Integers:
        """Hybrid logical clock: milliseconds << 16 | counter."""
        return self._field(layout.HLC)

    @property
    def operator(self) -> Integers:
        """Number of a node's operator."""
        return self._field(layout.OPERATOR)

    @property
    def colour(self) -> Integers:
        """Colour of a node: RED 1, BLUE 2, GREEN 3."""
        return self._field(layout.COLOUR)

    @property
    def event_id(self) -> Ids:
        """Event id, verified."""
        return self._ids(layout.EVENT)

    @property
    def node_id(self) -> Ids:
        """Id of the node that was added."""
        return self._ids(layout.NODE)

    @property
    def left(self) -> Ids:
        """First node of an equality."""
        return self._ids(layout.LEFT)

    @property
    def right(self) -> Ids:
        """Second node of an equality."""
        return self._ids(layout.RIGHT)

    @property
    def target(self) -> Ids:
        """Event id that a retraction withdraws."""
        return self._ids(layout.TARGET)

    @property
    def poison(self) -> dict[int, Poison]:
        """Refused rows, with the reason that the scalar codec gives."""
        return {row: item for row, item in self.singly.items() if isinstance(item, Poison)}

    def message(self, row: int) -> bytes:
        """Give the bytes of a row."""
        return self.raw[self.starts[row] : self.ends[row]]

    def text(self, row: int) -> str:
        """Give why an equality was stated or a fact retracted. For rows in `singly` ask the fact there."""
        at, length = self.fields[layout.TEXT_AT : layout.TEXT_AT + 2, row].tolist()
        return self.raw[at : at + length].decode()

    def causes(self, row: int) -> list[bytes]:
        """Give the causes of a row. For rows in `singly` ask the fact there."""
        at, count = self.fields[layout.CAUSES_AT : layout.CAUSES_AT + 2, row].tolist()
        return [self.raw[start : start + 16] for start in range(at, at + 16 * count, 16)]

    def trace(self, row: int) -> bytes:
        """Give the trace id of a row, empty if it has none. For rows in `singly` ask the fact there."""
        at = int(self.fields[layout.TRACE_AT, row])
        return self.raw[at : at + 16] if at else b""

    def take_children_of_single_rows(self) -> None:
        """Fill in the children of nodes that the scalar codec decoded; the decoder calls this once."""
        for row, item in self.singly.items():
            if isinstance(item, NodeAdded):
                self.children[self.child_offsets[row] : self.child_offsets[row + 1]] = as_words(item.children)

    def _field(self, column: int) -> Integers:
        found: Integers = self.fields[column]
        return found

    def _ids(self, table: int) -> Ids:
        found: Ids = self.ids[table]
        return found
