"""Errors of the kernel. Its loops import nothing of ours, so they have a root of their own.

KernelError           root; never raised itself
  CapacityExceeded    more nodes, keys or edges than the arrays can number; nothing of the batch's rest was done
  InvalidBatch        the caller's arrays do not fit together; nothing was done
  UnknownNumber       an id, node or assertion that this kernel never saw; nothing was done
  UnknownMark         a mark that was rolled back or committed before
  MarkIsOpen          what cannot be rolled back was asked for while a mark is open; nothing was done
  NotEqual            an explanation was asked for two nodes that are not in one class
  LawBroken           our fault: a law of the kernel does not hold; crash loudly
"""


class KernelError(Exception):
    """Root of the kernel's errors."""


class CapacityExceeded(KernelError):
    """More nodes, keys or edges than the arrays can number. The message names the array and its limit."""


class InvalidBatch(KernelError):
    """The caller's arrays do not fit together. The message names the array and its domain."""


class UnknownNumber(KernelError):
    """An id, node or assertion that this kernel never saw."""


class UnknownMark(KernelError):
    """A mark that this kernel no longer knows."""


class MarkIsOpen(KernelError):
    """Nodes and retractions cannot be rolled back, so they wait until the last mark is gone."""


class NotEqual(KernelError):
    """Two nodes that are not in one class have no explanation."""


class LawBroken(KernelError):
    """A law of the kernel does not hold. This is a defect of ours, never of the input."""
