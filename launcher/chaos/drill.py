"""One drill: a system on a broker of its own, load and faults at the same time, then the judge.

Belongs here: the order of things. Not here: faults (hands.py), what must hold (judge.py), the report (report.py).
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from analytics.catalog import store_dir
from launcher import jar_kafka
from launcher.chaos import evidence as gather
from launcher.chaos.delays import delays_ms
from launcher.chaos.disk import Disk
from launcher.chaos.hands import Hands
from launcher.chaos.judge import Breach, Evidence, Source, judge
from launcher.chaos.lives import ShortLives
from launcher.chaos.load import FactSource, Load
from launcher.chaos.plan import LINES, Fault, Plan
from launcher.chaos.poison import Storm
from launcher.chaos.proxy import FaultProxy
from launcher.child import stop_all
from launcher.jar_kafka import Door
from launcher.ports import LOOPBACK, free_port
from launcher.supervisor import Supervised, Supervisor
from launcher.system import SystemPlan, claim_data_dir, start_system
from launcher.watch import Agreement, Watcher
from schemas.topics import FACTS, TOPICS
from streams.adapters.broker_errors import BrokerError
from streams.adapters.kafka_log import KafkaLog

_AGREE_S = 180.0
"""Whoever has not recovered by then has not recovered."""
_ALIVE_S = 10.0
_POLL_S = 0.1
_UNLIMITED = 1 << 30
"""The drill kills on purpose; the judge counts the lives that ended by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """What to do to what."""

    data_dir: Path
    plan: Plan
    rate: float
    agents: int = 9
    workers: int = 2


@dataclass(slots=True)
class Outcome:
    """What a drill came to. Delays are (when due, ms until all agents held it)."""

    began: int
    """Microseconds since the Unix epoch."""
    ended: int
    offered: int = 0
    acknowledged: int = 0
    in_time: int = 0
    """Those acknowledged before the load ended."""
    retried: int = 0
    delays: list[tuple[int, float]] = field(default_factory=list)
    folds: Mapping[int, int] = field(default_factory=dict)
    """Facts folded, over all agents, by bucket of the time from the broker's append to the fold."""
    done: list[tuple[Fault, float, float]] = field(default_factory=list)
    """Each fault, and when it began and was over, in seconds after the start."""
    kills: int = 0
    restarts: Mapping[str, int] = field(default_factory=dict)
    exit_codes: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    poisons: int = 0
    resets: int = 0
    disk: str = ""
    recovered_s: float = 0.0
    """From the end of the load until all agents agreed, the sink showed everything, and all poison was told of."""
    breaches: tuple[Breach, ...] = ()


async def drill(what: DrillPlan, say: Callable[[str], None]) -> Outcome:
    """Do it all. Raises RungFailed, DataDirRefused; whatever does not hold afterwards is a breach in the outcome."""
    async with AsyncExitStack() as stack:
        Disk.release(store_dir(what.data_dir))
        stack.enter_context(claim_data_dir(what.data_dir))
        stage = await stack.enter_async_context(_staged(what, say))
        async with stage.polled():
            watcher = await stack.enter_async_context(Watcher(stage.direct, what.agents))
            await watcher.until_agreed(_AGREE_S)
            say("all agents are here; load and faults begin")
            outcome = await stage.storm()
            return await stage.judged(outcome, watcher)


@dataclass(slots=True, kw_only=True)
class _Stage:
    """The system of one drill, running."""

    what: DrillPlan
    say: Callable[[str], None]
    supervisor: Supervisor
    hands: Hands
    load: Load
    direct: str
    disk: Disk
    proxies: Mapping[str, FaultProxy]
    lives: ShortLives = field(default_factory=ShortLives)

    @asynccontextmanager
    async def polled(self) -> AsyncIterator[None]:
        """Restart what ends, meanwhile."""

        async def poll() -> None:
            while True:
                with self.lives.watched(self.supervisor):
                    self.supervisor.poll()
                await asyncio.sleep(_POLL_S)

        polling = asyncio.create_task(poll())
        try:
            yield
        finally:
            polling.cancel()
            with suppress(asyncio.CancelledError):
                await polling

    async def storm(self) -> Outcome:
        """Load and faults, until the load's time is over and everything that was offered is acknowledged."""
        began = time.time_ns() // 1000
        clock = asyncio.get_running_loop().time
        start = clock()
        outcome = Outcome(began, began)
        stop = asyncio.Event()

        async def one(fault: Fault) -> None:
            await asyncio.sleep(max(0.0, start + fault.at_s - clock()))
            since = clock() - start
            self.say(f"{since:6.1f} s  {fault.kind.value}" + (f" ({fault.target})" if fault.target else ""))
            await self.hands.do(fault)
            outcome.done.append((fault, since, clock() - start))

        loading = asyncio.create_task(self.load.run(stop))
        faults = [asyncio.create_task(one(fault)) for fault in self.what.plan.faults]
        try:
            await asyncio.sleep(self.what.plan.seconds)
            stop.set()
            outcome.ended = time.time_ns() // 1000
            await asyncio.gather(*faults)
            self.say(f"load and faults are over; {self.load.under_way} facts wait to be acknowledged")
            with suppress(TimeoutError):
                await asyncio.wait_for(loading, _AGREE_S)
        finally:
            for task in (loading, *faults):
                task.cancel()
        return outcome

    async def judged(self, outcome: Outcome, watcher: Watcher) -> Outcome:
        """Wait for agreement, gather, judge."""
        standing = await self._agreed(watcher)
        async with KafkaLog(self.direct) as log:
            positions = await gather.facts_in(log)
            await self._until_shown(sum(event is not None for event in positions.values()))
            arrivals, not_gossip = await gather.said_in(log, self.what.agents)
            poisons = not_gossip | {(FACTS.name, *place) for place, event in positions.items() if event is None}
            letters = await self._told_of(poisons, log)
            outcome.recovered_s = round(time.time_ns() / 1e9 - outcome.ended / 1e6, 1)
            outcome.folds = await gather.folds_in(log)
        self.say("gathered; judging")
        entries = self.load.ledger.entries
        processes = self.supervisor.processes
        evidence = Evidence(
            acknowledged=entries,
            log=positions,
            poisons=poisons,
            digests={agent: (beat.set_digest.hex(), beat.view_digest.hex()) for agent, beat in standing.beats.items()},
            missing=standing.missing(),
            replayed=await gather.replayed(self.direct),
            rows=await asyncio.to_thread(gather.rows_of, self.what.data_dir),
            letters=letters,
            dead=(
                *(name for name, item in processes.items() if item.process.poll() is not None),
                *(f"agent {agent}" for agent, silent in standing.silent_s.items() if silent > _ALIVE_S),
            ),
            short_lives=self.lives.longest,
        )
        outcome.breaches = judge(evidence, self.what.agents)
        outcome.offered = len(entries)
        outcome.acknowledged = sum(entry.acked_at > 0 for entry in entries.values())
        outcome.in_time = sum(0 < entry.acked_at <= outcome.ended for entry in entries.values())
        outcome.retried = sum(entry.tries > 1 for entry in entries.values())
        outcome.delays = delays_ms(entries.values(), arrivals)
        outcome.kills = self.hands.kills
        outcome.restarts = {name: item.restarts for name, item in processes.items()}
        outcome.exit_codes = {name: _codes(item) for name, item in processes.items() if item.exit_codes}
        outcome.poisons = len(evidence.poisons)
        outcome.resets = sum(proxy.resets for proxy in self.proxies.values())
        outcome.disk = self.disk.how
        return outcome

    async def _agreed(self, watcher: Watcher) -> Agreement:
        try:
            return await watcher.until_agreed(_AGREE_S)
        except BrokerError:  # it was restarted under the watcher; a new one has no history
            async with Watcher(self.direct, self.what.agents) as again:
                return await again.until_agreed(_AGREE_S)

    async def _told_of(self, poisons: frozenset[Source], log: KafkaLog) -> frozenset[Source]:
        """Give the dead letters, all there are or those of a deadline: a new life agrees before it read its inbox."""
        end = time.monotonic() + _AGREE_S
        while not poisons <= (letters := await gather.letters_in(log)) and time.monotonic() < end:
            await asyncio.sleep(0.5)
        return letters

    async def _until_shown(self, facts: int) -> None:
        end = time.monotonic() + _AGREE_S
        while time.monotonic() < end and await asyncio.to_thread(gather.row_count, self.what.data_dir) < facts:
            await asyncio.sleep(0.5)


def _codes(item: Supervised) -> dict[int, int]:
    return dict(sorted(Counter(item.exit_codes).items()))


@asynccontextmanager
async def _staged(what: DrillPlan, say: Callable[[str], None]) -> AsyncIterator[_Stage]:
    """Start broker, proxies and processes; end them all, whatever happens."""
    doors = {line: Door(line.upper(), free_port(), free_port()) for line in LINES}
    random = Random(what.plan.seed)
    broker, direct = jar_kafka.start(what.data_dir, say, doors=tuple(doors.values()))
    supervisor = Supervisor(what.data_dir / "logs", say, short_lives_max=_UNLIMITED)
    hands: Hands | None = None
    try:
        async with AsyncExitStack() as stack:
            proxies = {
                line: await stack.enter_async_context(FaultProxy(door.port, door.shown_port))
                for line, door in doors.items()
            }
            async with KafkaLog(direct) as log:
                await log.create_topics(TOPICS.values(), what.agents)
            disk = stack.enter_context(Disk(store_dir(what.data_dir)))
            addresses = {line: f"{LOOPBACK}:{proxy.port}" for line, proxy in proxies.items()}
            system = SystemPlan(
                bootstrap=addresses["agents"],
                data_dir=what.data_dir,
                agents=what.agents,
                workers=what.workers,
                others=addresses["others"],
            )
            source = FactSource(what.plan.seed, what.agents, time.time_ns() // 1000)
            load = Load(
                addresses["others"], source, what.rate, what.data_dir / "acknowledged.log", _patience(what.plan)
            )
            spoiling = FactSource(what.plan.seed + 1, what.agents, 0)
            storm = Storm(direct, what.agents, random, lambda: spoiling.next(1).raw)
            hands = Hands(
                plan=system, supervisor=supervisor, broker=broker, direct=direct, proxies=proxies, disk=disk,
                storm=storm, random=random,
            )  # fmt: skip
            start_system(system, supervisor)
            stage = _Stage(
                what=what, say=say, supervisor=supervisor, hands=hands, load=load, direct=direct, disk=disk,
                proxies=proxies,
            )  # fmt: skip
            try:
                yield stage
            finally:
                supervisor.stop()
    finally:
        stop_all([hands.broker if hands is not None else broker], 1.0)


def _patience(plan: Plan) -> float:
    """How long the producer lets Kafka's client retry: longer than any absence in the plan."""
    return 60.0 + max((fault.lasts_s for fault in plan.faults), default=0.0)
