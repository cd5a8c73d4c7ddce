"""Each check catches what it is for: hand-made worlds in which one promise is broken."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from egraph.colours import Colour
from egraph.facts import NodeAdded
from schemas.codec import seal
from schemas.descent import GossipDescent
from schemas.records import (
    ControlOrder,
    GossipDelta,
    OrderKind,
    Phase,
    PhaseOrder,
    PhaseReport,
    Range,
    decode_record,
    encode_record,
)
from schemas.registry import load
from schemas.topics import CONTROL, FACTS, GOSSIP, TIMELINE
from simulator.checks.causality import Causality
from simulator.checks.dead_letters import DeadLetters
from simulator.checks.effects import EffectsArrive
from simulator.checks.expected import Expected
from simulator.checks.offsets import CommitsAreBehind, SnapshotsNeverGoBack, VersionsNeverFall
from simulator.checks.orders import PhasesInOrder, RestartsAreDue
from simulator.checks.quiet import AgreementIsTrue, NotTooMuch
from simulator.checks.repair import OneExchange
from simulator.checks.restraint import AsksWithCause, HelpsInNeed
from simulator.checks.rows import SinkRows
from simulator.sinking import Disk, Segment, Sink
from simulator.workload import GOOD, Fated, Workload
from streams.dead_letters import to_publish
from streams.ports import NOTHING, DeadLetter, LogRecord, Outcome, Publish
from streams.processors.fleet import NAME
from streams.runtimes.simulated_mischief import Rot
from streams.runtimes.simulated_trace import Broken
from streams.topology import named_topology

GOOD_FACT = seal(NodeAdded(graph="main", producer="p", sequence=0, hlc=1, operator="a", colour=Colour.RED))
ORDER = PhaseOrder(run="r", cycle=0, phase=Phase.BACKFILL, at=0, cut=(2, 0), rounds=0, nodes=0, matches=0)
REPORT = PhaseReport(
    run="r", cycle=0, phase=Phase.BACKFILL, agent=1, incarnation=7, started_at=0, at=0, version=(2, 0), set_digest=b"",
    reason="",
)  # fmt: skip


class Likeness(SimpleNamespace):
    """Attributes of something else; each is only itself, as a seat is."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__


def seat(version: tuple[int, ...] = (0, 0), **more: Any) -> Any:
    """A seat of agent 0 in a world of two agents."""
    plan = SimpleNamespace(topology=named_topology("ring", 2), settings=SimpleNamespace(heartbeat_interval=1.0))
    world = SimpleNamespace(plan=plan, now=0, ends=lambda: (5, 5), seats={0: None, 1: None})
    processor = SimpleNamespace(
        version=version, clock=(10, 0), converged_on=b"", incarnation=1, next_offset=lambda _: 0
    )
    return Likeness(agent=0, processor=processor, worker=SimpleNamespace(world=world), **more)


def record(topic: str, value: bytes | None, offset: int = 0, partition: int = 0) -> LogRecord:
    """A record as the log gives it."""
    return LogRecord(topic, partition, offset, 0, b"0", value)


def expected() -> Expected:
    """What must become of a workload of one good fact."""
    return Expected(Workload((Fated(0, 0, GOOD_FACT.raw, GOOD, GOOD_FACT.fact),)), 2)


def test_a_version_that_falls_or_runs_ahead() -> None:
    """An agent could lose ground, or claim what the log does not have."""
    check, one = VersionsNeverFall(), seat((3, 0))
    check.stepped(one, (), NOTHING)
    one.processor.version = (2, 0)
    with pytest.raises(AssertionError, match="went from"):
        check.stepped(one, (), NOTHING)
    with pytest.raises(AssertionError, match="past the log"):
        check.stepped(seat((6, 0)), (), NOTHING)


def test_a_home_that_is_read_from_others() -> None:
    """What is refused on a home partition would be skipped, and no dead letter would tell of it."""
    check, one = VersionsNeverFall(), seat((0, 0))
    check.stepped(one, (), NOTHING)
    one.processor.version = (1, 0)
    check.stepped(one, (record(FACTS.name, b"fact"),), NOTHING)
    one.processor.version = (1, 1)
    check.stepped(one, (record(GOSSIP.name, b"delta"),), NOTHING)
    one.processor.version = (2, 1)
    with pytest.raises(AssertionError, match="told by others"):
        check.stepped(one, (record(GOSSIP.name, b"delta"),), NOTHING)


def test_an_acknowledgement_of_what_was_not_folded() -> None:
    """A crash would lose a record for its consumer group."""
    check = CommitsAreBehind()
    check.stepped(seat((3, 0), acked={FACTS.name: 3}, taken_over=0), (), NOTHING)
    with pytest.raises(AssertionError, match="acknowledged 4"):
        check.stepped(seat((3, 0), acked={FACTS.name: 4}, taken_over=0), (), NOTHING)


def test_a_snapshot_that_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A zombie could undo its successor's work."""
    headers = {b"new": {"version": [5, 1]}, b"old": {"version": [4, 1]}}
    monkeypatch.setattr("simulator.checks.offsets.read_header", headers.__getitem__)
    SnapshotsNeverGoBack().saved(seat(), b"old", b"new")
    with pytest.raises(AssertionError, match="was replaced"):
        SnapshotsNeverGoBack().saved(seat(), b"new", b"old")


def exchange_step(sender: int, answers: int, wanted: bytes) -> bytes:
    """A step of an exchange between agents 0 and 1."""
    return encode_record(
        GossipDescent(
            sender=sender, receiver=1 - sender, sender_incarnation=1, receiver_incarnation=1, message_id=10 + sender,
            answers=answers, sent_at=0, clock=(0, 0), version=(0, 0), wanted=wanted,
        )
    )  # fmt: skip


ASKED, ANSWERED = exchange_step(0, -1, b""), exchange_step(1, 10, bytes(16))


def exchange() -> tuple[OneExchange, Any, Any]:
    """A check that has seen rotten agent 0 ask and sound agent 1 answer, and the seats of the two."""
    check, whole = OneExchange(expected()), expected().set_digest((0, 0))
    world = SimpleNamespace(now=2, dice=SimpleNamespace(hits={"rot": 1}), mischief=SimpleNamespace(rot={}))
    sound, rotten = seat(), seat()
    for one, digest in ((sound, whole), (rotten, b"rotten")):
        one.worker.world = world
        one.processor.owes_answers = False
        one.processor.view = SimpleNamespace(set_digest=lambda digest=digest: digest)
    sound.agent = 1
    world.mischief.rot[rotten] = Rot(struck_at=1)
    check.stepped(rotten, (), Outcome((Publish(GOSSIP.name, 1, b"0", ASKED),)))
    check.stepped(sound, (), Outcome((Publish(GOSSIP.name, 0, b"1", ANSWERED),)))
    return check, rotten, sound


@pytest.mark.parametrize("is_mended", [True, False])
def test_an_exchange_that_mends_nothing(is_mended: bool) -> None:
    """What an agent lost could come back by the tenth exchange, or never, and nobody would look."""
    check, rotten, sound = exchange()
    if is_mended:
        rotten.processor.view = sound.processor.view
        check.stepped(rotten, (record(GOSSIP.name, ANSWERED),), NOTHING)
    else:
        with pytest.raises(AssertionError, match="has not mended agent 0"):
            check.stepped(rotten, (record(GOSSIP.name, ANSWERED),), NOTHING)


def test_an_answer_that_its_consumer_brings_again() -> None:
    """A sound run would fail where what an agent asked for is lost, and it reads the answer before that again."""
    check, rotten, _ = exchange()
    asks = Publish(GOSSIP.name, 1, b"0", exchange_step(0, 11, bytes(16)))
    check.stepped(rotten, (record(GOSSIP.name, ANSWERED),), Outcome((asks,)))
    check.stepped(rotten, (record(GOSSIP.name, ANSWERED),), NOTHING)  # skipped: its offset is not new
    with pytest.raises(AssertionError, match="has not mended agent 0"):
        check.stepped(rotten, (record(GOSSIP.name, ANSWERED, 1),), NOTHING)


def test_a_difference_where_none_is() -> None:
    """Agents that agree could list their facts to each other all day."""
    check, one = OneExchange(expected()), seat()
    one.worker.world = SimpleNamespace(now=2, dice=SimpleNamespace(hits={"rot": 0}), mischief=SimpleNamespace(rot={}))
    one.processor.view = SimpleNamespace(set_digest=lambda: b"")
    check.stepped(one, (), Outcome((Publish(GOSSIP.name, 1, b"0", exchange_step(0, -1, b"")),)))
    with pytest.raises(AssertionError, match="where none is"):
        check.stepped(one, (), Outcome((Publish(GOSSIP.name, 1, b"0", exchange_step(0, 3, bytes(16))),)))


def said(step: GossipDelta | GossipDescent) -> Outcome:
    """A step of an agent that sends this."""
    return Outcome((Publish(GOSSIP.name, step.receiver, str(step.sender).encode(), encode_record(step)),))


def delta(sender: int, until: int) -> GossipDelta:
    """Facts of partition 2 between agents 0 and 1 of a ring of three, to which agent 2 sends them itself."""
    carried = Range(partition=2, first=until - 1, next=until, offsets=(), appended_at=(), facts=())
    return GossipDelta(
        sender=sender, receiver=1 - sender, sender_incarnation=1, receiver_incarnation=1, message_id=until, sent_at=0,
        clock=(0, 0, 0), version=(0, 0, until), ranges=(carried,),
    )  # fmt: skip


def test_help_beside_a_tree_that_works() -> None:
    """An edge could carry for ever what comes by another one, and every fact would cross the network twice."""
    check, one = HelpsInNeed(), seat((0, 0, 5))
    world = one.worker.world
    world.plan.topology, world.plan.settings.retransmit_after = named_topology("ring", 3), 1.0
    check.begun(world)
    stands, went_on, follows = (encode_record(replace(delta(1, 1), version=(0, 0, until))) for until in (0, 1, 2))
    check.stepped(one, (record(GOSSIP.name, stands), record(GOSSIP.name, went_on)), NOTHING)
    world.now = 999_999
    with pytest.raises(AssertionError, match="partition 2 to 1 beside the tree"):
        check.stepped(one, (), said(delta(0, 2)))
    world.now = 1_000_000
    check.stepped(one, (), said(delta(0, 2)))
    check.stepped(one, (record(GOSSIP.name, follows),), NOTHING)
    check.stepped(one, (), said(delta(0, 3)))  # what it holds now is what was sent: the tree has shown nothing


def test_a_question_without_cause() -> None:
    """Agents could ask each other for differences all day where there is none."""
    check, one = AsksWithCause(), seat()
    one.worker.world.dice = SimpleNamespace(hits=Counter())
    first = decode_record(exchange_step(0, -1, b""))
    assert isinstance(first, GossipDescent)
    for _ in range(10):
        check.stepped(one, (), Outcome((Publish(CONTROL.name, 0, b"0", load("agent_heartbeat").header),)))
    check.stepped(one, (), said(first))
    check.stepped(one, (), said(replace(first, answers=3)))
    with pytest.raises(AssertionError, match="has begun 2 exchanges in 10 heartbeats"):
        check.stepped(one, (), said(first))
    one.worker.world.dice.hits["rot"] = 1
    check.stepped(one, (), said(first))


@pytest.mark.parametrize(("fault", "is_judged"), [("late_send", True), ("outage", False)])
def test_what_was_asked_for_and_is_nowhere(fault: str, is_judged: bool) -> None:
    """A process could drop what an agent says, and the agent would believe that it was said."""
    check, one = EffectsArrive(), seat()
    one.worker.world.current = lambda: [one]
    one.worker.world.dice = SimpleNamespace(hits=Counter({fault: 1}))
    check.stepped(one, (), Outcome((Publish(TIMELINE.name, 0, b"0", b"event"),)))
    one.worker.world.now = 2_000_000
    report: Any = None
    if is_judged:
        with pytest.raises(AssertionError, match="agent 0 has asked to send are nowhere"):
            check.ended(one.worker.world, report)
        check.appended(record(TIMELINE.name, b"event"))
    check.ended(one.worker.world, report)


def test_a_fact_that_nobody_sent() -> None:
    """Something could write facts that no producer and no agent has said."""
    check = expected()
    check.appended(record(FACTS.name, GOOD_FACT.raw))
    assert [offset for offset, _ in check.good[0]] == [0]
    invented = seal(replace(GOOD_FACT.fact, sequence=1)).raw
    with pytest.raises(AssertionError, match="nobody sent"):
        check.appended(record(FACTS.name, invented, 1))
    check.stepped(seat(), (), Outcome((Publish(FACTS.name, 0, b"", invented),)))
    check.appended(record(FACTS.name, invented, 1))


def test_a_good_record_that_is_refused() -> None:
    """A producer's fact could vanish into the dead letters."""
    know = expected()
    source = record(FACTS.name, GOOD_FACT.raw)
    know.appended(source)
    letter = to_publish(DeadLetter(source, "empty", ""))
    with pytest.raises(AssertionError, match="good record"):
        DeadLetters(know).appended(LogRecord(letter.topic, 0, 0, 0, letter.key, letter.value, letter.headers))


@pytest.mark.parametrize(("clock", "told"), [((10, 4), "has heard of"), ((10, 6), "never heard"), ((9, 5), "after")])
def test_a_clock_that_is_not_what_was_heard(clock: tuple[int, int], told: str) -> None:
    """Causes could be forgotten, invented, or counted backwards."""
    check, one, other = Causality(), seat(), seat()
    other.agent, other.processor.clock = 1, (0, 5)
    check.begun(one.worker.world)
    check.started(one)
    check.started(other)
    check.stepped(other, (), Outcome((Publish(GOSSIP.name, 0, b"1", b"message"),)))
    one.processor.clock = clock
    with pytest.raises(AssertionError, match=told):
        check.stepped(one, [LogRecord(GOSSIP.name, 0, 0, 0, b"1", b"message")], NOTHING)


def test_agreement_that_is_none() -> None:
    """Convergence could be told while an agent shows something else."""
    one = seat()
    one.processor.converged_on = b"digest"
    one.processor.view = SimpleNamespace(view_digest=lambda: b"digest")
    with pytest.raises(AssertionError, match=r"\[1\] never showed"):
        AgreementIsTrue().stepped(one, (), Outcome((Publish(CONTROL.name, 0, b"0", b""),)))


def test_too_many_messages() -> None:
    """Agents could repeat themselves until the broker is full."""
    world = seat().worker.world
    NotTooMuch().ended(world, SimpleNamespace(agreed_after_us=0, messages=80))  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="81 messages"):
        NotTooMuch().ended(world, SimpleNamespace(agreed_after_us=0, messages=81))  # type: ignore[arg-type]


@pytest.mark.parametrize(("offsets", "rows"), [({0: 1}, []), ({0: 1}, [0, 0]), ({}, [0]), ({0: 1}, [0, 5])], ids=str)
def test_rows_that_are_not_those_of_a_prefix(offsets: dict[int, int], rows: list[int]) -> None:
    """Readers could miss a row, see it twice, or see it before its offset is safe."""
    sink = Sink(("facts",))
    check = SinkRows(sink)
    check.appended(record(FACTS.name, GOOD_FACT.raw))
    disk: Disk = sink.disks[0]
    disk.segments[Segment(0, 0)] = [{"partition": 0, "offset": offset} for offset in rows], offsets, 0
    with pytest.raises(Broken):
        sink.watchers[0](disk)
    disk.segments[Segment(0, 0)] = [{"partition": 0, "offset": 0}], {0: 1}, 0
    sink.watchers[0](disk)


def test_a_restart_without_need() -> None:
    """An agent that was heard just now could be made to begin anew."""
    check = RestartsAreDue()
    check.begun(seat().worker.world)
    order = ControlOrder(order=OrderKind.RESTART, agent=0, incarnation=0, at=0, by=NAME, why="")
    with pytest.raises(AssertionError, match="although it was heard"):
        check.appended(record(CONTROL.name, encode_record(order)))
    check.appended(record(CONTROL.name, encode_record(replace(order, by="person"))))


def test_phases_out_of_order_and_reports_ahead_of_their_facts() -> None:
    """The next phase could begin too early, on a cut that lacks facts of this one."""
    check = PhasesInOrder()
    check.begun(seat().worker.world)
    check.appended(record(CONTROL.name, encode_record(ORDER)))
    with pytest.raises(AssertionError, match=r"agents \[1\] work on"):
        check.appended(record(CONTROL.name, encode_record(replace(ORDER, phase=Phase.VERIFY))))
    with pytest.raises(AssertionError, match="reports 2 facts, of which 0"):
        check.appended(record(CONTROL.name, encode_record(replace(REPORT, derived=2))))
    early = Outcome((Publish(CONTROL.name, 0, b"1", encode_record(replace(REPORT, version=(1, 0)))),))
    with pytest.raises(AssertionError, match="before the cut"):
        check.stepped(seat(), (), early)
    boast = Outcome((Publish(CONTROL.name, 0, b"1", encode_record(replace(REPORT, derived=1))),))
    with pytest.raises(AssertionError, match="has published 0 facts and reports 1"):
        check.stepped(seat(), (), boast)
