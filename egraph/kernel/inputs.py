"""Checks of what callers hand in, before any compiled loop sees it: compiled code neither checks nor complains.

Belongs here: domains of arguments. Not here: capacity (engine.py).
"""

from typing import Any

import numpy as np

from egraph.kernel.errors import InvalidBatch, UnknownNumber
from egraph.kernel.loops import SYMBOL

OPERATORS_MAX = 1 << 28

Column = np.ndarray[Any, np.dtype[np.int32]]
Names = np.ndarray[Any, np.dtype[np.uint32]]


def column(name: str, values: Any, high: int, error: type[Exception] = InvalidBatch) -> Column:
    """Give a one-dimensional array of 32-bit integers in 0 <= value < high."""
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(np.int32)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InvalidBatch(f"{name}: a flat array of integers is wanted, not {array.dtype} of shape {array.shape}")
    if array.size and (int(array.min()) < 0 or int(array.max()) >= high):
        raise error(f"{name}: from {array.min()} to {array.max()}, outside 0 <= value < {high}")
    return _own(np.ascontiguousarray(array, dtype=np.int32))


def names_of(ids: Any) -> Names:
    """Give 16-byte ids, an (n, 2) array of 64-bit or joined bytes, as rows of four 32-bit numbers."""
    array = np.frombuffer(ids, np.uint64) if isinstance(ids, bytes | bytearray | memoryview) else np.asarray(ids)
    if isinstance(ids, bytes | bytearray | memoryview) and len(array) % 2 == 0:
        array = array.reshape(-1, 2)
    if array.size == 0:
        array = np.zeros((0, 2), np.uint64)
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype != np.uint64:
        raise InvalidBatch(f"ids: an (n, 2) array of uint64 is wanted, not {array.dtype} of shape {array.shape}")
    names = _own(np.ascontiguousarray(array)).view(np.uint32)
    if len(names) and int((names[:, 0] & 0xC0).min()) == 0:
        raise InvalidBatch("ids: one has top bits 00, which stand for no colour; node ids begin with 01, 10 or 11")
    return names


def _own(array: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Give an array that may be written on: compiled loops are compiled for such ones only."""
    return array if array.flags.writeable else array.copy()


def same_length(**columns: Column) -> None:
    """Refuse columns of different lengths."""
    if len({len(item) for item in columns.values()}) > 1:
        raise InvalidBatch(f"lengths differ: { {name: len(item) for name, item in columns.items()} }")


def check_offsets(offsets: Column, batch: int, children: Column) -> None:
    """Refuse offsets that do not cut the children into one run per node."""
    if len(offsets) != batch + 1 or offsets[0] != 0 or offsets[-1] != len(children) or np.any(np.diff(offsets) < 0):
        raise InvalidBatch(f"child_offsets: {batch + 1} ascending values from 0 to {len(children)} are wanted")


def check_visible(name: str, numbers: Column, nodes: Any) -> None:
    """Refuse the hidden pairs that stand for more than two children."""
    if np.any(nodes[numbers, SYMBOL] == 0):
        raise UnknownNumber(f"{name}: a number that this kernel never gave out")
