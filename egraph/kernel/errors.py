"""Errors of the kernel. It imports nothing of ours, so they have a root of their own.

KernelError           root; never raised itself
  CapacityExceeded    more nodes or keys than the arrays can number; nothing of the batch's rest was done
  InvalidBatch        the caller's arrays do not fit together; nothing was done
  UnknownMark         a mark that was rolled back or committed before
"""


class KernelError(Exception):
    """Root of the kernel's errors."""


class CapacityExceeded(KernelError):
    """More nodes or keys than the arrays can number. The message names the array and its limit."""


class InvalidBatch(KernelError):
    """The caller's arrays do not fit together. The message names the array and its domain."""


class UnknownMark(KernelError):
    """A mark that this kernel no longer knows."""
