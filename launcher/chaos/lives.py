"""Counts lives of processes that ended by themselves right after their start: a supervisor would give up at some row.

Belongs here: counting. Not here: restarting (launcher/supervisor.py). A drill kills on purpose and switches giving up
off, so that it must count what would have been given up without its own kills.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from launcher.supervisor import SHORT_LIFE_S, Supervisor


class ShortLives:
    """`longest`: of each process, the longest row of short lives that no SIGKILL ended."""

    def __init__(self) -> None:
        self.longest: dict[str, int] = {}
        self._row: dict[str, int] = {}

    @contextmanager
    def watched(self, supervisor: Supervisor) -> Iterator[None]:
        """Note the ends that the supervisor notices within."""
        before = {name: (item.started_at, len(item.exit_codes)) for name, item in supervisor.processes.items()}
        yield
        for name, item in supervisor.processes.items():
            started_at, ends = before.get(name, (0.0, 0))
            for code in item.exit_codes[ends:]:
                self.ended(name, code, time.monotonic() - started_at)

    def ended(self, name: str, code: int, lived_s: float) -> None:
        """Note one end."""
        if code == -signal.SIGKILL:
            return
        self._row[name] = self._row.get(name, 0) + 1 if lived_s < SHORT_LIFE_S else 0
        self.longest[name] = max(self.longest.get(name, 0), self._row[name])
