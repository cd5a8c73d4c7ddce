"""Errors of extraction.

    ExtractionError          root; never raised itself
      InvalidColumns         the caller's columns do not fit together
      InvalidCost            a cost outside its domain, or one that does not grow from child to parent
      NoTerm                 the class has no finite term: each node of it is above itself or an empty class
      TooExpensive           the cheapest term costs more than can be counted
      TermTooLarge           a term that is small as shared nodes is too large as text
      SolverMissing          the solver of the exact search is not installed
      SolverFailed           the solver gave no answer, or one that is none

Belongs here: what a caller of this package must tell apart. Not here: finding it out.
"""

from egraph.errors import EGraphError


class ExtractionError(EGraphError):
    """Root of the errors of extraction."""


class InvalidColumns(ExtractionError):
    """Columns that do not fit together. The message names the column, the position and the domain."""


class InvalidCost(ExtractionError):
    """A cost outside its domain, or one that is not above the costs of the children."""


class NoTerm(ExtractionError):
    """A class without a finite term."""


class TooExpensive(ExtractionError):
    """A class whose cheapest term costs more than 64-bit integers can count."""


class TermTooLarge(ExtractionError):
    """A term with more symbols than the caller allows."""


class SolverMissing(ExtractionError):
    """The optional solver cannot be imported. The message says what to install."""


class SolverFailed(ExtractionError):
    """The solver ended without an answer that can be used."""
