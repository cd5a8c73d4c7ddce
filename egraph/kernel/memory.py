"""Arrays for the kernel: made and enlarged here, by numpy.

Belongs here: allocation. Not here: which arrays there are (engine.py).
Rows begin at multiples of 64 bytes, so that a row of a cache line or half of one never lies across two. What compiled
code would allocate itself does not get large pages, which random reads need. Numpy asks for them from 4 MiB on; a large
array begins on one, because up to 512 small ones would stand before its first, and each costs a trip into the system.
"""

from typing import Any

import numpy as np

from egraph.kernel.errors import CapacityExceeded

LINE = 64
LARGE, LARGE_PAGE = 1 << 22, 1 << 21
COPIED_SELDOM, SPACIOUS = 1 << 20, 1 << 30
"""Bytes: copying an array larger than the first costs more than the address space that spares it, up to the second,
which a small machine still grants."""
ROWS_MAX = (1 << 31) - 1

Rows = np.ndarray[Any, np.dtype[Any]]


def zeros(rows: int, columns: int, kind: Any) -> Rows:
    """Give an array of zeros; one-dimensional if `columns` is 0."""
    size = rows * max(1, columns) * np.dtype(kind).itemsize
    flat = begun_at(size, LINE if size < LARGE else LARGE_PAGE).view(kind)
    return np.asarray(flat.reshape(rows, columns) if columns else flat)


def begun_at(size: int, line: int, *, clear: bool = True) -> Rows:
    """Give so many bytes that begin at a multiple of `line`: zeros, or anything."""
    raw = (np.zeros if clear else np.empty)(size + line, np.uint8)
    begin = -raw.__array_interface__["data"][0] % line
    return raw[begin : begin + size]


def longer(array: Rows, least: int = 0, most: int = ROWS_MAX) -> Rows:
    """Give a copy of at least double length, filled up with zeros. Raises CapacityExceeded.

    It is four times as long, or sixteen times where that is not out of proportion: pages that nobody wrote on cost
    nothing, and copying costs pages.
    """
    if len(array) >= ROWS_MAX or least > ROWS_MAX:
        raise CapacityExceeded(f"an array of {len(array)} rows cannot grow to {least}; {ROWS_MAX} is the limit")
    factor = 16 if COPIED_SELDOM <= array.nbytes <= SPACIOUS // 16 else 4
    rows = min(max(factor * len(array), least), most)
    grown = zeros(rows, array.shape[1] if array.ndim > 1 else 0, array.dtype)
    grown[: len(array)] = array
    return grown


def power_of_two(least: int) -> int:
    """Give the smallest power of two that is not below `least`, 8 or more."""
    return 1 << max(3, (least - 1).bit_length())
