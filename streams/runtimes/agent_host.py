"""The agents that one process hosts: restore, fold, tick, snapshot. Carries out the effects of their processors.

Belongs here: the life of agents in a process, without Faust. Not here: consumer groups (faust_runtime.py), what a
record means (processors). Asyncio only; the clock is read here and handed down.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import psutil

from egraph.reading import MakeView
from schemas.records import ControlOrder, OrderKind, Turn
from schemas.topics import FACTS, GOSSIP
from streams.adapters.broker_errors import BrokerUnreachable
from streams.adapters.kafka_log import KafkaLog
from streams.dead_letters import to_publish
from streams.ports import Compute, DeadLetter, Effect, LogRecord, Outcome, Publish, ReadAgain, SnapshotStore
from streams.processors.agent import AgentProcessor, Host
from streams.processors.clock import restart_time
from streams.processors.fact_log import FactLog, MakeDecoder
from streams.processors.inbox import refused_of
from streams.processors.lifecycle import is_about, orders_in, told
from streams.processors.phases import IDLE, PhaseWork
from streams.processors.snapshot import SnapshotDamaged, SnapshotDraft
from streams.runtimes.collector import paused_collector
from streams.runtimes.resting import Rest
from streams.settings import StreamSettings
from streams.topology import Topology

log = logging.getLogger("egraph.agents")

Send = Callable[[Publish], Awaitable[Awaitable[object]]]
"""Hands a record to the producer; awaiting the result of that waits for the broker's acknowledgement."""

_CATCH_UP_SECONDS = 300.0
_PENDING_MAX = 2000
_LIFE_US = 1_000_000  # lives of an agent begin so far apart: the second in which one begins is in its name
_STUCK_SECONDS = 40.0  # noticed within 45 is the promise; the rest is for looking
_WEIGH_US = 500_000  # ticks come by the hundred a second; heartbeats, which tell the size of the process, once
_SNAPSHOT_GROWTH, _LARGE_FACTS, _PATIENCE_WITH_LARGE = 1.2, 20_000, 10


class LogUnusable(Exception):
    """The log and the snapshot do not belong together. No restart helps; the message says what does."""


class AgentHost:
    """Hosts the agents whose home partitions this process owns."""

    def __init__(
        self,
        *,
        settings: StreamSettings,
        topology: Topology,
        snapshots: SnapshotStore,
        reader: KafkaLog,
        send: Send,
        work: PhaseWork = IDLE,
        make_view: MakeView | None = None,
        in_bulk: MakeDecoder | None = None,
    ) -> None:
        self.agents: dict[int, AgentProcessor] = {}
        self._settings = settings
        self._topology = topology
        self._snapshots = snapshots
        self._reader = reader
        self._send = send
        self._work = work
        self._make_view = make_view
        self._log = FactLog(topology.size, in_bulk)
        shared = () if settings.catch_up_from is None else self.agents.keys()
        self._host = Host(worker=settings.worker, pid=os.getpid(), agents=shared)
        self._process = psutil.Process()
        self._pending: set[asyncio.Future[object]] = set()
        self._keyed: dict[Hashable, asyncio.Future[Any]] = {}
        self._computing: list[asyncio.Task[None]] = []
        self._refusals: set[asyncio.Future[None]] = set()
        self._may_save = True
        self._ticked_at = self._weighed_at = 0
        self._saved: dict[int, tuple[int, float]] = {}
        self._moved: dict[int, tuple[int, float]] = {}
        self._lives: dict[int, tuple[int, int]] = {}
        """Of each agent whose partitions this process owns: its newest life here, and when it began."""
        self._generation = 0
        self._rest = Rest(lambda: min((agent.next_wake() for agent in self.agents.values()), default=None))

    # --- assignment

    def know_others(self, processes: Mapping[int, str]) -> None:
        """Learn in which process each agent lives: one of each process is told first. It may be wrong or old."""
        if self._settings.catch_up_from is not None:
            self._host.processes = processes

    async def assign(self, partitions: Iterable[int], generation: int, is_current: Callable[[], bool]) -> None:
        """Host exactly the agents of these facts partitions: forget the others, restore the new ones.

        `generation` of the consumer group names the lives that begin. `is_current` tells whether the assignment still
        stands; a restore that was overtaken is thrown away.
        """
        wanted = set(partitions)
        self._generation = generation
        for agent in sorted(set(self._lives) - wanted):
            log.info("agent %d moves to another process", agent)
            await self._leave(agent)
            del self._lives[agent]
        for agent in sorted(wanted - set(self.agents)):
            restored = await self._restore(agent, generation)
            if not is_current():
                return
            await self._enter(restored)

    async def _enter(self, processor: AgentProcessor) -> None:
        self.agents[processor.agent] = processor
        self._lives[processor.agent] = (processor.incarnation, _now())
        await self._publish(told(Turn.REGISTERED, processor.agent, processor.incarnation, _now(), self._host.worker))

    async def _leave(self, agent: int, turn: Turn = Turn.DEREGISTERED, why: str = "") -> None:
        processor = self.agents.pop(agent, None)
        self._saved.pop(agent, None)
        self._moved.pop(agent, None)
        if processor is not None:
            await self._publish(told(turn, agent, processor.incarnation, _now(), why or self._host.worker))

    # --- orders

    async def _obey(self, order: ControlOrder) -> None:
        """Carry out an order about an agent of ours, if it is about its present life."""
        agent = order.agent
        if agent not in self._lives:
            return
        # The name with which the life began: one that hangs may have taken a later one that nobody has heard of.
        incarnation, began = self._lives[agent]
        here = self.agents.get(agent)
        if not is_about(order, incarnation, incarnation if here is None else here.incarnation):
            return
        log.warning("%s asks: %s agent %d (%s)", order.by, order.order.value, agent, order.why)
        await self._leave(agent, Turn.KILLED, f"{order.by}: {order.why}")
        if order.order is OrderKind.RESTART:
            generation = self._generation
            started = max(_now(), began + _LIFE_US, restart_time(order.incarnation, generation))
            restored = await self._restore(agent, generation, started=started)
            if generation == self._generation and agent in self._lives:
                await self._enter(restored)

    async def _restore(self, agent: int, generation: int, *, started: int | None = None) -> AgentProcessor:
        began = time.monotonic()
        processor = self._from_snapshot(agent, generation, started or _now())
        first = processor.next_offset(FACTS.name)
        begins, ends = await self._reader.begin_offsets(FACTS.name), await self._reader.end_offsets(FACTS.name)
        begin, until = begins[agent], ends[agent]
        if begin > first:
            raise LogUnusable(
                f"facts partition {agent} begins at offset {begin} but agent {agent} needs {first}: the log was cut. "
                "Facts must be kept for ever; import an exported log into a new cluster (egraph log import)"
            )
        if until < first:
            raise LogUnusable(
                f"facts partition {agent} ends at offset {until} but agent {agent} has read up to {first}: the data "
                "directory belongs to another broker, or the broker lost records. Start with another --data-dir"
            )
        await self._read(processor, first, until)
        read = until - first + await self._catch_up(processor, begins, ends)
        log.info(
            "agent %d is here: %d facts, %d records read from the log, %.2f s",
            agent, processor.view.fact_count, read, time.monotonic() - began,
        )  # fmt: skip
        return processor

    async def _catch_up(self, processor: AgentProcessor, begins: dict[int, int], ends: dict[int, int]) -> int:
        """Take what this process or the log holds of the other homes, where that is much; gossip brings the rest."""
        behind, worth = processor.catching_up, self._settings.catch_up_from
        if worth is None:
            return 0
        behind.take_shared()
        spans = behind.spans(begins, ends, worth)
        if spans:
            async for records in self._reader.read_spans(FACTS.name, spans, _CATCH_UP_SECONDS):
                behind.fold(records)
                await asyncio.sleep(0)
        return sum(until - first for first, until in spans.values())

    def _from_snapshot(self, agent: int, generation: int, started: int) -> AgentProcessor:
        data = self._snapshots.load(agent)
        if data is not None:
            processor = self._new(agent, generation, started)
            try:
                with paused_collector():
                    processor.restore(data)
            except SnapshotDamaged as damage:
                log.warning("snapshot of agent %d cannot be used: %s; reading the log instead", agent, damage)
            else:
                return processor
        return self._new(agent, generation, started)

    def _new(self, agent: int, generation: int, started: int) -> AgentProcessor:
        return AgentProcessor(
            agent=agent,
            topology=self._topology,
            log=self._log,
            settings=self._settings,
            started=started,
            life=generation,
            host=self._host,
            work=self._work,
            make_view=self._make_view,
        )

    async def _read(self, processor: AgentProcessor, first: int, until: int) -> None:
        """Fold a span of the home partition from the log, and do what follows: behind a gap, work may begin on it."""
        if until <= first:
            return
        async for records in self._reader.read(FACTS.name, processor.agent, first, until, _CATCH_UP_SECONDS):
            await self._carry_out(processor, processor.process(records, _now()))
            await asyncio.sleep(0)

    # --- records

    async def handle(self, partition: int, records: Sequence[LogRecord]) -> None:
        """Fold a batch of one topic-partition. Returns when everything that must precede its ack has happened."""
        from_inbox = bool(records) and records[0].topic == GOSSIP.name
        if from_inbox:
            for order in orders_in(records):
                await self._obey(order)
        processor = self.agents.get(partition)
        if processor is None:
            # Killed, or the partition left between fetch and fold. The next life reads the log from its own place,
            # but the inbox from behind these records: what is refused in them would never be told.
            if from_inbox:
                await self._record(refused_of(records, self._topology.size), ())
            return
        outcome = processor.process(records, _now())
        while (gap := _gap(outcome)) is not None:
            log.warning("agent %d: offsets %d to %d were skipped; reading them again", partition, gap.first, gap.until)
            await self._carry_out(processor, outcome)
            await self._read(processor, gap.first, gap.until)
            outcome = processor.process(records, _now())
        await self._carry_out(processor, outcome)
        await self._share(processor)
        self._rest.look_again()

    async def _share(self, brought_by: AgentProcessor) -> None:
        """Let the other agents of this process take what one of them has brought: their deltas come later."""
        for processor in [self.agents[agent] for agent in self._host.agents]:
            if processor is not brought_by:
                await self._carry_out(processor, processor.take_shared(_now()))

    async def until_due(self, longest: float) -> None:
        """Wait until an agent has something to do, at most so many seconds. A batch may bring that time forward."""
        await self._rest.take(longest)

    async def tick(self) -> None:
        """Do what is due for every agent."""
        self._check_computing()
        set_back = _now() < self._ticked_at  # the machine's clock: what is due then lies in the future
        if set_back or _now() - self._weighed_at > _WEIGH_US:
            self._weighed_at = _now()
            self._host.rss_bytes = self._process.memory_info().rss
        self._ticked_at = _now()
        for processor in tuple(self.agents.values()):
            now = _now()
            if set_back or now >= processor.next_wake():
                await self._carry_out(processor, processor.wake(now))

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

    async def broker_answers(self) -> bool:
        """Tell whether the broker answers; where it does not, the wait for agents that stand still begins anew."""
        try:
            await self._reader.end_offsets(FACTS.name)
        except BrokerUnreachable as error:
            log.warning("%s; agents stand still until it is back", error.fact)
            self._moved.clear()
            return False
        return True

    async def _carry_out(self, processor: AgentProcessor, outcome: Outcome) -> None:
        letters = [item for item in outcome.effects if isinstance(item, DeadLetter)]
        publishes = [item for item in outcome.effects if isinstance(item, Publish)]
        await self._record(letters, publishes)
        for item in outcome.effects:
            if isinstance(item, Compute):
                self._computing.append(asyncio.create_task(self._compute(processor, item)))

    async def _compute(self, processor: AgentProcessor, effect: Compute) -> None:
        """Do long work in a thread. What it came to is dropped if the agent has moved away meanwhile."""
        result = await asyncio.shield(self._task(effect))
        if self.agents.get(processor.agent) is not processor:
            return
        facts: list[Publish] = []
        others: list[Effect] = []
        for item in processor.done(result, _now()).effects:
            if isinstance(item, Publish) and item.topic == FACTS.name:
                facts.append(item)
            else:
                others.append(item)
        for first in range(0, len(facts), _PENDING_MAX):
            await asyncio.gather(*[await self._send(item) for item in facts[first : first + _PENDING_MAX]])
        await self._carry_out(processor, Outcome(tuple(others)))

    def _task(self, effect: Compute) -> "asyncio.Future[Any]":
        """Give the work of an effect, begun by it or by another one of the same key."""
        if effect.key is None:
            return asyncio.ensure_future(asyncio.to_thread(effect.task))
        if effect.key not in self._keyed:
            for key in [key for key, task in self._keyed.items() if task.done()]:
                del self._keyed[key]
            self._keyed[effect.key] = asyncio.ensure_future(asyncio.to_thread(effect.task))
        return self._keyed[effect.key]

    def _check_computing(self) -> None:
        """Raise what long work has raised: our fault or the broker's, but never silent."""
        for task in tuple(self._computing):
            if task.done():
                self._computing.remove(task)
                task.result()

    async def _publish(self, effect: Publish) -> None:
        """Send gossip and telemetry. A lost one is healed or missed, so nobody waits, up to a limit."""
        future = asyncio.ensure_future(await self._send(effect))
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        if len(self._pending) > _PENDING_MAX:
            await asyncio.wait(self._pending, return_when=asyncio.FIRST_COMPLETED)

    async def _record(self, letters: Sequence[DeadLetter], publishes: Sequence[Publish]) -> None:
        """Send, and wait for the broker to have the refusals: only then may the source records be acknowledged.

        No snapshot is saved meanwhile: the state is past those records already, and the next life would be too.
        """
        recorded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if letters:
            self._refusals.add(recorded)
        try:
            for effect in publishes:
                await self._publish(effect)
            await asyncio.gather(*[await self._send(to_publish(item)) for item in letters])
        except BaseException:
            self._may_save = False  # a refusal may be unrecorded; the next life reads its source record again
            raise
        finally:
            recorded.set_result(None)
            self._refusals.discard(recorded)

    # --- snapshots

    async def save_snapshots(self, *, all_changed: bool = False) -> None:
        """Save agents that changed and were not saved for an interval, in a thread beside their work.

        A large one that grew by less than a fifth waits ten times as long: reading the rest from the log is cheaper.
        """
        for agent, processor in tuple(self.agents.items()):
            facts, saved_at = self._saved.get(agent, (0, 0.0))
            held = processor.view.fact_count
            patience = 1 if held > facts * _SNAPSHOT_GROWTH or held < _LARGE_FACTS else _PATIENCE_WITH_LARGE
            due = time.monotonic() - saved_at > patience * self._settings.snapshot_interval
            if held == facts or not (due or all_changed):
                continue
            self._saved[agent] = (held, time.monotonic())
            draft = processor.draft_snapshot()
            if self._refusals:
                await asyncio.wait(self._refusals)
            if not self._may_save:
                return
            await asyncio.to_thread(_save, self._snapshots, agent, draft)

    async def close(self) -> None:
        """Save what changed, say goodbye and let sends finish, within a deadline."""
        await self.save_snapshots(all_changed=True)
        for agent in tuple(self.agents):
            await self._leave(agent)
        if self._pending:
            await asyncio.wait(self._pending, timeout=1.0)


def _now() -> int:
    return time.time_ns() // 1000


def _save(snapshots: SnapshotStore, agent: int, draft: SnapshotDraft) -> None:
    snapshots.save(agent, draft.encode())


def _gap(outcome: Outcome) -> ReadAgain | None:
    return next((item for item in outcome.effects if isinstance(item, ReadAgain)), None)
