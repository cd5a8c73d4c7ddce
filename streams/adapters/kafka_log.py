"""Kafka as a log: read spans of offsets, create topics. Appending is in kafka_producer.py.

Belongs here: plain reading for tools (replay, ingest, dead letters, gaps). Not here: consumer groups and
acknowledgement of work (streams/runtimes), what the bytes mean (schemas/codec).
Every wait has a deadline; what goes wrong is a BrokerError.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code
from aiokafka.structs import ConsumerRecord

from schemas.topics import Topic
from streams.adapters.broker_errors import (
    BrokerUnreachable,
    CannotCreateTopics,
    LogTruncated,
    ReadTimedOut,
    TopicMisshaped,
    TopicMissing,
)
from streams.adapters.kafka_client import REQUEST_TIMEOUT_S, start_client, stop_client, told
from streams.adapters.kafka_producer import FactProducer
from streams.ports import LogRecord
from streams.record_spans import between

__all__ = ["FactProducer", "KafkaLog", "Span"]

Span = tuple[int, int]
"""Offsets [first, until) of one partition."""

_POLL_S = 0.5
_TOPIC_EXISTS = 36
_T = TypeVar("_T")


class KafkaLog:
    """Topics of one cluster as spans of offsets. Connects on first use; `close` it, or use `async with`."""

    def __init__(self, bootstrap: str, *, timeout_s: float = REQUEST_TIMEOUT_S, in_bulk: bool = False) -> None:
        """`in_bulk`: records come as spans of what the broker sent, without an object for each. Its loops take a
        second to load, in which tens of thousands are read one by one."""
        self.in_bulk = in_bulk
        self._bootstrap = bootstrap
        self._timeout_s = timeout_s
        self._asker: AIOKafkaConsumer | None = None
        self._connecting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection. The object can be used again and then connects anew."""
        asker, self._asker = self._asker, None
        if asker is not None:
            await stop_client(asker)

    async def partitions(self, topic: str) -> tuple[int, ...]:
        """Give the partition numbers of a topic, ascending. Raises TopicMissing."""
        shapes = await self._shapes([topic])
        if topic not in shapes:
            raise TopicMissing(
                f"topic {topic} does not exist", f"broker {self._bootstrap}", "start the system once, it creates topics"
            )
        return tuple(range(shapes[topic]))

    async def begin_offsets(self, topic: str) -> dict[int, int]:
        """Give, per partition, the oldest offset kept."""
        asker, parts = await self._connected(), await self.partitions(topic)
        found = await self._ask(asker.beginning_offsets([TopicPartition(topic, p) for p in parts]))
        return {tp.partition: found[tp] for tp in sorted(found)}

    async def end_offsets(self, topic: str) -> dict[int, int]:
        """Give, per partition, the offset the next record will get."""
        asker, parts = await self._connected(), await self.partitions(topic)
        found = await self._ask(asker.end_offsets([TopicPartition(topic, p) for p in parts]))
        return {tp.partition: found[tp] for tp in sorted(found)}

    async def read(
        self, topic: str, partition: int, first: int, until: int, deadline_s: float = REQUEST_TIMEOUT_S
    ) -> AsyncIterator[Sequence[LogRecord]]:
        """Give the records [first, until) of one partition in offset order, some at a time. See `read_spans`."""
        async for records in self.read_spans(topic, {partition: (first, until)}, deadline_s):
            yield records

    async def read_spans(
        self, topic: str, spans: Mapping[int, Span], deadline_s: float = REQUEST_TIMEOUT_S
    ) -> AsyncIterator[Sequence[LogRecord]]:
        """Give the records of several partitions; each sequence is of one partition, offsets ascend within it.

        `deadline_s` bounds the wait for each next one, so a long log may take long but a silent one may not.
        Raises ReadTimedOut if a span cannot be filled, LogTruncated if its first records are not kept any more.
        """
        wanted = {TopicPartition(topic, p): span for p, span in spans.items() if span[0] < span[1]}
        if not wanted:
            return
        await self._check_kept(topic, wanted)
        consumer = self._consumer()
        await start_client(consumer, self._bootstrap, self._timeout_s)
        if self.in_bulk:
            from streams.adapters.fetched import hand_out_batches  # loads numpy, which few records do not need

            hand_out_batches(consumer._fetcher)
        try:
            consumer.assign(list(wanted))
            for tp, (first, _) in wanted.items():
                consumer.seek(tp, first)
            async for records in _drain(consumer, wanted, deadline_s):
                yield records
        finally:
            await stop_client(consumer)

    async def create_topics(self, topics: Iterable[Topic], agents: int) -> tuple[str, ...]:
        """Create the topics that are missing and give their names. Existing ones are left as they are.

        Raises TopicMisshaped for an existing topic with another number of partitions, CannotCreateTopics where
        the broker refuses.
        """
        wanted = {topic.name: topic for topic in topics}
        shapes = await self._shapes(list(wanted))
        for name, found in shapes.items():
            needed = wanted[name].partition_count(agents)
            if found != needed:
                raise TopicMisshaped(
                    f"topic {name} has {found} partitions",
                    f"{agents} agents need {needed}",
                    "start with the number of agents it was made for, or use another broker",
                )
        missing = [topic for name, topic in wanted.items() if name not in shapes]
        if missing:
            await self._create(missing, agents)
            await self._await_topics([topic.name for topic in missing])
        return tuple(topic.name for topic in missing)

    async def _create(self, missing: list[Topic], agents: int) -> None:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self._bootstrap, request_timeout_ms=int(self._timeout_s * 1000), client_id="egraph-admin"
        )
        await start_client(admin, self._bootstrap, self._timeout_s)
        try:
            new = [
                NewTopic(topic.name, topic.partition_count(agents), 1, topic_configs=topic.config())
                for topic in missing
            ]
            answer = await asyncio.wait_for(admin.create_topics(new), self._timeout_s)
        except (KafkaError, AttributeError, NotImplementedError, TimeoutError) as error:
            # The mock cluster names no controller; aiokafka then reads an attribute of None.
            cause = "it names no controller" if isinstance(error, AttributeError) else type(error).__name__
            raise CannotCreateTopics(
                "the broker does not create topics",
                f"{cause} ({self._bootstrap})",
                "on the mock cluster the launcher makes them; elsewhere check the address and the rights",
            ) from error
        finally:
            await admin.close()
        for name, code, *rest in answer.topic_errors:
            if code not in (0, _TOPIC_EXISTS):
                raise CannotCreateTopics(
                    f"the broker refuses to create topic {name}",
                    f"{for_code(code).__name__} {rest[0] if rest and rest[0] else ''}".strip(),
                    "create it by hand with the settings in schemas/topics.py, or mend the broker's settings",
                )

    async def _await_topics(self, names: list[str]) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout_s
        while missing := set(names) - set(await self._shapes(names)):
            if loop.time() > deadline:
                raise TopicMissing(
                    f"topic {sorted(missing)[0]} was created but does not appear",
                    f"waited {self._timeout_s:.0f} s",
                    "look into the broker's log",
                )
            await asyncio.sleep(0.05)

    async def _shapes(self, topics: list[str]) -> dict[str, int]:
        """Give the partition count of each topic that exists. Lists all topics, because asking for one by name
        would create it on a broker with automatic creation."""
        asker = await self._connected()
        cluster = await self._ask(asker._client.fetch_all_metadata())
        return {name: len(cluster.partitions_for_topic(name) or ()) for name in topics if name in cluster.topics()}

    async def _check_kept(self, topic: str, wanted: Mapping[TopicPartition, Span]) -> None:
        begin = await self.begin_offsets(topic)
        for tp, (first, until) in wanted.items():
            kept = begin.get(tp.partition)
            if kept is None:
                raise TopicMissing(
                    f"{topic} has no partition {tp.partition}", f"it has {len(begin)}", "check the number of agents"
                )
            if first < kept:
                raise LogTruncated(
                    f"{topic}/{tp.partition} keeps nothing before offset {kept}",
                    f"asked for [{first}, {until})",
                    "restore the log from an export, or start from a snapshot at that offset",
                    begin=kept,
                )

    async def _connected(self) -> AIOKafkaConsumer:
        async with self._connecting:
            if self._asker is None:
                asker = self._consumer()
                await start_client(asker, self._bootstrap, self._timeout_s)
                self._asker = asker
            return self._asker

    def _consumer(self) -> AIOKafkaConsumer:
        # Without auto_offset_reset="earliest" a manual assignment at the beginning can wait for ever.
        return AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            client_id="egraph-log",
            max_partition_fetch_bytes=4 * 1024 * 1024,
            request_timeout_ms=int(self._timeout_s * 1000),
        )

    async def _ask(self, answer: Awaitable[_T]) -> _T:
        try:
            return await asyncio.wait_for(answer, self._timeout_s)
        except (KafkaError, TimeoutError) as error:
            raise BrokerUnreachable(
                f"no answer from {self._bootstrap}",
                f"{told(error)} within {self._timeout_s:.0f} s",
                "check that the broker is up",
            ) from error


async def _drain(
    consumer: AIOKafkaConsumer, wanted: Mapping[TopicPartition, Span], deadline_s: float
) -> AsyncIterator[Sequence[LogRecord]]:
    """Fetch until every span is full; finished partitions are paused so that they cost nothing more."""
    loop = asyncio.get_running_loop()
    next_offset = {tp: first for tp, (first, _) in wanted.items()}
    deadline = loop.time() + deadline_s
    while unfinished := [tp for tp, offset in next_offset.items() if offset < wanted[tp][1]]:
        try:
            fetched = await asyncio.wait_for(consumer.getmany(*unfinished, timeout_ms=int(_POLL_S * 1000)), deadline_s)
            read = {tp: _to_records(messages) for tp, messages in fetched.items()}
        except (KafkaError, TimeoutError) as error:
            raise _silent(wanted, next_offset, deadline_s, told(error)) from error
        for tp, records in read.items():
            until = wanted[tp][1]
            records = between(records, next_offset[tp], until)
            next_offset[tp] = max(next_offset[tp], fetched[tp][-1].offset + 1)
            if next_offset[tp] >= until:
                consumer.pause(tp)
            if records:
                yield records
                deadline = loop.time() + deadline_s
        if loop.time() > deadline:
            raise _silent(wanted, next_offset, deadline_s, "no records")


def _silent(
    wanted: Mapping[TopicPartition, Span], next_offset: Mapping[TopicPartition, int], deadline_s: float, detail: str
) -> ReadTimedOut:
    gaps = [
        f"{tp.topic}/{tp.partition} [{next_offset[tp]}, {until})"
        for tp, (_, until) in wanted.items()
        if next_offset[tp] < until
    ]
    return ReadTimedOut(
        "the log did not give all records asked for",
        f"{detail.strip()} for {deadline_s:.0f} s, missing {', '.join(gaps[:3])}{' ...' if len(gaps) > 3 else ''}",
        "check that the offsets exist and the broker is up",
    )


def _to_records(messages: Sequence[Any]) -> Sequence[LogRecord]:
    """Give the records of one partition. Raises CorruptRecordException, an error of the broker's."""
    if isinstance(messages[0], ConsumerRecord):
        return [_to_record(message) for message in messages]
    from streams.adapters.fetched import records_of

    return records_of(messages)


def _to_record(message: Any) -> LogRecord:
    return LogRecord(
        message.topic,
        message.partition,
        message.offset,
        message.timestamp,
        message.key,
        message.value,
        tuple(message.headers),
    )
