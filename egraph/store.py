"""Interned facts and nodes: content-addressed, append-only, shared by all views of one process.

Belongs here: what is the same for every replica (what an event id or a node id stands for). Not here: what a
replica holds or decides (view.py). Sharing cannot couple replicas, because nothing here ever changes once written.
Columns instead of objects: hundreds of thousands of nodes must stay small.
"""

from array import array
from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from egraph.colours import Colour
from egraph.errors import InvariantBroken
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded
from egraph.identifiers import ID_BYTES, EventId, NodeId, node_id

NODE_ADDED, EQUALITY_ASSERTED, FACT_RETRACTED, RULE_ADDED = range(4)
"""Kinds of facts; positions in egraph.digest.FACT_KINDS."""

_KIND_OF: dict[type, int] = {
    NodeAdded: NODE_ADDED,
    EqualityAsserted: EQUALITY_ASSERTED,
    FactRetracted: FACT_RETRACTED,
    RuleAdded: RULE_ADDED,
}

_UNKNOWN, _NOTHING = array("i", (-1,)), array("i", (0,))
_TOP_BITS = bytes(byte >> 6 for byte in range(256))
"""The colour that the first byte of a node id names, by that byte."""


class NodeTable:
    """Dense numbers for node ids, and the content of the nodes whose NodeAdded was seen by the process."""

    def __init__(self) -> None:
        self.ids: list[NodeId] = []
        self.index: dict[NodeId, int] = {}
        self.colour = bytearray()
        self.symbol = array("i")  # number of (operator, colour), or -1 while only mentioned
        self.first_child = array("i")
        self.arity = array("i")
        self.children = array("i")
        self._symbols: dict[tuple[str, Colour], int] = {}
        self._symbol_list: list[tuple[str, Colour]] = []

    def mention(self, node: NodeId) -> int:
        """Give the dense number of an id, known or not."""
        number = self.index.get(node)
        if number is None:
            number = len(self.ids)
            self.index[node] = number
            self.ids.append(node)
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
            self.symbol[number] = self.symbol_number(operator, colour)
            self.first_child[number] = len(self.children)
            self.arity[number] = len(numbers)
            self.children.extend(numbers)
        return number

    def mention_new(self, fresh: Sequence[NodeId]) -> None:
        """Give dense numbers to ids that have none yet, in their order; the caller vouches that each is new."""
        self.index.update(zip(fresh, range(len(self.ids), len(self.ids) + len(fresh)), strict=True))
        self.ids += fresh
        self.colour += b"".join(fresh)[::ID_BYTES].translate(_TOP_BITS)
        self.symbol.extend(_UNKNOWN * len(fresh))
        self.first_child.extend(_NOTHING * len(fresh))
        self.arity.extend(_NOTHING * len(fresh))

    def symbol_number(self, operator: str, colour: Colour) -> int:
        """Give the number of (operator, colour), a new one if it has none."""
        key = (operator, colour)
        symbol = self._symbols.setdefault(key, len(self._symbols))
        if symbol == len(self._symbol_list):
            self._symbol_list.append(key)
        return symbol

    def symbol_numbers(self, keys: Iterable[tuple[str, Colour]]) -> list[int]:
        """Give the numbers of several (operator, colour), in their order."""
        symbols, listed = self._symbols, self._symbol_list
        numbers = []
        for key in keys:
            number = symbols.get(key)
            if number is None:
                number = symbols[key] = len(listed)
                listed.append(key)
            numbers.append(number)
        return numbers

    def children_of(self, number: int) -> "array[int]":
        """Give the dense numbers of a defined node's children."""
        first = self.first_child[number]
        return self.children[first : first + self.arity[number]]

    def symbols_of(self, operators: Container[str]) -> set[int]:
        """Give the symbols, numbers of (operator, colour), of some operators."""
        return {number for number, (operator, _) in enumerate(self._symbol_list) if operator in operators}

    def operator_of(self, number: int) -> str | None:
        """Give the operator of a node, or None while its content is unknown."""
        symbol = self.symbol[number]
        return None if symbol < 0 else self._symbol_list[symbol][0]


class FactStore:
    """Dense numbers for facts, and what each says."""

    def __init__(self, read: Callable[[int], Fact] | None = None) -> None:
        """`read` gives the facts that were interned by columns alone, by their numbers."""
        self.nodes = NodeTable()
        self.ids: list[EventId] = []
        self.hlc = array("q")
        self.kinds = bytearray()
        self.node = array("i")  # the node that a NodeAdded adds, -1 for other kinds
        self.left = array("i")  # the ends of an EqualityAsserted, -1 for other kinds
        self.right = array("i")
        self._index: dict[EventId, int] = {}
        self.index_of: Callable[[EventId], int | None] = self._index.get
        """Gives the dense number behind an event id, or None if the process has not seen it. The dictionary's own
        method, because it is asked once or twice for each message."""
        self._others: dict[int, Fact] = {}
        self._read = read

    def __len__(self) -> int:
        return len(self.ids)

    def intern(self, fact: Fact) -> int:
        """Give the dense number of a fact; equal event ids give the same number."""
        known = self._index.get(fact.event_id)
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
        ids: Sequence[EventId],
        hlc: "array[int]",
        kinds: bytes,
        nodes: "array[int]",
        ends: "tuple[array[int], array[int]]",
        others: Mapping[int, Fact],
    ) -> None:
        """Intern facts that were claimed, in their order; the caller vouches for the ids.

        One item a fact: `nodes` and `ends` have dense numbers of nodes, or -1. `others` has facts under their places:
        all but nodes and stated equalities, which `read` gives when somebody asks.
        """
        first = len(self.ids)
        self.ids += ids
        self.hlc.extend(hlc)
        self.kinds += kinds
        self.node.extend(nodes)
        self.left.extend(ends[0])
        self.right.extend(ends[1])
        self._others.update((first + place, fact) for place, fact in others.items())

    def claim(self, ids: Sequence[EventId]) -> bool:
        """Give the next numbers to facts, for `intern_new`; False, and nothing is changed, if not each of them is new.

        One look-up for each: asking first and entering then would be three.
        """
        wanted = range(len(self.ids), len(self.ids) + len(ids))
        found = list(map(self._index.setdefault, ids, wanted))
        if found == list(wanted):
            return True
        for event_id, number, had in zip(ids, wanted, found, strict=True):
            if had == number:
                del self._index[event_id]
        return False

    def _number(self, event_id: EventId, hlc: int, kind: int, node: int, left: int, right: int) -> int:
        number = len(self.ids)
        self._index[event_id] = number
        self.ids.append(event_id)
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
        return self.ids[number]

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
        return self.hlc[number], self.ids[number]

    def orders(self, numbers: Sequence[int]) -> list[tuple[int, EventId]]:
        """Give the places of several facts in the total order."""
        hlc, ids = self.hlc, self.ids
        return [(hlc[number], ids[number]) for number in numbers]
