"""Faust's aiokafka transport, mended: what stock Faust 0.15.3 loses or hangs on, each line with its reason.

Belongs here: subclasses of the driver. Not here: the app (faust_runtime.py). Reaches into internals, hence the exact
pins of both libraries (decision 0003).
"""

import asyncio
import contextlib
import os
import types
from collections.abc import Generator, Iterable, Iterator, Mapping, MutableMapping
from functools import partial
from typing import Any

from aiokafka.errors import KafkaError
from faust.assignor import PartitionAssignor
from faust.transport.drivers import aiokafka as driver
from faust.transport.utils import DefaultSchedulingStrategy
from mode import Service
from mode.services import WaitResults

from streams.adapters.fetched import FetchedBatch, hand_out_batches

BATCH_RECORDS = 8192
READ_AHEAD_RECORDS, READ_AHEAD_BATCHES = 16_384, 8
"""So many that are handed out and not done are enough: what comes next is fetched while they are folded. Where they
are small, a worker that cannot keep up finds larger ones when it comes back, and those cost less."""
EXIT_COORDINATOR = 71
_COORDINATOR_ERRORS_MAX = 3
_MOMENT_S = 0.01
_METADATA_S = 5.0


class TopicsUnknown(Exception):
    """The leader of the group does not know a topic that its members want. It asks the broker again."""


class WholeAssignor(PartitionAssignor):
    """Assigns all or nothing.

    A broker that has just started knows no topic for a moment. Stock Faust then assigns what is left of them, which is
    nothing; everybody is content with that, and no agent runs until somebody joins or leaves.
    """

    def assign(self, cluster: Any, member_metadata: MutableMapping[str, Any]) -> Any:
        """Give each member its partitions. Raises TopicsUnknown: the group is then joined anew."""
        wanted = {topic for member in member_metadata.values() for topic in member.subscription}
        unknown = sorted(topic for topic in wanted if not cluster.partitions_for_topic(topic))
        if unknown:
            raise TopicsUnknown(f"the broker tells nothing of {', '.join(unknown)}; it has just started, or lost them")
        return super().assign(cluster, member_metadata)


class Batch:
    """Records of one topic-partition, or batches as the broker sent them, posing as one record of the driver.

    Offset and time are those of the last.
    """

    __slots__ = (
        "checksum",
        "headers",
        "key",
        "offset",
        "partition",
        "serialized_key_size",
        "serialized_value_size",
        "timestamp",
        "timestamp_type",
        "topic",
        "value",
    )

    def __init__(self, records: list[Any]) -> None:
        last = records[-1]
        self.topic, self.partition, self.offset = last.topic, last.partition, last.offset
        self.timestamp, self.timestamp_type = last.timestamp, last.timestamp_type
        self.key = None
        self.value = records
        self.headers: tuple[Any, ...] = ()
        self.checksum = None
        self.serialized_key_size = self.serialized_value_size = 0


class CoalescingScheduler(DefaultSchedulingStrategy):
    """Hands out batches instead of records: Faust's cost per item, half a millisecond, is then paid per batch.

    Batches of the partitions take turns, so that one backlog does not starve the others.
    """

    def iterate(self, records: Mapping[Any, list[Any]]) -> Iterator[tuple[Any, Batch]]:
        """Give (topic-partition, batch) in turns."""
        turns = {tp: _portions(found) for tp, found in records.items()}
        while turns:
            for tp, portions in tuple(turns.items()):
                portion = next(portions, None)
                if portion is None:
                    del turns[tp]
                else:
                    yield tp, Batch(portion)


def _portions(found: list[Any]) -> Iterator[list[Any]]:
    """Cut what was fetched from one partition behind BATCH_RECORDS records, or behind the batch that has so many."""
    portion: list[Any] = []
    size = 0
    for item in found:
        portion.append(item)
        size += _records_of(item)
        if size >= BATCH_RECORDS:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _records_of(item: Any) -> int:
    return item.records if isinstance(item, FetchedBatch) else 1


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Watches the group coordinator. aiokafka parks it after an unexpected error until somebody asks; Faust never
    does, and the worker would stay alive, idle and silent for ever.

    It fetches batches as the broker sent them: an object per record costs as much as everything done with it.
    """

    async def on_start(self) -> None:
        """Start the consumer; its fetcher waits for an assignment still."""
        await super().on_start()
        hand_out_batches(self._ensure_consumer()._fetcher)

    @Service.task
    async def _watch_coordinator(self) -> None:
        errors_in_a_row = 0
        while not self.should_stop:
            await self.sleep(1.0)
            coordinator = getattr(self._consumer, "_coordinator", None)
            if coordinator is None or not hasattr(coordinator, "check_errors"):
                continue
            try:
                coordinator.check_errors()
            except KafkaError as error:
                errors_in_a_row += 1
                self.log.error("group coordinator failed (%d in a row): %r; it will rejoin", errors_in_a_row, error)
                if errors_in_a_row > _COORDINATOR_ERRORS_MAX:
                    os._exit(EXIT_COORDINATOR)  # crash-only: the supervisor starts a clean process
                await self._ask_for_metadata()
            else:
                errors_in_a_row = 0

    async def _ask_for_metadata(self) -> None:
        """Have the consumer learn the topics anew: it would ask again in five minutes, and join with what it has."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ensure_consumer()._client.force_metadata_update(), _METADATA_S)


async def _go_on(begun: Any, awaited: Any) -> Any:
    """Go on with a coroutine that has begun, and awaits something."""
    return await _steps(begun, awaited)


@types.coroutine
def _steps(begun: Any, awaited: Any) -> Generator[Any, Any, Any]:
    while True:
        try:
            answer = yield awaited
        except BaseException as error:
            step = partial(begun.throw, error)
        else:
            step = partial(begun.send, answer)
        try:
            awaited = step()
        except StopIteration as done:
            return done.value


class Consumer(driver.Consumer):
    """Commits in order, and does not sleep a second where a moment will do."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def _new_offset(self, tp: Any) -> int | None:
        """Give the offset to commit: behind everything acknowledged, never past something that is not.

        The stock method tolerates holes (faust issue 606). Messages are acknowledged in order here, and offsets
        need not be consecutive because a batch carries only its last one.
        """
        acked = self._acked[tp]
        low = min((m.offset for m in self._unacked_messages if m.tp == tp and not m.acked), default=None)
        done = [offset for offset in acked if low is None or offset < low]
        if not done:
            return None
        gone = set(done)
        self._acked[tp] = [offset for offset in acked if offset not in gone]
        self._acked_index[tp].difference_update(gone)
        self._gap.pop(tp, None)
        return int(max(done)) + 1

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """Do nothing: a watermark needs no record of gaps."""

    async def wait_first(self, *waits: Any, timeout: Any = None) -> Any:
        """Hand a batch to its queue at once where the queue has room; else wait as stock Faust does.

        Stock makes four tasks for each batch, and every fold that is due runs in between: the next fetch then begins
        some ten milliseconds late, and with it everything that this process hears.
        """
        if len(waits) != 2 or not asyncio.iscoroutine(waits[0]):
            return await super().wait_first(*waits, timeout=timeout)
        delivery, other = waits
        try:
            awaited = delivery.send(None)
        except StopIteration as done:
            other.close()
            return WaitResults([delivery], [done.value], False)
        return await super().wait_first(_go_on(delivery, awaited), other, timeout=timeout)

    def on_buffer_full(self, tp: Any) -> None:
        """Do nothing: all partitions wait together (`_wait_next_records`).

        Stock takes from some of them only. aiokafka then asks the broker for these alone, which has nothing for
        them maybe, and whatever waits for the others comes a second and a half later.
        """

    async def _wait_next_records(self, timeout: float) -> tuple[Any, Any]:
        """Take what was fetched of every partition, once little is left to do of what was handed out before."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
        while self.flow_active and not self.should_stop and self._has_enough():
            await asyncio.sleep(_MOMENT_S)
        try:
            self.not_waiting_next_records.set()
            active = None if self.app.client_only else self._get_active_partitions()
            if self.app.client_only or active:
                return await self._getmany(active_partitions=active, timeout=timeout), active
            await asyncio.sleep(_MOMENT_S)
            return {}, active
        finally:
            self.not_waiting_next_records.set()

    def _has_enough(self) -> bool:
        unacked: Iterable[Any] = self._unacked_messages
        in_hand = [sum(map(_records_of, message.value)) for message in unacked if not message.acked]
        return len(in_hand) > READ_AHEAD_BATCHES or sum(in_hand) > READ_AHEAD_RECORDS


class Producer(driver.Producer):
    """Idempotent and acknowledged by all in-sync replicas; stock Faust does so in exactly-once mode alone."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):
    """The driver with all of the above."""

    Consumer = Consumer
    Producer = Producer
