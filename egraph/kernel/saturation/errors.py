"""Errors of the scratch table. It imports nothing of ours, so they have a root of their own.

ScratchError            root; never raised itself
  ScratchFull           more terms or keys than the arrays can number; the table is of no further use
  ScratchConflict       equalities that break the class rule; nothing was done
"""


class ScratchError(Exception):
    """Root of the scratch table's errors."""


class ScratchFull(ScratchError):
    """More terms or keys than the arrays can number. The message names the array and its limit."""


class ScratchConflict(ScratchError):
    """The equalities break the class rule together; nothing was done."""
