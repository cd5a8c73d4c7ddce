"""The texts of a stream and their numbers: graphs, producers and operators as small integers.

Belongs here: growth, and the texts that find no slot in the table. Not here: the search (texts.py).
"""

from typing import Any

import numpy as np

from egraph.kernel.memory import longer, zeros
from schemas.columns.compiling import Loops
from schemas.columns.layout import GRAPH, KIND, OPERATOR
from schemas.columns.texts import BYTES, COUNTERS, CROWDED, FULL, SLOT_COLUMNS, TEXTS
from schemas.columns.words import PADDING

Array = np.ndarray[Any, np.dtype[Any]]


class Texts:
    """Numbers for texts: dense, from 0, in the order of arrival, never changed. Number 0 is the empty text.

    Numbers are this object's own: never compare those of two, never let them out of the process.
    """

    def __init__(self, loops: Loops) -> None:
        self._loops = loops
        self._counts = np.zeros(COUNTERS, np.int64)
        self._counts[TEXTS] = 1
        self._slots = zeros(1024, SLOT_COLUMNS, np.int64)
        self._spans = zeros(512, 2, np.int64)
        self._arena = zeros(16_384, 0, np.uint8)
        self._arena_words = words_of(self._arena)
        self._without_slot: dict[bytes, int] = {}
        self._known: dict[str, int] = {}

    def __len__(self) -> int:
        return int(self._counts[TEXTS])

    def text(self, number: int) -> str:
        """Give the text with a number. Raises IndexError for one that was never given out."""
        if not 0 <= number < len(self):
            raise IndexError(f"no text has number {number}; there are {len(self)}")
        return self._bytes(number).decode()

    def several(self, numbers: Array) -> list[str]:
        """Give the texts with these numbers, which were given out."""
        spans = self._spans[numbers]
        if not len(spans):
            return []
        first, behind = int(spans[:, 0].min()), int(spans.sum(axis=1).max())
        if behind - first > 2 * int(spans[:, 1].sum()):  # scattered: a copy of all between would be mostly others
            arena = self._arena.data
            return [str(arena[at : at + length], "utf-8") for at, length in spans.tolist()]
        block = self._arena[first:behind].tobytes()
        starts, ends = (spans[:, 0] - first).tolist(), (spans.sum(axis=1) - first).tolist()
        if block.isascii():  # as names are: one byte each, so that a text can be cut as bytes are
            text = block.decode()
            return [text[at:end] for at, end in zip(starts, ends, strict=True)]
        return [block[at:end].decode() for at, end in zip(starts, ends, strict=True)]

    def joined(self, numbers: Array) -> tuple[bytes, Array]:
        """Give the texts with these numbers, which were given out, joined in UTF-8, and the bytes of each."""
        lengths = self._spans[numbers, 1]
        total = int(lengths.sum())
        target = np.empty(total + PADDING, np.uint8)
        self._loops.join_texts(self._arena_words, self._spans, numbers, words_of(target))
        return target[:total].tobytes(), lengths

    def number(self, text: str) -> int:
        """Give the number of a text, a new one if it has none."""
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._number(text.encode())
        return known

    def number_rows(self, data: Array, words: Array, fields: Array) -> list[int]:
        """Number the names of accepted rows (texts.py). Gives the rows with a name that must be asked for singly."""
        row = 0
        while True:
            row = self._loops.number_rows(data, words, fields, row, *self._arrays())
            if row == fields.shape[1]:
                break
            self._grow(len(data))
        numbers = fields[GRAPH : OPERATOR + 1]
        if numbers.size == 0 or numbers.min() >= 0:
            return []
        return [int(row) for row in np.flatnonzero((numbers == CROWDED).any(axis=0) & (fields[KIND] >= 0))]

    def number_span(self, data: Array, at: int, length: int) -> int:
        """Give the number of a text that stands in a buffer and is known to be UTF-8."""
        return self._number(data[at : at + length].tobytes())

    def _number(self, text: bytes) -> int:
        padded = np.frombuffer(text + bytes(PADDING), np.uint8)
        words = words_of(padded)
        while True:
            number = int(self._loops.number_of(padded, words, 0, len(text), *self._arrays()))
            if number == CROWDED and text in self._without_slot:
                return self._without_slot[text]
            if number == CROWDED:
                _, *room = self._arrays()
                number = int(self._loops.append_text(words, 0, len(text), *room))
                if number >= 0:
                    self._without_slot[text] = number
            if number != FULL:
                assert number >= 0, "a text that is no text"
                return number
            self._grow(len(text))

    def _arrays(self) -> tuple[Array, Array, Array, Array]:
        return self._slots, self._spans, self._arena_words, self._counts

    def _bytes(self, number: int) -> bytes:
        at, length = self._spans[number].tolist()
        return self._arena[at : at + length].tobytes()

    def _grow(self, more: int) -> None:
        """Make room where there is none left: for texts, for at least so many bytes, for slots."""
        used = int(self._counts[BYTES])
        if used + more + PADDING > len(self._arena):
            self._arena = longer(self._arena, 2 * used + more + PADDING)
            self._arena_words = words_of(self._arena)
        if len(self) == len(self._spans):
            self._spans = longer(self._spans)
        if 2 * len(self) + 2 <= len(self._slots):
            return
        self._slots = zeros(2 * len(self._slots), SLOT_COLUMNS, np.int64)
        crowded = np.zeros(len(self), np.int64)
        left_over = self._loops.enter_all(*self._arrays(), crowded)
        self._without_slot = {self._bytes(number): number for number in crowded[:left_over].tolist()}


def words_of(data: Array) -> Array:
    """View a padded buffer as one uint64 at every offset: little endian, not aligned, overlapping."""
    return np.ndarray((len(data) - PADDING + 1,), np.uint64, data.data, 0, (1,))
