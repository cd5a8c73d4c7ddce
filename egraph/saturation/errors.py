"""Errors of saturation.

EGraphError               egraph/errors.py
  SaturationError         root of these; never raised itself
    InvalidLimits         a limit or an allowance outside its domain
    InvalidGraph          the nodes or equalities handed in make no graph
    InvalidState          bytes that are no saved state of these rules on these nodes
    TooLarge              more than the arrays can number; this saturation is of no further use
    AnalysisFault         an analysis breaks its contract
"""

from egraph.errors import EGraphError


class SaturationError(EGraphError):
    """Root of the errors of saturation."""


class InvalidLimits(SaturationError):
    """A limit outside its domain. The message names it."""


class InvalidGraph(SaturationError):
    """The nodes or equalities handed in make no graph: an unknown id, a wrong content, or a broken class rule."""


class InvalidState(SaturationError):
    """These bytes are not a state that this saturation can go on from."""


class TooLarge(SaturationError):
    """More nodes, keys or operators than the arrays can number. The message names the array and its limit."""


class AnalysisFault(SaturationError):
    """An analysis breaks its contract: its fact about a class changes without end, or it names an unknown class."""
