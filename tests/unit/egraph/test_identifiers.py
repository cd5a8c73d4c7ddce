"""Node ids and event ids: content decides them, colour stands in front, and no two contents share an encoding."""

from hashlib import blake2b
from itertools import product

import pytest

from egraph.colours import Colour, may_name
from egraph.errors import InvalidFact
from egraph.identifiers import ID_BYTES, NodeId, colour_of, event_id, node_id
from tests.unit.egraph.worded import BLUE, GREEN, RED

LEAVES = [node_id(name, GREEN, ()) for name in ("a", "b", "c")]


@pytest.mark.parametrize(("colour", "top_bits"), [(RED, 0b01), (BLUE, 0b10), (GREEN, 0b11)])
def test_the_two_top_bits_are_the_colour(colour: Colour, top_bits: int) -> None:
    """The local rule could not be checked from one fact alone."""
    for number in range(200):
        identity = node_id(f"op{number}", colour, ())
        assert (len(identity), identity[0] >> 6) == (ID_BYTES, top_bits)
        assert colour_of(identity) is colour


def test_the_other_126_bits_are_those_of_the_hash() -> None:
    """Other programs that derive the id as documented would not find the node."""
    operator, children = "größer", (LEAVES[0], LEAVES[2])
    encoded = b"\x08\0\0\0" + "größer".encode() + b"\x02" + LEAVES[0] + LEAVES[2]
    digest = int.from_bytes(blake2b(encoded, digest_size=16, person=b"egraph.node").digest(), "big")

    identity = int.from_bytes(node_id(operator, BLUE, children), "big")

    assert identity & (1 << 126) - 1 == digest & (1 << 126) - 1


def test_no_two_contents_share_an_id() -> None:
    """A node would be taken for another: operator, colour, children and their borders must all count."""
    child, other, third = LEAVES
    contents = list(
        product(
            ["", "a", "ab", "abc", "a\0", "\0", "a b", "c", "bc", "\x02", "\x00\x00\x00\x01"],
            Colour,
            [(), (child,), (other,), (child, other), (other, child), (child, child), (child, other, third)],
        )
    )
    ids = {node_id(operator, colour, children) for operator, colour, children in contents}
    assert len(ids) == len(contents)


def test_an_operator_never_swallows_its_children() -> None:
    """("ab", "c") and ("a", "bc") would be one node: the border between name and children must be encoded."""
    child = NodeId(b"A" * 16)
    split = node_id("f" + "A" * 16, RED, ())
    assert split != node_id("f", RED, (child,))
    # The bytes of operator, colour and children, told apart only by the length in front.
    whole = "f" + chr(RED) + "A" * 16
    assert node_id(whole, RED, ()) != node_id("f", RED, (NodeId(b"A" * 15 + bytes((RED,))),))
    assert node_id("ab", RED, (child,)) != node_id("a", RED, (NodeId(b"b" + child[:15]),))


@pytest.mark.parametrize("wrong", [b"", b"\x40", bytes(16), b"\x3f" + bytes(15), b"\xff" * 15, b"\xff" * 17])
def test_what_is_no_node_id_has_no_colour(wrong: bytes) -> None:
    """A colour would be read out of bytes that name no node."""
    with pytest.raises(InvalidFact, match="not a node id"):
        colour_of(NodeId(wrong))


def test_an_event_id_covers_header_and_body() -> None:
    """Bytes that two schemas can read would share an id (decision 0008)."""
    header, body = b"\xc3\x01" + bytes(8), b"body"
    ids = {
        event_id(header, body),
        event_id(header[:-1] + b"\x01", body),
        event_id(header, body + b"\0"),
        event_id(header, b""),
        blake2b(header + body, digest_size=16).digest(),
        blake2b(header + body, digest_size=16, person=b"egraph.node").digest(),
    }
    assert len(ids) == 6


ALLOWED = {
    (RED, RED): True, (RED, GREEN): True, (RED, BLUE): False,
    (BLUE, BLUE): True, (BLUE, GREEN): True, (BLUE, RED): False,
    (GREEN, RED): True, (GREEN, BLUE): True, (GREEN, GREEN): True,
}  # fmt: skip


@pytest.mark.parametrize("pair", list(product(Colour, Colour)), ids=lambda pair: f"{pair[0].name} over {pair[1].name}")
def test_the_local_rule(pair: tuple[Colour, Colour]) -> None:
    """A RED node would be let over a BLUE child or the other way round; or GREEN would be kept from somewhere."""
    assert may_name(*pair) is ALLOWED[pair]
