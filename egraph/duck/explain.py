"""Why an operator, or a node, has its colour.

Belongs here: the answer and its words. Not here: finding it (palette.py).
"""

from dataclasses import dataclass
from enum import StrEnum

from egraph.colours import Colour
from egraph.duck.meaning import MEANING


class Source(StrEnum):
    """What gave the colour."""

    OPERATOR = "policy: its own entry"
    PREFIX = "policy: the longest prefix"
    DEFAULT = "policy: the default"
    POLARITY = "polarity of the rules"
    SEED = "drawn by the seed"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The colour of an operator over certain children. `preferred` is what the source says, `detail` names the data.

    `forbidding` is the colour of the first child above which the preferred colour may not stand, or None.
    """

    operator: str
    colour: Colour
    preferred: Colour
    source: Source
    detail: str
    forbidding: Colour | None = None

    def __str__(self) -> str:
        said = f"{self.operator} is {self.colour.name} ({MEANING[self.colour]}). "
        if self.forbidding is None:
            return f"{said}{self.source.value.capitalize()}: {self.detail}."
        return (
            f"{said}{self.preferred.name} is preferred ({self.source.value}: {self.detail}), but may not stand above a "
            f"{self.forbidding.name} child."
        )

    def matches(self, found: Colour) -> bool:
        """Tell whether a node has the colour that this palette gives: if not, another palette or hand coloured it."""
        return found is self.colour
