"""A whole cluster in one thread and in virtual time: the seeded simulator of agents, their log and their faults.

Belongs here: the event loop, what goes wrong when, when the run is over. Not here: one process (simulated_workers.py),
topics (simulated_log.py), what a finished run must satisfy beyond agreement (tests/simulation).
Everything follows from the plan: the same plan gives the same trace, on every machine.
"""

import heapq
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

from schemas.records import GossipAck, GossipDelta, decode_record
from schemas.topics import DEAD_LETTERS, FACTS, GOSSIP, TOPICS
from streams.adapters.snapshot_files import MemorySnapshots
from streams.ports import LogRecord, Outcome, Publish
from streams.processors.agent import AgentDigest
from streams.runtimes.simulated_faults import CALM, Faults
from streams.runtimes.simulated_log import MemoryLog
from streams.runtimes.simulated_workers import EPOCH, MILLISECOND, SECOND, Seat, Worker
from streams.settings import StreamSettings
from streams.topology import Topology

_MISCHIEF = 100 * MILLISECOND
_LOOK = 100 * MILLISECOND
_LAST_EVENTS = 60


class Arrival(NamedTuple):
    """A record that a producer appends to the facts topic, at a virtual time in microseconds."""

    at: int
    partition: int
    value: bytes | None


def _settings() -> StreamSettings:
    return StreamSettings(bootstrap="", data_dir=Path())


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run: everything that happens follows from it."""

    seed: int
    topology: Topology
    arrivals: Sequence[Arrival]
    faults: Faults = CALM
    workers: int = 3
    faulty_us: int = 6 * SECOND
    """Faults happen before this time; afterwards the agents must come to agree."""
    agree_within_us: int = 30 * SECOND
    settings: StreamSettings = field(default_factory=_settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run came to. `agreed_after_us` and `messages` count from the end of the faults to agreement."""

    trace: str
    state: AgentDigest
    agreed_after_us: int
    messages: int
    hits: Counter[str]


class SimulationFailed(AssertionError):
    """A run broke a promise. The message holds the seed, the faults and the last events."""


class Inspector:
    """Sees a run from outside after each step. Raise AssertionError to fail the run. Does nothing by itself."""

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Look at an agent that has processed records, or has been woken (no records)."""

    def saving(self, seat: Seat, snapshot: bytes) -> None:
        """Look at a snapshot before it is saved."""


class Simulation:
    """One run of a plan."""

    def __init__(self, plan: Plan, *, worker_class: type[Worker] = Worker, inspector: Inspector | None = None) -> None:
        size = plan.topology.size
        self.plan = plan
        self.random = Random(plan.seed)
        self.now = 0
        self.faults = plan.faults
        self.log = MemoryLog({topic.name: topic.partition_count(size) for topic in TOPICS.values()})
        self.committed = {(topic, agent): 0 for topic in (FACTS.name, GOSSIP.name) for agent in range(size)}
        self.snapshots = _Shelf()
        self.workers: list[Worker] = []
        self.seats: dict[int, Seat | None] = dict.fromkeys(range(size))
        self.garbage: set[tuple[int, int]] = set()
        self.hits: Counter[str] = Counter()
        self.messages = 0
        self._worker_class = worker_class
        self._inspector = inspector or Inspector()
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._scheduled = 0
        self._arrivals_open = len(plan.arrivals)
        self._outage_until = 0
        self._last: deque[tuple[object, ...]] = deque(maxlen=_LAST_EVENTS)
        self._lives = 0
        self._slow = [self.happens("slow_agent") for _ in range(size)]
        self._clock = [
            self.random.randint(-3600 * SECOND, 3600 * SECOND) if self.happens("clock_skew") else 0 for _ in range(size)
        ]

    # --- running

    def run(self) -> Report:
        """Run to the end of the faults, to agreement, and on until everybody knows of it. Raises SimulationFailed."""
        try:
            return self._run()
        except SimulationFailed:
            raise
        except Exception as error:  # whatever a processor or an inspector raises is the finding
            raise self.failed(f"{type(error).__name__}: {error}") from error

    def _run(self) -> Report:
        plan = self.plan
        for arrival in plan.arrivals:
            self.later(arrival.at, partial(self._arrive, arrival))
        for number in range(min(plan.workers, plan.topology.size)):
            agents = [a for a in range(plan.topology.size) if a % plan.workers == number]
            self.later(self.random.randrange(SECOND), partial(self._seat, agents, None))
        self.later(_MISCHIEF, self._mischief)
        self._run_until(plan.faulty_us)
        self._calm_down()
        before = self.messages
        while not self.agreed():
            if self.now > plan.faulty_us + plan.agree_within_us:
                raise self.failed(f"no agreement {plan.agree_within_us / SECOND:.0f} s after the last fault")
            self._run_until(self.now + _LOOK)
        agreed_after, messages = self.now - plan.faulty_us, self.messages - before
        hops = max(max(plan.topology.distances(agent)) for agent in range(plan.topology.size))
        self._run_until(self.now + int((hops + 3) * plan.settings.heartbeat_interval * SECOND))
        if not self.agreed():
            raise self.failed("agents agreed, and then no more")
        state = self._current()[0].processor.digest()
        return Report(
            trace=self.log.digest(), state=state, agreed_after_us=agreed_after, messages=messages, hits=self.hits
        )

    def _run_until(self, until: int) -> None:
        while self._events and self._events[0][0] <= until:
            self.now, _, happen = heapq.heappop(self._events)
            happen()
        self.now = until

    def later(self, wait: int, happen: Callable[[], None]) -> None:
        """Let something happen after a wait. What is due at the same time happens in the order of scheduling."""
        self._scheduled += 1
        heapq.heappush(self._events, (self.now + wait, self._scheduled, happen))

    def agreed(self) -> bool:
        """Tell whether every agent holds all facts, and all show the same."""
        seats = self._current()
        size = self.plan.topology.size
        if self._arrivals_open or len(seats) < size or not all(seat.is_idle for seat in seats):
            return False
        ends = tuple(self.log.end(FACTS.name, partition) for partition in range(size))
        if any(seat.processor.version != ends for seat in seats):
            return False
        states = {seat.processor.digest() for seat in seats}
        if len(states) > 1:
            raise self.failed(f"agents hold the same offsets and show {len(states)} different states: {states}")
        return True

    def failed(self, what: str) -> SimulationFailed:
        """Give the failure to raise: what, how to repeat it, and what happened last."""
        plan = self.plan
        where = [f"agent {seat.agent} at {seat.processor.version}" for seat in self._current()]
        return SimulationFailed(
            f"{what}\nseed {plan.seed}, {plan.topology.name} of {plan.topology.size}, {plan.workers} workers, "
            f"t = {self.now / SECOND:.3f} s, {plan.faults}\n"
            f"hits: {dict(self.hits)}\n{'; '.join(where)}\nlast events:\n" + "\n".join(map(_line, self._last))
        )

    # --- what processes ask for

    def happens(self, fault: str) -> bool:
        """Decide whether a fault strikes now, and count it."""
        probability: float = getattr(self.faults, fault)
        if probability <= 0 or self.random.random() >= probability:
            return False
        self.hits[fault] += 1
        return True

    def is_slow(self, agent: int) -> bool:
        """Tell whether an agent is a slow one."""
        return self._slow[agent]

    def clock_offset(self, agent: int) -> int:
        """Give how far the clock of an agent's next life is off."""
        return self._clock[agent]

    def next_life(self) -> int:
        """Give the generation of the consumer group in which a life begins."""
        self._lives += 1
        return self._lives

    def snapshot_interval(self) -> int:
        """Give the wait until the next snapshot of an agent."""
        return self.random.randint(300 * MILLISECOND, 1500 * MILLISECOND)

    def trace(self, *what: object) -> None:
        """Remember an event for the message of a failure."""
        self._last.append((self.now, *what))

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Note a step of an agent."""
        if records:
            first = records[0]
            self.trace("fold", seat.agent, seat.worker.number, first.topic, first.offset, records[-1].offset)
        self._inspector.stepped(seat, records, outcome)

    def save(self, seat: Seat) -> None:
        """Save an agent's snapshot."""
        data = seat.processor.snapshot()
        self._inspector.saving(seat, data)
        self.trace("save", seat.agent, seat.worker.number, seat.processor.version, seat.processor.gossip_next)
        self.snapshots.save(seat.agent, data)

    def land(self, effect: Publish) -> None:
        """Let a record reach the broker, or lose it where that is allowed: gossip may be lost, nothing else."""
        copies = 1
        offset = -1
        if effect.topic == GOSSIP.name:
            if self.now < self._outage_until:
                self.trace("lost", effect)
                return
            lost = self.happens("lost_gossip")
            if lost and self.random.random() < 0.5:
                self.trace("lost", effect)
                return
            copies += self.happens("duplicated_gossip")
            self.messages += 1
            self.trace("expired" if lost else "gossip", effect)
        else:
            lost = False
        for _ in range(copies):
            offset = self._append(effect)
        if lost:
            self.log.expire(effect.topic, effect.partition, offset)

    def _append(self, effect: Publish) -> int:
        time_ms = (EPOCH + self.now) // 1000
        if effect.topic == DEAD_LETTERS.name:
            self.trace("dead letter", effect.key.decode())
        return self.log.append(effect.topic, effect.partition, effect.key, effect.value, effect.headers, time_ms)

    def _arrive(self, arrival: Arrival) -> None:
        self._arrivals_open -= 1
        time_ms = (EPOCH + self.now) // 1000
        offset = self.log.append(FACTS.name, arrival.partition, b"main", arrival.value, (), time_ms)
        self.trace("fact", arrival.partition, offset)

    # --- what goes wrong

    def crash(self, worker: Worker, *, may_linger: bool = False) -> None:
        """End a process, or let it go on as a zombie for a while; its agents start elsewhere."""
        agents = [agent for agent, seat in self.seats.items() if seat is not None and seat.worker is worker]
        worker.alive = may_linger and not worker.zombie and self.happens("zombie")
        self.trace("zombie" if worker.alive else "crash", worker.number, agents)
        if worker.alive:
            worker.zombie = True
            self.later(self.random.randint(300 * MILLISECOND, 3 * SECOND), partial(self._end, worker))
        for agent in agents:
            self.seats[agent] = None
        wait = self.random.randint(100 * MILLISECOND, 1500 * MILLISECOND)
        if self.happens("move"):
            for agent in agents:
                self.later(wait, partial(self._move, agent))
        elif agents:
            self.later(wait, partial(self._seat, agents, None))

    def _end(self, worker: Worker) -> None:
        worker.alive = False

    def _move(self, agent: int) -> None:
        live = [worker for worker in self.workers if worker.alive and not worker.zombie]
        self._seat([agent], self.random.choice(live) if live else None)

    def _seat(self, agents: Sequence[int], worker: Worker | None) -> None:
        if worker is None:
            worker = self._worker_class(self, len(self.workers))
            self.workers.append(worker)
        for position, agent in enumerate(agents):
            self._spoil_snapshot(agent)
            if self.happens("clock_behind"):
                self._clock[agent] -= self.random.randint(SECOND, 60 * SECOND)
            if not worker.start(agent):
                self.crash(worker)
                self.later(self.random.randint(1, SECOND), partial(self._seat, agents[position:], None))
                return
            self.seats[agent] = worker.seats[agent]

    def _spoil_snapshot(self, agent: int) -> None:
        if self.happens("snapshot_missing"):
            self.snapshots.lose(agent)
        elif self.happens("snapshot_stale"):
            self.snapshots.fall_back(agent)
        elif self.happens("snapshot_corrupt"):
            self.snapshots.flip_a_bit(agent, self.random)

    def _mischief(self) -> None:
        if self.faults is CALM:
            return
        for worker in tuple(self.workers):
            if worker.alive and self.happens("crash"):
                self.crash(worker, may_linger=True)
        if self.happens("outage"):
            self._outage_until = self.now + self.random.randint(SECOND, 4 * SECOND)
        if self.happens("garbage"):
            inbox = self.random.randrange(self.plan.topology.size)
            value = self.random.choice((b"", b"\xc3\x01", self.random.randbytes(30)))
            offset = self._append(Publish(GOSSIP.name, inbox, b"?", value))
            self.garbage.add((inbox, offset))
        self.later(_MISCHIEF, self._mischief)

    def _calm_down(self) -> None:
        """Stop all faults. Lives that are not over start again; zombies end."""
        self.faults = CALM
        self._outage_until = 0
        self._slow = [False] * len(self._slow)
        for worker in self.workers:
            if worker.zombie:
                self._end(worker)
        self.trace("quiet from here")

    def _current(self) -> list[Seat]:
        return [seat for seat in self.seats.values() if seat is not None]


class _Shelf(MemorySnapshots):
    """Snapshots that can be lost or damaged, and the one before each."""

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[int, bytes] = {}

    def save(self, agent: int, snapshot: bytes) -> None:
        kept = self.load(agent)
        super().save(agent, snapshot)
        if kept is not None and self.load(agent) is not kept:
            self._before[agent] = kept

    def lose(self, agent: int) -> None:
        self._kept.pop(agent, None)

    def fall_back(self, agent: int) -> None:
        if agent in self._before:
            self._kept[agent] = self._before[agent]

    def flip_a_bit(self, agent: int, random: Random) -> None:
        if agent in self._kept:
            spoiled = bytearray(self._kept[agent])
            spoiled[random.randrange(len(spoiled))] ^= 1 << random.randrange(8)
            self._kept[agent] = bytes(spoiled)


def _line(event: tuple[object, ...]) -> str:
    at, what, *details = event
    assert isinstance(at, int)
    return f"  {at / SECOND:9.6f} {what} " + " ".join(_told(item) for item in details)


def _told(detail: object) -> str:
    """Give a detail in a few words; messages are decoded here, because only a failure is ever read."""
    if not isinstance(detail, Publish):
        return str(detail)
    match decode_record(detail.value):
        case GossipDelta() as delta:
            ranges = ", ".join(f"{item.partition}:[{item.first},{item.next})" for item in delta.ranges)
            return f"delta {delta.sender}->{delta.receiver} #{delta.message_id & 0xFFFF} {ranges}"
        case GossipAck() as ack:
            return f"ack {ack.sender}->{ack.receiver} of #{ack.acknowledged & 0xFFFF} holding {ack.version}"
        case _:
            return f"{detail.topic}/{detail.partition}"
