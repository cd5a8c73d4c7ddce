"""Memory for arrays that grow, on the machine's large pages where they are long.

Belongs here: getting it, and moving into more of it. Not here: how much is wanted (scratch.py).

The first touch of a page costs a fault, and one of 4 KiB costs about as much as one of 2 MiB. The system gives large
pages to places that begin where one does; what `np.empty` gives begins just behind such a place, and so nearly all of
its first 2 MiB is touched page by small page.
"""

from typing import Any

import numpy as np

LARGE_PAGE = 1 << 21


def memory_of(shape: tuple[int, ...], dtype: Any) -> Any:
    """Give an array that holds anything."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if size < LARGE_PAGE:
        return np.empty(shape, dtype)
    around = np.empty(size + LARGE_PAGE, np.uint8)
    begin = -around.__array_interface__["data"][0] % LARGE_PAGE
    return around[begin : begin + size].view(dtype).reshape(shape)


def longer(array: Any, least: int, *, clear: bool = False) -> Any:
    """Give a copy twice as long, or with so many rows; what comes behind holds anything, or zeros."""
    shape = (max(2 * len(array), least), *array.shape[1:])
    grown = np.zeros(shape, array.dtype) if clear else memory_of(shape, array.dtype)
    grown[: len(array)] = array
    return grown
