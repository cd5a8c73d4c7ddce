"""Interned facts and nodes: content-addressed, append-only, shared by all views of one process.

Belongs here: what is the same for every replica (what an event id or a node id stands for). Not here: what a
replica holds or decides (view.py). Sharing cannot couple replicas, because nothing here ever changes once written.
Columns instead of objects: hundreds of thousands of nodes must stay small.
"""

from array import array
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Generic, TypeVar, cast

from egraph.colours import Colour
from egraph.errors import InvariantBroken
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded
from egraph.identifiers import ID_BYTES, EventId, NodeId, node_id
from egraph.symbols import Symbols

NODE_ADDED, EQUALITY_ASSERTED, FACT_RETRACTED, RULE_ADDED = range(4)
"""Kinds of facts; positions in egraph.digest.FACT_KINDS."""

_KIND_OF: dict[type, int] = {
    NodeAdded: NODE_ADDED,
    EqualityAsserted: EQUALITY_ASSERTED,
    FactRetracted: FACT_RETRACTED,
    RuleAdded: RULE_ADDED,
}

Id = TypeVar("Id", bound=bytes)

_UNKNOWN, _NOTHING = array("i", (-1,)), array("i", (0,))
_COLOUR_OF_BYTE = bytes(byte >> 6 for byte in range(256))


class IdColumn(Generic[Id]):
    """Ids by dense number, one behind the other; a list and a dictionary of them are made when first asked for.

    What comes by the batch often goes by the batch, too, and then nobody needs an object for each. One thread may add
    while others ask, and whoever asks first makes what is missing: every item is put at its own number, so that two
    who do it at once write the same, and nobody takes a view of `data`, which could not grow meanwhile.
    """

    def __init__(self) -> None:
        self.data = bytearray()
        """The ids, 16 bytes each. It cannot grow while a view of it lives: only the thread that adds may take one."""
        self._ids: list[Id] = []
        self._index: dict[Id, int] = {}

    def __len__(self) -> int:
        return len(self.data) // ID_BYTES

    @property
    def unindexed(self) -> int:
        """How many ids the dictionary would have to take in if it were asked for now."""
        return len(self) - len(self._index)

    def ids(self) -> list[Id]:
        """Give all ids in order. The list is this object's own, and grows with it."""
        known = len(self._ids)
        if ID_BYTES * known != len(self.data):
            data = bytes(self.data[ID_BYTES * known :])
            fresh = cast(list[Id], [data[at : at + ID_BYTES] for at in range(0, len(data), ID_BYTES)])
            self._ids[known : known + len(fresh)] = fresh
        return self._ids

    def at(self, number: int) -> Id:
        """Give one id."""
        if number < len(self._ids):
            return self._ids[number]
        return cast(Id, bytes(self.data[ID_BYTES * number : ID_BYTES * (number + 1)]))

    def index(self) -> dict[Id, int]:
        """Give the number of each id. The dictionary is this object's own, and grows with it."""
        known = len(self._index)
        if ID_BYTES * known != len(self.data):
            fresh = self.ids()[known:]
            self._index.update(zip(fresh, range(known, known + len(fresh)), strict=True))
        return self._index

    def append(self, item: Id) -> int:
        """Give the next number to an id that has none."""
        index = self.index()
        number = index[item] = len(self._ids)
        self._ids.append(item)
        self.data += item  # last: what others find missing is nowhere yet
        return number


class NodeTable:
    """Dense numbers for node ids, and the content of the nodes whose NodeAdded was seen by the process."""

    def __init__(self) -> None:
        self.column = IdColumn[NodeId]()
        self.colour = bytearray()
        self.symbol = array("i")  # number of (operator, colour), or -1 while only mentioned
        self.first_child = array("i")
        self.arity = array("i")
        self.children = array("i")
        self.symbols = Symbols()

    def __len__(self) -> int:
        return len(self.colour)

    @property
    def ids(self) -> list[NodeId]:
        """The ids by dense number."""
        return self.column.ids()

    @property
    def index(self) -> dict[NodeId, int]:
        """The dense number of each id."""
        return self.column.index()

    def mention(self, node: NodeId) -> int:
        """Give the dense number of an id, known or not."""
        number = self.column.index().get(node)
        if number is None:
            number = self.column.append(node)
            self.colour.append(node[0] >> 6)
            self.symbol.append(-1)
            self.first_child.append(0)
            self.arity.append(0)
        return number

    def define(self, node: NodeId, operator: str, colour: Colour, children: Sequence[NodeId]) -> int:
        """Give the dense number of a node, and keep its content."""
        number = self.mention(node)
        if self.symbol[number] < 0:
            known = self.index.get
            numbers = [self.mention(child) if (at := known(child)) is None else at for child in children]
            self.symbol[number] = self.symbols.number(operator, colour)
            self.first_child[number] = len(self.children)
            self.arity[number] = len(numbers)
            self.children.extend(numbers)
        return number

    def mention_new(self, fresh: bytes) -> None:
        """Give dense numbers to joined ids that have none yet, in order; the caller vouches that each is new."""
        count = len(fresh) // ID_BYTES
        self.column.data += fresh
        self.colour += fresh[::ID_BYTES].translate(_COLOUR_OF_BYTE)
        self.symbol.extend(_UNKNOWN * count)
        self.first_child.extend(_NOTHING * count)
        self.arity.extend(_NOTHING * count)

    def children_of(self, number: int) -> "array[int]":
        """Give the dense numbers of a defined node's children."""
        first = self.first_child[number]
        return self.children[first : first + self.arity[number]]

    def symbols_of(self, operators: Container[str]) -> set[int]:
        """Give the symbols, numbers of (operator, colour), of some operators."""
        return {number for number, operator in enumerate(self.symbols.names()) if operator in operators}

    def operator_of(self, number: int) -> str | None:
        """Give the operator of a node, or None while its content is unknown."""
        symbol = self.symbol[number]
        return None if symbol < 0 else self.symbols.names()[symbol]


class FactStore:
    """Dense numbers for facts, and what each says."""

    def __init__(self, read: Callable[[int], Fact] | None = None) -> None:
        """`read` gives the facts that were interned by columns alone, by their numbers."""
        self.nodes = NodeTable()
        self.column = IdColumn[EventId]()
        self.hlc = array("q")
        self.kinds = bytearray()
        self.node = array("i")  # the node that a NodeAdded adds, -1 for other kinds
        self.left = array("i")  # the ends of an EqualityAsserted, -1 for other kinds
        self.right = array("i")
        self._others: dict[int, Fact] = {}
        self._read = read

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def ids(self) -> list[EventId]:
        """The event ids by dense number."""
        return self.column.ids()

    @property
    def index_of(self) -> Callable[[EventId], int | None]:
        """Gives the dense number behind an event id, or None if the process has not seen it. The dictionary's own
        method, because it is asked once or twice for each message; good until facts are interned by the batch."""
        return self.column.index().get

    def intern(self, fact: Fact) -> int:
        """Give the dense number of a fact; equal event ids give the same number."""
        known = self.index_of(fact.event_id)
        if known is not None:
            return known
        if type(fact) is NodeAdded:
            node = node_id(fact.operator, fact.colour, fact.children)
            added = self.nodes.define(node, fact.operator, fact.colour, fact.children)
            return self._number(fact.event_id, fact.hlc, NODE_ADDED, added, -1, -1)
        left = right = -1
        if type(fact) is EqualityAsserted:
            left, right = self.nodes.mention(fact.left), self.nodes.mention(fact.right)
        number = self._number(fact.event_id, fact.hlc, _KIND_OF[type(fact)], -1, left, right)
        self._others[number] = fact
        return number

    def intern_new(
        self,
        ids: bytes,
        hlc: "array[int]",
        kinds: bytes,
        nodes: "array[int]",
        ends: "tuple[array[int], array[int]]",
        others: Mapping[int, Fact],
    ) -> None:
        """Intern facts in their order; the caller vouches for the joined ids, and that each of them is new.

        One item a fact: `nodes` and `ends` have dense numbers of nodes, or -1. `others` has facts under their places:
        all but nodes and stated equalities, which `read` gives when somebody asks.
        """
        first = len(self)
        self.column.data += ids
        self.hlc.extend(hlc)
        self.kinds += kinds
        self.node.extend(nodes)
        self.left.extend(ends[0])
        self.right.extend(ends[1])
        self._others.update((first + place, fact) for place, fact in others.items())

    def _number(self, event_id: EventId, hlc: int, kind: int, node: int, left: int, right: int) -> int:
        number = self.column.append(event_id)
        self.hlc.append(hlc)
        self.kinds.append(kind)
        self.node.append(node)
        self.left.append(left)
        self.right.append(right)
        return number

    def intern_all(self, facts: Iterable[Fact]) -> list[int]:
        """Give the dense numbers of facts, in their order."""
        return [self.intern(fact) for fact in facts]

    def event_id(self, number: int) -> EventId:
        """Give the event id behind a dense number."""
        return self.column.at(number)

    def kind(self, number: int) -> int:
        """Give the kind of a fact: NODE_ADDED, EQUALITY_ASSERTED, FACT_RETRACTED or RULE_ADDED."""
        return self.kinds[number]

    def fact(self, number: int) -> Fact:
        """Give a fact that is not a NodeAdded, whose content is kept in columns. Raises InvariantBroken for one."""
        fact = self._others.get(number)
        if fact is None:
            if self._read is None or self.kinds[number] == NODE_ADDED:
                raise InvariantBroken(f"fact {number} is a NodeAdded; read it from the node table")
            fact = self._others[number] = self._read(number)
        return fact

    def premises(self, number: int) -> tuple[bytes, ...]:
        """Give what an equality rests on: nothing, if it is stated."""
        fact = self._others.get(number)
        return fact.why.premises if isinstance(fact, EqualityAsserted) and isinstance(fact.why, Derived) else ()

    def premises_of(self, numbers: Sequence[int]) -> list[tuple[bytes, ...]]:
        """Give what each of several equalities rests on."""
        others, premises = self._others, self.premises
        return [premises(number) if number in others else () for number in numbers]

    def order(self, number: int) -> tuple[int, EventId]:
        """Give the place of a fact in the total order: (hlc, event id)."""
        return self.hlc[number], self.column.at(number)

    def orders(self, numbers: Sequence[int]) -> list[tuple[int, EventId]]:
        """Give the places of several facts in the total order."""
        hlc, id_at = self.hlc, self.column.at
        return [(hlc[number], id_at(number)) for number in numbers]
