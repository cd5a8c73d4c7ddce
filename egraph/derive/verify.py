"""Every derived equality of a set of facts, judged: the core of `egraph verify` and of agents that verify.

Belongs here: which facts are judged, and what they are judged against. Not here: judging one (check.py), what is done
about a verdict.
"""

from collections.abc import Iterable, Iterator

from egraph.colours import Colour
from egraph.derive.check import Checker, HasContent, Lookup
from egraph.derive.verdict import Verdict
from egraph.explain.known import KnownToView
from egraph.facts import Derived, EqualityAsserted, Fact, NodeAdded
from egraph.identifiers import EventId, NodeId
from egraph.reading import ReplicaView
from egraph.store import NODE_ADDED


def verify(facts: Iterable[Fact], lookup: Lookup) -> Iterator[tuple[EventId, Verdict]]:
    """Judge every derived equality among the facts, one after another; others are passed over."""
    checker = Checker(lookup)
    for fact in facts:
        if isinstance(fact, EqualityAsserted) and isinstance(fact.why, Derived):
            yield fact.event_id, checker.check(fact)


def verify_view(view: ReplicaView) -> Iterator[tuple[EventId, Verdict]]:
    """Judge every derived equality of a view that is not retracted, in the total order. Do not fold meanwhile."""
    return verify(derived_equalities(view), HeldByView(view))


def derived_equalities(view: ReplicaView) -> list[EqualityAsserted]:
    """Give the derived equalities that are not retracted, whether they count or not, in the total order."""
    found = []
    for event_id in (*view.accepted(), *view.quarantined(), *view.suspended()):
        number = view.store.index_of(event_id)
        assert number is not None
        fact = view.store.fact(number)
        if isinstance(fact, EqualityAsserted) and isinstance(fact.why, Derived):
            found.append(fact)
    return sorted(found, key=lambda fact: (fact.hlc, fact.event_id))


class HeldByView:
    """What a view holds, for the checker. Retracted facts are held too: whether a premise counts, the view decides."""

    def __init__(self, view: ReplicaView) -> None:
        self._view = view
        self._known = KnownToView(view)

    def fact(self, event_id: EventId) -> Fact | None:
        """Give the fact behind an event id; of a NodeAdded no more than the store keeps."""
        store = self._view.store
        number = store.index_of(event_id)
        if number is None or not self._view.holds(event_id):
            return None
        if store.kind(number) != NODE_ADDED:
            return store.fact(number)
        node, table = store.node[number], store.nodes
        return NodeAdded(
            event_id=event_id, graph="", producer="", sequence=0, hlc=store.hlc[number],
            operator=table.operator_of(node) or "", colour=Colour(table.colour[node]),
            children=tuple(table.ids[child] for child in table.children_of(node)),
        )  # fmt: skip

    def node(self, node: NodeId) -> HasContent | None:
        """Give the content of an added node."""
        return self._known.node(node)
