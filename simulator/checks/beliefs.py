"""Nobody believes that a neighbour holds what it does not hold, or has lost."""

from collections.abc import Sequence

from streams.ports import LogRecord, Outcome
from streams.runtimes.simulated import Inspector
from streams.runtimes.simulated_workers import Seat


class BeliefsAreTrue(Inspector):
    """What an agent takes a life of a neighbour to hold, that life does hold.

    Both ends of every edge are looked at after each step that could change one of them.
    """

    name = "belief-is-held"

    def __init__(self) -> None:
        self._lives: dict[tuple[int, int], Seat] = {}

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Compare the agent's beliefs with the lives they are about."""
        self._lives[seat.agent, seat.processor.incarnation] = seat
        if not records:
            return
        for peer, incarnation, known in seat.processor.beliefs():
            other = self._lives.get((peer, incarnation))
            if other is not None:
                truth = other.processor.version
                assert all(map(int.__le__, known, truth)), (
                    f"agent {seat.agent} believes {known} of agent {peer}, which holds {truth}"
                )
