"""From decoded columns to interned facts, by the batch: the same numbers as interning one fact after the other gives.

Belongs here: the way from columns into the shared store. Not here: decoding (schemas/columns), what is kept (egraph/
store.py). Whatever the loops of the decoder did not decide comes as a fact already, and is taken as it is.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from egraph.colours import Colour
from egraph.facts import EqualityAsserted, Fact, FactRetracted, Stated
from egraph.identifiers import ID_BYTES, EventId, NodeId
from egraph.store import EQUALITY_ASSERTED, FACT_RETRACTED, NODE_ADDED, FactStore
from schemas.poison import Poison
from streams.processors.store_columns import define_nodes

if TYPE_CHECKING:
    from schemas.columns.facts import FactColumns

_COLOURS = {colour.value: colour for colour in Colour}
_COLOUR_RADIX = 4

Rows = np.ndarray[Any, np.dtype[np.int64]]


def intern_columns(store: FactStore, columns: "FactColumns") -> Rows:
    """Intern the facts among decoded messages, none of which the store has; give their rows, ascending.

    None is interned where two have one event id: two encodings of one event, which is a defect to be told of singly.
    """
    rows: Rows = np.flatnonzero(columns.kind >= NODE_ADDED)
    events = split_ids(columns.event_id[rows])
    if len(set(events)) < len(rows):
        return rows[:0]
    kinds = columns.kind[rows]
    adding = kinds == NODE_ADDED
    nodes = np.full(len(rows), -1, np.int64)
    nodes[adding] = _define_nodes(store, columns, rows[adding])
    saying_more = np.flatnonzero(~adding)
    others = dict(zip(saying_more.tolist(), _others(columns, rows[saying_more]), strict=True))
    store.intern_new(cast(list[EventId], events), columns.hlc[rows].tolist(), kinds.tolist(), nodes.tolist(), others)
    return rows


def numbered_senders(columns: "FactColumns", rows: Rows, number: Callable[[str, str], int]) -> list[int]:
    """Give the number of each row's graph and producer, asking for each pair once, in the order of arrival."""
    radix, text = len(columns.texts), columns.texts.text
    pairs = (columns.graph[rows] * radix + columns.producer[rows]).tolist()
    numbers = {pair: number(text(pair // radix), text(pair % radix)) for pair in dict.fromkeys(pairs)}
    return [numbers[pair] for pair in pairs]


def split_ids(words: Any) -> list[bytes]:
    """Give the ids in a table of two words each."""
    data = words.tobytes()
    return [data[at : at + ID_BYTES] for at in range(0, len(data), ID_BYTES)]


def _define_nodes(store: FactStore, columns: "FactColumns", rows: Rows) -> Rows:
    first, behind = columns.child_offsets[rows], columns.child_offsets[rows + 1]
    arities = behind - first
    heads = np.arange(len(rows)) + np.cumsum(arities) - arities
    ids = np.empty((len(rows) + int(arities.sum()), 2), np.uint64)
    is_child = np.ones(len(ids), bool)
    is_child[heads] = False
    ids[heads] = columns.node_id[rows]
    places = np.repeat(first - heads - 1, arities) + np.flatnonzero(is_child)
    ids[is_child] = columns.children[places]
    pairs = columns.operator[rows] * _COLOUR_RADIX + columns.colour[rows]
    symbols = _symbols(store, columns, pairs)
    return define_nodes(store.nodes, cast(list[NodeId], split_ids(ids)), heads, arities, symbols)


def _symbols(store: FactStore, columns: "FactColumns", pairs: Rows) -> Rows:
    symbols = np.empty(int(pairs.max(initial=-1)) + 1, np.int64)
    for pair in dict.fromkeys(pairs.tolist()):  # in the order of arrival, as one after the other would number them
        operator, colour = divmod(pair, _COLOUR_RADIX)
        symbols[pair] = store.nodes.symbol_number(columns.texts.text(operator), _COLOURS[colour])
    return symbols[pairs]


def _others(columns: "FactColumns", rows: Rows) -> Iterator[Fact]:
    """Give the facts that say more than the columns of nodes hold."""
    texts = columns.texts
    names = {number: texts.text(number) for number in {*columns.graph[rows].tolist(), *columns.producer[rows].tolist()}}
    for row, kind, event_id, graph, producer, sequence, hlc, left, right, target in zip(
        rows.tolist(),
        columns.kind[rows].tolist(),
        split_ids(columns.event_id[rows]),
        columns.graph[rows].tolist(),
        columns.producer[rows].tolist(),
        columns.sequence[rows].tolist(),
        columns.hlc[rows].tolist(),
        split_ids(columns.left[rows]),
        split_ids(columns.right[rows]),
        split_ids(columns.target[rows]),
        strict=True,
    ):
        decided = columns.singly.get(row)
        if decided is not None:
            assert not isinstance(decided, Poison)
            yield decided
            continue
        envelope: dict[str, Any] = {
            "event_id": event_id, "graph": names[graph], "producer": names[producer], "sequence": sequence, "hlc": hlc,
            "causes": tuple(columns.causes(row)), "trace": columns.trace(row),
        }  # fmt: skip
        if kind == EQUALITY_ASSERTED:
            ends = NodeId(left), NodeId(right)
            yield EqualityAsserted(**envelope, left=ends[0], right=ends[1], why=Stated(columns.text(row)))
        else:
            assert kind == FACT_RETRACTED
            yield FactRetracted(**envelope, target=EventId(target), why=columns.text(row))
