"""Append records to a topic.

Belongs here: the producer of facts, used by ingest and tools. Not here: the runtime's producer of effects
(streams/runtimes), what the bytes mean (schemas/codec). Every wait has a deadline.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from egraph.identifiers import Position
from schemas.topics import FACTS
from streams.adapters.broker_errors import TopicMissing, WriteFailed
from streams.adapters.kafka_client import REQUEST_TIMEOUT_S, start_client, stop_client, told
from streams.ports import Publish

Headers = tuple[tuple[str, bytes], ...]

_BATCH_BYTES = 256 * 1024
_UNACKNOWLEDGED_BATCHES = 64
_T = TypeVar("_T")


class FactProducer:
    """Appends records to one topic: idempotent, acknowledged by all replicas.

    `send` gathers records into batches and returns before they are acknowledged; `flush` waits for all of them and
    raises WriteFailed if any was not. Sending the same bytes again is harmless: facts are named by content.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        key: bytes = b"main",
        topic: str = FACTS.name,
        timeout_s: float = REQUEST_TIMEOUT_S,
        compression: str = "lz4",
    ) -> None:
        self._compression = compression
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
            compression_type=self._compression,
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
            await stop_client(producer)

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

    async def append(self, facts_raw: Sequence[bytes], partition: int) -> int:
        """Append facts as one batch, wait, and give the offset of the first; the others follow it.

        The offset is -1 where the broker recognises the batch as one it has and does not know where. Raises
        WriteFailed, and ValueError for more than fits one batch.
        """
        producer = self._started()
        batch = producer.create_batch()
        for raw in facts_raw:
            if batch.append(timestamp=None, key=self._key, value=raw, headers=[]) is None:
                raise ValueError(f"{len(facts_raw)} facts do not fit a batch of {_BATCH_BYTES} bytes; give fewer")
        batch.close()
        sending = await self._acknowledged(producer.send_batch(batch, self._topic, partition=partition))
        metadata = await self._acknowledged(sending)
        return int(metadata.offset)

    async def partitions(self) -> int:
        """Give the number of partitions of the topic. Raises TopicMissing."""
        try:
            return len(await asyncio.wait_for(self._started().partitions_for(self._topic), self._timeout_s))
        except (KafkaError, TimeoutError) as error:
            raise TopicMissing(
                f"topic {self._topic} is not there",
                f"{told(error)} from {self._bootstrap}",
                "start the system once, it creates topics",
            ) from error

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
                f"{told(error)} from {self._bootstrap}",
                "check the broker, then send them again: facts already there are recognised",
            ) from error


async def append_all(effects: Sequence[Publish], producers: Mapping[str, FactProducer]) -> None:
    """Append what processors ask for, each to the producer of its topic, and wait until the broker has it all."""
    for item in effects:
        await producers[item.topic].copy(item.value, item.partition, key=item.key, headers=item.headers)
    await asyncio.gather(*(producer.flush() for producer in producers.values()))
