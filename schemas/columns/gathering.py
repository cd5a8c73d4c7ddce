"""Ids out of the buffer into tables, and sums of ids.

Belongs here: copying ids by the spans that reading found; sums modulo 2^128. Not here: which ids count.
"""

from typing import Any

from schemas.columns.layout import (
    CHILDREN_AT,
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


def sum_ids(table: Array, groups: Array, wanted: Array, sums: Array) -> None:
    """Add table[row] to sums[groups[row]], modulo 2^128, for rows that are wanted (not 0)."""
    for row in range(table.shape[0]):
        if wanted[row] != 0:
            group = groups[row]
            low = (sums[group, 0] + table[row, 0]) & MASK
            carry = low < table[row, 0]
            sums[group, 0] = low
            sums[group, 1] = (sums[group, 1] + table[row, 1]) & MASK
            if carry:
                sums[group, 1] = (sums[group, 1] + (MASK >> 63)) & MASK
