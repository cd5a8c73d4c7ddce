"""How well the colours of a graph go together: a score in [0, 1].

Belongs here: the score. Not here: whether a graph is legal (egraph/colours.py): one that agents accept has no
incompatible pair, so over such a graph the score is at least one half.

Each pair of a node and one of its children counts, as often as it occurs: compatible if the parent's colour may name
the child's, equal if they are the same. The score is the mean of the two shares: 1 where every pair is of one
colour, one half where GREEN separates everything, 0 where every pair is a conflict. A graph without pairs scores 1.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from egraph.colours import Colour, may_name


@dataclass(frozen=True, slots=True)
class Harmony:
    """The pairs of a graph: how many there are, may stand so, and are of one colour."""

    pairs: int
    compatible: int
    equal: int

    @property
    def score(self) -> float:
        """The mean of the compatible and the equal share, from 0 to 1; 1 without pairs."""
        return (self.compatible + self.equal) / (2 * self.pairs) if self.pairs else 1.0


def harmony(pairs: Iterable[tuple[Colour, Colour]]) -> Harmony:
    """Count pairs of (parent's colour, child's colour)."""
    total = compatible = equal = 0
    for parent, child in pairs:
        total += 1
        compatible += may_name(parent, child)
        equal += parent is child
    return Harmony(total, compatible, equal)


def harmony_under(colour: Callable[[str], Colour], pairs: Iterable[tuple[str, str]]) -> Harmony:
    """Count pairs of (parent's operator, child's operator) in the colours that a palette would give them.

    These are preferred colours, before GREEN replaces what children forbid: the score says how often it would have to.
    """
    return harmony((colour(parent), colour(child)) for parent, child in pairs)
