"""Which rules run in a round, and how many matches each may have.

Belongs here: allowances. Not here: the order of rules (RuleSet), limits on the whole (limits.py).
A scheduler decides by counts alone, so that every replica decides alike. Its memory is plain numbers, to be saved.
"""

from collections.abc import Sequence
from typing import Protocol

from egraph.saturation.errors import InvalidLimits, InvalidState


class Scheduler(Protocol):
    """Gives each rule an allowance for each round. One that skips or cuts a rule owes it a later round."""

    def allowance(self, rule: int, round_number: int) -> int | None:
        """Give the number of matches that the rule may have in this round; 0: it rests; None: any number."""
        ...

    def ran(self, rule: int, round_number: int, *, cut: bool) -> None:
        """Take note that the rule ran; `cut`: it had more matches than its allowance, and the rest was left out."""
        ...

    def memory(self) -> list[int]:
        """Give all that decides what comes, as numbers."""
        ...

    def remember(self, memory: Sequence[int]) -> None:
        """Go on from what `memory` gave."""
        ...


class EveryRule:
    """Every rule in every round, without allowance."""

    def allowance(self, rule: int, round_number: int) -> int | None:
        """Give no allowance."""
        return None

    def ran(self, rule: int, round_number: int, *, cut: bool) -> None:
        """Do nothing."""

    def memory(self) -> list[int]:
        """Give nothing."""
        return []

    def remember(self, memory: Sequence[int]) -> None:
        """Refuse anything but nothing."""
        if memory:
            raise InvalidState("the state was saved with another scheduler; go on with that one")


class BackOff:
    """A rule that exceeds its allowance rests for some rounds; both double each time. After egg's BackoffScheduler.

    Unlike there, the matches within the allowance count: the first ones in the order of the matches.
    """

    def __init__(self, *, matches: int = 1000, rounds: int = 5) -> None:
        if matches < 1 or rounds < 1:
            raise InvalidLimits(f"back-off: {matches} matches and {rounds} rounds; both are 1 or more")
        self._matches, self._rounds = matches, rounds
        self._times: dict[int, int] = {}
        self._rests_until: dict[int, int] = {}

    def allowance(self, rule: int, round_number: int) -> int | None:
        """Give the doubled allowance, or 0 while the rule rests."""
        if round_number <= self._rests_until.get(rule, 0):
            return 0
        return self._matches << min(self._times.get(rule, 0), 32)

    def ran(self, rule: int, round_number: int, *, cut: bool) -> None:
        """Send a rule that was cut to rest."""
        if cut:
            times = self._times.get(rule, 0)
            self._rests_until[rule] = round_number + (self._rounds << min(times, 32))
            self._times[rule] = times + 1

    def memory(self) -> list[int]:
        """Give its two numbers, then rule, times and end of rest, rule by rule."""
        rests = [item for rule, times in sorted(self._times.items()) for item in (rule, times, self._rests_until[rule])]
        return [self._matches, self._rounds, *rests]

    def remember(self, memory: Sequence[int]) -> None:
        """Read what `memory` gave."""
        rests = memory[2:]
        if list(memory[:2]) != [self._matches, self._rounds] or len(rests) % 3:
            raise InvalidState("the state was saved with another scheduler; go on with that one")
        self._times = dict(zip(rests[::3], rests[1::3], strict=True))
        self._rests_until = dict(zip(rests[::3], rests[2::3], strict=True))
