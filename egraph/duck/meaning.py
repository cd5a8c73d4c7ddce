"""What the colours mean, which outranks which, and which may stand above which: tables, and nothing else.

Belongs here: the tables. Not here: the rules themselves (egraph/colours.py), from which the last one follows.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from egraph.colours import Colour, may_name

MEANING: Mapping[Colour, str] = MappingProxyType(
    {
        Colour.RED: "live: stated or rewritten just now, nobody has verified it",
        Colour.GREEN: "verified: checked, and fit to stand above and below everything",
        Colour.BLUE: "imported: taken over or backfilled from elsewhere, true as far as its source is",
    }
)

PRIORITY: Mapping[Colour, int] = MappingProxyType({Colour.RED: 30, Colour.GREEN: 20, Colour.BLUE: 10})
"""What is worked on first, and what wins a tie in a merge preview. It never decides what is accepted."""

COMPATIBLE: Mapping[tuple[Colour, Colour], bool] = MappingProxyType(
    {(parent, child): may_name(parent, child) for parent in Colour for child in Colour}
)
"""Whether a node of the first colour may name a child of the second. In a class the same holds between each member and
each parent of the class (the class rule)."""


def first_in_priority(colours: Iterable[Colour]) -> Colour:
    """Give the colour that outranks the others. Raises ValueError where there is none."""
    return max(colours, key=PRIORITY.__getitem__)
