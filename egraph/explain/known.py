"""What explanations must know beyond a view: the content of nodes and equalities, and who names whom.

Belongs here: reading that content, from facts or from an incremental view. Not here: deciding anything.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from egraph.colours import Colour
from egraph.facts import EqualityAsserted, Fact, NodeAdded
from egraph.identifiers import EventId, NodeId, node_id
from egraph.reading import ReplicaView


class NodeContent(NamedTuple):
    """What a node id stands for."""

    operator: str
    colour: Colour
    children: tuple[NodeId, ...]


class Known(Protocol):
    """Contents of the facts that a view holds."""

    def node(self, node: NodeId) -> NodeContent | None:
        """Give the content of an added node; None for an id that is only mentioned, or unknown."""

    def added_by(self, node: NodeId) -> EventId:
        """Give the first fact, in the total order, that adds the node. Raises KeyError if none does."""

    def parents(self, node: NodeId) -> tuple[NodeId, ...]:
        """Give the added nodes that name this one, ascending, each once."""

    def equality(self, event_id: EventId) -> EqualityAsserted:
        """Give an equality. Raises KeyError if there is none of this id."""


class KnownFacts:
    """Reads a collection of facts; every one of them is held."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._content: dict[NodeId, NodeContent] = {}
        self._added_by: dict[NodeId, tuple[int, EventId]] = {}
        self._parents: defaultdict[NodeId, set[NodeId]] = defaultdict(set)
        self._equalities: dict[EventId, EqualityAsserted] = {}
        for fact in facts:
            if isinstance(fact, EqualityAsserted):
                self._equalities[fact.event_id] = fact
            elif isinstance(fact, NodeAdded):
                self._add(fact)

    def _add(self, fact: NodeAdded) -> None:
        node = node_id(fact.operator, fact.colour, fact.children)
        order = (fact.hlc, fact.event_id)
        self._content[node] = NodeContent(fact.operator, fact.colour, fact.children)
        self._added_by[node] = min(order, self._added_by.get(node, order))
        for child in fact.children:
            self._parents[child].add(node)

    def node(self, node: NodeId) -> NodeContent | None:
        """Give the content of an added node."""
        return self._content.get(node)

    def added_by(self, node: NodeId) -> EventId:
        """Give the first fact that adds the node."""
        return self._added_by[node][1]

    def parents(self, node: NodeId) -> tuple[NodeId, ...]:
        """Give the added nodes that name this one."""
        return tuple(sorted(self._parents.get(node, ())))

    def equality(self, event_id: EventId) -> EqualityAsserted:
        """Give an equality."""
        return self._equalities[event_id]


class KnownToView:
    """Reads what an incremental view holds out of the shared store. Copies nothing; valid until the next fold."""

    def __init__(self, view: ReplicaView) -> None:
        view.settle()
        self._view = view
        self._table = view.store.nodes
        self._added_by: dict[int, tuple[int, EventId]] | None = None

    def node(self, node: NodeId) -> NodeContent | None:
        """Give the content of an added node."""
        number = self._number(node)
        if number is None:
            return None
        operator = self._table.operator_of(number)
        assert operator is not None
        children = tuple(self._table.ids[child] for child in self._table.children_of(number))
        return NodeContent(operator, Colour(self._table.colour[number]), children)

    def added_by(self, node: NodeId) -> EventId:
        """Give the first fact that adds the node. The first call reads all facts."""
        if self._added_by is None:
            store = self._view.store
            self._added_by = {}
            for fact, added in enumerate(store.node):
                if added >= 0 and self._view.holds(store.ids[fact]):
                    order = store.order(fact)
                    self._added_by[added] = min(order, self._added_by.get(added, order))
        return self._added_by[self._table.index[node]][1]

    def parents(self, node: NodeId) -> tuple[NodeId, ...]:
        """Give the added nodes that name this one."""
        number = self._table.index.get(node)
        if number is None or number >= len(self._view.nodes.added):
            return ()
        return tuple(sorted({self._table.ids[parent] for parent in self._view.nodes.parents(number)}))

    def equality(self, event_id: EventId) -> EqualityAsserted:
        """Give an equality."""
        number = self._view.store.index_of(event_id)
        if number is None or not self._view.holds(event_id):
            raise KeyError(event_id.hex())
        fact = self._view.store.fact(number)
        if not isinstance(fact, EqualityAsserted):
            raise KeyError(event_id.hex())
        return fact

    def _number(self, node: NodeId) -> int | None:
        number = self._table.index.get(node)
        added = self._view.nodes.added
        return number if number is not None and number < len(added) and added[number] else None
