"""Makes a failing run small: fewer facts, an earlier end, and only those strikes of faults that it takes.

Belongs here: delta debugging (Zeller, Hildebrandt 2002) over the schedule of faults. Not here: running (campaign.py).
A smaller run counts if the same check fires, whatever it says: the promise broken is the same one.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulator.campaign import run_seed
from simulator.options import DEFAULT_PROFILE, Options, draw_options
from streams.runtimes.simulated_dice import schedule_text
from streams.runtimes.simulated_trace import SimulationFailed
from streams.runtimes.simulated_workers import Worker

_FACTS = (0, 1, 2, 4, 8, 12, 16, 24, 32)
Strike = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest failing run that was found, in `runs` runs."""

    options: Options
    strikes: tuple[Strike, ...]
    failure: SimulationFailed
    runs: int

    @property
    def command(self) -> str:
        """The command that repeats it."""
        return replay_command(self.options, schedule_text(_schedule(self.strikes)))

    def document(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "check": self.failure.check,
            "command": self.command,
            "strikes": len(self.strikes),
            "runs": self.runs,
            "options": self.options.document(),
            "failure": str(self.failure).splitlines(),
        }


def replay_command(options: Options, only: str | None = None) -> str:
    """Give the command line that repeats a run: the seed, and what is not as the seed draws it."""
    drawn = draw_options(options.seed, options.profile)
    words = ["egraph", "simulate", "--seed", str(options.seed)]
    words += ["--profile", options.profile] if options.profile != DEFAULT_PROFILE else []
    words += ["--facts", str(options.facts)] if options.facts != drawn.facts else []
    words += ["--steps", str(options.faulty_steps)] if options.faulty_steps is not None else []
    words += ["--only", only] if only is not None else []
    return shlex.join(words)


class Shrinker:
    """Shrinks one failure, in at most `runs_max` runs."""

    def __init__(self, failure: SimulationFailed, *, worker_class: type[Worker] = Worker, runs_max: int = 150) -> None:
        self._check = failure.check
        self._worker_class = worker_class
        self._left = runs_max
        self._runs = 0

    def shrink(self, options: Options, strikes: Sequence[Strike]) -> Smallest | None:
        """Give the smallest run found, or None if the failure does not repeat."""
        self._best = self._try(options, tuple(strikes))
        if self._best is None:
            return None
        self._minimise()
        self._end_early()
        self._send_less()
        self._minimise()
        return replace(self._best, runs=self._runs)

    def _try(self, options: Options, strikes: tuple[Strike, ...]) -> Smallest | None:
        if self._left == 0:
            return None
        self._left -= 1
        self._runs += 1
        world, outcome = run_seed(options, only=_schedule(strikes), worker_class=self._worker_class)
        if not isinstance(outcome, SimulationFailed) or outcome.check != self._check:
            return None
        struck = tuple((name, number) for name, numbers in world.dice.struck.items() for number in numbers)
        return Smallest(options, struck, outcome, self._runs)

    def _keep_if_smaller(self, options: Options, strikes: tuple[Strike, ...]) -> bool:
        found = self._try(options, strikes)
        if found is not None:
            self._best = found
        return found is not None

    def _minimise(self) -> None:
        """Leave out halves, then quarters, and so on of the strikes, as long as the failure stays."""
        assert self._best is not None
        if self._best.strikes and self._keep_if_smaller(self._best.options, ()):
            return
        parts = 2
        while (count := len(self._best.strikes)) > 0 and self._left > 0:
            size = max(1, count // parts)
            for at in range(0, count, size):
                strikes = self._best.strikes
                if self._keep_if_smaller(self._best.options, strikes[:at] + strikes[at + size :]):
                    parts = max(2, parts - 1)
                    break
            else:
                if size == 1:
                    return
                parts = min(count, parts * 2)

    def _end_early(self) -> None:
        assert self._best is not None
        most = 4096
        while most >= 64 and self._left > 0:
            if self._keep_if_smaller(replace(self._best.options, faulty_steps=most), self._best.strikes):
                most //= 2
            else:
                return

    def _send_less(self) -> None:
        assert self._best is not None
        for facts in _FACTS:
            if facts >= self._best.options.facts:
                return
            if self._keep_if_smaller(replace(self._best.options, facts=facts), self._best.strikes):
                return


def _schedule(strikes: Sequence[Strike]) -> dict[str, frozenset[int]]:
    names = {name for name, _ in strikes}
    return {name: frozenset(number for other, number in strikes if other == name) for name in names}


def shrink(
    options: Options, failure: SimulationFailed, struck: Sequence[Strike], *, worker_class: type[Worker] = Worker
) -> Smallest | None:
    """Make one failing run small. Gives None if it does not fail again, which would be a defect of the simulator."""
    return Shrinker(failure, worker_class=worker_class).shrink(options, struck)
