"""How far a saturation may go, and why it ended.

Belongs here: limits and stop reasons. Not here: per-rule allowances (schedulers.py), keeping to them (saturation.py).
"""

from dataclasses import dataclass
from enum import StrEnum

from egraph.saturation.errors import InvalidLimits

NODES_MAX = 1 << 29
COUNT_MAX = (1 << 62) - 1


class StopReason(StrEnum):
    """Why a saturation ended. Only SATURATED says that the rules have nothing more to give."""

    SATURATED = "saturated"
    ROUND_LIMIT = "round limit"
    NODE_LIMIT = "node limit"
    MATCH_LIMIT = "match limit"
    CANDIDATE_LIMIT = "candidate limit"
    TIME_GUARD = "time guard"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Counts that hold inside a round, too: the work stops at the first step that would exceed one.

    What was done before that step stays, and classes are closed. The order of the work follows from the content of the
    nodes and rules alone (order.py), so every replica stops at the same step.

    rounds      rounds in all
    nodes       nodes that the scratch table ever holds: those handed in, and those created, alive or merged since
    matches     matches in all
    candidates  nodes tried by the matcher in all; this one depends on how the matcher works, so replicas agree on it
                only if they run the same version
    seconds     an outer guard that stops between two rounds; the outcome then depends on the machine
    """

    rounds: int = 30
    nodes: int = 1_000_000
    matches: int = 100_000_000
    candidates: int = 10_000_000_000
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name, least, most in (
            ("rounds", 0, COUNT_MAX), ("nodes", 1, NODES_MAX), ("matches", 0, COUNT_MAX), ("candidates", 0, COUNT_MAX),
        ):  # fmt: skip
            value = getattr(self, name)
            if type(value) is not int:
                raise InvalidLimits(f"{name}: {value!r} is no whole number; choose one from {least} on")
            if not least <= value <= most:
                raise InvalidLimits(f"{name}: {value} is outside {least} to {most}; choose a number in between")
        if self.seconds is not None and not self.seconds >= 0:
            raise InvalidLimits(f"seconds: {self.seconds} is no duration; choose 0 or more, or None")
