"""The facts topic of a Kafka as a log to write to.

Belongs here: the port's promises on the idempotent producer. Not here: retrying, keeping (streams/producer).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from schemas.topics import FACTS
from streams.adapters.broker_errors import TopicMisshaped
from streams.adapters.kafka_client import REQUEST_TIMEOUT_S
from streams.adapters.kafka_producer import FactProducer
from streams.outbox.log_writer import LogWriter


class KafkaWriter:
    """Appends batches of facts; acknowledged means by all in-sync replicas."""

    def __init__(self, producer: FactProducer) -> None:
        self._producer = producer

    async def append(self, partition: int, facts: Sequence[bytes]) -> int:
        """Append facts side by side and give the offset of the first."""
        return await self._producer.append(facts, partition)


@asynccontextmanager
async def kafka_writer(
    bootstrap: str, *, graph: str, partitions: int, timeout_s: float = REQUEST_TIMEOUT_S
) -> AsyncIterator[LogWriter]:
    """Connect. Raises BrokerUnreachable, TopicMissing, and TopicMisshaped for another number of partitions."""
    producer = FactProducer(bootstrap, key=graph.encode(), timeout_s=timeout_s)
    await producer.start()
    try:
        found = await producer.partitions()
        if found != partitions:
            raise TopicMisshaped(
                f"topic {FACTS.name} has {found} partitions",
                f"the spool was made for {partitions}",
                "use the broker it was made for, or another name",
            )
        yield KafkaWriter(producer)
    finally:
        await producer.stop()


async def partition_count(bootstrap: str, timeout_s: float = REQUEST_TIMEOUT_S) -> int:
    """Ask the broker for the number of partitions of the facts topic. Raises BrokerUnreachable, TopicMissing."""
    producer = FactProducer(bootstrap, timeout_s=timeout_s)
    await producer.start()
    try:
        return await producer.partitions()
    finally:
        await producer.stop()
