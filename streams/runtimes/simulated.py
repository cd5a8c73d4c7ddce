"""A whole cluster in one thread and in virtual time: the seeded simulator of agents, their log and their faults.

Belongs here: the event loop, and when the run is over. Not here: one process (simulated_workers.py), what goes wrong
(simulated_mischief.py), topics (simulated_log.py), what a run must satisfy beyond agreement (simulator/checks).
Everything follows from the plan: the same plan gives the same trace, on every machine.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

from schemas.topics import CONTROL, DEAD_LETTERS, FACTS, GOSSIP, TIMELINE, TOPICS
from streams.ports import LogRecord, Outcome, Publish
from streams.processors.agent import AgentDigest
from streams.processors.phases import IDLE, PhaseWork
from streams.runtimes.simulated_dice import Dice, Schedule, schedule_text
from streams.runtimes.simulated_faults import CALM, Faults
from streams.runtimes.simulated_log import MemoryLog
from streams.runtimes.simulated_mischief import Mischief, Shelf
from streams.runtimes.simulated_trace import Broken, SimulationFailed, Trace
from streams.runtimes.simulated_workers import EPOCH, LATE, MILLISECOND, SECOND, Seat, Worker
from streams.settings import StreamSettings
from streams.topology import Topology

_LOOK = 100 * MILLISECOND
_MAY_BE_LOST = frozenset((GOSSIP.name, CONTROL.name, TIMELINE.name))


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
    arrivals: Sequence[Arrival] = ()
    faults: Faults = CALM
    only: Schedule | None = None
    """Where given, these strikes of the faults happen and no others."""
    severed: tuple[int, int] | None = None
    """An edge that no gossip ever crosses, in the time without faults either; None where all edges work."""
    workers: int = 3
    faulty_us: int = 6 * SECOND
    """Faults happen before this time; afterwards the agents must come to agree."""
    faulty_steps: int | None = None
    """Faults end after so many steps, if that is earlier."""
    agree_within_us: int = 30 * SECOND
    settings: StreamSettings = field(default_factory=_settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run came to. `agreed_after_us` and `messages` count from the end of the faults to agreement."""

    trace: str
    state: AgentDigest
    agreed_after_us: int
    messages: int
    steps: int
    hits: Counter[str]


class Inspector:
    """Sees a run from outside. Raise AssertionError to fail the run. Does nothing by itself."""

    name = "inspector"

    def begun(self, world: "Simulation") -> None:
        """Look at a world in which nothing has happened yet."""

    def appended(self, record: LogRecord) -> None:
        """Look at a record that was appended to any topic."""

    def started(self, seat: Seat) -> None:
        """Look at an agent that has been restored, or begins from nothing."""

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Look at an agent that has processed records, or has been woken (no records)."""

    def saving(self, seat: Seat, snapshot: bytes) -> None:
        """Look at a snapshot before it is saved."""

    def saved(self, seat: Seat, before: bytes | None, after: bytes | None) -> None:
        """Look at which snapshot is kept, before and after one was saved."""

    def ended(self, world: "Simulation", report: Report) -> None:
        """Look at a world in which all agree."""


_HOOKS = ("begun", "appended", "started", "stepped", "saving", "saved", "ended")


def _overriding(inspectors: Sequence[Inspector], hook: str) -> list[tuple[str, Callable[..., None]]]:
    """Give name and method of those that look at something: most of them look at few things."""
    base = getattr(Inspector, hook)
    return [(item.name, getattr(item, hook)) for item in inspectors if getattr(type(item), hook) is not base]


class Part:
    """Something else that lives in the world beside the agents, such as producers or the sink."""

    def begin(self, world: "Simulation") -> None:
        """Take part from now on."""

    def calm_down(self) -> None:
        """Take note that no fault strikes any more."""

    def is_settled(self) -> bool:
        """Tell whether nothing is left to do. The world waits for it."""
        return True


class Simulation:
    """One run of a plan."""

    def __init__(
        self,
        plan: Plan,
        *,
        worker_class: type[Worker] = Worker,
        inspectors: Sequence[Inspector] = (),
        parts: Sequence[Part] = (),
        work: PhaseWork = IDLE,
    ) -> None:
        size = plan.topology.size
        self.plan = plan
        self.worker_class = worker_class
        self.parts = parts
        self.work = work
        self.random = Random(plan.seed)
        self.dice = Dice(plan.seed, plan.faults, plan.only)
        self.happens = self.dice.happens
        self.now = 0
        self.steps = 0
        self.log = MemoryLog({topic.name: topic.partition_count(size) for topic in TOPICS.values()})
        self.committed = {(topic, agent): 0 for topic in (FACTS.name, GOSSIP.name) for agent in range(size)}
        self.snapshots = Shelf()
        self.workers: list[Worker] = []
        self.seats: dict[int, Seat | None] = dict.fromkeys(range(size))
        self.messages = 0
        self._watched = {hook: _overriding(inspectors, hook) for hook in _HOOKS}
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._scheduled = 0
        self._arrivals_open = len(plan.arrivals)
        self._trace = Trace()
        self._lives = 0
        self.mischief = Mischief(self)

    @property
    def garbage(self) -> set[tuple[int, int]]:
        """The inbox positions of what was never gossip."""
        return self.mischief.garbage

    # --- running

    def run(self) -> Report:
        """Run to the end of the faults, to agreement, and on until everybody knows of it. Raises SimulationFailed."""
        try:
            return self._run()
        except SimulationFailed:
            raise
        except Exception as error:  # whatever a processor raises is the finding
            check = error.check if isinstance(error, Broken) else "no-crash"
            raise self.failed(f"{type(error).__name__}: {error}", check) from error

    def _run(self) -> Report:
        plan = self.plan
        self._show("begun", self)
        for arrival in plan.arrivals:
            self.later(arrival.at, partial(self._arrive, arrival))
        for part in self.parts:
            part.begin(self)
        for number in range(min(plan.workers, plan.topology.size)):
            agents = [a for a in range(plan.topology.size) if a % plan.workers == number]
            self.later(self.random.randrange(SECOND), partial(self.mischief.seat, agents, None))
        if not self.dice.rested:
            self.mischief.begin()
        self._run_until(plan.faulty_us, plan.faulty_steps)
        self._calm_down()
        before, calm_at = self.messages, self.now
        while not self.agreed():
            if self.now > calm_at + plan.agree_within_us:
                raise self.failed(
                    f"no agreement {plan.agree_within_us / SECOND:.0f} s after the last fault", "liveness"
                )
            self._run_until(self.now + _LOOK)
        agreed_after, messages = self.now - calm_at, self.messages - before
        heard_by_all = max(self.now, calm_at + LATE)  # a read that was late before the calm may still be due
        self._run_until(heard_by_all + int((self._hops() + 3) * plan.settings.heartbeat_interval * SECOND))
        if not self.agreed():
            raise self.failed("agents agreed, and then no more", "liveness")
        state = self.current()[0].processor.digest()
        report = Report(
            trace=self.log.digest(), state=state, agreed_after_us=agreed_after, messages=messages,
            steps=self.steps, hits=self.dice.hits,
        )  # fmt: skip
        self._show("ended", self, report)
        return report

    def _hops(self) -> int:
        """Give the longest way of news from agent to agent, round an edge that is cut for good."""
        there = self.plan.topology.without(self.plan.severed)
        return max(max(there.distances(agent)) for agent in range(there.size))

    def _run_until(self, until: int, steps: int | None = None) -> None:
        events, pop = self._events, heapq.heappop
        while events and events[0][0] <= until:
            if steps is not None and self.steps >= steps:
                return
            self.now, _, happen = pop(events)
            self.steps += 1
            happen()
        self.now = until

    def _calm_down(self) -> None:
        """Stop all faults. Lives that are not over start again; zombies end."""
        self.dice.rest()
        self.mischief.end()
        for part in self.parts:
            part.calm_down()
        self.trace("quiet from here")

    def later(self, wait: int, happen: Callable[[], None]) -> None:
        """Let something happen after a wait. What is due at the same time happens in the order of scheduling."""
        self._scheduled += 1
        heapq.heappush(self._events, (self.now + wait, self._scheduled, happen))

    def agreed(self) -> bool:
        """Tell whether every agent holds all facts, and all show the same."""
        seats = self.current()
        size = self.plan.topology.size
        if self._arrivals_open or len(seats) < size or not all(seat.is_idle for seat in seats):
            return False
        if not all(part.is_settled() for part in self.parts):
            return False
        ends = self.ends()
        if any(seat.processor.version != ends for seat in seats):
            return False
        states = {seat.processor.digest() for seat in seats}
        if len(states) > 1 and any(seat in self.mischief.rot for seat in seats):
            return False
        if len(states) > 1:
            raise self.failed(f"agents hold the same offsets and show {len(states)} different states", "digest")
        return True

    def failed(self, what: str, check: str) -> SimulationFailed:
        """Give the failure to raise: what, how to repeat it, and what happened last."""
        plan = self.plan
        where = [f"agent {seat.agent} at {seat.processor.version}" for seat in self.current()]
        return SimulationFailed(
            f"{check}: {what}\nseed {plan.seed}, {plan.topology.name} of {plan.topology.size}, {plan.workers} workers, "
            f"t = {self.now / SECOND:.3f} s, step {self.steps}, {plan.faults}\n"
            f"hits: {dict(self.dice.hits)}\nstruck: {schedule_text(self.dice.struck)}\n"
            f"{'; '.join(where)}\nlast events:\n" + "\n".join(self._trace.lines()),
            check,
        )

    def _show(self, what: str, *seen: object) -> None:
        looking = ""
        try:
            for name, look in self._watched[what]:
                looking = name
                look(*seen)
        except AssertionError as error:
            raise self.failed(str(error), looking) from error

    # --- what processes ask for

    def ends(self) -> tuple[int, ...]:
        """Give the next offset of each facts partition."""
        return tuple(self.log.end(FACTS.name, partition) for partition in range(self.plan.topology.size))

    def current(self) -> list[Seat]:
        """Give the agents that are there now."""
        return [seat for seat in self.seats.values() if seat is not None]

    def between(self, least: int, most: int) -> int:
        """Draw a time between two, cheaply."""
        return least + int(self.random.random() * (most - least))

    def next_life(self) -> int:
        """Give the generation of the consumer group in which a life begins."""
        self._lives += 1
        return self._lives

    def snapshot_interval(self) -> int:
        """Give the wait until the next snapshot of an agent."""
        return self.random.randint(300 * MILLISECOND, 1500 * MILLISECOND)

    def trace(self, *what: object) -> None:
        """Remember an event for the message of a failure."""
        self._trace.note(self.now, *what)

    def started(self, seat: Seat) -> None:
        """Note that an agent has been restored."""
        self._show("started", seat)

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Note a step of an agent."""
        if records:
            first = records[0]
            self.trace("fold", seat.agent, seat.worker.number, first.topic, first.offset, records[-1].offset)
        self._show("stepped", seat, records, outcome)

    def save(self, seat: Seat) -> None:
        """Save an agent's snapshot."""
        data = seat.processor.snapshot()
        self._show("saving", seat, data)
        self.trace("save", seat.agent, seat.worker.number, seat.processor.version, seat.processor.gossip_next)
        before = self.snapshots.kept(seat.agent)
        self.snapshots.save(seat.agent, data)
        self._show("saved", seat, before, self.snapshots.kept(seat.agent))

    def land(self, effect: Publish, *, lasting: bool = False) -> bool:
        """Let a record reach the broker, or lose it where that is allowed. Gives False if it must be sent again.

        Facts, dead letters and what is `lasting` are sent until they are acknowledged, everything else once.
        """
        if self.mischief.broker_is_away():
            if lasting or effect.topic not in _MAY_BE_LOST:
                return False
            self.dice.note("outage")
            self.trace("lost", effect)
        elif effect.topic == GOSSIP.name:
            self._land_gossip(effect)
        else:
            self.append(effect)
        return True

    def _land_gossip(self, effect: Publish) -> None:
        if effect.key.isdigit() and self.mischief.is_cut(int(effect.key), effect.partition):
            self.trace("cut", effect)
            return
        lost = self.happens("lost_gossip")
        if lost and self.random.random() < 0.5:
            self.trace("lost", effect)
            return
        self.messages += 1
        self.trace("expired" if lost else "gossip", effect)
        for _ in range(1 + self.happens("duplicated_gossip")):
            offset = self.append(effect)
        if lost:
            self.log.expire(effect.topic, effect.partition, offset)

    def append(self, effect: Publish) -> int:
        """Append a record, whatever is away, and give its offset."""
        if effect.topic == DEAD_LETTERS.name:
            self.trace("dead letter", effect.key.decode())
        time_ms = (EPOCH + self.now) // 1000
        record = self.log.append(effect.topic, effect.partition, effect.key, effect.value, effect.headers, time_ms)
        self._show("appended", record)
        return record.offset

    def append_fact(self, partition: int, value: bytes | None) -> int:
        """Append what a producer sends, and give its offset."""
        time_ms = (EPOCH + self.now) // 1000
        record = self.log.append(FACTS.name, partition, b"main", value, (), time_ms)
        self.trace("fact", partition, record.offset)
        self._show("appended", record)
        return record.offset

    def _arrive(self, arrival: Arrival) -> None:
        self._arrivals_open -= 1
        self.append_fact(arrival.partition, arrival.value)
