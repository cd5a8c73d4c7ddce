"""A serialized e-graph as nodes and equalities of ours.

Belongs here: the way in. Not here: JSON (serialized.py).

A node of ours is named by its content, so its children must be nodes already. Each class gets the first node whose
children's classes have one, in the order of the graph; all its other nodes then stand above such nodes and are stated
equal to it. All nodes are GREEN, which may stand above and below everything: other tools know no colours.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from egraph.colours import Colour
from egraph.identifiers import NodeId, node_id
from egraph.interchange.serialized import GraphProblem, GraphRefused, SerializedGraph
from egraph.rules.conditions import Content


@dataclass(frozen=True, slots=True)
class GreenNodes:
    """Contents by node id, pairs that are equal, and the node that stands for each class, by its name."""

    contents: Mapping[NodeId, Content]
    equal: tuple[tuple[NodeId, NodeId], ...]
    representatives: Mapping[str, NodeId]


def green_nodes(graph: SerializedGraph) -> GreenNodes:
    """Give the nodes of a graph. Raises GraphRefused for a class without a finite term."""
    waiting: dict[str, list[str]] = {}
    missing: dict[str, int] = {}
    chosen: dict[str, NodeId] = {}
    contents: dict[NodeId, Content] = {}
    equal: list[tuple[NodeId, NodeId]] = []
    ready: list[str] = []
    for identifier, node in graph.nodes.items():
        classes = dict.fromkeys(graph.nodes[child].eclass for child in node.children)
        missing[identifier] = len(classes)
        for eclass in classes:
            waiting.setdefault(eclass, []).append(identifier)
        if not classes:
            ready.append(identifier)
    for identifier in ready:
        node = graph.nodes[identifier]
        children = tuple(chosen[graph.nodes[child].eclass] for child in node.children)
        ours = node_id(node.op, Colour.GREEN, children)
        contents[ours] = Content(node.op, children)
        if node.eclass in chosen:
            equal.append((chosen[node.eclass], ours))
            continue
        chosen[node.eclass] = ours
        for user in waiting.get(node.eclass, ()):
            missing[user] -= 1
            if missing[user] == 0:
                ready.append(user)
    endless = [eclass for eclass in graph.classes() if eclass not in chosen]
    if endless:
        raise GraphRefused(
            [GraphProblem(f"class {eclass}", "it has no finite term", "add a node without children to it or below")
             for eclass in endless]
        )  # fmt: skip
    return GreenNodes(contents, tuple(equal), chosen)
