"""How long to wait before the next connection, and when to give up.

Belongs here: the policy, without a clock. Not here: connecting (streams/producer/courier.py).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Pauses double from the first to the longest; `give_up_s` after the first failure without a success it ends.

    All in seconds; `math.inf` never gives up.
    """

    first_pause_s: float = 0.1
    longest_pause_s: float = 10.0
    give_up_s: float = 1800.0


class Retry:
    """Failures since the last success."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._pause = policy.first_pause_s
        self._since: float | None = None

    def succeeded(self) -> None:
        """Take note of a success: patience begins anew."""
        self._pause, self._since = self._policy.first_pause_s, None

    def failed(self, now: float) -> float | None:
        """Take note of a failure at a monotonic time; give the seconds to wait, or None to give up."""
        self._since = now if self._since is None else self._since
        left = self._policy.give_up_s - (now - self._since)
        if left <= 0:
            return None
        pause, self._pause = self._pause, min(2 * self._pause, self._policy.longest_pause_s)
        return min(pause, left)
