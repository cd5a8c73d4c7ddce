"""Names that are computed from content: node ids and event ids, and positions in a partitioned log.

Belongs here: how an id is derived and read. Not here: how bytes travel (schemas/codec.py).
Both hashes are blake2b-128 with a personalisation string, so the two name spaces cannot collide.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple, NewType

from egraph.colours import Colour
from egraph.errors import InvalidFact

NodeId = NewType("NodeId", bytes)
EventId = NewType("EventId", bytes)

ID_BYTES = 16
UNSEALED = EventId(b"")

_NODE_PERSON = b"egraph.node"
_EVENT_PERSON = b"egraph.event"


class Position(NamedTuple):
    """Where a fact stands in the log: partition of the facts topic and offset in it."""

    partition: int
    offset: int


def node_id(operator: str, colour: Colour, children: Sequence[NodeId]) -> NodeId:
    """Derive the content address of an e-node: 16 bytes, the two top bits are its colour.

    Canonical encoding hashed: length of the operator's UTF-8 bytes as 4 bytes little endian, those bytes, one
    byte of colour, then the children's ids (16 bytes each) in order.
    """
    name = operator.encode()
    digest = blake2b(
        len(name).to_bytes(4, "little") + name + bytes((colour,)) + b"".join(children),
        digest_size=ID_BYTES,
        person=_NODE_PERSON,
    ).digest()
    return NodeId(bytes((digest[0] & 0x3F | colour << 6,)) + digest[1:])


def event_id(schema_header: bytes, body_after_id: bytes) -> EventId:
    """Derive an event id from an encoded fact: its 10-byte single-object header, and its body without the id.

    The header is hashed too, so that bytes which two schemas can read never share an id (decision 0008).
    """
    return EventId(blake2b(schema_header + body_after_id, digest_size=ID_BYTES, person=_EVENT_PERSON).digest())


def colour_of(node: NodeId) -> Colour:
    """Read the colour out of a node id. Raises InvalidFact for an id whose top bits are 00 or of a wrong length."""
    if len(node) != ID_BYTES or node[0] < 0x40:
        raise InvalidFact(f"not a node id: {node.hex() or 'empty'}; it has 16 bytes and top bits 01, 10 or 11")
    return Colour(node[0] >> 6)
