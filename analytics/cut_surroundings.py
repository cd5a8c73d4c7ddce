"""What one record changed in a view, with the classes around it, as an answer.

Belongs here: from a change and the view after it to plain data. Not here: comparing (cut_change.py), which classes are
around one (egraph/explain/surroundings.py).
"""

from analytics.change_answers import QUARANTINED, SUSPENDED, ChangeAtCut, ClassAroundCut, EqualityAtCut, NodeAtCut
from analytics.cut_change import Change
from egraph.colours import Colour
from egraph.explain.known import KnownToView
from egraph.explain.surroundings import CHILDREN, ClassAround, KnownClasses, surroundings
from egraph.explain.terms import printable, term
from egraph.facts import EqualityAsserted
from egraph.identifiers import EventId, NodeId
from egraph.reading import ReplicaView

WITNESS_ACCEPTED = 2_000
"""A witness is sought among so many accepted equalities: each step of the search closes over all of them."""
OWN_NODES = 6


def told_change(view: ReplicaView, change: Change, drawn: int) -> ChangeAtCut:
    """Tell what a record changed, and at most `drawn` classes of what stands around it."""
    tell = _Teller(view, change)
    classes, classes_count = tell.around(drawn)
    equality, outcome = change.equality, change.outcome
    return ChangeAtCut(
        kind=change.kind,
        outcome=outcome,
        was=change.was,
        equality=None if equality is None else tell.equality(equality),
        merged=change.merged,
        split=change.split,
        counts_now=change.counts_now,
        fails_now=change.fails_now,
        failing_premises=len(view.suspended()[equality]) if outcome == SUSPENDED and equality is not None else 0,
        kept_apart_by=tell.witness(equality) if outcome == QUARANTINED and equality is not None else (),
        classes=classes,
        classes_count=classes_count,
    )


def classes_around(view: ReplicaView, change: Change, drawn: int) -> tuple[tuple[ClassAroundCut, ...], int]:
    """Give the classes of the nodes of a change and what stands around them, `drawn` in all, of how many."""
    return _Teller(view, change).around(drawn)


class _Teller:
    """Reads one view as it stands."""

    def __init__(self, view: ReplicaView, change: Change) -> None:
        self._view, self._change = view, change
        self._table = view.store.nodes
        self.known, self.classes = KnownToView(view), KnownClasses(view)
        self._quarantined = [self._equality(event) for event in view.quarantined()]

    def around(self, drawn: int) -> tuple[tuple[ClassAroundCut, ...], int]:
        """Tell the classes that the change speaks of and others around them, and how many there are."""
        nodes = self._change.nodes
        middle = len({self.classes.class_of(node) for node in nodes})
        found = surroundings(self.known, self.classes, nodes, max(0, drawn - middle), own_nodes=OWN_NODES)
        return tuple(self.class_around(item) for item in found.classes), found.classes_count

    def _equality(self, event: EventId) -> EqualityAsserted:
        # Not `known.equality`: one that was retracted is told too.
        number = self._view.store.index_of(event)
        assert number is not None
        fact = self._view.store.fact(number)
        assert isinstance(fact, EqualityAsserted)
        return fact

    def equality(self, event: EventId) -> EqualityAtCut:
        """Tell an equality."""
        fact = self._equality(event)
        return EqualityAtCut(
            event_id=event.hex(),
            left_id=fact.left.hex(),
            right_id=fact.right.hex(),
            left=term(self.known, fact.left),
            right=term(self.known, fact.right),
        )

    def witness(self, event: EventId) -> tuple[EqualityAtCut, ...] | None:
        """Tell what a quarantined equality conflicts with, if that is found in reasonable time."""
        if len(self._view.accepted()) > WITNESS_ACCEPTED:
            return None
        return tuple(self.equality(item) for item in self._view.witness(event))

    def class_around(self, item: ClassAround) -> ClassAroundCut:
        """Tell a class."""
        members = self.classes.members(item.name)
        numbers = frozenset(number for node in members if (number := self._table.index.get(node)) is not None)
        change, parts = self._change.of_class(numbers)
        inside = set(members)
        return ClassAroundCut(
            name=item.name.hex(),
            side=item.side,
            change=change,
            parts=parts,
            nodes=tuple(self._node(node) for node in item.nodes),
            nodes_count=len(members),
            quarantined_count=sum(fact.left in inside or fact.right in inside for fact in self._quarantined),
        )

    def _node(self, node: NodeId) -> NodeAtCut:
        content = self.known.node(node)
        children = () if content is None else content.children[:CHILDREN]
        return NodeAtCut(
            node_id=node.hex(),
            term=term(self.known, node, 2),
            operator=None if content is None else printable(content.operator),
            colour=Colour(node[0] >> 6).name,
            children=tuple(dict.fromkeys(self.classes.class_of(child).hex() for child in children)),
            is_new=self._change.new_node is not None and node == self._table.ids[self._change.new_node],
        )
