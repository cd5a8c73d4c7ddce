"""BLAKE2b in lanes is BLAKE2b: for every length, any mixture of lengths, and both personalisations."""

from hashlib import blake2b
from random import Random

import numpy as np
import pytest

from schemas.columns.numbering import words_of
from schemas.columns.seeds import EVENT_PERSON, NODE_PERSON, fresh_lanes, seed
from schemas.columns.words import PADDING
from tests.properties.column_rows import WAYS, each_way

HEAD_BYTES = 10


def digests(way: str, texts: list[bytes], person: bytes) -> list[bytes]:
    """Hash texts in lanes; the first ten bytes of each stand elsewhere than the rest, as in an encoded fact."""
    loops = WAYS[way]()
    jobs, parts, at = [], [], 0
    for text in texts:
        head, rest = text[:HEAD_BYTES], text[HEAD_BYTES:]
        gap = b"\xaa" * 16 if len(text) >= HEAD_BYTES else b""
        jobs.append((at, at + len(head + gap), len(text)))
        parts.append(head + gap + rest + b"\xff")  # what stands behind a text must not get in
        at += len(parts[-1])
    data = np.frombuffer(b"".join(parts) + b"\xff" * PADDING, np.uint8)
    out = np.zeros((len(texts), 2), np.uint64)
    table = np.array(jobs, np.int64).reshape(-1, 3)
    progress = np.zeros((8, 2), np.int64)
    loops.hash_spans(words_of(data), table, len(texts), seed(person), fresh_lanes(), progress, out)
    return [row.tobytes() for row in out]


def expected(texts: list[bytes], person: bytes) -> list[bytes]:
    """Hash with the standard library."""
    return [blake2b(text, digest_size=16, person=person).digest() for text in texts]


@each_way
@pytest.mark.parametrize("person", [EVENT_PERSON, NODE_PERSON, b"", b"sixteen bytes ok"])
def test_every_length(way: str, person: bytes) -> None:
    """Facts of one length would all be refused, or their nodes get ids that nobody else computes."""
    random = Random(7)
    lengths = [0, 5, 9, 10, 127, 128, 129, 255, 256, 257] if way == "plain" else range(600)
    texts = [random.randbytes(length) for length in lengths]

    assert digests(way, texts, person) == expected(texts, person)


@each_way
@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 17])
def test_every_number_of_texts(way: str, count: int) -> None:
    """A batch that does not fill the lanes would be hashed wrongly, or with leftovers of the one before."""
    random = Random(count)
    texts = [random.randbytes(random.choice((20, 46, 91, 128, 300))) for _ in range(count)]

    assert digests(way, texts, EVENT_PERSON) == expected(texts, EVENT_PERSON)


def test_long_beside_short() -> None:
    """A lane that takes the next text in the middle of another's would mix them."""
    random = Random(3)
    sizes = [65_520, 5, 128, 65_536 - 16, 40_000, *(random.randrange(300) for _ in range(500)), 65_408]
    texts = [random.randbytes(size) for size in sizes]

    assert digests("compiled", texts, NODE_PERSON) == expected(texts, NODE_PERSON)
