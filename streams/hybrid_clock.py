"""The hybrid logical clock of everything that writes facts (Kulkarni et al., 2014). Not here: who stamps what."""

_COUNTER_BITS = 16


class HybridClock:
    """Follows real time, never repeats, never goes back."""

    def __init__(self) -> None:
        self._last = 0

    def tick(self, now_us: int, after: int = 0) -> int:
        """Give the next reading for a real time in microseconds: milliseconds << 16 | counter, later than `after`."""
        self._last = max(self._last + 1, after + 1, now_us // 1000 << _COUNTER_BITS)
        return self._last
