"""What is drawn around one class: the classes that name it, those that it names, and some nodes of each.

Belongs here: which classes and nodes, and how many there are in all. Not here: where they stand in the picture
(dash_app/assets/57-neighbourhood.js). The bounds hold however large the graph is.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from egraph.identifiers import NodeId
from streams.runtimes.graph_index import GraphIndex
from streams.runtimes.node_names import printable, term

_OWN_NODES = 12
_OTHER_NODES = 4
_CHILDREN = 16


def neighbourhood(index: GraphIndex, node: NodeId, parents: Sequence[NodeId], classes: int) -> dict[str, Any]:
    """Give the class of a node and at most `classes` around it. `parents` are all nodes that name a member.

    A class that stands on both sides is told once, as `both`. Classes that name this one most often come first.
    """
    members = index.members(node)
    own = members[0]
    drawn = list(islice(_drawn_first(index, node, members), _OWN_NODES))
    below = dict.fromkeys(
        index.class_of(child)
        for member in [*drawn, *members]
        if (content := index.known.node(member)) is not None
        for child in content.children
    )
    naming: dict[NodeId, list[NodeId]] = {}
    for parent in parents:
        naming.setdefault(index.class_of(parent), []).append(parent)
    looped = below.pop(own, own) is None
    naming.pop(own, None)
    above = sorted(naming, key=lambda item: (-len(naming[item]), item))
    half = classes // 2
    of_below = list(below)[: max(half, classes - len(above))]
    of_above = [item for item in above if item not in of_below][: classes - len(of_below)]
    sides = {item: "both" if item in naming else "below" for item in of_below} | dict.fromkeys(of_above, "above")
    return {
        "classes": [
            _box(index, own, "itself", drawn, len(members)),
            *(
                _box(index, item, side, _others(index, item, naming), len(index.members(item)))
                for item, side in sides.items()
            ),
        ],
        "names_itself": looped,
        "classes_count": 1 + len(naming.keys() | below.keys()),
        "above_count": len(above),
        "below_count": len(below),
    }


def _drawn_first(index: GraphIndex, node: NodeId, members: Sequence[NodeId]) -> Iterable[NodeId]:
    """Give the node that was asked for, then members with children, since those have arrows, then the rest."""
    yield node
    leaves = []
    for member in members:
        content = index.known.node(member)
        if content is None or not content.children:
            leaves.append(member)
        elif member != node:
            yield member
    yield from (leaf for leaf in leaves if leaf != node)


def _others(index: GraphIndex, name: NodeId, naming: dict[NodeId, list[NodeId]]) -> list[NodeId]:
    """Give nodes of a class; those that name the middle one first."""
    first = naming.get(name, [])[:_OTHER_NODES]
    return list(dict.fromkeys([*first, *index.members(name)]))[:_OTHER_NODES]


def _box(index: GraphIndex, name: NodeId, side: str, nodes: Iterable[NodeId], count: int) -> dict[str, Any]:
    return {
        "class": name.hex(),
        "side": side,
        "nodes": [_node(index, item) for item in nodes],
        "nodes_count": count,
        "quarantined_count": len(index.quarantined_about(index.members(name))),
    }


def _node(index: GraphIndex, node: NodeId) -> dict[str, Any]:
    content = index.known.node(node)
    children = () if content is None else content.children
    return {
        "id": node.hex(),
        "term": term(index.known, node, 2),
        "operator": None if content is None else printable(content.operator),
        "colour": None if content is None else content.colour.name,
        "children": [index.class_of(child).hex() for child in children[:_CHILDREN]],
    }
