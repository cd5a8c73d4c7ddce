"""The agents that one process hosts: restore, fold, tick, snapshot. Carries out the effects of their processors.

Belongs here: the life of agents in a process, without Faust. Not here: consumer groups (faust_runtime.py), what a
record means (processors). Asyncio only; the clock is read here and handed down.
"""

import asyncio
import gc
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

import psutil

from schemas.topics import FACTS
from streams.adapters.kafka_log import KafkaLog
from streams.dead_letters import to_publish
from streams.ports import DeadLetter, LogRecord, Outcome, Publish, ReadAgain, SnapshotStore
from streams.processors.agent import AgentProcessor, Host
from streams.processors.fact_log import FactLog
from streams.processors.snapshot import SnapshotDamaged
from streams.settings import StreamSettings
from streams.topology import Topology

log = logging.getLogger("egraph.agents")

Send = Callable[[Publish], Awaitable[Awaitable[object]]]
"""Hands a record to the producer; awaiting the result of that waits for the broker's acknowledgement."""

_CATCH_UP_SECONDS = 300.0
_PENDING_MAX = 2000
_STUCK_SECONDS = 45.0
_SNAPSHOT_GROWTH = 1.2


class AgentHost:
    """Hosts the agents whose home partitions this process owns."""

    def __init__(
        self, *, settings: StreamSettings, topology: Topology, snapshots: SnapshotStore, reader: KafkaLog, send: Send
    ) -> None:
        self.agents: dict[int, AgentProcessor] = {}
        self._settings = settings
        self._topology = topology
        self._snapshots = snapshots
        self._reader = reader
        self._send = send
        self._log = FactLog(topology.size)
        self._host = Host(worker=settings.worker, pid=os.getpid())
        self._process = psutil.Process()
        self._pending: set[asyncio.Future[object]] = set()
        self._saved: dict[int, tuple[int, float]] = {}
        self._moved: dict[int, tuple[int, float]] = {}

    # --- assignment

    async def assign(self, partitions: Iterable[int], is_current: Callable[[], bool]) -> None:
        """Host exactly the agents of these facts partitions: forget the others, restore the new ones.

        `is_current` tells whether the assignment still stands; a restore that was overtaken is thrown away.
        """
        wanted = set(partitions)
        for agent in sorted(set(self.agents) - wanted):
            log.info("agent %d moves to another process", agent)
            del self.agents[agent]
            self._saved.pop(agent, None)
            self._moved.pop(agent, None)
        for agent in sorted(wanted - set(self.agents)):
            restored = await self._restore(agent)
            if not is_current():
                return
            self.agents[agent] = restored
        gc.collect()
        gc.freeze()  # facts are never freed, and the collector would walk all of them again and again

    async def _restore(self, agent: int) -> AgentProcessor:
        started = time.monotonic()
        processor = self._from_snapshot(agent)
        first = processor.next_offset(FACTS.name)
        begin = (await self._reader.begin_offsets(FACTS.name))[agent]
        if begin > first:
            raise RuntimeError(
                f"facts partition {agent} begins at offset {begin} but agent {agent} needs {first}: the log was cut. "
                "Facts must be kept for ever; import an exported log into a new cluster (egraph log import)"
            )
        until = (await self._reader.end_offsets(FACTS.name))[agent]
        await self._read(processor, first, until)
        log.info(
            "agent %d is here: %d facts, %d of them read from the log, %.2f s",
            agent, processor.view.fact_count, until - first, time.monotonic() - started,
        )  # fmt: skip
        return processor

    def _from_snapshot(self, agent: int) -> AgentProcessor:
        data = self._snapshots.load(agent)
        if data is not None:
            processor = self._new(agent)
            try:
                processor.restore(data)
            except SnapshotDamaged as damage:
                log.warning("snapshot of agent %d cannot be used: %s; reading the log instead", agent, damage)
            else:
                return processor
        return self._new(agent)

    def _new(self, agent: int) -> AgentProcessor:
        return AgentProcessor(
            agent=agent,
            topology=self._topology,
            log=self._log,
            settings=self._settings,
            incarnation=_now(),
            host=self._host,
        )

    async def _read(self, processor: AgentProcessor, first: int, until: int) -> None:
        """Fold a span of the home partition from the log. Its refusals are recorded; it is silent otherwise."""
        if until <= first:
            return
        async for records in self._reader.read(FACTS.name, processor.agent, first, until, _CATCH_UP_SECONDS):
            outcome = processor.process(records, _now())
            await self._await_all([item for item in outcome.effects if isinstance(item, DeadLetter)])
            await asyncio.sleep(0)

    # --- records

    async def handle(self, partition: int, records: Sequence[LogRecord]) -> None:
        """Fold a batch of one topic-partition. Returns when everything that must precede its ack has happened."""
        processor = self.agents.get(partition)
        if processor is None:
            return  # the partition left between fetch and fold; its new owner gets the records
        outcome = processor.process(records, _now())
        while (gap := _gap(outcome)) is not None:
            log.warning("agent %d: offsets %d to %d were skipped; reading them again", partition, gap.first, gap.until)
            await self._carry_out(outcome)
            await self._read(processor, gap.first, gap.until)
            outcome = processor.process(records, _now())
        await self._carry_out(outcome)

    async def tick(self) -> None:
        """Do what is due for every agent."""
        self._host.rss_bytes = self._process.memory_info().rss
        for processor in tuple(self.agents.values()):
            now = _now()
            if now >= processor.next_wake():
                await self._carry_out(processor.wake(now))

    def stuck(self, end_offset: Callable[[int], int | None]) -> str | None:
        """Say which agent has stood still for too long although its partition goes on, or None."""
        now = time.monotonic()
        for agent, processor in self.agents.items():
            at = processor.next_offset(FACTS.name)
            before, since = self._moved.get(agent, (-1, now))
            end = end_offset(agent)
            if at != before or end is None or end <= at:
                self._moved[agent] = (at, now)
            elif now - since > _STUCK_SECONDS:
                return f"agent {agent} stands at offset {at} of {end} since {now - since:.0f} s"
        return None

    async def _carry_out(self, outcome: Outcome) -> None:
        letters = [item for item in outcome.effects if isinstance(item, DeadLetter)]
        for effect in outcome.effects:
            if isinstance(effect, Publish):
                await self._publish(effect)
        if letters:
            await self._await_all(letters)

    async def _publish(self, effect: Publish) -> None:
        """Send gossip and telemetry. A lost one is healed or missed, so nobody waits, up to a limit."""
        future = asyncio.ensure_future(await self._send(effect))
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        if len(self._pending) > _PENDING_MAX:
            await asyncio.wait(self._pending, return_when=asyncio.FIRST_COMPLETED)

    async def _await_all(self, letters: Sequence[DeadLetter]) -> None:
        """Record refusals and wait for the broker: only then may the source records be acknowledged."""
        futures = [await self._send(to_publish(item)) for item in letters]
        await asyncio.gather(*futures)

    # --- snapshots

    async def save_snapshots(self, *, all_changed: bool = False) -> None:
        """Save agents that grew by a fifth, or changed at all and were not saved for an interval."""
        for agent, processor in tuple(self.agents.items()):
            facts, saved_at = self._saved.get(agent, (0, 0.0))
            held = processor.view.fact_count
            due = time.monotonic() - saved_at > self._settings.snapshot_interval
            if held == facts or not (all_changed or (due and (held > facts * _SNAPSHOT_GROWTH or held - facts < 5000))):
                continue
            self._saved[agent] = (held, time.monotonic())
            data = processor.snapshot()
            await asyncio.to_thread(self._snapshots.save, agent, data)

    async def close(self) -> None:
        """Save what changed and let sends finish, within a deadline."""
        if self._pending:
            await asyncio.wait(self._pending, timeout=1.0)
        await self.save_snapshots(all_changed=True)


def _now() -> int:
    return time.time_ns() // 1000


def _gap(outcome: Outcome) -> ReadAgain | None:
    return next((item for item in outcome.effects if isinstance(item, ReadAgain)), None)
