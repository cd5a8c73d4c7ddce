"""From decoded columns to interned facts, by the batch: the same numbers as interning one fact after the other gives.

Belongs here: the way from columns into the shared store. Not here: decoding (schemas/columns), what is kept (egraph/
store.py), nodes into their table (store_columns.py). Stated equalities stay columns: who asks for one gets it from its
message. Whatever the loops of the decoder did not decide comes as a fact already, and is taken as it is.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from egraph.facts import Fact, FactRetracted
from egraph.identifiers import EventId
from egraph.store import FACT_RETRACTED, NODE_ADDED, FactStore
from schemas.columns.id_numbers import IdNumbers
from schemas.poison import Poison
from streams.processors.store_columns import NodeInterner, take_over

if TYPE_CHECKING:
    from schemas.columns.compiling import Loops
    from schemas.columns.facts import FactColumns

Rows = np.ndarray[Any, np.dtype[np.int64]]


class ColumnInterner:
    """Interns the facts of decoded messages in a store, which may grow in other ways in between."""

    def __init__(self, store: FactStore, loops: "Loops") -> None:
        self._store = store
        self._nodes = NodeInterner(store.nodes, loops)
        self._events = IdNumbers(loops)

    def knows(self, event: bytes) -> bool:
        """Tell whether a fact with this event id is in the store."""
        take_over(self._store.column, self._events)
        return self._events.find(event) >= 0

    def intern(self, columns: "FactColumns") -> Rows:
        """Intern the facts among messages; give their rows, ascending.

        None is interned where not each fact is new. Two of them may even have one event id: two encodings of it, a
        defect to be told of singly.
        """
        kinds = columns.kind
        rows: Rows = np.flatnonzero(kinds >= NODE_ADDED)
        chosen = rows_of(rows, columns)
        take_over(self._store.column, self._events)
        events = columns.event_id[chosen]
        if not self._events.number_new(events):
            return rows[:0]
        nodes, left, right = self._nodes.intern(columns)
        self._store.intern_new(
            events.tobytes(),
            integers("q", columns.hlc[chosen]),
            kinds[chosen].astype(np.uint8).tobytes(),
            integers("i", nodes[chosen]),
            (integers("i", left[chosen]), integers("i", right[chosen])),
            dict(_in_full(columns, rows)),
        )
        return rows


def rows_of(rows: Rows, columns: "FactColumns") -> "Rows | slice":
    """Give an index of these rows, ascending, that copies nothing where they are all of them."""
    return slice(None) if len(rows) == len(columns) else rows


def senders_of(columns: "FactColumns", rows: Rows, number: Callable[[str, str], int]) -> "array[int]":
    """Give the number of each row's graph and producer, asking for each pair once, in the order of arrival."""
    radix, text = len(columns.texts), columns.texts.text
    chosen = rows_of(rows, columns)
    pairs = columns.graph[chosen] * radix + columns.producer[chosen]
    alike = len(pairs) and (pairs == pairs[0]).all()
    different = list(dict.fromkeys(pairs[:1].tolist() if alike else pairs.tolist()))
    numbers = np.array([number(text(pair // radix), text(pair % radix)) for pair in different], np.int32)
    if len(different) == 1:
        return integers("i", np.repeat(numbers, len(pairs)))
    order = np.argsort(different)
    return integers("i", numbers[order][np.searchsorted(different, pairs, sorter=order)])


@dataclass(frozen=True, slots=True)
class Uses:
    """The sequences that one sender used in a batch, in the order of arrival, and by which facts."""

    sequences: "array[int]"
    facts: "array[int]"
    ascending: bool


def uses_by_sender(senders: "array[int]", sequences: "array[int]", first: int) -> dict[int, Uses]:
    """Give what each sender used; the facts are numbered from `first` on."""
    its, used = np.array(senders), np.array(sequences)
    facts = np.arange(first, first + len(its))
    if (its == its[0]).all():
        return {int(its[0]): _uses(used, facts)}
    return {sender: _uses(used[its == sender], facts[its == sender]) for sender in np.unique(its).tolist()}


def _uses(sequences: Rows, facts: Rows) -> Uses:
    return Uses(integers("q", sequences), integers("i", facts), bool((sequences[1:] > sequences[:-1]).all()))


def integers(typecode: str, values: Any) -> "array[int]":
    """Give values as an array of the standard library: 'i' for 32 bits, 'q' for 64."""
    found = array(typecode)
    found.frombytes(np.ascontiguousarray(values, np.int32 if typecode == "i" else np.int64).view(np.uint8).data)
    return found


def run(numbers: range) -> "array[int]":
    """Give consecutive numbers as an array of the standard library."""
    return integers("i", np.arange(numbers.start, numbers.stop))


def spans_of(lengths: "array[int]", size: int) -> tuple[Rows, Rows] | None:
    """Give where messages of these lengths, end to end, start and end; None if they do not come to `size` bytes.

    Compiled loops check no place: whatever lengths somebody wrote down, no span leaves the buffer.
    """
    its = np.frombuffer(lengths, np.int64)
    ends: Rows = np.cumsum(its)
    return (ends - its, ends) if its.min() >= 0 and its.max() <= size and ends[-1] == size else None


def _in_full(columns: "FactColumns", rows: Rows) -> Iterator[tuple[int, Fact]]:
    """Give the facts that say more than columns hold, with their places among the rows."""
    kinds = columns.kind[rows]
    decided = np.zeros(len(columns), bool)
    decided[list(columns.singly)] = True
    for place in np.flatnonzero((kinds == FACT_RETRACTED) | (kinds != NODE_ADDED) & decided[rows]).tolist():
        row = int(rows[place])
        fact = columns.singly.get(row)
        assert not isinstance(fact, Poison)
        yield place, _retraction(columns, row) if fact is None else fact


def _retraction(columns: "FactColumns", row: int) -> FactRetracted:
    return FactRetracted(
        event_id=EventId(columns.event_id[row].tobytes()),
        graph=columns.texts.text(int(columns.graph[row])),
        producer=columns.texts.text(int(columns.producer[row])),
        sequence=int(columns.sequence[row]),
        hlc=int(columns.hlc[row]),
        causes=tuple(map(EventId, columns.causes(row))),
        trace=columns.trace(row),
        target=EventId(columns.target[row].tobytes()),
        why=columns.text(row),
    )
