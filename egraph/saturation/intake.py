"""The graph that a saturation starts from, in numbers that follow from its content.

Belongs here: numbering and checking what is handed in. Not here: the closure of it.
A content is not hashed again: that a node id names its content was verified where the node was admitted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from egraph.colours import Colour, may_name
from egraph.errors import InvalidFact
from egraph.identifiers import NodeId, colour_of
from egraph.rules.conditions import Content
from egraph.saturation.errors import InvalidGraph

Union = tuple[NodeId, NodeId]


@dataclass(frozen=True, slots=True)
class GivenGraph:
    """Nodes ascending by node id, and those that are only named as children; a node's number is its place."""

    ids: tuple[NodeId, ...]
    colours: tuple[Colour, ...]
    number: Mapping[NodeId, int]
    contents: tuple[Content | None, ...]
    """None for a node that is only named."""
    unions: tuple[tuple[int, int], ...]


def number_given(nodes: Mapping[NodeId, Content], unions: Iterable[Union]) -> GivenGraph:
    """Number the nodes. Raises InvalidGraph for an id that is none, an illegal edge, or an equality of the unknown."""
    named = {child for content in nodes.values() for child in content.children}
    ids = tuple(sorted(named.union(nodes)))
    number = {node: place for place, node in enumerate(ids)}
    try:
        colours = tuple(map(colour_of, ids))
    except InvalidFact as refused:
        raise InvalidGraph(f"a node id is none: {refused}") from refused
    if Colour.RED in colours and Colour.BLUE in colours:
        _check_edges(nodes, dict(zip(ids, colours, strict=True)))
    pairs = []
    for left, right in unions:
        for end in (left, right):
            if end not in number:
                raise InvalidGraph(f"an equality names {end.hex()}, which no node handed in is or names; hand it in")
        pairs.append((number[left], number[right]))
    return GivenGraph(ids, colours, number, tuple(map(nodes.get, ids)), tuple(sorted(pairs)))


def _check_edges(nodes: Mapping[NodeId, Content], colour: Mapping[NodeId, Colour]) -> None:
    for node, content in nodes.items():
        for child in content.children:
            if not may_name(colour[node], colour[child]):
                raise InvalidGraph(
                    f"{colour[node].name} node {node.hex()} names {colour[child].name} {child.hex()}; "
                    "no admitted graph holds such a node"
                )
