"""What a saturation gives back.

Belongs here: counts, classes, the outcome. Not here: the trace's shape (trace.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from egraph.identifiers import NodeId
from egraph.saturation.limits import StopReason
from egraph.saturation.trace import Trace


class RuleProfile(NamedTuple):
    """What one rule did, in all rounds or in one.

    candidates  nodes that the matcher tried for its patterns
    matches     matches fired, those without effect included
    nodes       nodes created
    unions      firings that merged two classes
    refused     firings not made because they would break the class rule
    forbidden   matches whose colours allow no replacement (docs/rules.md)
    seconds     time for matching and firing, 0 without a clock
    """

    rule: str
    candidates: int = 0
    matches: int = 0
    nodes: int = 0
    unions: int = 0
    refused: int = 0
    forbidden: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RoundProfile:
    """One round: its number from 1, what each rule and each analysis did in it, and the rows afterwards.

    `rows` counts e-nodes that are different under the classes, and those that were handed in.
    `seconds` includes indexing and closing.
    """

    number: int
    rules: tuple[RuleProfile, ...]
    rows: int
    seconds: float


def total_of(profiles: Sequence[RuleProfile], name: str = "") -> RuleProfile:
    """Add counts up."""
    _, *numbers = zip(*profiles, strict=True) if profiles else ((),)
    return RuleProfile(name, *map(sum, numbers))


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of all terms. A class is named by its smallest term."""

    label: Sequence[int]
    """The class of each term."""
    rows: Sequence[int]
    """The terms that stand for all: every term is congruent to one of them. Ascending."""
    number: Mapping[NodeId, int]
    """The term of each node handed in."""

    def of(self, node: NodeId) -> int:
        """Give the class of a node that was handed in, or is named by one. Raises KeyError for any other."""
        return self.label[self.number[node]]

    def __len__(self) -> int:
        return sum(1 for term, label in enumerate(self.label) if term == label)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why it stopped, how many rounds it ran, what the rules did, and what came out."""

    stop_reason: StopReason
    rounds: int
    profile: tuple[RuleProfile, ...]
    """One for each rule in their order, then one for each analysis; `total` has the sums."""
    by_round: tuple[RoundProfile, ...]
    classes: Classes
    facts: tuple[Mapping[int, Any], ...] = ()
    """For each analysis, the facts by class, of the classes about which something is known."""
    read_trace: Callable[[], Trace] | None = field(default=None, compare=False, repr=False)

    @property
    def trace(self) -> Trace | None:
        """What was derived, and why; None if the saturation was told to keep no trace. Read at the first use."""
        return None if self.read_trace is None else self.read_trace()

    @property
    def total(self) -> RuleProfile:
        """The sums over all rules and analyses."""
        return total_of(self.profile, "total")
