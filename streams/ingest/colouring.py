"""Which colour an operator gets: deterministic, seeded, legal against its children.

Belongs here: the assignment for real input. Not here: the local rule itself (egraph/colours.py).

The rule of this assignment: each operator has a preferred colour, drawn by a hash of (seed, operator): a quarter RED,
a quarter BLUE, the rest GREEN. A node takes it unless a child forbids it (RED may not name BLUE, BLUE may not name
RED); then it is GREEN, which may name anything. Half of the operators are GREEN because a syntax tree needs room:
with more RED and BLUE most inner nodes would be GREEN by force. As it is, both colours occur at every depth, classes
have RED and BLUE parents, and equalities between them can conflict.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

from egraph.colours import Colour
from egraph.identifiers import NodeId
from streams.ingest.enode import ENode, make_enode

_PERSON = b"egraph.colour"
# The two top bits of a node id are its colour (egraph/identifiers.py).
_FORBIDDEN = {Colour.RED: Colour.BLUE, Colour.BLUE: Colour.RED}
_DRAW = (Colour.RED, Colour.BLUE, Colour.GREEN, Colour.GREEN)


class Colouring:
    """Colours operators for one seed. Equal seeds give equal colours on every machine and Python version."""

    def __init__(self, seed: int = 0) -> None:
        self._salt = seed.to_bytes(8, "little", signed=True)
        self._preferred = lru_cache(maxsize=65_536)(self._draw)

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

    def _draw(self, operator: str) -> Colour:
        digest = blake2b(operator.encode(), digest_size=1, key=self._salt, person=_PERSON).digest()
        return _DRAW[digest[0] & 3]
