"""Checks of what callers hand in, before any compiled loop sees it: compiled code neither checks nor complains.

Belongs here: domains of arguments. Not here: capacity (engine.py).
"""

from typing import Any

import numpy as np

from egraph.kernel.errors import InvalidBatch
from egraph.kernel.loops import LABEL, SYMBOL

OPERATORS_MAX = 1 << 28

Column = np.ndarray[Any, np.dtype[np.int64]]


def column(name: str, values: Any, low: int, high: int) -> Column:
    """Give a one-dimensional array of 64-bit integers in low <= value < high."""
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InvalidBatch(f"{name}: a flat array of integers is wanted, not {array.dtype} of shape {array.shape}")
    if array.size and (int(array.min()) < low or int(array.max()) >= high):
        raise InvalidBatch(f"{name}: from {array.min()} to {array.max()}, outside {low} <= value < {high}")
    return np.ascontiguousarray(array, dtype=np.int64)


def same_length(**columns: Column) -> None:
    """Refuse columns of different lengths."""
    if len({len(item) for item in columns.values()}) > 1:
        raise InvalidBatch(f"lengths differ: { {name: len(item) for name, item in columns.items()} }")


def check_offsets(offsets: Column, batch: int, children: Column) -> None:
    """Refuse offsets that do not cut the children into one run per node."""
    if len(offsets) != batch + 1 or offsets[0] != 0 or offsets[-1] != len(children) or np.any(np.diff(offsets) < 0):
        raise InvalidBatch(f"child_offsets: {batch + 1} ascending values from 0 to {len(children)} are wanted")


def check_children(offsets: Column, children: Column, nodes: Any) -> None:
    """Refuse children that are hidden, or that stand at or behind their parent in the batch."""
    own = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    if np.any((children < 0) & (-1 - children >= own)):
        raise InvalidBatch("children: a negative child names an earlier position of the batch as -1 - position")
    check_visible("children", children[children >= 0], nodes)


def check_visible(name: str, numbers: Column, nodes: Any) -> None:
    """Refuse the hidden pairs that stand for more than two children."""
    if np.any(nodes[numbers, SYMBOL] == 0):
        raise InvalidBatch(f"{name}: a number that this kernel never gave out")


def check_targets(targets: Column, colours: Column, nodes: Any) -> None:
    """Refuse to define anything but unknown nodes, each once, in their own colour."""
    if np.any(nodes[targets, SYMBOL] != -colours) or len(np.unique(targets)) != len(targets):
        raise InvalidBatch("into: distinct numbers of unknown nodes of the same colours are wanted")


def labels_of(nodes: Any, numbers: Column) -> Column:
    """Give the labels of nodes."""
    return np.asarray(nodes[numbers, LABEL], dtype=np.int64)
