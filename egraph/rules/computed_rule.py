"""A computed rule: which operators are computed where all children are integer constants.

Belongs here: the object. Not here: text (computed_text.py), the functions (functions.py), whether the names in it are
known (validation.py), applying it (egraph/saturation/analyses.py).
"""

from dataclasses import dataclass, field

from egraph.rules.problems import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedRule:
    """An operator over constants equals the constant that its function gives.

    It stands for as many rules without variables as there are instances: `(add 1 2)` equals `3`, and so on. A constant
    is a leaf whose operator is `leaves` with a number in decimal behind it; its colour does not matter.
    """

    name: str
    table: str
    """The name of a table of functions, with its version."""
    leaves: str = ""
    functions: tuple[tuple[str, str], ...]
    """Operators, ascending, each with the name of its function."""
    place: Place | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "functions", tuple(sorted(self.functions)))

    @property
    def operators(self) -> dict[str, str]:
        """Give the function of each operator."""
        return dict(self.functions)
