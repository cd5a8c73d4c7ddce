"""The load of a drill: facts at a steady rate, and the ledger of what the broker acknowledged.

Belongs here: offering facts and noting what became of them. Not here: faults, judging.
A fact counts from the moment at which it was due, not from the one at which the producer got to it: else a system
that stands still would look fast (coordinated omission).
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TextIO

from egraph.colours import Colour
from egraph.identifiers import EventId, NodeId
from streams.adapters.broker_errors import WriteFailed
from streams.adapters.kafka_producer import FactProducer
from streams.ingest.enode import make_enode
from streams.ingest.fact_stream import FactStream, RoutedFact, producer_name

_RECENT = 500
_RETRY_S = 0.5
_PACE_S = 0.005
"""Facts that are due within less than that are offered together."""
_LOOK_S = 0.1
"""So often at least it is looked whether to stop."""
_APPEND_FACTS = 400
"""At most so many facts an append: with 300 bytes each half of what fits a batch."""
_COLOURS = (Colour.GREEN,) * 6 + (Colour.RED, Colour.BLUE)


@dataclass(slots=True)
class Entry:
    """What is known of one fact. Times in microseconds since the Unix epoch."""

    partition: int
    due_at: int
    acked_at: int = 0
    offset: int = -1
    tries: int = 1


@dataclass(slots=True)
class Ledger:
    """Every fact that was offered, by event id; those that were acknowledged also as lines of a file."""

    entries: dict[EventId, Entry] = field(default_factory=dict)
    file: TextIO | None = None

    def offered(self, fact: RoutedFact, due_at: int) -> None:
        """Note a fact before it is sent."""
        self.entries[fact.fact.event_id] = Entry(fact.partition, due_at)

    def unknown(self, fact: RoutedFact) -> None:
        """Note that nobody knows whether it is in the log; it is sent again."""
        self.entries[fact.fact.event_id].tries += 1

    def acknowledged(self, fact: RoutedFact, offset: int, at: int) -> None:
        """Note that the broker has it."""
        entry = self.entries[fact.fact.event_id]
        entry.offset, entry.acked_at = offset, at
        if self.file is not None:
            self.file.write(f"{fact.fact.event_id.hex()} {fact.partition} {offset} {entry.due_at} {at}\n")


class FactSource:
    """Facts without end, the same for the same seed: nodes over nodes of late, some equalities, few retractions."""

    def __init__(self, seed: int, agents: int, run: int) -> None:
        self._random = Random(seed)
        self._stream = FactStream(graph="main", producer=producer_name("chaos", run), agents=agents)
        self._nodes: list[NodeId] = []
        self._equalities: list[EventId] = []
        self._made = 0

    def next(self, now_us: int) -> RoutedFact:
        """Give the next fact."""
        kind = self._random.random()
        if kind < 0.08 and len(self._nodes) > 10:
            left, right = self._random.sample(self._nodes[-20:], 2)
            routed = self._stream.equality(left, right, "the drill says so", now_us)
            self._equalities.append(routed.fact.event_id)
            return routed
        if kind < 0.10 and self._equalities:
            target = self._equalities.pop(self._random.randrange(len(self._equalities)))
            return self._stream.retraction(target, "the drill takes it back", now_us)
        return self._node(now_us)

    def _node(self, now_us: int) -> RoutedFact:
        self._made += 1
        if self._random.random() < 0.5 or len(self._nodes) < 2:
            node = make_enode(f"x{self._made}", self._random.choice(_COLOURS), ())
        else:
            node = make_enode(f"f{self._made % 7}", Colour.GREEN, tuple(self._random.sample(self._nodes, 2)))
        self._nodes.append(node.id)
        del self._nodes[:-_RECENT]
        return self._stream.node(node, now_us)


class Load:
    """Offers facts to a broker at a rate and keeps the ledger of them.

    A partition has one append under way, and the next takes what came meanwhile. A client that is given each fact for
    itself has one task of each waiting for room; where the broker was away for minutes they are tens of thousands,
    and waking them over and over leaves no time for anything else in this process, the proxies among it.
    """

    def __init__(self, bootstrap: str, source: FactSource, rate: float, ledger_file: Path, patience_s: float) -> None:
        self.ledger = Ledger()
        self.under_way = 0
        """How many facts wait to be acknowledged."""
        self._bootstrap, self._source, self._rate = bootstrap, source, rate
        self._ledger_file = ledger_file
        self._patience_s = patience_s
        self._waiting: dict[int, deque[RoutedFact]] = {}
        self._appending: dict[int, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Offer facts until told to stop, then wait until each is acknowledged. Raises BrokerUnreachable at once."""
        with open(self._ledger_file, "w") as file:
            self.ledger.file = file
            # Retries within this time are the client's own, which the broker recognises: no fact gets into the log
            # twice. Beyond it the outcome is unknown, and what we send again may be there already.
            async with FactProducer(self._bootstrap, timeout_s=self._patience_s) as producer:
                try:
                    await self._offer(producer, stop)
                    await asyncio.gather(*self._appending.values())
                finally:
                    for task in self._appending.values():
                        task.cancel()

    async def _offer(self, producer: FactProducer, stop: asyncio.Event) -> None:
        began = _now()
        number = 0
        while not stop.is_set():
            now = _now()
            while (due_at := began + int(number * 1e6 / self._rate)) <= now:
                fact = self._source.next(due_at)
                self.ledger.offered(fact, due_at)
                self.under_way += 1
                self._waiting.setdefault(fact.partition, deque()).append(fact)
                number += 1
            self._append_what_waits(producer)
            await asyncio.sleep(min(max(_PACE_S, (due_at - _now()) / 1e6), _LOOK_S))

    def _append_what_waits(self, producer: FactProducer) -> None:
        for partition, waiting in self._waiting.items():
            before = self._appending.get(partition)
            if before is not None and before.done():
                before.result()  # raises what ended it: a defect of the drill
            if waiting and (before is None or before.done()):
                self._appending[partition] = asyncio.create_task(self._append(producer, partition, waiting))

    async def _append(self, producer: FactProducer, partition: int, waiting: deque[RoutedFact]) -> None:
        """Append until nothing waits."""
        while waiting:
            facts = [waiting.popleft() for _ in range(min(len(waiting), _APPEND_FACTS))]
            first = await self._acknowledged(producer, partition, facts)
            for index, fact in enumerate(facts):
                self.ledger.acknowledged(fact, first if first < 0 else first + index, _now())
            self.under_way -= len(facts)

    async def _acknowledged(self, producer: FactProducer, partition: int, facts: Sequence[RoutedFact]) -> int:
        """Append facts, as often as it takes; give the offset of the first, or -1 where the broker cannot tell."""
        while True:
            try:
                return await producer.append([fact.raw for fact in facts], partition)
            except WriteFailed:
                for fact in facts:
                    self.ledger.unknown(fact)
                await asyncio.sleep(_RETRY_S)


def _now() -> int:
    return time.time_ns() // 1000
