"""Kafka as a log: read spans of offsets, create topics, append facts.

Belongs here: plain reading and writing for tools (replay, ingest, dead letters, gaps). Not here: consumer groups
and acknowledgement of work (streams/runtimes), what the bytes mean (schemas/codec).
Every wait has a deadline; what goes wrong is a BrokerError.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code

from egraph.identifiers import Position
from schemas.topics import FACTS, Topic
from streams.adapters.broker_errors import (
    BrokerUnreachable,
    CannotCreateTopics,
    LogTruncated,
    ReadTimedOut,
    TopicMisshaped,
    TopicMissing,
    WriteFailed,
)
from streams.ports import LogRecord

Headers = tuple[tuple[str, bytes], ...]
Span = tuple[int, int]
"""Offsets [first, until) of one partition."""

REQUEST_TIMEOUT_S = 30.0
_POLL_S = 0.5
_BATCH_BYTES = 256 * 1024
_UNACKNOWLEDGED_BATCHES = 64
_TOPIC_EXISTS = 36
_T = TypeVar("_T")


class KafkaLog:
    """Topics of one cluster as spans of offsets. Connects on first use; `close` it, or use `async with`."""

    def __init__(self, bootstrap: str, *, timeout_s: float = REQUEST_TIMEOUT_S) -> None:
        self._bootstrap = bootstrap
        self._timeout_s = timeout_s
        self._asker: AIOKafkaConsumer | None = None

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
            await _stop(asker)

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
    ) -> AsyncIterator[list[LogRecord]]:
        """Give the records [first, until) of one partition in offset order, in lists. See `read_spans`."""
        async for records in self.read_spans(topic, {partition: (first, until)}, deadline_s):
            yield records

    async def read_spans(
        self, topic: str, spans: Mapping[int, Span], deadline_s: float = REQUEST_TIMEOUT_S
    ) -> AsyncIterator[list[LogRecord]]:
        """Give the records of several partitions; each list is of one partition, offsets ascend within it.

        `deadline_s` bounds the wait for each next list, so a long log may take long but a silent one may not.
        Raises ReadTimedOut if a span cannot be filled, LogTruncated if its first records are not kept any more.
        """
        wanted = {TopicPartition(topic, p): span for p, span in spans.items() if span[0] < span[1]}
        if not wanted:
            return
        await self._check_kept(topic, wanted)
        consumer = self._consumer()
        await self._start(consumer)
        try:
            consumer.assign(list(wanted))
            for tp, (first, _) in wanted.items():
                consumer.seek(tp, first)
            async for records in _drain(consumer, wanted, deadline_s):
                yield records
        finally:
            await _stop(consumer)

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
        await self._start(admin)
        try:
            answer = await self._ask(
                admin.create_topics([
                    NewTopic(topic.name, topic.partition_count(agents), 1, topic_configs=topic.config())
                    for topic in missing
                ])
            )  # fmt: skip
        except (KafkaError, AttributeError, NotImplementedError) as error:
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
        if self._asker is None:
            asker = self._consumer()
            await self._start(asker)
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

    async def _start(self, client: Any) -> None:
        await start_client(client, self._bootstrap, self._timeout_s)

    async def _ask(self, answer: Awaitable[_T]) -> _T:
        try:
            return await asyncio.wait_for(answer, self._timeout_s)
        except TimeoutError as error:
            raise BrokerUnreachable(
                f"no answer from {self._bootstrap}", f"waited {self._timeout_s:.0f} s", "check that the broker is up"
            ) from error


class FactProducer:
    """Appends records to one topic: idempotent, acknowledged by all replicas, lz4.

    `send` gathers records into batches and returns before they are acknowledged; `flush` waits for all of them and
    raises WriteFailed if any was not. Sending the same bytes again is harmless: facts are named by content.
    """

    def __init__(
        self, bootstrap: str, *, key: bytes = b"main", topic: str = FACTS.name, timeout_s: float = REQUEST_TIMEOUT_S
    ) -> None:
        self._bootstrap, self._topic, self._key, self._timeout_s = bootstrap, topic, key, timeout_s
        self._producer: AIOKafkaProducer | None = None
        self._open: dict[int, Any] = {}
        self._sent: list[asyncio.Future[Any]] = []

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self.flush()
        finally:
            await self.stop()

    async def start(self) -> None:
        """Connect. Raises BrokerUnreachable."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            enable_idempotence=True,
            acks="all",
            compression_type="lz4",
            max_batch_size=_BATCH_BYTES,
            max_request_size=4 * 1024 * 1024,
            request_timeout_ms=int(self._timeout_s * 1000),
            client_id="egraph-producer",
        )
        await start_client(producer, self._bootstrap, self._timeout_s)
        self._producer = producer

    async def stop(self) -> None:
        """Close the connection. Records sent but not flushed may be lost."""
        producer, self._producer = self._producer, None
        self._open.clear()
        if producer is not None:
            await _stop(producer)

    async def send(self, fact_raw: bytes, partition: int) -> None:
        """Append one fact under the graph's key, buffered."""
        await self.copy(fact_raw, partition, key=self._key)

    async def copy(self, value: bytes | None, partition: int, *, key: bytes | None, headers: Headers = ()) -> None:
        """Append a record exactly as given, buffered: for records that stood in a log before."""
        extra = list(headers)
        batch = self._open.get(partition)
        if batch is None or batch.append(timestamp=None, key=key, value=value, headers=extra) is None:
            if batch is not None:
                await self._submit(partition)
            batch = self._open[partition] = self._started().create_batch()
            batch.append(timestamp=None, key=key, value=value, headers=extra)

    async def flush(self) -> None:
        """Wait until every record sent is acknowledged. Raises WriteFailed."""
        for partition in list(self._open):
            await self._submit(partition)
        await self._settle(0)

    async def publish(self, fact_raw: bytes, partition: int) -> Position:
        """Append one fact at once and give its position. Raises WriteFailed."""
        producer = self._started()
        sending = producer.send_and_wait(self._topic, value=fact_raw, key=self._key, partition=partition)
        metadata = await self._acknowledged(sending)
        return Position(metadata.partition, metadata.offset)

    def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise RuntimeError("FactProducer is not started; use `async with`")
        return self._producer

    async def _submit(self, partition: int) -> None:
        batch = self._open.pop(partition)
        batch.close()
        sending = self._started().send_batch(batch, self._topic, partition=partition)
        self._sent.append(await self._acknowledged(sending))
        await self._settle(_UNACKNOWLEDGED_BATCHES)

    async def _settle(self, at_most: int) -> None:
        """Wait for the oldest batches until `at_most` are unacknowledged: bounds memory."""
        while len(self._sent) > at_most:
            await self._acknowledged(self._sent.pop(0))

    async def _acknowledged(self, sending: Awaitable[_T]) -> _T:
        try:
            return await asyncio.wait_for(sending, self._timeout_s)
        except (KafkaError, TimeoutError) as error:
            raise WriteFailed(
                f"{self._topic} did not take the records",
                f"{_told(error)} from {self._bootstrap}",
                "check the broker, then send them again: facts already there are recognised",
            ) from error


async def start_client(client: Any, bootstrap: str, timeout_s: float) -> None:
    """Start an aiokafka client, or close it and raise BrokerUnreachable."""
    try:
        await asyncio.wait_for(client.start(), timeout_s)
    except (KafkaError, TimeoutError, OSError) as error:
        await _stop(client)
        raise BrokerUnreachable(
            f"no broker answers at {bootstrap}",
            _told(error),
            "start one (`egraph demo` does) or give --bootstrap",
        ) from error


async def _stop(client: Any) -> None:
    # Closing waits for a broker that may be gone; what is unsent then was reported by flush.
    close = client.close if isinstance(client, AIOKafkaAdminClient) else client.stop
    try:
        await asyncio.wait_for(close(), 5.0)
    except (KafkaError, TimeoutError, OSError):
        return


async def _drain(
    consumer: AIOKafkaConsumer, wanted: Mapping[TopicPartition, Span], deadline_s: float
) -> AsyncIterator[list[LogRecord]]:
    """Fetch until every span is full; finished partitions are paused so that they cost nothing more."""
    loop = asyncio.get_running_loop()
    next_offset = {tp: first for tp, (first, _) in wanted.items()}
    deadline = loop.time() + deadline_s
    while unfinished := [tp for tp, offset in next_offset.items() if offset < wanted[tp][1]]:
        try:
            fetched = await asyncio.wait_for(consumer.getmany(*unfinished, timeout_ms=int(_POLL_S * 1000)), deadline_s)
        except (KafkaError, TimeoutError) as error:
            raise _silent(wanted, next_offset, deadline_s, _told(error)) from error
        for tp, messages in fetched.items():
            until = wanted[tp][1]
            records = [_to_record(message) for message in messages if next_offset[tp] <= message.offset < until]
            next_offset[tp] = max(next_offset[tp], messages[-1].offset + 1)
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


def _told(error: BaseException) -> str:
    """Give the error's name and text; Kafka's own errors begin with the name already."""
    name, text = type(error).__name__, str(error)
    return text if text.startswith(name) else f"{name} {text}".strip()


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
