"""Eight bytes at a time: the buffer seen as one little-endian word at every offset.

Belongs here: what all loops over words share. Not here: what the words mean.
A buffer has PADDING bytes behind its content, so that the word at the last byte, and at the end, stands inside it.
"""

from typing import Any

PADDING = 8
MASK = 0xFFFF_FFFF_FFFF_FFFF  # as a constant of 2^63 or more it is unsigned for the compiler too

Array = Any


def first_bytes(word: int, count: int) -> int:
    """Keep the first bytes of a word, zeros behind them; there is at least one."""
    return word if count >= 8 else word & (MASK >> (64 - 8 * count))


def copy_bytes(words: Array, at: int, target: Array, to: int, length: int) -> None:
    """Copy bytes between two buffers; up to seven bytes behind them are overwritten with anything."""
    for done in range(0, length, 8):
        target[to + done] = words[at + done]


def prefetch(array: Array, row: int) -> None:
    """Ask memory for a row that will be looked at soon; compiled, an instruction of the processor (compiling.py)."""
