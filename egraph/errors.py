"""Errors of the core.

    EGraphError                 root; never raised itself
      InvariantBroken           our fault: a law of the e-graph does not hold; crash loudly
      InvalidFact               the caller built a fact that no producer may emit (bad id length, unknown colour)

Bad *input* is not an error here: decoding (schemas/) and admission (streams/) turn it into values with a reason.
"""


class EGraphError(Exception):
    """Root of the core's errors."""


class InvariantBroken(EGraphError):
    """A law of the e-graph does not hold. This is a defect of ours, never of the input."""


class InvalidFact(EGraphError):
    """A fact was built from values outside their domain. The message names the field and its domain."""
