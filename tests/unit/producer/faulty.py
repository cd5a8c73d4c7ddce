"""A log and a spool in memory that fail in every way their ports allow, and a courier between them.

Belongs here: faults and how they are told. Not here: assertions.
"""

import asyncio
import math
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from schemas.codec import event_id_of
from streams.adapters.broker_errors import WriteFailed
from streams.adapters.memory_log import MemoryLog
from streams.adapters.memory_spool import MemorySpool
from streams.ingest.fact_stream import StreamPosition
from streams.outbox.errors import SpoolError
from streams.outbox.log_writer import LogWriter
from streams.outbox.outbox import SpoolLimits
from streams.outbox.retry import RetryPolicy
from streams.outbox.spool import Identity, SpooledFact
from streams.producer.courier import Courier

PARTITIONS = 3
AT_ONCE = RetryPolicy(first_pause_s=0.0, longest_pause_s=0.0, give_up_s=math.inf)
PATIENCE_S = 20.0


@dataclass
class FaultyLog(MemoryLog):
    """Does with each append what the plan says: lost, answer lost, silent, held (until the gate), or unknown."""

    plan: deque[str] = field(default_factory=deque)
    refuses: deque[Exception] = field(default_factory=deque)
    connections: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def append(self, partition: int, facts: Sequence[bytes]) -> int:
        """Append, or not."""
        fault = self.plan.popleft() if self.plan else ""
        if fault == "silent":
            await asyncio.Event().wait()
        if fault == "held":
            await self.gate.wait()
        if fault == "lost":
            raise WriteFailed("the log", "is away", "wait")
        first = await super().append(partition, facts)
        if fault == "answer lost":
            raise WriteFailed("the log", "did not answer", "wait")
        return -1 if fault == "unknown" else first

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[LogWriter]:
        """Connect, or not."""
        self.connections += 1
        if self.refuses:
            raise self.refuses.popleft()
        yield self


class FaultySpool(MemorySpool):
    """A spool whose disk fails as told."""

    def __init__(self) -> None:
        super().__init__(Identity("p@1", "main", PARTITIONS))
        self.keeps: deque[SpoolError] = deque()
        self.forgets: deque[SpoolError] = deque()
        self.reads: deque[SpoolError] = deque()
        self.steps: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.closed = False

    def keep(self, facts: Sequence[SpooledFact], position: StreamPosition) -> None:
        """Keep, or not."""
        assert self.gate.wait(PATIENCE_S)
        if self.keeps:
            raise self.keeps.popleft()
        self.steps.append(len(facts))
        super().keep(facts, position)

    def forget(self, numbers: Collection[int]) -> None:
        """Forget, or not."""
        if self.forgets:
            raise self.forgets.popleft()
        super().forget(numbers)

    def read(self, numbers: Sequence[int]) -> Sequence[bytes]:
        """Read, or not."""
        if self.reads:
            raise self.reads.popleft()
        return super().read(numbers)

    def close(self) -> None:
        """Take note."""
        self.closed = True


class World:
    """A courier between a faulty spool and a faulty log."""

    def __init__(self) -> None:
        self.spool, self.log = FaultySpool(), FaultyLog(PARTITIONS)
        self.now = 1_000_000

    def courier(self, limits: SpoolLimits | None = None, retry: RetryPolicy = AT_ONCE) -> Courier:
        """Give a courier, not started."""
        return Courier(self.spool, self.log.connect, limits=limits, retry=retry, clock=lambda: self.now)

    def logged(self) -> list[bytes]:
        """Give the event ids in the log, partition after partition."""
        return [event_id_of(raw) for partition in self.log.facts for raw in partition]


def run(work: Callable[[World], Awaitable[None]]) -> None:
    """Run a test in a world, with a deadline."""

    async def bounded() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await work(World())

    asyncio.run(bounded())
