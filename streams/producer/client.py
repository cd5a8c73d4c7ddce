"""The producers that people open: one for asyncio, one for threads.

Belongs here: putting spool, broker and courier together, and what is said about them. Not here: the carrying
(courier.py). A producer must not be carried over a fork; open it in the child.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Self, TypedDict, TypeVar, Unpack

from streams.adapters.kafka_client import REQUEST_TIMEOUT_S
from streams.adapters.kafka_writer import kafka_writer, partition_count
from streams.adapters.spool_files import SUFFIX
from streams.adapters.sqlite_spool import Durability, SqliteSpool
from streams.outbox.errors import ProducerStopped
from streams.outbox.intents import Intent
from streams.outbox.metrics import ProducerMetrics
from streams.outbox.outbox import SpoolLimits
from streams.outbox.retry import RetryPolicy
from streams.producer.courier import Courier
from streams.producer.receipt import Receipt

_log = logging.getLogger("egraph.producer")
_T = TypeVar("_T")


class ProducerOptions(TypedDict, total=False):
    """What a producer may be told besides its broker, name and folder.

    graph: the graph its facts belong to, by default `main`. partitions: those of the facts topic; asked of the broker
    when the spool is made, unless given. durability: what an accepted fact survives. limits: how much may wait. retry:
    how long a broker may be away. block_s: how long a call waits for room unless it says. close_s: how long leaving the
    `with` block waits for the log. request_s: how long one attempt at the broker may take before a new connection.
    """

    graph: str
    partitions: int | None
    durability: Durability
    limits: SpoolLimits
    retry: RetryPolicy
    block_s: float
    close_s: float
    request_s: float


class AsyncProducer:
    """Facts into a spool on disk, and from there to the log, in order, again after any failure. For asyncio.

    `async with AsyncProducer("host:9092", name="billing", spool="/var/lib/billing") as producer`. Starting raises
    SpoolError, and BrokerError only where the spool is new and the number of partitions is not given.
    """

    def __init__(self, bootstrap: str, *, name: str, spool: Path | str, **options: Unpack[ProducerOptions]) -> None:
        self._bootstrap, self._name, self._folder, self._options = bootstrap, name, Path(spool), options
        self._block_s = options.get("block_s", 30.0)
        self._courier: Courier | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self.close(0.0 if kind else self._options.get("close_s", 30.0))

    async def start(self) -> None:
        """Open the spool and begin to send what is in it."""
        options = self._options
        graph, partitions = options.get("graph", "main"), options.get("partitions")
        if partitions is None and not (self._folder / (self._name + SUFFIX)).exists():
            partitions = await partition_count(self._bootstrap)
        opening = partial(SqliteSpool.open, graph=graph, partitions=partitions)
        durability = options.get("durability", Durability.FULL)
        spool = await asyncio.to_thread(opening, self._folder, self._name, durability=durability)
        connect = partial(
            kafka_writer,
            self._bootstrap,
            graph=graph,
            partitions=spool.identity.partitions,
            timeout_s=options.get("request_s", REQUEST_TIMEOUT_S),
        )
        making = partial(Courier, limits=options.get("limits"), retry=options.get("retry"))
        try:
            self._courier = await asyncio.to_thread(making, spool, connect)
        except BaseException:
            spool.close()
            raise
        self._courier.start()

    async def close(self, timeout_s: float | None = None) -> int:
        """Wait for the log, then close; give how many facts stay in the spool. Closing twice is harmless."""
        courier, self._courier = self._courier, None
        if courier is None:
            return 0
        try:
            await courier.flush(timeout_s)
        finally:
            left = await courier.stop()
            if left:
                _log.warning("%d facts of %s wait in %s for the next producer", left, self._name, self._folder)
        return left

    async def send(self, intent: Intent, *, timeout_s: float | None = None) -> Receipt:
        """Accept one fact: when this returns, the spool has it. See `send_many`."""
        (receipt,) = await self.send_many([intent], timeout_s=timeout_s)
        return receipt

    async def send_many(self, intents: Iterable[Intent], *, timeout_s: float | None = None) -> list[Receipt]:
        """Accept facts, all or none, in one step of the disk. Await a receipt to know where the log has its fact.

        Where the spool is full it waits so long for room (default: `block_s`; 0 does not wait), then raises SpoolFull.
        Raises FactRefused for what no replica would admit, SpoolWriteFailed where the disk takes nothing, and
        ProducerStopped; in each case nothing of the call was kept.
        """
        return await self._open().send(intents, self._block_s if timeout_s is None else timeout_s)

    async def flush(self, timeout_s: float | None = None) -> int:
        """Wait until the log has everything accepted before; give how many facts it has not at the deadline."""
        return await self._open().flush(timeout_s)

    def metrics(self) -> ProducerMetrics:
        """Give what was counted since the producer was opened."""
        return self._open().metrics()

    def _open(self) -> Courier:
        if self._courier is None:
            raise ProducerStopped("the producer is not open; use it inside `with`, or between start and close")
        return self._courier


class Producer:
    """The same for threads: every method blocks, any number of threads may call. See AsyncProducer.

    `with Producer("host:9092", name="billing", spool="/var/lib/billing") as producer`. It works in a thread of its own.
    """

    def __init__(self, bootstrap: str, *, name: str, spool: Path | str, **options: Unpack[ProducerOptions]) -> None:
        self._inner = AsyncProducer(bootstrap, name=name, spool=spool, **options)
        self._close_s = options.get("close_s", 30.0)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(0.0 if kind else self._close_s)

    def start(self) -> None:
        """Open the spool and begin to send what is in it."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="egraph-producer", daemon=True)
        self._thread.start()
        try:
            self._wait(self._inner.start())
        except BaseException:
            self._leave()
            raise

    def close(self, timeout_s: float | None = None) -> int:
        """Wait for the log, then close; give how many facts stay in the spool. Closing twice is harmless."""
        if self._loop is None:
            return 0
        try:
            return self._wait(self._inner.close(timeout_s))
        finally:
            self._leave()

    def send(self, intent: Intent, *, timeout_s: float | None = None) -> Receipt:
        """Accept one fact: when this returns, the spool has it. See `AsyncProducer.send_many`."""
        return self._wait(self._inner.send(intent, timeout_s=timeout_s))

    def send_many(self, intents: Iterable[Intent], *, timeout_s: float | None = None) -> list[Receipt]:
        """Accept facts, all or none, in one step of the disk. See `AsyncProducer.send_many`."""
        return self._wait(self._inner.send_many(list(intents), timeout_s=timeout_s))

    def flush(self, timeout_s: float | None = None) -> int:
        """Wait until the log has everything accepted before; give how many facts it has not at the deadline."""
        return self._wait(self._inner.flush(timeout_s))

    def metrics(self) -> ProducerMetrics:
        """Give what was counted since the producer was opened."""

        async def asked() -> ProducerMetrics:
            return self._inner.metrics()

        return self._wait(asked())

    def _wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        if self._loop is None:
            work.close()
            raise ProducerStopped("the producer is not open; use it inside `with`, or between start and close")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _leave(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None and self._thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()
            loop.close()
