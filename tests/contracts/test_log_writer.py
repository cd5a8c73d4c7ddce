"""The port LogWriter: the log in memory. The Kafka adapter meets the same promises in tests/integration."""

import asyncio

from streams.adapters.memory_log import MemoryLog
from tests.contracts.log_writers import keeps_its_promises


def test_the_log_in_memory_keeps_the_promises() -> None:
    """Tests of the courier would prove something about a log that does not exist."""

    async def work() -> None:
        log = MemoryLog(2)

        async def read(partition: int) -> list[bytes]:
            return log.facts[partition]

        async with log.connect() as writer:
            await keeps_its_promises(writer, read)

    asyncio.run(work())
