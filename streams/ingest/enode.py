"""An e-node on its way into the log, with the id it will have.

Belongs here: the value that every source yields. Not here: sources, colours, envelopes.
"""

from collections.abc import Sequence
from typing import NamedTuple

from egraph.colours import Colour
from egraph.identifiers import NodeId, node_id


class ENode(NamedTuple):
    """Operator, colour and ordered children, and the node id that follows from them."""

    id: NodeId
    operator: str
    colour: Colour
    children: tuple[NodeId, ...]


def make_enode(operator: str, colour: Colour, children: Sequence[NodeId]) -> ENode:
    """Give the e-node of these fields, its id computed."""
    return ENode(node_id(operator, colour, children), operator, colour, tuple(children))
