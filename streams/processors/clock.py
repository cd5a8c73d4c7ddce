"""Vector clocks of the timeline (Fidge 1988, Mattern 1989), and latencies counted by bucket."""

from collections import Counter
from collections.abc import Sequence

from schemas.latency import latency_bucket

_SPREAD = 1_000_000
# Starts that differ by whole seconds, as those of ordered restarts do, are to be far apart modulo the prime.
_MIXER, _PRIME = 618_033, 999_983
_UNHEARD = 1 << 20  # more events than a life counts before a neighbour hears of one
_WIDE_MIXER, _WIDE_PRIME = 1_327_217_885, 2_147_483_647


def first_name(started: int, life: int) -> int:
    """Give the incarnation of a life: the second in which it started, with the number of the life as microseconds.

    `life` is the generation of the consumer group, which the broker never gives twice. The clock of a machine that
    runs behind can show one time to two lives; the generation tells them apart.
    """
    return started - started % _SPREAD + life % _SPREAD


def later_name(former: int, name: int) -> int:
    """Give the smallest number above `former` that is of the same life as `name`: its last six digits are the same."""
    return former + 1 + (name - former - 1) % _SPREAD


def restart_time(former: int, life: int) -> int:
    """Give the earliest time at which a life may begin that is ordered after the one named `former`.

    It is in a later second, so that its name is a later one, and at a place in that second which is its own: two
    processes may both carry out an order, and their lives are not to count from one value.
    """
    return former - former % _SPREAD + _SPREAD + life * _MIXER % _PRIME


class VectorClock:
    """One agent's clock: entry i is the newest event of agent i that it has heard of.

    An agent's own entry begins at its start, microseconds since the epoch, and counts on from there: no agent tells
    a million events a second, so two lives share no value, whatever was or was not saved between them.
    """

    def __init__(self, agent: int, agents: int, started: int) -> None:
        self.agent = agent
        self.entries = [0] * agents
        self.entries[agent] = started
        self._started = started

    def resume(self, entries: Sequence[int]) -> None:
        """Take in the clock of a former life."""
        self.join(entries)

    def outlive(self, incarnation: int) -> None:
        """Go on behind the name of a former life, if that is ahead, at a place of its own: others may do so, too."""
        if incarnation > self.entries[self.agent]:
            self.entries[self.agent] = incarnation + self._place()

    def tick(self) -> int:
        """Count an event of one's own and give its number."""
        self.entries[self.agent] += 1
        return self.entries[self.agent]

    def join(self, other: Sequence[int]) -> None:
        """Take in the clock that a message or a snapshot carried.

        One that knows more of this agent than itself tells of another life, on a machine whose clock is ahead. That
        life may have counted on behind what the clock knows, and so may a third one that hears of it: all of them go
        on from there, and their starts tell them apart.
        """
        mine = self.entries[self.agent]
        self.entries = [max(own, theirs) for own, theirs in zip(self.entries, other, strict=True)]
        if self.entries[self.agent] != mine:
            self.entries[self.agent] += self._place()

    def _place(self) -> int:
        """Give how far behind a value that others may start from, too, this life goes on.

        It is beyond all that the life which counted to that value may have counted since, and spread over half an hour
        of microseconds, so that it meets neither another life that leaps nor one that begins by its clock.
        """
        return _UNHEARD + self._started * _WIDE_MIXER % _WIDE_PRIME

    def value(self) -> tuple[int, ...]:
        """Give the entries as they stand."""
        return tuple(self.entries)


class LatencyCounts:
    """Latencies counted by bucket since they were last taken."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def count(self, microseconds: int) -> None:
        """Count one latency."""
        self._counts[latency_bucket(microseconds)] += 1

    def count_since(self, appended_at_ms: Sequence[int], now: int) -> None:
        """Count the time from each append (milliseconds) to now (microseconds)."""
        for appended_at, how_many in Counter(appended_at_ms).items():
            self._counts[latency_bucket(now - appended_at * 1000)] += how_many

    def take(self) -> tuple[tuple[int, int], ...]:
        """Give the counts as (bucket, count), ascending, and start anew."""
        taken = tuple(sorted(self._counts.items()))
        self._counts.clear()
        return taken
