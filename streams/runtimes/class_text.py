"""One class of a folded log for people: members, who names them, its best term, what is kept out of it and by what.

Belongs here: from a log and a text to a JSON-ready mapping. Not here: naming nodes (node_names.py), proofs (why.py).
Every list is cut at a limit and comes with how many there are.
"""

from typing import Any

from egraph.explain.known import KnownToView
from egraph.extraction.costs import size
from egraph.extraction.errors import NoTerm, TermTooLarge, TooExpensive
from egraph.extraction.from_view import view_columns
from egraph.extraction.tree import extract_trees
from egraph.identifiers import EventId, NodeId, Position
from egraph.reading import ReplicaView
from egraph.view import IncrementalView
from streams.ingest.colouring import Colouring
from streams.processors.folder import LogFolder
from streams.runtimes.fact_sources import places_of
from streams.runtimes.node_names import NodeNames, printable, term

EXTRACTED_MAX = 20_000
"""In graphs of more nodes no best term is sought: the answer would take too long."""
_WITNESSES = 3
_CHILDREN = 16
_SYMBOLS = 500


def class_document(
    folder: LogFolder, text: str, *, limit: int = 50, colouring: Colouring | None = None
) -> dict[str, Any]:
    """Tell of the class of a node named by id, prefix or term. Raises UnclearNode, UnknownNode."""
    view = folder.view
    known = KnownToView(view)
    node = NodeNames(view, known, colouring or Colouring()).node(text)
    members = view.members(node)
    parents = sorted({parent for member in members for parent in known.parents(member)})
    shown = [*members[:limit], *parents[:limit]]
    ours = [
        event
        for event in view.quarantined()
        if not {known.equality(event).left, known.equality(event).right}.isdisjoint(members)
    ]
    added = {item: known.added_by(item) for item in shown if known.node(item) is not None}
    places = places_of(folder, [*added.values(), *ours[:limit]])
    at = {item: places.get(event) for item, event in added.items()}
    counts = view.counts()
    return {
        "node": node.hex(),
        "term": term(known, node),
        "class": members[0].hex(),
        "version": list(folder.version),
        "counts": {"nodes": counts.nodes, "classes": counts.classes},
        "members": [_node(known, view, item, at.get(item)) for item in members[:limit]],
        "members_count": len(members),
        "parents": [_node(known, view, item, at.get(item)) for item in parents[:limit]],
        "parents_count": len(parents),
        "parent_classes_count": len({view.class_of(parent) for parent in parents}),
        "best": _best(view, node),
        "quarantined": [
            _quarantined(known, view, event, places[event], with_witness=place < _WITNESSES)
            for place, event in enumerate(ours[:limit])
        ],
        "quarantined_count": len(ours),
        "limit": limit,
    }


def _node(known: KnownToView, view: ReplicaView, node: NodeId, place: Position | None) -> dict[str, Any]:
    """Tell of a node; operator, colour and place are None while the log does not hold its content."""
    content = known.node(node)
    children = () if content is None else content.children
    return {
        "id": node.hex(),
        "term": term(known, node),
        "class": view.class_of(node).hex(),
        "operator": None if content is None else printable(content.operator),
        "colour": None if content is None else content.colour.name,
        "children": [
            {"id": child.hex(), "term": term(known, child, 2), "class": view.class_of(child).hex()}
            for child in children[:_CHILDREN]
        ],
        "children_count": len(children),
        "partition": None if place is None else place.partition,
        "offset": None if place is None else place.offset,
    }


def _best(view: ReplicaView, node: NodeId) -> dict[str, Any] | None:
    if not isinstance(view, IncrementalView) or view.counts().nodes > EXTRACTED_MAX:
        return None
    columns = view_columns(view, jit=False)
    label = columns.class_of(node)
    found = extract_trees(columns.columns, size, jit=False)
    try:
        return {"term": found.term(label).sexpr(symbols_max=_SYMBOLS), "cost": found.cost_of(label)}
    except (NoTerm, TooExpensive, TermTooLarge) as error:
        return {"term": None, "cost": None, "why": str(error)}


def _quarantined(
    known: KnownToView, view: ReplicaView, event: EventId, place: Position, *, with_witness: bool
) -> dict[str, Any]:
    said = _equality(known, event)
    return said | {
        "producer": printable(known.equality(event).producer),
        "partition": place.partition,
        "offset": place.offset,
        "witness": [_equality(known, item) for item in view.witness(event)] if with_witness else None,
    }


def _equality(known: KnownToView, event: EventId) -> dict[str, Any]:
    fact = known.equality(event)
    return {"event_id": event.hex(), "left": term(known, fact.left), "right": term(known, fact.right)}
