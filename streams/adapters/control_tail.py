"""Reads the control topic from now on: heartbeats, orders and reports of phases.

Belongs here: the consumer. Not here: what the records mean (launcher/watch.py, processors/orchestrator.py).
"""

from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.poison import Poison
from schemas.records import AnyRecord, decode_record
from schemas.topics import CONTROL
from streams.adapters.kafka_client import REQUEST_TIMEOUT_S, start_client, stop_client


class ControlTail:
    """What is said from the moment it starts. Use `async with`; raises BrokerError where no broker answers."""

    def __init__(self, bootstrap: str, *, timeout_s: float = REQUEST_TIMEOUT_S) -> None:
        self._bootstrap = bootstrap
        self._timeout_s = timeout_s
        self._consumer: AIOKafkaConsumer | None = None

    async def __aenter__(self) -> Self:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, group_id=None, auto_offset_reset="earliest")
        await start_client(consumer, self._bootstrap, self._timeout_s)
        control = TopicPartition(CONTROL.name, 0)
        consumer.assign([control])
        await consumer.seek_to_end(control)
        self._consumer = consumer
        return self

    async def __aexit__(self, *_: object) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await stop_client(consumer)

    async def read(self, wait_s: float = 0.2) -> list[AnyRecord]:
        """Give the next records, or none after the wait. What is no record of ours is left out."""
        assert self._consumer is not None, "use `async with`"
        fetched = await self._consumer.getmany(timeout_ms=int(wait_s * 1000))
        decoded = [decode_record(message.value) for messages in fetched.values() for message in messages]
        return [item for item in decoded if not isinstance(item, Poison)]
