"""A log in memory, for tests of what writes to one.

Belongs here: the port's promises without a broker. Not here: faults (tests make them).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from streams.outbox.log_writer import LogWriter


@dataclass
class MemoryLog:
    """The facts of each partition, in the order of appending."""

    partitions: int
    facts: list[list[bytes]] = field(init=False)

    def __post_init__(self) -> None:
        self.facts = [[] for _ in range(self.partitions)]

    async def append(self, partition: int, facts: Sequence[bytes]) -> int:
        """Append facts side by side and give the offset of the first."""
        first = len(self.facts[partition])
        self.facts[partition] += facts
        return first

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[LogWriter]:
        """Connect."""
        yield self
