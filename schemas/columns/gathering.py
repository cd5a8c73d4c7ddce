"""Ids out of the buffer into tables, and sums of ids.

Belongs here: copying ids by the spans that reading found; sums modulo 2^128. Not here: which ids count.
"""

from typing import Any

import numpy as np

from schemas.columns.layout import (
    CHILDREN_AT,
    EVENT,
    KIND,
    LEFT,
    LEFT_AT,
    RIGHT,
    RIGHT_AT,
    TARGET,
    TARGET_AT,
)
from schemas.columns.words import MASK

Array = Any


def gather_ids(words: Array, fields: Array, offsets: Array, ids: Array, children: Array) -> None:
    """Copy children to children[offsets[row]] and on, and ends and targets to `ids`, for all rows with spans."""
    for row in range(fields.shape[1]):
        if fields[KIND, row] < 0:
            continue
        at = fields[CHILDREN_AT, row]
        if at > 0:
            for child in range(offsets[row], offsets[row + 1]):
                children[child, 0] = words[at]
                children[child, 1] = words[at + 8]
                at += 16
        gather_one(words, fields[LEFT_AT, row], ids, LEFT, row)
        gather_one(words, fields[RIGHT_AT, row], ids, RIGHT, row)
        gather_one(words, fields[TARGET_AT, row], ids, TARGET, row)


def gather_one(words: Array, at: int, ids: Array, table: int, row: int) -> None:
    """Copy an id, if there is one."""
    if at > 0:
        ids[table, row, 0] = words[at]
        ids[table, row, 1] = words[at + 8]


def sum_ids(ids: Array, fields: Array, wanted: Array, by_kind: Array, buckets: Array) -> None:
    """Add event ids to the sum of their kind and to that of their first byte, for accepted rows that are wanted."""
    for row in range(fields.shape[1]):
        if fields[KIND, row] >= 0 and wanted[row] != 0:
            low, high = ids[EVENT, row, 0], ids[EVENT, row, 1]
            add_wide(by_kind, fields[KIND, row], low, high)
            add_wide(buckets, int(np.int64(low & (MASK >> 56))), low, high)


def add_wide(sums: Array, group: int, low: int, high: int) -> None:
    """Add a number of 128 bits, modulo 2^128."""
    total = (sums[group, 0] + low) & MASK
    sums[group, 0] = total
    sums[group, 1] = (sums[group, 1] + high) & MASK
    if total < low:
        sums[group, 1] = (sums[group, 1] + (MASK >> 63)) & MASK
