"""A user's say about colours, as data.

Belongs here: the policy and which entry of it speaks for an operator. Not here: reading it (reader.py), drawing and
inferring what it leaves open (palette.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from egraph.colours import Colour
from egraph.rules.problems import Place


class Otherwise(StrEnum):
    """Where the colour comes from if no entry names the operator and the default is no colour."""

    SEED = "seed"
    POLARITY = "polarity"


@dataclass(frozen=True, slots=True)
class Above:
    """An operator of which the user knows that it stands above another one."""

    parent: str
    child: str
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Colours by operator, then by the longest prefix, then the default: a colour, the seed, or the rules' polarity.

    The empty policy draws every colour by seed 0, as ingest does.
    """

    operators: Mapping[str, Colour] = field(default_factory=dict)
    prefixes: Mapping[str, Colour] = field(default_factory=dict)
    default: Colour | Otherwise = Otherwise.SEED
    seed: int = 0
    above: tuple[Above, ...] = ()

    def prefix_of(self, operator: str) -> str | None:
        """Give the longest prefix with an entry that the operator begins with."""
        for length in range(len(operator), 0, -1):
            if operator[:length] in self.prefixes:
                return operator[:length]
        return None

    def demanded(self, operator: str) -> Colour | None:
        """Give the colour that the policy itself names for an operator, or None where it leaves that to be found."""
        if operator in self.operators:
            return self.operators[operator]
        prefix = self.prefix_of(operator)
        if prefix is not None:
            return self.prefixes[prefix]
        return self.default if isinstance(self.default, Colour) else None
