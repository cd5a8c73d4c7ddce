"""The producer as a machine without I/O: what may be spooled, what is to be sent next, what is done with.

Belongs here: sequences, room, order, what a broken connection means. Not here: the spool's file, the broker, threads,
waiting: streams/producer/courier.py drives this and does all of it.

Order. Of each partition one batch is on its way at a time, and it holds the oldest facts. Whatever breaks, everything
not acknowledged goes again, oldest first, with the same bytes. So each connection appends a prefix of the same list,
and in the log the first occurrences of a producer's facts stand in the order of its sequences, however connections
and their late requests overlap.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from egraph.errors import InvalidFact, InvariantBroken
from egraph.facts import Fact
from egraph.rules.problems import RulesRefused
from schemas.codec import decode_fact
from schemas.poison import Poison, Reason, told
from streams.ingest.fact_stream import FactStream, RoutedFact, StreamPosition
from streams.outbox.errors import FactRefused
from streams.outbox.intents import Intent, seal_intent
from streams.outbox.spool import Identity, SpooledFact, Waiting

BATCH_BYTES_MAX = 192 * 1024
BATCH_ROWS_MAX = 1000


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """How much may wait in a spool: facts, and bytes of facts.

    The file is larger by about 60 bytes a fact, and a journal of up to 16 MiB stands beside it.
    """

    rows: int = 100_000
    bytes: int = 256 * 1024 * 1024


class Batch(NamedTuple):
    """Facts to append to one partition, by number, oldest first."""

    partition: int
    numbers: tuple[int, ...]


class SpoolWrite:
    """What goes into the spool in one step. Dropping it leaves no trace: no sequence is used before it is kept."""

    def __init__(self, outbox: "Outbox", now_us: int) -> None:
        self._outbox = outbox
        self._now = now_us
        self._bytes = 0
        self.facts: list[SpooledFact] = []
        self.position = outbox.position

    def add(self, intents: Sequence[Intent]) -> tuple[Fact, ...] | None:
        """Seal intents, all or none. Gives their facts, or None if there is no room for them now.

        Raises FactRefused for the first that no replica would admit, and ValueError for more than could ever fit.
        """
        stream = FactStream(
            graph=self._outbox.identity.graph,
            producer=self._outbox.identity.producer,
            agents=self._outbox.identity.partitions,
            start=self.position,
        )
        sealed = [_sealed(stream, intent, self._now, index) for index, intent in enumerate(intents)]
        size = sum(len(routed.raw) for routed in sealed)
        limits = self._outbox.limits
        if len(sealed) > limits.rows or size > limits.bytes:
            raise ValueError(
                f"{len(sealed)} facts of {size} bytes never fit a spool of {limits.rows} facts, {limits.bytes} bytes;"
                " hand them in by several calls"
            )
        if not self._outbox.has_room(len(self.facts) + len(sealed), self._bytes + size):
            return None
        number = self._outbox.next_number + len(self.facts)
        self.facts += [
            SpooledFact(number + index, routed.partition, routed.fact.event_id, self._now, routed.raw)
            for index, routed in enumerate(sealed)
        ]
        self._bytes += size
        self.position = stream.position
        return tuple(routed.fact for routed in sealed)


class Outbox:
    """Everything a producer knows while it runs; the spool holds all that must outlive it."""

    def __init__(
        self, identity: Identity, position: StreamPosition, waiting: Iterable[Waiting], limits: SpoolLimits
    ) -> None:
        self.identity = identity
        self.position = position
        self.limits = limits
        self.next_number = 0
        self.rows = 0
        self.bytes = 0
        self._queues: list[deque[Waiting]] = [deque() for _ in range(identity.partitions)]
        self._on_the_way: dict[int, Batch] = {}
        self._sent_until = [-1] * identity.partitions
        self._done: dict[int, int] = {}
        for item in waiting:
            self._enter(item)

    def has_room(self, rows: int, size: int) -> bool:
        """Tell whether so many facts of so many bytes more fit the limits."""
        return self.rows + rows <= self.limits.rows and self.bytes + size <= self.limits.bytes

    def begin(self, now_us: int) -> SpoolWrite:
        """Begin what is to be kept next. One at a time: `spooled` ends it, or it is dropped."""
        return SpoolWrite(self, now_us)

    def spooled(self, write: SpoolWrite) -> None:
        """Take note that the spool keeps it all: now it may be sent."""
        for fact in write.facts:
            self._enter(Waiting(fact.number, fact.partition, len(fact.raw), fact.spooled_at))
        self.position = write.position

    def take(self) -> list[Batch]:
        """Give a batch for each partition that has facts and none on the way."""
        batches: list[Batch] = []
        for partition, queue in enumerate(self._queues):
            if not queue or partition in self._on_the_way:
                continue
            batch = Batch(partition, _oldest(queue))
            self._on_the_way[partition] = batch
            batches.append(batch)
        return batches

    def sending(self, batch: Batch) -> int:
        """Take note that a batch is handed to the log; gives how many of its facts were handed to it before."""
        sent_until = self._sent_until[batch.partition]
        self._sent_until[batch.partition] = max(sent_until, batch.numbers[-1])
        return sum(number <= sent_until for number in batch.numbers)

    def acknowledged(self, batch: Batch) -> tuple[int, ...]:
        """Take note that the log has a batch; it takes room until it is forgotten. Gives when each was spooled."""
        if self._on_the_way.pop(batch.partition, None) is not batch:
            raise InvariantBroken(f"a batch of partition {batch.partition} was acknowledged that is not on the way")
        queue = self._queues[batch.partition]
        done = [queue.popleft() for _ in batch.numbers]
        self._done.update((item.number, item.size) for item in done)
        return tuple(item.spooled_at for item in done)

    def done(self) -> tuple[int, ...]:
        """Give the numbers of the facts that the spool may forget."""
        return tuple(self._done)

    def forgotten(self, numbers: Iterable[int]) -> None:
        """Take note that the spool has forgotten facts: there is room for others."""
        for number in numbers:
            self.rows -= 1
            self.bytes -= self._done.pop(number)

    def broken(self) -> None:
        """Take note that the connection broke: nobody knows what became of the batches on the way, so they go again."""
        self._on_the_way.clear()

    def waiting(self) -> int:
        """Give the number of facts that the log has not acknowledged."""
        return self.rows - len(self._done)

    def first_number(self) -> int | None:
        """Give the smallest number of a fact that the log has not acknowledged."""
        return min((queue[0].number for queue in self._queues if queue), default=None)

    def oldest(self) -> Waiting | None:
        """Give the fact that has waited longest, by the clock at its spooling."""
        return min((queue[0] for queue in self._queues if queue), key=lambda item: item.spooled_at, default=None)

    def _enter(self, item: Waiting) -> None:
        self._queues[item.partition].append(item)
        self.rows += 1
        self.bytes += item.size
        self.next_number = item.number + 1


def _oldest(queue: deque[Waiting]) -> tuple[int, ...]:
    numbers: list[int] = []
    size = 0
    for item in queue:
        size += item.size
        if numbers and (size > BATCH_BYTES_MAX or len(numbers) == BATCH_ROWS_MAX):
            break
        numbers.append(item.number)
    return tuple(numbers)


def _sealed(stream: FactStream, intent: Intent, now_us: int, index: int) -> RoutedFact:
    """Seal one intent and judge it as every replica will: by decoding what was written."""
    try:
        routed = seal_intent(stream, intent, now_us)
    except RulesRefused as refused:
        raise FactRefused(Reason.OUT_OF_DOMAIN, "; ".join(map(str, refused.problems)), index) from refused
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError, InvalidFact) as error:
        # Values of other types than the intent declares: the codec meets them at different places.
        raise FactRefused(Reason.OUT_OF_DOMAIN, told(error), index) from error
    judged = decode_fact(routed.raw)
    if isinstance(judged, Poison):
        raise FactRefused(judged.reason, judged.detail, index)
    return routed
