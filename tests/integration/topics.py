"""Topics of the test broker: made anew, written raw, read whole."""

import asyncio
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient

from schemas.topics import TOPICS
from streams.adapters.kafka_log import FactProducer, KafkaLog
from streams.ports import LogRecord

AGENTS = 9


async def make_topics_anew(bootstrap: str) -> None:
    """Delete every topic of the system and make it again."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        present = set(await admin.list_topics()) & set(TOPICS)
        if present:
            await admin.delete_topics(sorted(present))
        async with asyncio.timeout(30):
            while set(await admin.list_topics()) & set(TOPICS):
                await asyncio.sleep(0.1)
    finally:
        await admin.close()
    async with KafkaLog(bootstrap) as log:
        await log.create_topics(TOPICS.values(), AGENTS)


async def read_all(bootstrap: str, topic: str) -> dict[int, list[LogRecord]]:
    """Every record of a topic by partition."""
    found: dict[int, list[LogRecord]] = {}
    async with KafkaLog(bootstrap) as log:
        begin, end = await log.begin_offsets(topic), await log.end_offsets(topic)
        async for records in log.read_spans(topic, {p: (begin[p], end[p]) for p in end}):
            found.setdefault(records[0].partition, []).extend(records)
    return found


async def append(bootstrap: str, topic: str, records: Iterable[tuple[int, bytes]]) -> None:
    """Append raw values to partitions."""
    async with FactProducer(bootstrap, topic=topic) as producer:
        for partition, value in records:
            await producer.send(value, partition)
