"""Colours e-nodes on their way into the log: the palette's colour where the children allow it, else GREEN.

Belongs here: applying a palette to nodes. Not here: where its colours come from (egraph/duck), the local rule itself
(egraph/colours.py).

The palette of a seed leaves half of the operators GREEN because a syntax tree needs room: with more RED and BLUE most
inner nodes would be GREEN by force. As it is, both colours occur at every depth, classes have RED and BLUE parents, and
equalities between them can conflict.
"""

from collections.abc import Sequence
from functools import lru_cache

from egraph.colours import Colour
from egraph.duck.palette import Palette, make_palette, seeded
from egraph.duck.policy import Policy
from egraph.identifiers import NodeId
from streams.ingest.enode import ENode, make_enode

# The two top bits of a node id are its colour (egraph/identifiers.py).
_FORBIDDEN = {Colour.RED: Colour.BLUE, Colour.BLUE: Colour.RED}


class Colouring:
    """Colours operators by a palette, by default that of seed 0. Equal palettes colour alike on every machine."""

    def __init__(self, palette: Palette | None = None) -> None:
        self.palette = seeded(0) if palette is None else palette
        self._preferred = lru_cache(maxsize=65_536)(self.palette.colour)

    def preferred(self, operator: str) -> Colour:
        """Give the colour this operator has where its children allow it."""
        return self._preferred(operator)

    def colour(self, operator: str, children: Sequence[NodeId]) -> Colour:
        """Give the colour of a node with this operator over these children."""
        preferred = self._preferred(operator)
        if preferred is Colour.GREEN:
            return preferred
        return Colour.GREEN if any(child[0] >> 6 == _FORBIDDEN[preferred] for child in children) else preferred

    def enode(self, operator: str, children: Sequence[NodeId] = ()) -> ENode:
        """Give the coloured e-node."""
        return make_enode(operator, self.colour(operator, children), children)


def all_green() -> Colouring:
    """Give a colouring under which no colour holds a rule or an equality back."""
    return Colouring(make_palette(Policy(default=Colour.GREEN)))
