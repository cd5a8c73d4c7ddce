"""What is drawn around one class, ready for JSON.

Belongs here: what is told of each class and node. Not here: which classes and nodes (egraph/explain/surroundings.py),
where they stand in the picture (dash_app/assets/57-neighbourhood.js).
"""

from collections.abc import Sequence
from typing import Any

from egraph.explain.surroundings import CHILDREN, ClassAround, surroundings
from egraph.explain.terms import printable, term
from egraph.identifiers import NodeId
from streams.runtimes.graph_index import GraphIndex


def neighbourhood(index: GraphIndex, node: NodeId, parents: Sequence[NodeId], classes: int) -> dict[str, Any]:
    """Give the class of a node and at most `classes` around it. `parents` are all nodes that name a member."""
    found = surroundings(index.known, index.classes, (node,), classes, parents=parents)
    return {
        "classes": [_box(index, item) for item in found.classes],
        "names_itself": found.names_itself,
        "classes_count": found.classes_count,
        "above_count": found.above_count,
        "below_count": found.below_count,
    }


def _box(index: GraphIndex, item: ClassAround) -> dict[str, Any]:
    members = index.members(item.name)
    return {
        "class": item.name.hex(),
        "side": item.side,
        "nodes": [_node(index, node) for node in item.nodes],
        "nodes_count": len(members),
        "quarantined_count": len(index.quarantined_about(members)),
    }


def _node(index: GraphIndex, node: NodeId) -> dict[str, Any]:
    content = index.known.node(node)
    children = () if content is None else content.children
    return {
        "id": node.hex(),
        "term": term(index.known, node, 2),
        "operator": None if content is None else printable(content.operator),
        "colour": None if content is None else content.colour.name,
        "children": [index.class_of(child).hex() for child in children[:CHILDREN]],
    }
