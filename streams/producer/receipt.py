"""What a caller holds of a fact that was accepted: its name now, its place in the log later.

Belongs here: waiting for one fact, with or without asyncio. Not here: who fulfils it (courier.py).
"""

import asyncio
from collections.abc import Generator
from concurrent.futures import Future

from egraph.facts import Fact
from egraph.identifiers import EventId, Position
from streams.outbox.errors import ProducerStopped


class Receipt:
    """A fact that the spool has taken. `await receipt`, or `receipt.result()`, gives its position in the log."""

    def __init__(self, fact: Fact) -> None:
        self.fact = fact
        self._position: Future[Position] = Future()
        self._position.set_running_or_notify_cancel()  # who stops waiting does not take the fact back

    @property
    def event_id(self) -> EventId:
        """Give the fact's name: what `Retract` and `causes` take."""
        return self.fact.event_id

    def acknowledged(self) -> bool:
        """Tell whether the log has it."""
        return self._position.done() and self._position.exception() is None

    def result(self, timeout_s: float | None = None) -> Position:
        """Wait for the acknowledgement, give partition and offset (-1 where the broker does not say it).

        Raises TimeoutError, which says nothing about the fact; and ProducerStopped if the producer was closed or gave
        up before: the fact is in the spool then, and goes with the next producer that opens it.
        """
        return self._position.result(timeout_s)

    def __await__(self) -> Generator[None, None, Position]:
        return asyncio.wrap_future(self._position).__await__()

    def fulfil(self, position: Position) -> None:
        """Say where the fact stands."""
        self._position.set_result(position)

    def leave(self, stopped: ProducerStopped) -> None:
        """Say that nobody will say it here any more."""
        self._position.set_exception(stopped)
