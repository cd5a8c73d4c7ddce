"""Memory for arrays that grow, on the machine's large pages where they are long.

Belongs here: getting it, and moving into more of it. Not here: how much is wanted (scratch.py).

The first touch of a page costs a fault, and one of 4 KiB costs about as much as one of 2 MiB. The system gives large
pages to places that begin where one does; what numpy gives begins just behind such a place, and so nearly all of
its first 2 MiB is touched page by small page.
"""

from math import prod
from typing import Any

import numpy as np

from egraph.kernel.memory import LARGE_PAGE, begun_at

CACHE_LINE = 16
"""Integers in one."""
SMALL = 1 << 14
"""So few integers are quickly had anywhere."""


def memory_of(shape: tuple[int, ...], dtype: Any, *, clear: bool = False) -> Any:
    """Give an array that holds anything, or zeros."""
    size = prod(shape) * np.dtype(dtype).itemsize
    if size < LARGE_PAGE:
        return (np.zeros if clear else np.empty)(shape, dtype)
    return begun_at(size, LARGE_PAGE, clear=clear).view(dtype).reshape(shape)


def longer(array: Any, least: int, *, clear: bool = False) -> Any:
    """Give a copy twice as long, or with so many rows; what comes behind holds anything, or zeros."""
    shape = (max(2 * len(array), least), *array.shape[1:])
    grown = memory_of(shape, array.dtype, clear=clear)
    grown[: len(array)] = array
    return grown


class Workspace:
    """One place for arrays of int32 that are given up together and made again, round by round: no page is new twice."""

    def __init__(self) -> None:
        self._place, self._used = np.empty(0, np.int32), 0

    def clear(self) -> None:
        """Give up all arrays: what is given from now on overwrites them."""
        self._used = 0

    def array(self, rows: int, columns: int = 0) -> Any:
        """Give an array that holds anything, with columns if there are to be any."""
        size = rows * max(columns, 1)
        if size < SMALL:
            return np.empty((rows, columns) if columns else rows, np.int32)
        begin = -(-self._used // CACHE_LINE) * CACHE_LINE
        if begin + size > len(self._place):
            self._place, begin = memory_of((max(2 * len(self._place), size),), np.int32), 0
        self._used = begin + size
        found = self._place[begin : begin + size]
        return found.reshape(rows, columns) if columns else found
