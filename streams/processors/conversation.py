"""An agent's side of the conversation: deltas, acknowledgements, heartbeats, and the timeline of all that.

Belongs here: when what is sent to whom, and which timeline events tell of it. Not here: state of the replica.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from schemas.descent import GossipDescent
from schemas.records import (
    GossipAck,
    GossipDelta,
    PeerState,
    TimelineEvent,
    TimelineKind,
    encode_record,
)
from schemas.topics import CONTROL, GOSSIP, TIMELINE
from streams.ports import Effect, Publish
from streams.processors.clock import LatencyCounts, VectorClock, later_name
from streams.processors.descent import Descent, Shown, Step, Suspicion
from streams.processors.gossip import pack
from streams.processors.heartbeat import heartbeat_of
from streams.processors.neighbours import WINDOW_MESSAGES, Neighbour
from streams.processors.peers import PeerTable
from streams.processors.phases import role_of
from streams.processors.rounds import Paths, Rounds
from streams.settings import StreamSettings
from streams.topology import Topology

if TYPE_CHECKING:
    from streams.processors.agent import AgentProcessor, Host

_Message = GossipDelta | GossipAck | GossipDescent
_SECOND = 1_000_000
_DELTAS_AT_ONCE = 4
_OWED_MAX = WINDOW_MESSAGES // 2
"""So many deltas are acknowledged at once: their sender must not run out of room. Fewer wait for the interval."""
_AUDIT_BEATS = 10
"""With every so manyth heartbeat one neighbour is asked whether it holds the same facts, suspected or not."""


class Conversation:
    """Speaks for one agent. Every method gives the effects it asks for."""

    def __init__(
        self,
        replica: "AgentProcessor",
        topology: Topology,
        settings: StreamSettings,
        clock: VectorClock,
        latencies: LatencyCounts,
        host: "Host",
        descent: Descent,
    ) -> None:
        self._replica = replica
        self._clock = clock
        self._latencies = latencies
        self._host = host
        self._descent = descent
        self._suspicion = Suspicion(replica.agent)
        self._shown: Shown | None = None
        self._role = role_of(replica.agent)
        self._partitions = topology.size
        self._rounds = Rounds(int(settings.gossip_interval * _SECOND))
        self._paths = Paths(topology, replica.agent)
        self._heartbeat_interval = int(settings.heartbeat_interval * _SECOND)
        self._peers = PeerTable(topology.size)
        roots = range(topology.size)
        self._neighbours = {
            peer: Neighbour(
                peer,
                topology.size,
                eager=frozenset(root for root in roots if peer in topology.tree_children(root, replica.agent)),
                retransmit_after=int(settings.retransmit_after * _SECOND),
            )
            for peer in topology.neighbours(replica.agent)
        }
        self._beat = 0
        self._heartbeat_at = 0
        self._syncing = False
        self.converged_on = b""

    def beliefs(self) -> Iterator[tuple[int, int, Sequence[int]]]:
        """Give, for each neighbour, its incarnation and the version that it is believed to hold."""
        for peer, neighbour in self._neighbours.items():
            yield peer, neighbour.incarnation, neighbour.known

    @property
    def owes_answers(self) -> bool:
        """Tell whether a step towards a difference was heard and not answered yet."""
        return any(neighbour.unanswered for neighbour in self._neighbours.values())

    # --- speaking

    def next_wake(self) -> int:
        """Give the time of the next thing due."""
        return min(self._heartbeat_at, self._rounds.due_at())

    def wake(self, now: int) -> list[Effect]:
        """Do what is due."""
        effects: list[Effect] = []
        if self._rounds.is_ahead_of(now):  # the machine's clock was set back
            self._heartbeat_at = now
        is_beat = now >= self._heartbeat_at
        if is_beat:
            self._heartbeat_at = now + self._heartbeat_interval
            effects += self._heartbeat(now)
            if self._beat % _AUDIT_BEATS == 0:
                self._audit()
            for neighbour in self._neighbours.values():
                neighbour.ack_due = True
                neighbour.told.clear()  # an acknowledgement may be lost: once a beat, one tells of everybody
        return effects + self.speak(now, force=is_beat)

    def speak(self, now: int, moved: Iterable[int] = (), *, force: bool = False) -> list[Effect]:
        """Send deltas where there is something to send and room, and acknowledgements that are due.

        Called after every batch, with the partitions of which it brought something: that is told at once to those of
        whom a process hears it first (rounds.py). `next_wake` tells when the rest is due.
        """
        for partition in moved:
            self._rounds.urgent.update(self._told_at_once(partition, now))
        some = self._rounds.begin(now, force=force)
        effects: list[Effect] = []
        for neighbour in self._neighbours.values() if some != () else ():
            if some is None or neighbour.agent in some:
                effects += self._send_deltas(neighbour, now)
                effects += self._send_descents(neighbour, now)
                if neighbour.ack_due and (some is None or neighbour.owed >= _OWED_MAX):
                    effects += self._send_ack(neighbour, now)
        return effects

    def _told_at_once(self, partition: int, now: int) -> list[int]:
        host = self._host
        peers = self._paths.told_at_once(partition, host.agents, host.processes)
        return [*peers, *(peer for peer, item in self._neighbours.items() if item.is_grafted(partition, now))]

    def _send_deltas(self, neighbour: Neighbour, now: int) -> list[Effect]:
        effects: list[Effect] = []
        version = self._replica.version
        neighbour.review(version, now)
        for _ in range(_DELTAS_AT_ONCE):
            wanted = neighbour.wanted(version) if neighbour.is_known and neighbour.has_room() else []
            if not wanted:
                return effects
            effects += self._send_delta(neighbour, wanted, now)
        self._rounds.urgent.add(neighbour.agent)  # there may be more
        return effects

    def _send_descents(self, neighbour: Neighbour, now: int) -> list[Effect]:
        effects: list[Effect] = []
        if neighbour.descent_due:
            neighbour.descent_due = False
            effects += self._send_descent(neighbour, self._descent.begin(), now)
        for heard in neighbour.unanswered:
            step = self._descent.answer(heard)
            if step:
                effects += self._send_descent(neighbour, step, now, answers=heard.message_id)
        neighbour.unanswered.clear()
        return effects

    def _send_delta(self, neighbour: Neighbour, wanted: list[tuple[int, int]], now: int) -> list[Effect]:
        version = self._replica.version
        ranges, _ = pack(self._replica.log, wanted, version)
        message_id = self._clock.tick()
        raw = encode_record(GossipDelta(**self._envelope(neighbour, message_id, now), ranges=ranges))
        neighbour.note_message(message_id, now)
        neighbour.note_delta(message_id, len(raw), {item.partition: item.next for item in ranges})
        facts = sum(len(item.facts) for item in ranges)
        return self._sent(TimelineKind.MESSAGE_SENT, neighbour, message_id, raw, now, facts)

    def _send_ack(self, neighbour: Neighbour, now: int) -> list[Effect]:
        message_id = self._clock.tick()
        envelope = self._envelope(neighbour, message_id, now)
        news = self._peers.news(neighbour.told, self._replica.agent)
        raw = encode_record(GossipAck(**envelope, acknowledged=neighbour.received_id, peers=news))
        neighbour.note_message(message_id, now)
        neighbour.ack_due, neighbour.owed = False, 0
        return self._sent(TimelineKind.ACK_SENT, neighbour, message_id, raw, now)

    def _send_descent(self, neighbour: Neighbour, step: Step, now: int, *, answers: int = -1) -> list[Effect]:
        message_id = self._clock.tick()
        raw = encode_record(
            GossipDescent(
                **self._envelope(neighbour, message_id, now),
                answers=answers,
                sums=tuple(step.sums),
                listed=tuple(step.listed),
                wanted=step.wanted,
                facts=tuple(step.facts),
            )
        )
        neighbour.note_message(message_id, now)
        neighbour.descent_id = message_id
        return self._sent(TimelineKind.MESSAGE_SENT, neighbour, message_id, raw, now, len(step.facts))

    def _audit(self) -> None:
        """Ask the next neighbour in turn, if it is level: some differences show neither in digests nor in numbers."""
        neighbours = tuple(self._neighbours.values())
        if neighbours:
            asked = neighbours[self._beat // _AUDIT_BEATS % len(neighbours)]
            asked.descent_due |= tuple(asked.known) == self._replica.version

    def _envelope(self, neighbour: Neighbour, message_id: int, now: int) -> dict[str, Any]:
        return {
            "sender": self._replica.agent,
            "receiver": neighbour.agent,
            "sender_incarnation": self._replica.incarnation,
            "receiver_incarnation": neighbour.incarnation,
            "message_id": message_id,
            "sent_at": now,
            "clock": self._clock.value(),
            "version": self._replica.version,
        }

    def _sent(
        self, kind: TimelineKind, neighbour: Neighbour, message_id: int, raw: bytes, now: int, facts: int = 0
    ) -> list[Effect]:
        message = Publish(GOSSIP.name, neighbour.agent, str(self._replica.agent).encode(), raw)
        event = self._event(
            kind, now, peer=neighbour.agent, message_id=message_id, size=len(raw), facts=facts, sent=True
        )
        return [message, event]

    def _heartbeat(self, now: int) -> list[Effect]:
        replica, view = self._replica, self._replica.view
        counts = view.counts()
        digest = view.view_digest()
        self._beat += 1
        self._shown = Shown(replica.version, counts.facts, digest)
        self._peers.update(
            PeerState(
                agent=replica.agent,
                incarnation=replica.incarnation,
                beat=self._beat,
                facts=counts.facts,
                digest=digest,
            )
        )
        beat = heartbeat_of(replica, counts, digest, self._host, self._role, tuple(self._neighbours), now)
        raw = encode_record(beat)
        key = str(replica.agent).encode()
        return [
            Publish(CONTROL.name, 0, key, raw),
            self._event(
                TimelineKind.HEARTBEAT_SENT, now, size=len(raw), held=counts.facts, digest=digest,
                latencies=self._latencies.take(),
            ),
            *self._check_convergence(now, counts.facts, digest),
        ]  # fmt: skip

    def _check_convergence(self, now: int, held: int, digest: bytes) -> list[Effect]:
        if self._peers.agree_on() != digest or digest == self.converged_on:
            return []
        self.converged_on = digest
        return [self._event(TimelineKind.CONVERGENCE_DETECTED, now, held=held, digest=digest)]

    # --- hearing

    def heard_delta(self, delta: GossipDelta, size: int, carried: int, useful: int, now: int) -> list[Effect]:
        """Take note of a delta whose facts have been folded."""
        neighbour = self._hear(delta, now)
        if neighbour is None:
            return []
        neighbour.received_id = max(neighbour.received_id, delta.message_id)
        neighbour.ack_due = True
        neighbour.owed += 1
        if neighbour.owed >= _OWED_MAX:
            self._rounds.urgent.add(neighbour.agent)
        event = self._received(TimelineKind.MESSAGE_RECEIVED, delta, size, now, carried, useful)
        return [event, *self._check_sync(now)]

    def heard_ack(self, ack: GossipAck, size: int, now: int) -> list[Effect]:
        """Take note of an acknowledgement."""
        neighbour = self._hear(ack, now)
        if neighbour is None:
            return []
        if not neighbour.has_room():
            self._rounds.urgent.add(neighbour.agent)
        if ack.receiver_incarnation == self._replica.incarnation:
            neighbour.acknowledge(ack.acknowledged)
        neighbour.received_id = max(neighbour.received_id, ack.message_id)
        self._peers.update_all(ack.peers)
        neighbour.told |= {state.agent: (state.incarnation, state.beat) for state in ack.peers}
        remembered = max((peer.incarnation for peer in ack.peers if peer.agent == self._replica.agent), default=0)
        if remembered > self._replica.incarnation:
            self._outlive(remembered, now)
        event = self._received(TimelineKind.ACK_RECEIVED, ack, size, now)
        suspected = self._suspicion.falls_on(ack, self._shown) and ack.version == self._replica.version
        if suspected and ack.acknowledged >= neighbour.descent_id:  # what it was asked before is answered, or lost
            neighbour.descent_due = True
            self._rounds.urgent.add(neighbour.agent)
        return [event, *self._check_sync(now)]

    def heard_descent(self, descent: GossipDescent, size: int, useful: int, now: int) -> list[Effect]:
        """Take note of a step towards a difference, whose facts have been folded. `speak` answers it."""
        neighbour = self._hear(descent, now)
        if neighbour is None:
            return []
        neighbour.received_id = max(neighbour.received_id, descent.message_id)
        event = self._received(TimelineKind.MESSAGE_RECEIVED, descent, size, now, len(descent.facts), useful)
        neighbour.unanswered.append(descent)
        self._rounds.urgent.add(neighbour.agent)
        self._shown = None  # it may have been mended: the next heartbeat shows
        return [event]

    def _received(
        self, kind: TimelineKind, message: _Message, size: int, now: int, facts: int = 0, useful: int = 0
    ) -> Publish:
        return self._event(
            kind, now, peer=message.sender, message_id=message.message_id, sent_at=message.sent_at, size=size,
            sender_incarnation=message.sender_incarnation, facts=facts, useful=useful,
        )  # fmt: skip

    def _hear(self, message: _Message, now: int) -> Neighbour | None:
        neighbour = self._neighbours.get(message.sender)
        sizes_fit = len(message.version) == self._partitions == len(message.clock)
        if neighbour is None or not sizes_fit:
            return None
        self._clock.join(message.clock)
        if message.receiver_incarnation > self._replica.incarnation:
            self._outlive(message.receiver_incarnation, now)
        if not neighbour.hear(message.sender_incarnation, message.version, now):
            return None
        return neighbour

    def _outlive(self, former: int, now: int) -> None:
        """Begin a life that counts as later than one the neighbours remember: its machine's clock was ahead of ours."""
        self._replica.incarnation = later_name(former, self._replica.incarnation)
        self._clock.outlive(self._replica.incarnation)
        for neighbour in self._neighbours.values():
            neighbour.forget_sent(now)  # they did not listen so far
            neighbour.ack_due = True

    def _check_sync(self, now: int) -> list[Effect]:
        """Tell when the agent learns that it is behind a neighbour, and when it is level with all of them again."""
        version = self._replica.version
        behind = any(
            theirs > mine and partition != self._replica.agent
            for neighbour in self._neighbours.values()
            for partition, (mine, theirs) in enumerate(zip(version, neighbour.known, strict=True))
        )
        if behind == self._syncing:
            return []
        self._syncing = behind
        return [self._event(TimelineKind.SYNC_STARTED if behind else TimelineKind.SYNC_COMPLETED, now)]

    def _event(
        self,
        kind: TimelineKind,
        now: int,
        *,
        peer: int = -1,
        message_id: int = -1,
        sender_incarnation: int | None = None,
        sent_at: int = 0,
        size: int = 0,
        facts: int = 0,
        useful: int = 0,
        held: int = 0,
        digest: bytes = b"",
        latencies: tuple[tuple[int, int], ...] = (),
        sent: bool = False,
    ) -> Publish:
        """Tell of one event. Sending has ticked already: its event is the one that the message's clock counts."""
        replica = self._replica
        event = TimelineEvent(
            kind=kind,
            agent=replica.agent,
            peer=peer,
            incarnation=replica.incarnation,
            at=now,
            sequence=message_id if sent else self._clock.tick(),
            clock=self._clock.value(),
            message_id=message_id,
            sender_incarnation=replica.incarnation if sender_incarnation is None else sender_incarnation,
            sent_at=sent_at,
            latency_us=now - sent_at if sent_at else -1,
            bytes=size,
            facts=facts,
            useful=useful,
            held=held or replica.view.fact_count,
            colour=self._role,
            digest=digest,
            latencies=latencies,
        )
        return Publish(TIMELINE.name, replica.agent, str(replica.agent).encode(), encode_record(event))
