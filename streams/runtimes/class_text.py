"""One class of a folded log for people: members, who names them, its best term, what is kept out of it and by what.

Belongs here: from a log and a text to a JSON-ready mapping. Not here: naming nodes (node_names.py), proofs (why.py),
what is drawn around a class (neighbourhood.py). Every list is cut at a limit and comes with how many there are.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from egraph.colours import Colour
from egraph.explain.terms import term
from egraph.identifiers import NodeId
from streams.runtimes.graph_index import GraphIndex
from streams.runtimes.neighbourhood import neighbourhood

_WITNESSES = 3


def class_document(index: GraphIndex, text: str, *, limit: int = 50, around: int = 12) -> dict[str, Any]:
    """Tell of the class of a node named by id, prefix or term. Raises UnclearNode, UnknownNode."""
    node = index.names.node(text)
    members = index.members(node)
    parents = sorted({parent for member in members for parent in index.known.parents(member)})
    kept_out = index.quarantined_about(members)
    # The node that was asked for comes first: in a class of thousands it would else be left out.
    shown = [node, *(item for item in members if item != node)][:limit]
    return {
        "node": node.hex(),
        "term": term(index.known, node),
        "class": members[0].hex(),
        "version": list(index.version),
        "counts": {"nodes": index.counts.nodes, "classes": index.counts.classes},
        "members": [index.node_document(item) for item in shown],
        "members_count": len(members),
        "colours": _colours(index, members),
        "parents": [index.node_document(item) for item in parents[:limit]],
        "parents_count": len(parents),
        "parent_classes_count": len({index.class_of(parent) for parent in parents}),
        "parent_colours": _colours(index, parents),
        "best": index.best_document(node),
        "quarantined": [
            index.quarantined_document(event, with_witness=place < _WITNESSES)
            for place, event in enumerate(kept_out[:limit])
        ],
        "quarantined_count": len(kept_out),
        "neighbourhood": neighbourhood(index, node, parents, around),
        "limit": limit,
    }


def _colours(index: GraphIndex, nodes: Iterable[NodeId]) -> dict[str, int]:
    """Count nodes by colour; those whose content is unknown are in none."""
    contents = (index.known.node(node) for node in nodes)
    found = Counter(content.colour for content in contents if content is not None)
    return {colour.name: found[colour] for colour in Colour}
