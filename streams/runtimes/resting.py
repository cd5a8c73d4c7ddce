"""The rest between two looks at what is due; what happens meanwhile may cut it short.

Belongs here: waiting. Not here: what is due when (processors), what is done then (agent_host.py).
"""

import asyncio
import time
from collections.abc import Callable

_SHORTEST_S = 0.002


class Rest:
    """One at a time."""

    def __init__(self, soonest: Callable[[], int | None]) -> None:
        """`soonest` gives when the next thing is due, in microseconds since the epoch, or None."""
        self._soonest = soonest
        self._ends_at = 0
        self._cut_short = asyncio.Event()

    async def take(self, longest: float) -> None:
        """Wait until something is due, at most so many seconds."""
        until = _now() + int(longest * 1_000_000)
        while True:
            self._cut_short.clear()
            soonest = self._soonest()
            self._ends_at = until if soonest is None else min(soonest, until)
            rest = min((self._ends_at - _now()) / 1_000_000, longest)
            if rest <= _SHORTEST_S:
                await asyncio.sleep(_SHORTEST_S)
                return
            try:
                await asyncio.wait_for(self._cut_short.wait(), rest)
            except TimeoutError:
                return

    def look_again(self) -> None:
        """Cut the rest short if something is due before its end. Called for every batch: it wakes nobody in vain."""
        soonest = self._soonest()
        if soonest is not None and soonest < self._ends_at:
            self._cut_short.set()


def _now() -> int:
    return time.time_ns() // 1000
