"""The hybrid logical clock of everything that writes facts (Kulkarni et al., 2014). Not here: who stamps what."""

_COUNTER_BITS = 16


class HybridClock:
    """Follows real time, never repeats, never goes back. `last` is the newest reading, 0 before the first."""

    def __init__(self, last: int = 0) -> None:
        self.last = last

    def tick(self, now_us: int, after: int = 0) -> int:
        """Give the next reading for a real time in microseconds: milliseconds << 16 | counter, later than `after`."""
        self.last = max(self.last + 1, after + 1, now_us // 1000 << _COUNTER_BITS)
        return self.last
