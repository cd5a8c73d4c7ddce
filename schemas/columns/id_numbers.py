"""Dense numbers for ids, from 0, in the order of arrival: what a dictionary gives one by one, by the batch.

Belongs here: growth. Not here: the search (interning.py), what has these numbers.
"""

from secrets import randbits
from typing import Any

import numpy as np

from egraph.kernel.memory import ROWS_MAX, longer, zeros
from schemas.columns.compiling import Loops

Array = np.ndarray[Any, np.dtype[Any]]


class IdNumbers:
    """Numbers of 16-byte ids, never changed. An id is a row of two words, as everywhere in columns."""

    def __init__(self, loops: Loops, room: int = 1024) -> None:
        """`room` is a power of two."""
        self._loops = loops
        self._known = zeros(room, 2, np.uint64)
        self._slots = zeros(2 * room, 0, np.int64)
        self._secret = np.array([randbits(64), randbits(64)], np.uint64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def number(self, ids: Array) -> Array:
        """Number ids: the known number, or the next."""
        numbers = np.empty(len(ids), np.int32)
        place = 0
        while True:
            place, self._count = self._loops.number_ids(
                ids, place, len(ids), self._known, self._count, self._slots, self._secret, numbers
            )
            if place == len(ids):
                return numbers
            self._grow()

    def number_new(self, ids: Array) -> bool:
        """Give the next numbers to ids; False, and nothing is changed, if not each of them is new."""
        before, slots = self._count, self._slots
        self.number(ids)
        if self._count - before == len(ids):
            return True
        if self._slots is slots:
            self._loops.forget_ids(self._known, before, self._count, self._slots, self._secret)
        else:
            self._slots[:] = 0
            self._loops.refill_ids(self._known, before, self._slots, self._secret)
        self._count = before
        return False

    def find(self, wanted: bytes) -> int:
        """Give the number of an id, or -1."""
        low, high = np.frombuffer(wanted, np.uint64)
        return int(self._loops.find_id(low, high, self._known, self._slots, self._secret))

    def ids_from(self, number: int) -> Array:
        """Give the ids from a number on, in order."""
        found: Array = self._known[number : self._count]
        return found

    def _grow(self) -> None:
        if self._count == len(self._known):
            if self._count >= ROWS_MAX:
                raise OverflowError(f"{self._count} ids are numbered; more than that have no numbers of 32 bits")
            self._known = longer(self._known)
        if 2 * self._count >= len(self._slots):
            before, self._slots = self._slots, zeros(2 * len(self._slots), 0, np.int64)
            self._loops.spread_slots(before, self._slots)
