"""Defects that the simulator found, each by itself, so that its return is named.

Each docstring says what was wrong in the world; a failure prints the seed and the last events.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from pathlib import Path

import pytest

from egraph.colours import Colour
from egraph.facts import NodeAdded
from schemas.codec import seal
from schemas.records import ControlOrder, OrderKind, Phase, PhaseOrder, PhaseReport, decode_record, encode_record
from schemas.topics import CONTROL, DEAD_LETTERS, FACTS, GOSSIP
from simulator.workload import make_workload
from streams.adapters.snapshot_files import MemorySnapshots
from streams.ports import LogRecord, Outcome, Publish
from streams.processors.clock import VectorClock
from streams.processors.snapshot import read_header
from streams.runtimes import agent_host
from streams.runtimes.agent_host import AgentHost, Send
from streams.runtimes.simulated import Arrival, Inspector, Plan, Simulation
from streams.runtimes.simulated_faults import Faults
from streams.runtimes.simulated_workers import SECOND, Seat
from streams.settings import StreamSettings
from streams.topology import named_topology
from tests.simulation.runs import options_of, run, timeline


def test_gossip_comes_back_after_an_outage() -> None:
    """Two agents would never exchange a fact again after the broker was away for some seconds."""
    for seed in range(10):
        run(options_of(seed, "direct", 2, Faults(outage=0.04)))


def test_a_life_on_a_slower_clock_is_listened_to() -> None:
    """An agent that moved to a machine with a slower clock would lack facts for ever, and nobody would say so."""
    for seed in range(10):
        run(options_of(seed, "ring", 3, Faults(crash=0.03, clock_behind=0.9, snapshot_stale=0.5)))


def test_no_two_lives_share_a_clock_value() -> None:
    """Happened-before would hold between events of a life that is over and one that never heard of them."""
    for seed in range(10):
        faults = Faults(crash=0.04, snapshot_missing=0.3, snapshot_stale=0.3)
        world, _ = run(options_of(seed, "ring", 3, faults, facts=20))
        counted = Counter((event.agent, event.sequence) for event in timeline(world))
        assert max(counted.values()) == 1


def test_no_two_lives_share_a_clock_value_where_clocks_run_behind() -> None:
    """A life on a slower clock would count on from what neighbours remember, over values its predecessor has used."""
    for seed in range(48, 58):
        faults = Faults(crash_after_effects=0.03, snapshot_missing=0.2, clock_behind=0.4, outage=0.03)
        world, _ = run(options_of(seed, "direct", 9, faults, facts=60, workers=2))
        counted = Counter((event.agent, event.sequence) for event in timeline(world))
        assert max(counted.values()) == 1


def test_lives_that_are_ordered_to_restart_share_no_clock_value() -> None:
    """Lives of one process begin whole seconds apart, and all would count on from the same value."""
    leaps = set()
    for number in range(60):
        clock = VectorClock(0, 2, started=1_700_000_000_123_456 + number * SECOND)
        clock.join((1_700_000_900_000_000, 5))
        leaps.add(clock.tick() // 1000)
    assert len(leaps) == 60, "no agent counts a thousand events before its neighbours hear of one"


def test_a_zombie_and_its_successor_differ_in_name() -> None:
    """Two lives of one agent would write under one incarnation, and the timeline would mix their events up."""
    for seed in range(270, 280):
        run(options_of(seed, "ring", 3, Faults(crash=0.1, clock_behind=1.0, zombie=1.0, move=0.5), facts=12))


class NoneWaits(Inspector):
    """Fails the run where an agent still lacks a record of a silent partition ten seconds after the last fault."""

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        world = seat.worker.world
        if world.now > 16 * SECOND:
            for partition, at in enumerate(seat.processor.version[1:], 1):
                assert at == world.log.end(FACTS.name, partition), (
                    f"agent {seat.agent} still lacks partition {partition}"
                )


def test_a_lost_message_is_made_up_for_under_load() -> None:
    """A fact would stay unknown to an agent for as long as other facts keep flowing."""
    for seed in range(10):
        before = make_workload(seed, 3, facts=40, until=5 * SECOND, poison=0.0)
        load = [
            seal(NodeAdded(graph="main", producer="load", sequence=n, hlc=n, operator=f"n{n}", colour=Colour.GREEN)).raw
            for n in range(200)
        ]
        arrivals = [*before.arrivals(), *(Arrival(n * 100_000, 0, raw) for n, raw in enumerate(load))]
        faults = Faults(lost_gossip=0.5)
        plan = Plan(seed=seed, topology=named_topology("clique", 3), faults=faults, arrivals=arrivals)
        Simulation(plan, inspectors=(NoneWaits(),)).run()


def test_a_snapshot_does_not_cover_a_refusal_on_its_way() -> None:
    """A refused record would be lost for ever: the next life starts behind it, and no dead letter names it."""

    async def scenario() -> int:
        snapshots, waiting = MemorySnapshots(), asyncio.Event()

        async def send(effect: Publish) -> Awaitable[object]:
            future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
            if effect.topic == DEAD_LETTERS.name:
                waiting.set()  # the broker is slow today
            else:
                future.set_result(None)
            return future

        host = lonely_host(snapshots, send)
        await host.assign([0], 1, lambda: True)
        good = seal(NodeAdded(graph="main", producer="p", sequence=0, hlc=1, operator="a", colour=Colour.RED)).raw
        records = [LogRecord(FACTS.name, 0, at, 0, None, value) for at, value in enumerate((good, b"poison"))]
        handling = asyncio.create_task(host.handle(0, records))
        await asyncio.wait_for(waiting.wait(), 5)
        saving = asyncio.create_task(host.save_snapshots(all_changed=True))
        await asyncio.wait({saving}, timeout=0.5)  # mended, it may wait as well as save less
        saved = snapshots.load(0)
        for task in (handling, saving):
            task.cancel()
        return 0 if saved is None else int(read_header(saved)["version"][0])

    assert asyncio.run(scenario()) <= 1, "the snapshot is past offset 1, whose dead letter is not acknowledged"


def test_a_clock_set_back_silences_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent would send neither gossip nor heartbeats until the wall clock is where it was before."""
    clock = FakeTime()
    monkeypatch.setattr(agent_host, "time", clock)

    async def scenario() -> tuple[int, int]:
        sent: list[str] = []

        async def send(effect: Publish) -> Awaitable[object]:
            sent.append(effect.topic)
            future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
            future.set_result(None)
            return future

        host = lonely_host(MemorySnapshots(), send)
        await host.assign([0], 2, lambda: True)
        await host.tick()
        first = sent.count(CONTROL.name)
        clock.pass_by(seconds=5)
        clock.wall -= 3600 * 10**9
        await host.tick()
        return first, sent.count(CONTROL.name)

    first, second = asyncio.run(scenario())
    assert second == first + 1, "one heartbeat a tick; the first tick also tells that the agent started"


def test_a_life_with_a_name_that_nobody_heard_can_be_restarted() -> None:
    """An agent that took a later name and then hung would take the orders of those who know the former for void."""

    async def send(effect: Publish) -> Awaitable[object]:
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future

    async def scenario() -> None:
        host = lonely_host(MemorySnapshots(), send)
        await host.assign([0], 2, lambda: True)
        hung = host.agents[0]
        known, hung.incarnation = hung.incarnation, hung.incarnation + 60 * SECOND
        order = encode_record(
            ControlOrder(order=OrderKind.RESTART, agent=0, incarnation=known, at=0, by="a test", why="it hangs")
        )
        await host.handle(0, [LogRecord(GOSSIP.name, 0, 0, 0, b"k", order)])
        second = host.agents[0]
        assert second is not hung
        await host.handle(0, [LogRecord(GOSSIP.name, 0, 0, 0, b"k", order)])
        assert host.agents[0] is second, "an order that is read twice is carried out once"

    asyncio.run(scenario())


def test_work_that_begins_on_records_read_again_is_done() -> None:
    """An agent that read a gap again when its order came due would answer no phase any more, to the end of its life."""

    async def scenario() -> PhaseReport:
        reported: asyncio.Future[PhaseReport] = asyncio.get_running_loop().create_future()

        async def send(effect: Publish) -> Awaitable[object]:
            said = decode_record(effect.value) if effect.topic == CONTROL.name else None
            if isinstance(said, PhaseReport) and not reported.done():
                reported.set_result(said)
            sent: asyncio.Future[object] = asyncio.get_running_loop().create_future()
            sent.set_result(None)
            return sent

        host = lonely_host(MemorySnapshots(), send, SkippedLog())
        await host.assign([0], 1, lambda: True)
        order = PhaseOrder(run="r", cycle=0, phase=Phase.BACKFILL, at=0, cut=(1,), rounds=1, nodes=1, matches=1)
        await host.handle(0, [LogRecord(GOSSIP.name, 0, 0, 0, b"k", encode_record(order))])
        await host.handle(0, SkippedLog.records[1:])  # the first one was lost on the way, and completes the cut
        return await asyncio.wait_for(reported, 5)

    assert asyncio.run(scenario()).phase is Phase.BACKFILL


class FakeTime:
    """Stands for the module `time` in the host."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_700_000_000 * 10**9, 5_000 * 10**9

    def pass_by(self, *, seconds: int) -> None:
        self.wall += seconds * 10**9
        self.steady += seconds * 10**9

    def time_ns(self) -> int:
        return self.wall

    def time(self) -> float:
        return self.wall / 1e9

    def monotonic_ns(self) -> int:
        return self.steady

    def monotonic(self) -> float:
        return self.steady / 1e9


class EmptyLog:
    """A facts topic of one partition in which there is nothing when an agent starts."""

    async def begin_offsets(self, topic: str) -> dict[int, int]:
        return {0: 0}

    async def end_offsets(self, topic: str) -> dict[int, int]:
        return {0: 0}


class SkippedLog(EmptyLog):
    """One in which two records stand later, to be read again."""

    records = tuple(
        LogRecord(
            FACTS.name, 0, n, 0, None,
            seal(NodeAdded(graph="main", producer="p", sequence=n, hlc=n, operator=f"n{n}", colour=Colour.RED)).raw,
        )
        for n in range(2)
    )  # fmt: skip

    async def read(
        self, topic: str, partition: int, first: int, until: int, deadline_s: float
    ) -> AsyncIterator[Sequence[LogRecord]]:
        yield self.records[first:until]


def lonely_host(snapshots: MemorySnapshots, send: Send, log: EmptyLog | None = None) -> AgentHost:
    """Give a host of a system of one agent, over an empty log where none is given."""
    return AgentHost(
        settings=StreamSettings(bootstrap="", data_dir=Path(), agents=1, topology=named_topology("clique", 1)),
        topology=named_topology("clique", 1),
        snapshots=snapshots,
        reader=log or EmptyLog(),  # type: ignore[arg-type]
        send=send,
    )
