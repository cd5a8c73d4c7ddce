"""Carries facts from callers to the spool and from the spool to the log: the outbox with its I/O.

Belongs here: asyncio, the disk's thread, connections, deadlines. Not here: what may be kept and what goes next
(outbox.py), files and brokers (streams/adapters), how people open a producer (client.py).

Three tasks. `_keep_facts` takes all calls that wait and keeps their facts in one step of the spool, so many callers
share one sync of the disk. `_send_facts` holds a connection and one batch of each partition on the way; whatever
breaks, it connects anew and everything not acknowledged goes again. `_forget_facts` drops what the log has.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from egraph.facts import Fact
from egraph.identifiers import Position
from streams.adapters.broker_errors import BrokerError, TopicMisshaped
from streams.outbox.errors import FactRefused, ProducerStopped, SpoolError, SpoolFull, SpoolWriteFailed
from streams.outbox.intents import Intent
from streams.outbox.log_writer import UNKNOWN_OFFSET, Connect, LogWriter
from streams.outbox.metrics import ProducerCounts, ProducerMetrics
from streams.outbox.outbox import Batch, Outbox, SpoolLimits, SpoolWrite
from streams.outbox.retry import Retry, RetryPolicy
from streams.outbox.spool import Spool
from streams.producer.receipt import Receipt

_STEP_FACTS = 1000
"""A step of the spool takes no further call behind so many facts: the first caller would wait for the last."""

_FORGET_AGAIN_S = 1.0
_T = TypeVar("_T")


def now_us() -> int:
    """Give the wall clock in microseconds since the Unix epoch."""
    return time.time_ns() // 1000


class _Call(NamedTuple):
    intents: tuple[Intent, ...]
    deadline: float
    receipts: asyncio.Future[list[Receipt]]


class Courier:
    """One open spool and its way to the log. Use it from one event loop, between `start` and `stop`."""

    def __init__(
        self,
        spool: Spool,
        connect: Connect,
        *,
        limits: SpoolLimits | None = None,
        retry: RetryPolicy | None = None,
        clock: Callable[[], int] = now_us,
    ) -> None:
        self._spool, self._connect, self._clock = spool, connect, clock
        self._outbox = Outbox(spool.identity, spool.position(), spool.waiting(), limits or SpoolLimits())
        self._retry = Retry(retry or RetryPolicy())
        self._counts = ProducerCounts()
        self._calls: deque[_Call] = deque()
        self._receipts: dict[int, Receipt] = {}
        self._disk = ThreadPoolExecutor(1, "egraph-spool")
        self._to_keep, self._to_send, self._to_forget = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._moved = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: ProducerStopped | None = None
        self._defect: BaseException | None = None

    def start(self) -> None:
        """Begin to carry: what the spool holds goes first."""
        self._to_send.set()
        for work in (self._keep_facts(), self._send_facts(), self._forget_facts()):
            self._tasks.append(asyncio.create_task(self._watched(work)))

    async def send(self, intents: Iterable[Intent], timeout_s: float) -> list[Receipt]:
        """Keep facts, all or none, and give their receipts once the spool has them.

        Waits for room until the deadline; 0 does not wait. Raises FactRefused, SpoolFull, SpoolWriteFailed,
        ProducerStopped, and ValueError for more than ever fits. Who is cancelled does not know whether they were kept.
        """
        if self._ended is not None:
            raise self._ended
        loop = asyncio.get_running_loop()
        call = _Call(tuple(intents), loop.time() + timeout_s, loop.create_future())
        self._calls.append(call)
        self._to_keep.set()
        return await call.receipts

    async def flush(self, timeout_s: float | None = None) -> int:
        """Wait until the log has all that was kept before this call; give how many of the spool it has not by then.

        Raises ProducerStopped if the producer ended while some were left.
        """
        until = self._outbox.next_number

        def is_done() -> bool:
            oldest = self._outbox.first_number()
            return oldest is None or oldest >= until or self._ended is not None

        try:
            async with asyncio.timeout(timeout_s), self._moved:
                await self._moved.wait_for(is_done)
        except TimeoutError:
            return self._outbox.waiting()
        if self._ended is not None and self._outbox.waiting():
            raise self._ended
        return self._outbox.waiting()

    async def stop(self) -> int:
        """End at once and close the spool; give how many facts stay in it for the next producer.

        Raises what ended the producer before, if it was no wish of the caller's.
        """
        keeping, *others = self._tasks
        for task in others:
            task.cancel()
        self._end(
            ProducerStopped("the producer is closed; what waits in its spool goes with the next one that opens it")
        )
        await asyncio.gather(keeping, *others, return_exceptions=True)
        await self._on_disk(self._close_spool)
        self._disk.shutdown()
        if self._defect is not None:
            raise self._defect
        return self._outbox.waiting()

    def metrics(self) -> ProducerMetrics:
        """Give what was counted until now."""
        oldest = self._outbox.oldest()
        counts = self._counts
        return ProducerMetrics(
            producer=self._outbox.identity.producer,
            spooled=counts.spooled,
            sent=counts.sent,
            acknowledged=counts.acknowledged,
            retried=counts.retried,
            refused=dict(counts.refused),
            turned_away=counts.turned_away,
            spool_failures=counts.spool_failures,
            connections_lost=counts.connections_lost,
            waiting=self._outbox.waiting(),
            waiting_bytes=self._outbox.bytes,
            oldest_age_s=0.0 if oldest is None else max(self._clock() - oldest.spooled_at, 0) / 1e6,
            latencies=tuple(counts.latencies),
            latency_sum_s=counts.latency_sum_s,
        )

    # --- from callers to the spool

    async def _keep_facts(self) -> None:
        while self._ended is None:
            await self._called_or_late()
            write = self._outbox.begin(self._clock())
            taken = self._seal_calls(write)
            self._turn_away_late_calls()
            if taken:
                await self._keep(write, taken)
        self._tell_everybody(self._ended)

    async def _called_or_late(self) -> None:
        deadline = min((call.deadline for call in self._calls), default=None)
        try:
            async with asyncio.timeout_at(deadline):
                await self._to_keep.wait()
        except TimeoutError:
            pass
        self._to_keep.clear()

    def _seal_calls(self, write: SpoolWrite) -> list[tuple[_Call, tuple[Fact, ...]]]:
        """Seal what the calls want kept, in turn, until there is no room for the next."""
        taken: list[tuple[_Call, tuple[Fact, ...]]] = []
        while self._calls:
            call = self._calls[0]
            try:
                facts = () if call.receipts.done() else write.add(call.intents)
            except (FactRefused, ValueError) as error:
                if isinstance(error, FactRefused):
                    self._counts.refused[error.reason] += 1
                self._calls.popleft()
                call.receipts.set_exception(error)
                continue
            if facts is None:
                break
            self._calls.popleft()
            taken.append((call, facts))
            if len(write.facts) >= _STEP_FACTS:
                self._to_keep.set()
                break
        return taken

    def _turn_away_late_calls(self) -> None:
        now = asyncio.get_running_loop().time()
        for call in [call for call in self._calls if call.deadline <= now and not self._to_keep.is_set()]:
            self._calls.remove(call)
            self._counts.turned_away += 1
            if not call.receipts.done():
                limits = self._outbox.limits
                call.receipts.set_exception(
                    SpoolFull(
                        f"the spool has no room for {len(call.intents)} facts: {self._outbox.rows} of {limits.rows}"
                        f" facts, {self._outbox.bytes} of {limits.bytes} bytes; try again later, look at the broker"
                    )
                )

    async def _keep(self, write: SpoolWrite, taken: list[tuple[_Call, tuple[Fact, ...]]]) -> None:
        try:
            await self._on_disk(self._spool.keep, write.facts, write.position)
        except SpoolWriteFailed as error:
            self._counts.spool_failures += 1
            for call, _ in taken:
                if not call.receipts.done():
                    call.receipts.set_exception(error)
            return
        self._outbox.spooled(write)
        self._counts.spooled += len(write.facts)
        numbers = iter(write.facts)
        for call, facts in taken:
            receipts = [Receipt(fact) for fact in facts]
            self._receipts.update((next(numbers).number, receipt) for receipt in receipts)
            if not call.receipts.done():
                call.receipts.set_result(receipts)
        self._to_send.set()

    # --- from the spool to the log

    async def _send_facts(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._to_send.wait()
            try:
                async with self._connect() as log:
                    await self._session(log)
            except TopicMisshaped:
                raise
            except BrokerError:
                if self._ended is not None:
                    return  # a client that closed badly has swallowed the cancellation of `stop`
                self._outbox.broken()
                self._to_send.set()
                self._counts.connections_lost += 1
                pause = self._retry.failed(loop.time())
                if pause is None:
                    raise
                await asyncio.sleep(pause)

    async def _session(self, log: LogWriter) -> None:
        """Send on one connection until it breaks: then the error of the first batch that failed is raised."""
        sending: set[asyncio.Task[None]] = set()
        more: asyncio.Task[Any] | None = None
        try:
            while True:
                self._to_send.clear()
                batches = self._outbox.take()
                sending |= {asyncio.create_task(self._deliver(log, batch)) for batch in batches}
                if more is None or more.done():
                    more = asyncio.create_task(self._to_send.wait())
                done, _ = await asyncio.wait({*sending, more}, return_when=asyncio.FIRST_COMPLETED)
                for task in done & sending:
                    task.result()
                sending -= done
        finally:
            ending = sending if more is None else {*sending, more}
            for each in ending:
                each.cancel()
            await asyncio.gather(*ending, return_exceptions=True)

    async def _deliver(self, log: LogWriter, batch: Batch) -> None:
        facts = await self._on_disk(self._spool.read, batch.numbers)
        self._counts.sent += len(facts)
        self._counts.retried += self._outbox.sending(batch)
        first = await log.append(batch.partition, facts)
        # No await from here to the last line: what is acknowledged is noted as a whole, whoever cancels.
        self._retry.succeeded()
        now = self._clock()
        for spooled_at in self._outbox.acknowledged(batch):
            self._counts.acknowledge((now - spooled_at) / 1e6)
        for place, number in enumerate(batch.numbers):
            receipt = self._receipts.pop(number, None)
            if receipt is not None:
                receipt.fulfil(Position(batch.partition, UNKNOWN_OFFSET if first < 0 else first + place))
        self._to_forget.set()
        async with self._moved:
            self._moved.notify_all()

    async def _forget_facts(self) -> None:
        while True:
            await self._to_forget.wait()
            self._to_forget.clear()
            numbers = self._outbox.done()
            try:
                await self._on_disk(self._spool.forget, numbers)
            except SpoolWriteFailed:
                self._counts.spool_failures += 1
                await asyncio.sleep(_FORGET_AGAIN_S)
                self._to_forget.set()
            else:
                self._outbox.forgotten(numbers)
                self._to_keep.set()  # there is room

    # --- the end

    async def _watched(self, work: Coroutine[Any, Any, None]) -> None:
        """Run one of the tasks; if it ends, the producer ends, and everybody who waits is told why."""
        try:
            await work
        except (BrokerError, SpoolError) as error:
            self._end(ProducerStopped(f"the producer gave up: {error}; what waits in the spool goes with the next one"))
        except Exception as error:
            self._defect = error
            self._end(
                ProducerStopped(f"the producer broke: {error!r}; this is a defect of ours, facts stay in the spool")
            )
        async with self._moved:
            self._moved.notify_all()

    def _end(self, why: ProducerStopped) -> None:
        self._ended = self._ended or why
        self._tell_everybody(self._ended)
        self._to_keep.set()  # a step that the disk is at ends first: its callers must not be told that it failed

    def _tell_everybody(self, ended: ProducerStopped) -> None:
        for call in self._calls:
            if not call.receipts.done():
                call.receipts.set_exception(ended)
        self._calls.clear()
        for receipt in self._receipts.values():
            receipt.leave(ended)
        self._receipts.clear()

    def _close_spool(self) -> None:
        done = self._outbox.done()
        try:
            if done:
                self._spool.forget(done)
            self._spool.close()
        except SpoolWriteFailed:
            self._counts.spool_failures += 1  # the next one finds facts that the log has, and sends them once more

    async def _on_disk(self, work: Callable[..., _T], *arguments: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work, *arguments)
