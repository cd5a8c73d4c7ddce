"""Records that nobody can admit, and a storm of them.

Belongs here: spoiling facts in the ways records go bad, and counting what was sent. Not here: what agents make of it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from random import Random

from schemas.topics import FACTS, GOSSIP
from streams.adapters.broker_errors import BrokerError
from streams.adapters.kafka_producer import FactProducer

_PER_ROUND = 50
_GOSSIP_PER_ROUND = 2
_ROUND_S = 0.1


def spoilt(random: Random, value: bytes) -> bytes:
    """Give a record that no one can admit, made of a valid fact, in one of the ways records go bad."""
    way = random.randrange(5)
    if way == 0:
        return random.randbytes(random.randrange(1, 200))
    if way == 1:
        return value[: random.randrange(11, len(value))]
    if way == 2:
        return value + b"\0"
    if way == 3:
        return value[:10] + bytes(64 * 1024)
    place = random.randrange(10, len(value))
    return value[:place] + bytes([value[place] ^ 1 << random.randrange(8)]) + value[place + 1 :]


class Storm:
    """Sends poison into facts and inboxes. `sent` counts the records that the log has for certain; it may have more."""

    def __init__(self, bootstrap: str, agents: int, random: Random, sample: Callable[[], bytes]) -> None:
        self.sent = 0
        self._bootstrap, self._agents, self._random, self._sample = bootstrap, agents, random, sample

    async def send(self, seconds: float) -> None:
        """Send rounds of poison for so long, and at least one: where the broker is away, once it is back."""
        end = asyncio.get_running_loop().time() + seconds
        before = self.sent
        while asyncio.get_running_loop().time() < end or self.sent == before:
            with suppress(BrokerError):
                await self._rounds(end)
            await asyncio.sleep(_ROUND_S)

    async def _rounds(self, end: float) -> None:
        async with (
            FactProducer(self._bootstrap) as facts,
            FactProducer(self._bootstrap, topic=GOSSIP.name) as inboxes,
        ):
            while True:
                await self._round(facts, FACTS.name, _PER_ROUND)
                await self._round(inboxes, GOSSIP.name, _GOSSIP_PER_ROUND)
                if asyncio.get_running_loop().time() > end:
                    return
                await asyncio.sleep(_ROUND_S)

    async def _round(self, producer: FactProducer, topic: str, count: int) -> None:
        for _ in range(count):
            bad = spoilt(self._random, self._sample())
            await producer.send(bad, self._random.randrange(self._agents))
        await producer.flush()
        self.sent += count
