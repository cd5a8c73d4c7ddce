"""Why two nodes are not equal: the equalities that would join them, did they count.

Belongs here: the search among quarantined and suspended equalities. Not here: proofs of what is equal (prove.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from egraph.explain.known import Known
from egraph.explain.levels import Application, Edge, Levels
from egraph.identifiers import EventId, NodeId
from egraph.reading import View

_REDUCE_UP_TO = 64


@dataclass(frozen=True, slots=True)
class Blocked:
    """An equality that does not count. `because`: the accepted ones it conflicts with, or its failing premises."""

    event_id: EventId
    left: NodeId
    right: NodeId
    state: Literal["quarantined", "suspended"]
    because: tuple[EventId, ...]

    def document(self) -> dict[str, Any]:
        """Give it as a JSON-ready mapping."""
        return {
            "event": self.event_id.hex(),
            "left": self.left.hex(),
            "right": self.right.hex(),
            "state": self.state,
            "because": [item.hex() for item in self.because],
        }


def why_not(view: View, known: Known, left: NodeId, right: NodeId) -> tuple[Blocked, ...]:
    """Give the fewest blocked equalities we find that would join two nodes; none if nothing is known or they are equal.

    Congruence counts: a blocked equality of children joins their parents. None of those given could be left out.
    """
    suspended = view.suspended()
    blocked = {item: known.equality(item) for item in (*view.quarantined(), *suspended)}
    classes = _Classes(view, known)
    start, end = classes.name(left), classes.name(right)
    edges = [Edge(classes.name(f.left), classes.name(f.right), item) for item, f in blocked.items()]
    used = _used(edges, classes, start, end)
    if start == end or used is None:
        return ()
    if len(used) <= _REDUCE_UP_TO:
        for candidate in reversed(used):
            if candidate in used:
                fewer = _used([edge for edge in used if edge != candidate], classes, start, end)
                used = used if fewer is None else fewer
    return tuple(
        Blocked(
            edge.event_id,
            blocked[edge.event_id].left,
            blocked[edge.event_id].right,
            "suspended" if edge.event_id in suspended else "quarantined",
            suspended[edge.event_id] if edge.event_id in suspended else view.witness(edge.event_id),
        )
        for edge in used
    )


def _used(edges: Iterable[Edge], classes: "_Classes", start: NodeId, end: NodeId) -> list[Edge] | None:
    explained = Levels(edges, classes.uses).explain(start, end)
    if explained is None:
        return None
    hops = (hop for _, path in explained for hop in path)
    return list(dict.fromkeys(hop.edge for hop in hops if hop.edge is not None))


class _Classes:
    """The graph of whole classes: each is an item, named by its smallest node; its applications name classes."""

    def __init__(self, view: View, known: Known) -> None:
        self._view, self._known = view, known
        self._name: dict[NodeId, NodeId] = {}

    def name(self, node: NodeId) -> NodeId:
        """Give the smallest node of a node's class."""
        if node not in self._name:
            members = self._view.members(node)
            self._name.update(dict.fromkeys(members, members[0]))
        return self._name[node]

    def uses(self, name: NodeId) -> Iterator[Application]:
        """Give the applications that name a class as a child, each once."""
        parents = {parent for member in self._view.members(name) for parent in self._known.parents(member)}
        for parent in sorted(parents):
            content = self._known.node(parent)
            assert content is not None
            children = tuple(self.name(child) for child in content.children)
            yield Application(self.name(parent), parent, (content.operator, content.colour), children)
