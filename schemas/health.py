"""Health of an agent, by how long nothing was heard of it: one formula for those who act and those who show.

Belongs here: the formula and the names of its bands. Not here: clocks, what is done about it.
Elapsed time is the receiver's: a sender whose clock is wrong must be neither well nor lost for that.
"""

HEALTHY, DEGRADED, SUSPECT, DOWN = "healthy", "degraded", "suspect", "down"
_DEGRADED_FROM, _SUSPECT_FROM = 0.5, 0.2


def health_after(elapsed: float, timeout: float) -> float:
    """Give max(0, 1 - elapsed / timeout), at most 1; both in one unit."""
    return min(1.0, max(0.0, (timeout - elapsed) / timeout))


def band_of(health: float, *, healthy_from: float = 0.8) -> str:
    """Give the name of a health: healthy from 0.8 or as told, degraded from 0.5, suspect from 0.2, else down."""
    if health >= healthy_from:
        return HEALTHY
    if health >= _DEGRADED_FROM:
        return DEGRADED
    return SUSPECT if health >= _SUSPECT_FROM else DOWN
