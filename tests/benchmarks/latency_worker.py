"""A worker that also notes when each of its agents came to hold what: for bench_latency.py, which starts it.

Run: python -m tests.benchmarks.latency_worker NOTES worker, then the options of `egraph worker`. Lines of NOTES:
time in microseconds, agent, partition, next offset. Belongs here: the noting. Not here: what the notes mean.
"""

import atexit
import sys
import time
from collections.abc import Sequence
from typing import TextIO

from cli.main import main
from streams.ports import LogRecord, Outcome
from streams.processors.agent import AgentProcessor
from streams.runtimes import agent_host


class NotingAgent(AgentProcessor):
    """An agent whose every step forward is noted; what it read before it took part, at its first step."""

    notes: TextIO
    _noted: tuple[int, ...] = ()

    def process(self, records: Sequence[LogRecord], now: int) -> Outcome:
        """Take in a batch, note what is held now."""
        outcome = super().process(records, now)
        self._note()
        return outcome

    def wake(self, now: int) -> Outcome:
        """Do what is due, note what is held now."""
        outcome = super().wake(now)
        self._note()
        return outcome

    def take_shared(self, now: int) -> Outcome:
        """Take what the process knows, note what is held now."""
        outcome = super().take_shared(now)
        self._note()
        return outcome

    def _note(self) -> None:
        at, version = time.time_ns() // 1000, self.version
        for partition, (old, new) in enumerate(zip(self._noted or (0,) * len(version), version, strict=True)):
            if new > old:
                self.notes.write(f"{at} {self.agent} {partition} {new}\n")
        self._noted = version


if __name__ == "__main__":
    NotingAgent.notes = open(sys.argv.pop(1), "a", buffering=1 << 16)  # noqa: SIM115 - open as long as the process
    atexit.register(NotingAgent.notes.close)
    agent_host.AgentProcessor = NotingAgent  # type: ignore[attr-defined]
    main()
