"""What a simulated run must satisfy: after every step, at every snapshot, and at its end.

Belongs here: the promises, checked from outside. The state that agents must reach is computed three times: from how
the workload was made (this file and egraph/reference.py), by replay of the log (LogFolder), and by the agents.
"""

from collections import Counter
from collections.abc import Sequence

from egraph.digest import FACT_KINDS, SetDigest
from egraph.facts import Fact
from egraph.invariants import check_invariants
from egraph.reference import ReferenceView
from schemas.records import GossipDelta, TimelineEvent, TimelineKind, decode_record
from schemas.topics import DEAD_LETTERS, FACTS, GOSSIP, TIMELINE
from streams.dead_letters import from_record
from streams.ports import DeadLetter, LogRecord, Outcome
from streams.processors.folder import LogFolder
from streams.processors.snapshot import read_header
from streams.runtimes.simulated import Inspector, Report, Simulation
from streams.runtimes.simulated_workers import EPOCH, SECOND, Seat
from tests.simulation.workload import AGAIN, GOOD, Workload

REFERENCE_FACTS_MAX = 32
"""The reference takes cubic time; longer histories are compared with replay alone."""


def set_digest_of(facts: Sequence[Fact]) -> bytes:
    """Give the set digest of facts, without store and view."""
    digest = SetDigest()
    for event_id, fact in {fact.event_id: fact for fact in facts}.items():
        digest.add(FACT_KINDS.index(type(fact).__name__), event_id)
    return digest.value()


class StepChecks(Inspector):
    """What holds of an agent at every moment, faults or not."""

    def __init__(self, workload: Workload, partitions: int) -> None:
        self._good = [
            [(offset, item.fact) for offset, item in enumerate(workload.partition(number)) if item.fate == GOOD]
            for number in range(partitions)
        ]
        self._before: dict[Seat, tuple[int, ...]] = {}
        self._seats: dict[tuple[int, int], Seat] = {}
        self.steps = 0

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """An agent never loses ground in one life, never runs ahead of the log, never overrates a neighbour."""
        self.steps += 1
        version = seat.processor.version
        before = self._before.get(seat, version)
        assert all(new >= old for new, old in zip(version, before, strict=True)), f"{before} became {version}"
        log = seat.worker.world.log
        ends = tuple(log.end(FACTS.name, partition) for partition in range(len(version)))
        assert all(at <= end for at, end in zip(version, ends, strict=True)), f"{version} is past the log's {ends}"
        self._before[seat] = version
        self._seats[seat.agent, seat.processor.incarnation] = seat
        if self.steps % 8 == 0:
            self._check_beliefs(seat)
        if self.steps % 32 == 0:
            self._check_state(seat, version)

    def saving(self, seat: Seat, snapshot: bytes) -> None:
        """A snapshot says exactly what its offsets say: neither torn nor ahead of what was folded."""
        header = read_header(snapshot)
        expected = set_digest_of(self._held(header["version"])).hex()
        assert header["set_digest"] == expected, f"the snapshot of agent {seat.agent} is not its offsets' facts"

    def _check_beliefs(self, seat: Seat) -> None:
        for peer, neighbour in seat.processor._conversation._neighbours.items():
            other = self._seats.get((peer, neighbour.incarnation))
            if other is not None:
                truth = other.processor.version
                fits = all(believed <= true for believed, true in zip(neighbour.known, truth, strict=True))
                assert fits, f"agent {seat.agent} believes {neighbour.known} of {peer}, which holds {truth}"

    def _check_state(self, seat: Seat, version: Sequence[int]) -> None:
        assert seat.processor.view.set_digest() == set_digest_of(self._held(version)), (
            f"agent {seat.agent} does not hold what its version {version} says"
        )
        check_invariants(seat.processor.view)

    def _held(self, version: Sequence[int]) -> list[Fact]:
        return [
            fact
            for good, until in zip(self._good, version, strict=True)
            for offset, fact in good
            if offset < until and fact is not None
        ]


def check_end(simulation: Simulation, workload: Workload, report: Report) -> None:
    """Check what must hold once agents have agreed. Raises AssertionError."""
    facts = [record.fact for record in workload.records if record.fate == GOOD and record.fact is not None]
    assert report.state.set_digest == set_digest_of(facts), "agents hold other facts than were sent"
    _check_replay(simulation, report)
    if len(facts) <= REFERENCE_FACTS_MAX:
        reference = ReferenceView(facts)
        assert report.state.view_digest == reference.view_digest(), "agents agree on another view than the reference"
    for seat in simulation.seats.values():
        assert seat is not None
        view = seat.processor.view
        check_invariants(view)
        assert view.counts().violations == 0
    _check_dead_letters(simulation, workload)
    _check_silence(simulation)


def _check_replay(simulation: Simulation, report: Report) -> None:
    size = simulation.plan.topology.size
    folder = LogFolder(size, simulation.plan.settings.graph)
    for partition in range(size):
        folder.fold(simulation.log.read(FACTS.name, partition, 0, simulation.log.end(FACTS.name, partition)))
    assert folder.view.set_digest() == report.state.set_digest, "replay holds other facts than the agents"
    assert folder.view.view_digest() == report.state.view_digest, "replay shows another view than the agents"


def _check_dead_letters(simulation: Simulation, workload: Workload) -> None:
    """Exactly what is bad is recorded, each position at least once, with its reason and its bytes."""
    expected: dict[tuple[str, int, int], tuple[str | None, bytes | None]] = {}
    for partition in range(simulation.plan.topology.size):
        for offset, item in enumerate(workload.partition(partition)):
            if item.fate not in (GOOD, AGAIN):
                expected[FACTS.name, partition, offset] = item.fate, item.value
    for partition, offset in simulation.garbage:
        expected[GOSSIP.name, partition, offset] = None, None
    found: Counter[tuple[str, int, int]] = Counter()
    for record in simulation.log.read_all(DEAD_LETTERS.name):
        letter = from_record(record)
        assert isinstance(letter, DeadLetter), letter
        place = letter.source.topic, letter.source.partition, letter.source.offset
        assert place in expected, f"{place} is a good record and was dead-lettered as {letter.reason}"
        reason, value = expected[place]
        if reason is not None:
            assert (letter.reason, letter.source.value) == (reason, value), f"{place}: {letter.reason}, not {reason}"
        found[place] += 1
    missing = sorted(set(expected) - set(found))
    assert not missing, f"refused and never recorded: {[(*place, expected[place][0]) for place in missing]}"


def _check_silence(simulation: Simulation) -> None:
    """Agents that agree, and know it, send no more facts, and nothing but what comes with a heartbeat."""
    last = (EPOCH + simulation.now - SECOND) // 1000
    late = [record for record in simulation.log.read_all(GOSSIP.name) if record.timestamp_ms > last]
    deltas = [record for record in late if isinstance(decode_record(record.value), GossipDelta)]
    assert not deltas, f"{len(deltas)} deltas in the last second although nobody lacks anything"
    edges = 2 * len(simulation.plan.topology.edges)
    assert len(late) <= 2 * edges, f"{len(late)} messages in the last second over {edges} edges with nothing to say"


def timeline(simulation: Simulation) -> list[TimelineEvent]:
    """Give every event of the timeline topic."""
    events = [decode_record(record.value) for record in simulation.log.read_all(TIMELINE.name)]
    assert all(isinstance(event, TimelineEvent) for event in events)
    return [event for event in events if isinstance(event, TimelineEvent)]


def check_timeline(simulation: Simulation, report: Report) -> None:
    """Events of one life are numbered without repetition, causes precede effects, agreement is noticed by all."""
    events = timeline(simulation)
    numbered = Counter((event.agent, event.incarnation, event.sequence) for event in events)
    assert max(numbered.values()) == 1, f"two events share a clock value: {numbered.most_common(1)}"
    sent = {
        (event.agent, event.incarnation, event.message_id): event.clock
        for event in events
        if event.kind in (TimelineKind.MESSAGE_SENT, TimelineKind.ACK_SENT)
    }
    for event in events:
        if event.kind in (TimelineKind.MESSAGE_RECEIVED, TimelineKind.ACK_RECEIVED):
            cause = sent.get((event.peer, event.sender_incarnation, event.message_id))
            if cause is not None:  # an event of a process that ended may be lost
                pairs = enumerate(zip(cause, event.clock, strict=True))
                # Its own entry is left out: a zombie hears of its successor and cannot count that life as its own.
                before = all(then <= now for agent, (then, now) in pairs if agent != event.agent)
                assert before, f"{event.kind} of agent {event.agent} does not lie behind its cause"
    noticed = {(e.agent, e.digest) for e in events if e.kind == TimelineKind.CONVERGENCE_DETECTED}
    for agent, seat in simulation.seats.items():
        assert seat is not None
        knows = seat.processor._conversation._converged_on == report.state.view_digest
        assert knows, f"agent {agent} has not noticed that all agree"
        assert (agent, report.state.view_digest) in noticed, f"agent {agent} has not told that all agree"
