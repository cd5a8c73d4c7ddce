"""What can be done to valid bytes: flips, cuts, splices, and the edges of Avro's encodings.

Belongs here: one mutant of one message. Not here: which messages (formats.py), what must come of it.
"""

from collections.abc import Callable, Iterator
from random import Random


def flip(raw: bytes, other: bytes, random: Random, lowest: int) -> bytes:
    """Flip one to three bits."""
    out = bytearray(raw)
    for _ in range(random.choice((1, 1, 2, 3))):
        out[random.randrange(lowest, len(out))] ^= 1 << random.randrange(8)
    return bytes(out)


def truncate(raw: bytes, other: bytes, random: Random, lowest: int) -> bytes:
    """Cut the end off."""
    return raw[: random.randrange(lowest, len(raw))]


def extend(raw: bytes, other: bytes, random: Random, lowest: int) -> bytes:
    """Put bytes behind the end: zeros are the most likely to be overlooked."""
    return raw + random.choice((b"\0", bytes(3), random.randbytes(random.randrange(1, 20))))


def insert(raw: bytes, other: bytes, random: Random, lowest: int) -> bytes:
    """Put bytes in between."""
    at = random.randrange(lowest, len(raw))
    return raw[:at] + random.choice((b"\0", b"\x80", random.randbytes(random.randrange(1, 5)))) + raw[at:]


def delete(raw: bytes, other: bytes, random: Random, lowest: int) -> bytes:
    """Take bytes out."""
    at = random.randrange(lowest, len(raw))
    return raw[:at] + raw[at + random.randrange(1, 4) :]


def splice(raw: bytes, other: bytes, random: Random, lowest: int) -> bytes:
    """Join the start of one message and the end of another."""
    joint = random.randrange(min(lowest, len(other) - 1), len(other))
    return raw[: random.randrange(lowest, len(raw))] + other[joint:]


def set_byte(raw: bytes, other: bytes, random: Random, lowest: int) -> bytes:
    """Set a byte to a value that is at an edge of Avro's encodings."""
    out = bytearray(raw)
    out[random.randrange(lowest, len(out))] = random.choice((0, 1, 2, 3, 4, 5, 6, 0x7E, 0x7F, 0x80, 0x81, 0xFE, 0xFF))
    return bytes(out)


def lengthen_varint(raw: bytes, other: bytes, random: Random, lowest: int) -> bytes:
    """Make a byte that may end a number into two: the same number, longer than it must be."""
    at = random.randrange(lowest, len(raw))
    return raw[:at] + bytes((raw[at] | 0x80, 0)) + raw[at + 1 :]


def recolour(raw: bytes, other: bytes, random: Random, lowest: int) -> bytes:
    """Change the two top bits of the byte where the id of a child starts, if this is a node with children."""
    out = bytearray(raw)
    out[max(lowest, len(out) - 1 - 16 * random.randrange(1, 4))] ^= random.choice((0x40, 0x80, 0xC0))
    return bytes(out)


Mutation = Callable[[bytes, bytes, Random, int], bytes]
MUTATIONS: tuple[Mutation, ...] = (flip, truncate, extend, insert, delete, splice, set_byte, lengthen_varint, recolour)


def mutants(random: Random, messages: list[bytes], count: int, lowest: int) -> Iterator[bytes]:
    """Give mutants of the messages; bytes before `lowest` stay as they are, except by splicing."""
    for _ in range(count):
        raw, other = random.choice(messages), random.choice(messages)
        yield random.choice(MUTATIONS)(raw, other, random, lowest)
