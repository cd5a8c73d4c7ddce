"""Which faults strike in a simulated run: one stream of decisions for each kind, and the schedule that comes of it.

Belongs here: deciding and counting. Not here: what a fault does (simulated_mischief.py, simulated_workers.py).
The n-th decision about a kind of fault depends on the seed, the kind and n alone. So a run can be repeated with some
of its strikes left out, and the others stay what they were: that is what makes a failing schedule shrink.
"""

from collections import Counter
from collections.abc import Mapping
from random import Random

from streams.runtimes.simulated_faults import CALM, Faults

Schedule = Mapping[str, frozenset[int]]
"""Which decisions of which kind strike, counted from 0."""


class Dice:
    """Decides about faults. `hits` counts strikes by kind."""

    def __init__(self, seed: int, faults: Faults, only: Schedule | None = None) -> None:
        self.hits: Counter[str] = Counter()
        self.struck: dict[str, list[int]] = {}
        self._odds = {name: value for name, value in faults.rates() if value > 0}
        self._streams = {name: Random(f"{name} {seed}").random for name in self._odds}
        self._decisions = dict.fromkeys(self._odds, 0)
        self._only = only

    def happens(self, fault: str) -> bool:
        """Decide whether a fault strikes now."""
        odds = self._odds.get(fault)
        if odds is None:
            return False
        number = self._decisions[fault]
        self._decisions[fault] = number + 1
        strikes = self._streams[fault]() < odds
        if self._only is not None:
            strikes = number in self._only.get(fault, ())
        if strikes:
            self.hits[fault] += 1
            self.struck.setdefault(fault, []).append(number)
        return strikes

    def note(self, fault: str) -> None:
        """Count what a fault has done beyond the decision, such as each message that a partition swallows."""
        self.hits[fault] += 1

    def rest(self) -> None:
        """Let nothing strike any more."""
        self._odds = {}

    @property
    def rested(self) -> bool:
        """Tell whether nothing strikes any more."""
        return not self._odds


def schedule_text(schedule: Mapping[str, frozenset[int] | list[int]]) -> str:
    """Give a schedule as the command line takes it: `crash:0,3 lost_gossip:17`; nothing at all is `none`."""
    parts = [f"{name}:{','.join(map(str, sorted(schedule[name])))}" for name in sorted(schedule) if schedule[name]]
    return " ".join(parts) or "none"


def read_schedule(text: str) -> dict[str, frozenset[int]]:
    """Read what `schedule_text` gives. Raises ValueError that says what is wrong."""
    known = {name for name, _ in CALM.rates()}
    found: dict[str, frozenset[int]] = {}
    for part in text.replace("none", "").split():
        name, colon, numbers = part.partition(":")
        if name not in known or not colon:
            raise ValueError(f"{part!r} names no fault; write FAULT:NUMBER[,NUMBER], with a fault of {sorted(known)}")
        try:
            found[name] = frozenset(int(number) for number in numbers.split(","))
        except ValueError:
            raise ValueError(f"{part!r}: {numbers!r} is no list of numbers such as 0,3,17") from None
    return found
