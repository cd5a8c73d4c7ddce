"""When all agree, everybody knows it and falls silent."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from schemas.records import GossipDelta, TimelineEvent, TimelineKind, decode_record
from schemas.topics import CONTROL, GOSSIP, TIMELINE
from simulator.checks.messages import heard_in
from streams.ports import LogRecord, Outcome, Publish
from streams.runtimes.simulated import Inspector, Report, Simulation
from streams.runtimes.simulated_faults import CALM
from streams.runtimes.simulated_workers import EPOCH, SECOND, Seat


class Quiet(Inspector):
    """In the last second nobody sent facts, nor more than what comes with a heartbeat."""

    name = "quiet-when-level"

    def ended(self, world: Simulation, report: Report) -> None:
        """Look at the gossip of the last second."""
        last = (EPOCH + world.now - SECOND) // 1000
        late = [record for record in world.log.read_all(GOSSIP.name) if record.timestamp_ms > last and record.key]
        late = [record for record in late if record.key and record.key.isdigit()]  # others' are orders
        deltas = [record for record in late if isinstance(decode_record(record.value), GossipDelta)]
        assert not deltas, f"{len(deltas)} deltas in the last second although nobody lacks anything"
        edges = 2 * len(world.plan.topology.edges)
        beats = 1 + round(1 / world.plan.settings.heartbeat_interval)
        assert len(late) <= beats * edges, f"{len(late)} messages in the last second over {edges} edges"


class NotTooMuch(Inspector):
    """From the last fault to agreement no more is sent than a few rounds over every edge take."""

    name = "few-messages"

    def ended(self, world: Simulation, report: Report) -> None:
        """Compare the messages with the edges."""
        edges = 2 * len(world.plan.topology.edges)
        beats = round(1 / world.plan.settings.heartbeat_interval)
        allowed = edges * (40 + 4 * beats * report.agreed_after_us // SECOND)
        assert report.messages <= allowed, f"{report.messages} messages until all agreed; {allowed} are plenty"


class EverybodyKnows(Inspector):
    """Each agent has found out that all agree, on what they do agree on, and has said so in the timeline."""

    name = "agreement-is-noticed"

    def ended(self, world: Simulation, report: Report) -> None:
        """Ask each agent."""
        for seat in world.current():
            knows = seat.processor.converged_on == report.state.view_digest or not report.state.facts
            assert knows, f"agent {seat.agent} has not noticed that all agree"


class AgreementIsTrue(Inspector):
    """Nobody finds that all agree on a state unless every agent has shown that state in some heartbeat."""

    name = "agreement-is-true"

    def __init__(self) -> None:
        self._shown: defaultdict[bytes, set[int]] = defaultdict(set)
        self._found: dict[Seat, bytes] = {}

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Note what heartbeats show; compare what an agent says all agree on."""
        if any(isinstance(effect, Publish) and effect.topic == CONTROL.name for effect in outcome.effects):
            self._shown[seat.processor.view.view_digest()].add(seat.agent)
        agreed = seat.processor.converged_on
        if agreed and self._found.get(seat) != agreed:
            self._found[seat] = agreed
            without = set(seat.worker.world.seats) - self._shown[agreed]
            assert not without, (
                f"agent {seat.agent} finds that all agree, but {sorted(without)} never showed that state"
            )


class FactsCrossOnce(Inspector):
    """Where nothing goes wrong no fact is sent over an edge to an agent that holds it, but from its own process."""

    name = "facts-cross-once"

    def begun(self, world: Simulation) -> None:
        """Learn whether anything goes wrong in this run."""
        self._calm = world.plan.faults == CALM

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Count what arrived for nothing."""
        if records and self._calm and records[0].topic == GOSSIP.name:
            deltas = [message for message in heard_in(records) if isinstance(message, GossipDelta)]
            carried = sum(len(item.facts) for delta in deltas for item in delta.ranges)
            new = outcome.counts.get("folded", 0) + outcome.counts.get("told", 0)
            assert carried <= new, f"{carried - new} of {carried} facts came to agent {seat.agent} for nothing"


class Timeline(Inspector):
    """No two timeline events of a life share a number, and each life tells of the agreement that it found."""

    name = "timeline"

    def ended(self, world: Simulation, report: Report) -> None:
        """Read the timeline topic."""
        events = [decode_record(record.value) for record in world.log.read_all(TIMELINE.name)]
        told = [event for event in events if isinstance(event, TimelineEvent)]
        assert len(told) == len(events), "the timeline holds something else than events"
        numbered = Counter((event.agent, event.sequence) for event in told)
        assert max(numbered.values(), default=1) == 1, f"two events share a number: {numbered.most_common(1)}"
        noticed = {(e.agent, e.digest) for e in told if e.kind == TimelineKind.CONVERGENCE_DETECTED}
        for agent in range(world.plan.topology.size if report.state.facts else 0):
            assert (agent, report.state.view_digest) in noticed, f"agent {agent} has not told that all agree"
