"""Texts and their numbers: what is UTF-8, what is the same text, growth, and texts that collide."""

from itertools import product
from random import Random

import numpy as np
import pytest

from schemas.columns import texts as loops_of_texts
from schemas.columns.compiling import plain
from schemas.columns.numbering import Texts, words_of
from schemas.columns.words import PADDING
from tests.properties.column_rows import WAYS, each_way


def decodes(data: bytes) -> bool:
    """Tell whether Python takes bytes for UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def wrongly_judged(way: str, candidates: list[bytes]) -> list[bytes]:
    """Give the candidates that the loop judges otherwise than Python."""
    is_utf8 = WAYS[way]().is_utf8
    joined = np.frombuffer(b"".join(candidates) + bytes(PADDING), np.uint8)
    words = words_of(joined)
    wrong, at = [], 0
    for item in candidates:
        if is_utf8(joined, words, at, at + len(item)) is not decodes(item):
            wrong.append(item)
        at += len(item)
    return wrong


def test_utf8_of_two_bytes() -> None:
    """A text that is none would be accepted, or a text refused: the codec and the loops would fold other facts."""
    assert wrongly_judged("compiled", [bytes(pair) for pair in product(range(256), repeat=2)]) == []


EDGE_BYTES = (0, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF)
LEADS = (0x41, 0x80, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF)


@pytest.mark.parametrize("length", [3, 4])
def test_utf8_at_the_edges(length: int) -> None:
    """Surrogates, overlong forms or characters beyond Unicode would get into the graph."""
    cases = [bytes((lead, *rest)) for lead in LEADS for rest in product(EDGE_BYTES, repeat=length - 1)]

    assert wrongly_judged("compiled", cases) == []


@each_way
def test_utf8_in_longer_texts(way: str) -> None:
    """The steps of eight bytes would skip something, or look behind the end of the text."""
    random = Random(5)
    cases = []
    for _ in range(200 if way == "plain" else 5000):
        text = "".join(random.choice(("a", "bcdefghi", "é", "€", "𝔘")) for _ in range(random.randrange(9))).encode()
        cut = random.randrange(len(text) + 1)
        cases += [text, text[:cut], text[:cut] + bytes((random.randrange(256),)) + text[cut:]]

    assert wrongly_judged(way, cases) == []


@each_way
def test_numbers_of_texts(way: str) -> None:
    """Two operators would become one node's, or one operator two nodes'."""
    texts = Texts(WAYS[way]())
    names = ["", "a", "a\0", "a\0\0\0\0\0\0\0", "\0", "abcdefgh", "abcdefghi", "é", "x" * 5000]
    names += [f"name {i}" for i in range(100 if way == "plain" else 5000)]

    numbers = [texts.number(name) for name in names]

    assert numbers == list(range(len(names)))
    assert len(texts) == len(names)
    assert [texts.text(number) for number in numbers] == names
    assert [texts.number(name) for name in names] == numbers
    with pytest.raises(IndexError, match="no text has number"):
        texts.text(len(names))
    with pytest.raises(IndexError, match="no text has number"):
        texts.text(-1)


@pytest.mark.parametrize("reach", [1, 2, 64])
def test_texts_that_collide(monkeypatch: pytest.MonkeyPatch, reach: int) -> None:
    """Somebody who makes names collide would slow the search down without limit, or get two numbers for one name."""
    monkeypatch.setattr(loops_of_texts, "PROBES_MAX", reach)
    texts = Texts(plain())
    names = [f"n{i}" for i in range(1500)]  # the table grows twice meanwhile

    numbers = [texts.number(name) for name in names]

    assert numbers == list(range(1, len(names) + 1))
    assert bool(texts._without_slot) is (reach < 64)
    fresh = [texts._number(name.encode()) for name in names]  # past the memo of names asked for before
    assert fresh == numbers
    assert [texts.text(number) for number in numbers] == names


def test_several_texts_come_back_as_they_were() -> None:
    """Operators would be cut at the wrong place: where one is not ASCII, or where they stand far apart."""
    wanted = [f"operator {number}" for number in range(300)] + ["über", "∀x🦆", "", "z"]
    texts = Texts(plain())
    numbers = np.array([texts.number(text) for text in wanted])

    assert texts.several(numbers) == wanted
    assert texts.several(numbers[:100]) == wanted[:100]
    assert texts.several(numbers[[0, 301, 5]]) == [wanted[0], wanted[301], wanted[5]]
    assert texts.several(numbers[:0]) == []
