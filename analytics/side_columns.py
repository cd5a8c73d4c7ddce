"""Facts of two sides, read as columns: a store of both, and which of them each side holds.

Belongs here: the way from stored rows to interned facts, by the batch; a million objects would take a minute. Not here:
which records a side holds (compare_sides.py), folding and comparing (compare_graphs.py). Stated equalities stay
columns: who asks the store for one gets its ends and its place in the order, and its texts where the log has it.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analytics.compare_causes import SeenFact, SeenFacts
from analytics.cut_replay import DERIVED, FACT_COLUMNS, NOT_REFUSED, fact_of
from egraph.colours import Colour
from egraph.facts import EqualityAsserted, Fact, Stated
from egraph.store import EQUALITY_ASSERTED, FACT_RETRACTED, NODE_ADDED, RULE_ADDED, FactStore, NodeTable

AskTable = Callable[..., pa.Table]
Rows = npt.NDArray[np.int64]
_ID_BYTES = 16
_COMMON = 'epoch_us(appended_at) AS at, partition, "offset", unhex(event_id) AS id'
_QUESTION = f"""
SELECT {{left}} AS on_left, {{right}} AS on_right, {_COMMON}, {{columns}} FROM facts AS f
WHERE ({{left}} OR {{right}}) AND kind {{kind}} AND {NOT_REFUSED}
"""
_NODES = """hlc, producer, NULL::VARCHAR AS why, unhex(node_id) AS node, operator, colour, len(children) AS arity,
unhex(array_to_string(children, '')) AS children"""
_EQUALITIES = f"unhex(left_id) AS one, unhex(right_id) AS other, {FACT_COLUMNS}"
_KINDS = {
    "NodeAdded": NODE_ADDED, "EqualityAsserted": EQUALITY_ASSERTED, "FactRetracted": FACT_RETRACTED,
    "RuleAdded": RULE_ADDED,
}  # fmt: skip
_NAMES = {number: name for name, number in _KINDS.items()}


class Records(Protocol):
    """Which records to read."""

    @property
    def condition(self) -> str:
        """SQL over `facts AS f`."""

    @property
    def values(self) -> tuple[Any, ...]:
        """What it takes."""


class Condition(NamedTuple):
    """Records that meet a condition."""

    condition: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class SideFacts:
    """Facts of two sides in one store: the numbers of those that each holds, and where the log has them.

    So many records of each side are `derived` equalities that are taken to count.
    """

    store: FactStore
    left: "array[int]"
    right: "array[int]"
    seen: SeenFacts
    left_derived: int = 0
    right_derived: int = 0


def read_sides(ask: AskTable, left: Records, right: Records, *, whole: bool) -> SideFacts:
    """Read the facts of both sides. `whole` makes an object of every equality, for a view that asks for each."""
    values = [*left.values, *right.values, *left.values, *right.values]

    def rows(kind: str, columns: str) -> pa.Table:
        question = _QUESTION.format(left=left.condition, right=right.condition, kind=kind, columns=columns)
        return ask(question, *values)

    nodes, equalities = rows("= 'NodeAdded'", _NODES), rows("= 'EqualityAsserted'", _EQUALITIES)
    return _Facts(nodes, equalities, rows("NOT IN ('NodeAdded', 'EqualityAsserted')", FACT_COLUMNS)).sides(whole)


def read_log(ask: AskTable, condition: str, values: Sequence[Any]) -> tuple[FactStore, "Seen"]:
    """Read the facts whose records meet a condition: a store of them, and where the log has each first."""
    side = Condition(condition, tuple(values))
    found = read_sides(ask, side, side, whole=False)
    assert isinstance(found.seen, Seen)
    return found.store, found.seen


class _Facts:
    """Rows of nodes, of equalities and of all other kinds, one behind the other, and their facts: each id once."""

    def __init__(self, nodes: pa.Table, equalities: pa.Table, others: pa.Table) -> None:
        self._tables = nodes, equalities, others
        self._first = 0, len(nodes), len(nodes) + len(equalities)
        ids = b"".join(_joined(table["id"]) for table in self._tables)
        self._facts, self._ids = _numbered(ids)
        self._rows = self._first_in_log()
        """By fact, the row of the first record that has it."""

    def sides(self, whole: bool) -> SideFacts:
        nodes, equalities, others = self._tables
        store = FactStore(lambda number: _ends_of(store, number))
        node, one, other = _node_numbers(store.nodes, nodes, equalities)
        nothing = np.full(len(self._facts), -1, np.int64)
        added, left, right = nothing.copy(), nothing.copy(), nothing.copy()
        added[: len(nodes)] = node
        left[self._first[1] : self._first[2]], right[self._first[1] : self._first[2]] = one, other
        kinds = np.repeat(np.array((NODE_ADDED, EQUALITY_ASSERTED), np.uint8), (len(nodes), len(equalities)))
        rest = np.array([_KINDS[kind] for kind in (others["kind"].to_pylist() if len(others) else ())], np.uint8)
        rows = self._rows
        store.intern_new(
            self._ids,
            _array("q", self._column("hlc")[rows]),
            np.concatenate((kinds, rest))[rows].tobytes(),
            _array("i", added[rows]),
            (_array("i", left[rows]), _array("i", right[rows])),
            dict(self._in_full(whole)),
        )
        taken = self._taken_to_count()
        held = [self._column(name).astype(np.bool_) for name in ("on_left", "on_right")]
        places = [self._column(name)[rows] for name in ("at", "partition", "offset")]
        seen = Seen((places[0], places[1], places[2]), store.kinds, self, rows)
        numbers = [self._held(flags) for flags in held]
        derived = [int(np.count_nonzero(flags & taken)) for flags in held]
        return SideFacts(store, numbers[0], numbers[1], seen, derived[0], derived[1])

    def _first_in_log(self) -> Rows:
        if len(self._facts) == len(self._ids) // _ID_BYTES:
            return np.arange(len(self._facts))
        order = np.lexsort([self._column(name) for name in ("offset", "partition", "at")])
        return np.asarray(order[_first_rows(self._facts[order])], np.int64)

    def text(self, name: str, row: int) -> str | None:
        """Give a text of a row."""
        table, place = self._at(row)
        found = table[name][place].as_py()
        return None if found is None else str(found)

    def _at(self, row: int) -> tuple[pa.Table, int]:
        which = 2 if row >= self._first[2] else int(row >= self._first[1])
        return self._tables[which], row - self._first[which]

    def _column(self, name: str) -> Rows:
        return np.concatenate([table[name].to_numpy().astype(np.int64) for table in self._tables])

    def _held(self, flags: npt.NDArray[np.bool_]) -> "array[int]":
        held = np.zeros(len(self._rows), np.bool_)
        held[self._facts[flags]] = True
        return _array("i", np.flatnonzero(held))

    def _taken_to_count(self) -> npt.NDArray[np.bool_]:
        """Tell of each row whether it is a derived equality of which the store does not say what it rests on."""
        found = np.zeros(len(self._facts), np.bool_)
        equalities = self._tables[1]
        derived = pc.and_(pc.starts_with(equalities["why"], DERIVED), pc.is_null(equalities["premises"]))
        found[self._first[1] : self._first[2]] = derived.to_numpy(zero_copy_only=False) if len(equalities) else ()
        return found

    def _in_full(self, whole: bool) -> Iterator[tuple[int, Fact]]:
        """Give, by number, facts that the store cannot do without as objects: what rests on something, what is no
        node and no equality; all equalities, if that is wanted."""
        for which in (1, 2):
            table, first = self._tables[which], self._first[which]
            chosen = np.arange(len(table))
            if which == 1 and not whole:
                chosen = np.flatnonzero(pc.is_valid(table["premises"]).to_numpy()) if len(table) else chosen
            facts = self._facts[first + chosen].tolist()
            for number, row in zip(facts, _records(table.take(pa.array(chosen))), strict=True):
                yield number, fact_of(row)


class Seen:
    """Where the log has facts first, by their numbers: time of append in microseconds, partition, offset.

    Texts are read when somebody asks.
    """

    def __init__(self, places: tuple[Rows, Rows, Rows], kinds: Sequence[int], facts: _Facts, rows: Rows) -> None:
        self.at, self.partitions, self.offsets = places
        self._kinds = kinds
        self._facts, self._rows = facts, rows

    def __getitem__(self, number: int) -> SeenFact:
        row = int(self._rows[number])
        producer = self._facts.text("producer", row)
        place = int(self.partitions[number]), int(self.offsets[number])
        return SeenFact(*place, _NAMES[self._kinds[number]], producer or "", self._facts.text("why", row))


def _ends_of(store: FactStore, number: int) -> EqualityAsserted:
    """Give a stated equality without its texts: a comparison asks for the ends of all of them, and tells of few."""
    ids = store.nodes.ids
    return EqualityAsserted(
        event_id=store.event_id(number), graph="", producer="", sequence=0, hlc=store.hlc[number],
        left=ids[store.left[number]], right=ids[store.right[number]], why=Stated(""),
    )  # fmt: skip


def _node_numbers(table: NodeTable, nodes: pa.Table, equalities: pa.Table) -> tuple[Rows, Rows, Rows]:
    """Fill the table; give the numbers of the nodes that rows add, and of the two ends of equalities."""
    columns = (
        _joined(nodes["node"]),
        _joined(nodes["children"]),
        _joined(equalities["one"]),
        _joined(equalities["other"]),
    )
    numbers, fresh = _numbered(b"".join(columns))
    table.mention_new(fresh)
    ends = np.cumsum([len(column) // _ID_BYTES for column in columns])
    added, children, one, other = np.split(numbers, ends[:-1])
    # They come first, so those that are added have the first numbers.
    rows = _first_rows(added)
    arity = nodes["arity"].to_numpy().astype(np.int64)
    first = np.concatenate(([0], np.cumsum(arity)))[rows]
    arity = arity[rows]
    firsts = np.concatenate(([0], np.cumsum(arity)))
    places = np.repeat(first - firsts[:-1], arity) + np.arange(firsts[-1])
    table.symbol[: len(rows)] = _array("i", _symbols(table, nodes)[rows])
    table.first_child[: len(rows)] = _array("i", firsts[:-1])
    table.arity[: len(rows)] = _array("i", arity)
    table.children.extend(_array("i", children[places]))
    return added, one, other


def _symbols(table: NodeTable, nodes: pa.Table) -> Rows:
    """Give the number of (operator, colour) of each row."""
    if not len(nodes):
        return np.zeros(0, np.int64)
    operators, colours = (nodes[name].combine_chunks().dictionary_encode() for name in ("operator", "colour"))
    radix = len(colours.dictionary)
    pairs = operators.indices.to_numpy().astype(np.int64) * radix + colours.indices.to_numpy()
    known, where = np.unique(pairs, return_inverse=True)
    names, paints = operators.dictionary.to_pylist(), colours.dictionary.to_pylist()
    chosen = [names[pair // radix] for pair in known.tolist()]
    colours_of = [Colour[paints[pair % radix]] for pair in known.tolist()]
    return np.array([*map(table.symbols.number, chosen, colours_of)], np.int64)[where]


def _joined(column: pa.ChunkedArray) -> bytes:
    """Give the bytes of a column of ids, one behind the other."""
    found = column.combine_chunks().cast(pa.large_binary()) if len(column) else None
    if found is None:
        return b""
    offsets = np.frombuffer(found.buffers()[1], np.int64)[found.offset : found.offset + len(found) + 1]
    return bytes(memoryview(found.buffers()[2])[offsets[0] : offsets[-1]]) if offsets[-1] else b""


def _numbered(ids: bytes) -> tuple[Rows, bytes]:
    """Give the number of each joined id, in the order in which they come first, and those that have one, joined."""
    count = len(ids) // _ID_BYTES
    found = pa.FixedSizeBinaryArray.from_buffers(pa.binary(_ID_BYTES), count, [None, pa.py_buffer(ids)])
    encoded = found.dictionary_encode()
    known = len(encoded.dictionary)
    return encoded.indices.to_numpy().astype(np.int64), bytes(encoded.dictionary.buffers()[1])[: _ID_BYTES * known]


def _first_rows(numbers: Rows) -> Rows:
    """Give, by number, the first place that has it."""
    return np.asarray(np.unique(numbers, return_index=True)[1], np.int64)


def _records(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    names = [name.strip() for name in FACT_COLUMNS.split(",")]
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def _array(code: str, values: Rows) -> "array[int]":
    return array(code, values.astype(np.int64 if code == "q" else np.int32).tobytes())
