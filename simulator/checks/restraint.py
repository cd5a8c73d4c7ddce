"""Nobody says more than there is cause for: no help beside the tree once it works, no question without suspicion.

Belongs here: messages that do no harm but cost. Not here: how many there may be in all (quiet.py).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.descent import GossipDescent
from schemas.records import GossipDelta
from schemas.registry import load
from simulator.checks.messages import Message, heard_in, said_in
from streams.ports import LogRecord, Outcome, Publish
from streams.runtimes.simulated import Inspector, Simulation
from streams.runtimes.simulated_workers import SECOND, Seat

_BEATS = 10
"""One neighbour is asked without cause with every so manyth heartbeat."""


@dataclass(slots=True)
class _Edge:
    """What a life has heard from and sent to a neighbour. A partition's help is over since the time at which it was
    heard to hold what this life never sent."""

    incarnation: int = 0
    known: Counter[int] = field(default_factory=Counter)
    sent: Counter[int] = field(default_factory=Counter)
    over_since: dict[int, int] = field(default_factory=dict)


class HelpsInNeed(Inspector):
    """An edge off the tree stops carrying a partition when the tree is seen to work, until it has failed anew.

    The tree works when the neighbour holds what this agent never sent. It has failed when the neighbour lacked
    something for the time after which messages are sent again, so no delta off the tree may come sooner.
    """

    name = "helps-in-need"

    def begun(self, world: Simulation) -> None:
        """Learn the trees."""
        topology = world.plan.topology
        self._patience = int(world.plan.settings.retransmit_after * SECOND)
        self._eager = {
            (agent, peer): {root for root in range(topology.size) if peer in topology.tree_children(root, agent)}
            for agent in range(topology.size)
            for peer in topology.neighbours(agent)
        }
        self._edges: defaultdict[Seat, defaultdict[int, _Edge]] = defaultdict(lambda: defaultdict(_Edge))

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Take in what was heard, then judge what is sent."""
        now = seat.worker.world.now
        for message in heard_in(records):
            _hear(self._edges[seat][message.sender], message, now)
        for said in said_in(outcome):
            if isinstance(said, GossipDelta):
                self._judge(seat, said, now)

    def _judge(self, seat: Seat, delta: GossipDelta, now: int) -> None:
        edge, eager = self._edges[seat][delta.receiver], self._eager[seat.agent, delta.receiver]
        for item in delta.ranges:
            since = edge.over_since.get(item.partition)
            edge.sent[item.partition] = max(edge.sent[item.partition], item.next)
            assert item.partition in eager or since is None or now - since >= self._patience, (
                f"agent {seat.agent} sends partition {item.partition} to {delta.receiver} beside the tree, "
                f"{(now - since) / SECOND:.1f} s after that came by itself"
            )


def _hear(edge: _Edge, message: Message, now: int) -> None:
    if message.sender_incarnation < edge.incarnation:
        return
    is_new = message.sender_incarnation > edge.incarnation
    edge.incarnation = message.sender_incarnation
    for partition, holds in enumerate(message.version):
        if not is_new and holds > max(edge.known[partition], edge.sent[partition]):
            edge.over_since[partition] = now
        edge.known[partition] = holds if is_new else max(edge.known[partition], holds)


class AsksWithCause(Inspector):
    """Where no state has rotted, exchanges about a difference are begun in turn, with every tenth heartbeat, only."""

    name = "asks-with-cause"

    def __init__(self) -> None:
        self._heartbeat = load("agent_heartbeat").header
        self._beats: Counter[Seat] = Counter()
        self._begun: Counter[Seat] = Counter()

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Count heartbeats and first steps of exchanges."""
        self._beats[seat] += any(
            isinstance(e, Publish) and e.value.startswith(self._heartbeat) for e in outcome.effects
        )
        self._begun[seat] += sum(isinstance(said, GossipDescent) and said.answers < 0 for said in said_in(outcome))
        allowed = self._beats[seat] // _BEATS
        assert self._begun[seat] <= allowed or seat.worker.world.dice.hits["rot"], (
            f"agent {seat.agent} has begun {self._begun[seat]} exchanges in {self._beats[seat]} heartbeats, "
            f"and nothing has rotted"
        )
