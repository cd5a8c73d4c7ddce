"""Append telemetry a few times a second, in a handful of batches, over a connection of its own.

Belongs here: what agents tell of themselves and nobody waits for. Not here: facts and gossip, which must not stand in
line behind it (streams/runtimes/faust_runtime.py sends them).
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol, Self

from streams.adapters.broker_errors import BrokerError
from streams.adapters.kafka_producer import FactProducer, Headers
from streams.ports import Publish

log = logging.getLogger("egraph.telemetry")

_EVERY_S = 0.1
_WAITING_MAX = 20_000
"""Records kept while the broker is away: about 5 MB, ten minutes of a worker that has nothing else to tell."""
_TIMEOUT_S = 60.0


class Appending(Protocol):
    """What is needed of a producer."""

    async def __aenter__(self) -> Self:
        """Connect. Raises BrokerError."""

    async def stop(self) -> None:
        """Close the connection."""

    async def copy(self, value: bytes | None, partition: int, *, key: bytes | None, headers: Headers = ()) -> None:
        """Append a record, buffered. Raises BrokerError."""

    async def flush(self) -> None:
        """Wait until the broker has everything. Raises BrokerError."""


class TelemetryProducer:
    """Takes records of one topic at once and sends them soon. What a broker does not take is missed, and said so."""

    def __init__(self, bootstrap: str, topic: str, *, connect: Callable[[], Appending] | None = None) -> None:
        self._connect = connect or partial(
            FactProducer, bootstrap, topic=topic, timeout_s=_TIMEOUT_S, compression="snappy"
        )
        self._waiting: list[Publish] = []
        self._producer: Appending | None = None
        self._sending: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._missed = 0

    def add(self, effect: Publish) -> None:
        """Take a record. Never waits: with too many waiting already, this one is missed."""
        if len(self._waiting) >= _WAITING_MAX:
            self._missed += 1
            return
        self._waiting.append(effect)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_now_and_then())
        elif self._sending.done() and not self._closing.is_set():
            self._sending.result()  # raises what ended it: our fault, but never silent

    async def close(self, timeout_s: float) -> None:
        """Send what waits, within so many seconds, and close the connection."""
        self._closing.set()
        if self._sending is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._sending, timeout_s)
        await self._disconnect()

    async def send_waiting(self) -> None:
        """Send what waits. After an error of the broker what was under way is missed; the rest waits on."""
        if not self._waiting:
            return
        try:
            if self._producer is None:
                self._producer = await self._connect().__aenter__()
            taken, self._waiting = self._waiting, []
            for item in taken:
                await self._producer.copy(item.value, item.partition, key=item.key, headers=item.headers)
            await self._producer.flush()
        except BrokerError as error:
            log.warning("%s; some telemetry may be missing", error.fact)
            await self._disconnect()  # whether it was taken is unknown, and a new connection knows nothing of it
        if self._missed:
            log.warning("%d records of telemetry are missing: too many waited for the broker", self._missed)
            self._missed = 0

    async def _send_now_and_then(self) -> None:
        closing = False
        while not closing:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), _EVERY_S)
            closing = self._closing.is_set()
            await self.send_waiting()

    async def _disconnect(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()
