"""A worker in whose first life one agent's fold is frozen: it reads records of its home and nothing comes of them.

Usage: python -m tests.integration.freezing AGENT FILE WORDS...; FILE marks that the first life has begun, WORDS are
those of `egraph`. Belongs here: freezing. Not here: watching and judging (test_stuck.py).
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from cli.main import main
from schemas.topics import FACTS
from streams.ports import NOTHING, LogRecord, Outcome
from streams.processors.agent import AgentProcessor

_process = AgentProcessor.process


def freeze(frozen: int) -> None:
    """Have that agent of this process fold nothing of its home partition any more; it goes on speaking."""

    def process(self: AgentProcessor, records: Sequence[LogRecord], now: int) -> Outcome:
        if self.agent == frozen and records and records[0].topic == FACTS.name:
            return NOTHING
        return _process(self, records, now)

    AgentProcessor.process = process  # type: ignore[method-assign]


if __name__ == "__main__":
    mark = Path(sys.argv[2])
    if not mark.exists():
        mark.touch()
        freeze(int(sys.argv[1]))
    sys.argv = ["egraph", *sys.argv[3:]]
    main()
