"""The hot path of the codec: NodeAdded, the kind that makes up nearly all of a log, without a dict per fact.

Belongs here: writing the body of a NodeAdded, and reading the common form of it. The definition is codec.py with
fastavro; both are tested to agree. Reading is strict by construction and only ever *accepts*: whatever is unusual
(causes, a trace, a varint longer than it must be, anything wrong) gives None, and codec.py reads or refuses it.
"""

from sys import intern

from egraph.colours import Colour
from egraph.facts import NodeAdded
from egraph.identifiers import ID_BYTES, EventId, NodeId, event_id
from schemas.registry import HEADER_BYTES

_BODY = HEADER_BYTES + ID_BYTES
_HLC_BYTES = 9  # of any time between 2004 and 2106; others take the general path
_MEMO_MAX = 65_536
_MEMO_STRING_BYTES = 256  # longer strings are rare, and hostile ones would fill the memory
_LONG_END = 1 << 63

_COLOUR_BYTE = {Colour.RED: b"\x00", Colour.BLUE: b"\x02", Colour.GREEN: b"\x04"}
_COLOUR_OF_BYTE = {0: Colour.RED, 2: Colour.BLUE, 4: Colour.GREEN}
# For each parent colour the top bits of a child's first byte that the local rule allows.
_LEGAL_CHILD = {
    Colour.RED: frozenset((Colour.RED, Colour.GREEN)),
    Colour.BLUE: frozenset((Colour.BLUE, Colour.GREEN)),
    Colour.GREEN: frozenset(Colour),
}

# Memos of pure functions, bounded; nothing observable depends on them.
_encoded_strings: dict[str, bytes] = {}
_decoded_strings: dict[bytes, str] = {}
_high_parts: dict[bytes, int] = {}


def zigzag_varint(number: int) -> bytes:
    """Encode a number that is not negative as Avro does: zigzag, then seven bits a byte, low ones first."""
    rest = number << 1
    if rest < 0x80:
        return bytes((rest,))  # raises ValueError for a negative number
    if number >= _LONG_END:
        raise ValueError(f"{number} does not fit into 64 bits")
    out = bytearray()
    while rest >= 0x80:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def _string(text: str) -> bytes:
    known = _encoded_strings.get(text)
    if known is None:
        data = text.encode()
        known = zigzag_varint(len(data)) + data
        if len(data) <= _MEMO_STRING_BYTES:
            if len(_encoded_strings) >= _MEMO_MAX:
                _encoded_strings.clear()
            _encoded_strings[text] = known
    return known


def encode_after_id(node: NodeAdded) -> bytes:
    """Give the Avro body of a NodeAdded behind its event id. Raises ValueError for what could not be read back."""
    children = node.children
    causes = node.causes
    for item in children + causes:
        if len(item) != ID_BYTES:
            raise ValueError(f"an id has {ID_BYTES} bytes, {item.hex()} has {len(item)}")
    return b"".join(
        (
            _string(node.graph),
            _string(node.producer),
            zigzag_varint(node.sequence),
            zigzag_varint(node.hlc),
            zigzag_varint(len(causes)) + b"".join(causes) + b"\x00" if causes else b"\x00",
            zigzag_varint(len(node.trace)) + node.trace if node.trace else b"\x00",
            _string(node.operator),
            _COLOUR_BYTE[node.colour],
            zigzag_varint(len(children)) + b"".join(children) + b"\x00" if children else b"\x00",
        )
    )


def decode_common(raw: bytes) -> NodeAdded | None:
    """Read the common form of an encoded NodeAdded whose header has been recognised, or give None."""
    try:
        at = _BODY
        graph, at = _read_string(raw, at)
        producer, at = _read_string(raw, at)
        sequence = raw[at]
        at += 1
        if sequence >= 0x80:
            sequence, at = _continue_varint(raw, at, sequence)
        hlc_end = at + _HLC_BYTES
        last = raw[hlc_end - 1]
        if sequence & 1 or not 0 < last < 0x80 or raw[at] & 1 or raw[hlc_end] or raw[hlc_end + 1]:
            return None  # negative, or no nine-byte hlc, or causes, or a trace
        low = raw[at] & 0x7F | (raw[at + 1] & 0x7F) << 7 | (raw[at + 2] & 0x7F) << 14
        if not (raw[at] & raw[at + 1] & raw[at + 2] & 0x80):
            return None
        high = _high_part(raw[at + 3 : hlc_end])
        operator, at = _read_string(raw, hlc_end + 2)
        colour = _COLOUR_OF_BYTE[raw[at]]
        children = _read_children(raw, at + 1, _LEGAL_CHILD[colour])
    except (IndexError, KeyError, ValueError):  # truncated, unknown colour, not the common form
        return None
    if event_id(raw[:HEADER_BYTES], raw[_BODY:]) != raw[HEADER_BYTES:_BODY]:
        return None
    return NodeAdded(
        event_id=EventId(raw[HEADER_BYTES:_BODY]),
        graph=graph,
        producer=producer,
        sequence=sequence >> 1,
        hlc=(high << 21 | low) >> 1,
        operator=operator,
        colour=colour,
        children=children,
    )


def read_envelope(raw: bytes) -> tuple[str, str, int]:
    """Give graph, producer and sequence of a fact that strict decoding has accepted, of whichever kind."""
    graph, at = _read_string(raw, _BODY)
    producer, at = _read_string(raw, at)
    sequence = raw[at]
    if sequence >= 0x80:
        sequence, _ = _continue_varint(raw, at + 1, sequence)
    return graph, producer, sequence >> 1


def _read_string(raw: bytes, at: int) -> tuple[str, int]:
    length = raw[at]
    at += 1
    if length >= 0x80:
        length, at = _continue_varint(raw, at, length)
    if length & 1:
        raise ValueError("negative length")
    end = at + (length >> 1)
    if end > len(raw):
        raise ValueError("truncated")
    data = raw[at:end]
    text = _decoded_strings.get(data)
    if text is None:
        text = intern(data.decode())
        if len(data) <= _MEMO_STRING_BYTES:
            if len(_decoded_strings) >= _MEMO_MAX:
                _decoded_strings.clear()
            _decoded_strings[data] = text
    return text, end


def _continue_varint(raw: bytes, at: int, first: int) -> tuple[int, int]:
    number = first & 0x7F
    shift = 7
    while True:
        if shift > 63:  # without this bound a long run of high bytes costs quadratic time
            raise ValueError("longer than 64 bits")
        byte = raw[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            if byte == 0 or number >= 1 << 64:
                raise ValueError("longer than it must be")
            return number, at
        shift += 7


def _high_part(data: bytes) -> int:
    high = _high_parts.get(data)
    if high is None:
        high = 0
        for index, byte in enumerate(data):
            if byte < 0x80 and index != len(data) - 1:
                raise ValueError("the hlc ends early")
            high |= (byte & 0x7F) << 7 * index
        if len(_high_parts) >= _MEMO_MAX:
            _high_parts.clear()
        _high_parts[data] = high
    return high


def _read_children(raw: bytes, at: int, legal: frozenset[Colour]) -> tuple[NodeId, ...]:
    count = raw[at]
    at += 1
    if count == 0:
        if at != len(raw):
            raise ValueError("bytes behind the body")
        return ()
    if count >= 0x80 or count & 1:
        raise ValueError("not the common form")
    end = at + (count >> 1) * ID_BYTES
    if end + 1 != len(raw) or raw[end]:
        raise ValueError("bytes behind the body, or a second block")
    children = tuple([NodeId(raw[start : start + ID_BYTES]) for start in range(at, end, ID_BYTES)])
    for child in children:
        if child[0] >> 6 not in legal:
            raise ValueError("no node id, or a colour the local rule forbids")
    return children
