"""Vector clocks say what happened before what: each is compared with what its agent has really heard.

Belongs here: clocks of agents against clocks that travelled. Not here: numbers of timeline events (quiet.py).
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from schemas.topics import GOSSIP
from streams.ports import LogRecord, Outcome, Publish
from streams.runtimes.simulated import Inspector, Simulation
from streams.runtimes.simulated_workers import Seat


class Causality(Inspector):
    """An agent's clock is exactly the join of the clocks that came with what it has read, and of its snapshot's.

    What was left out of an inbox and comes behind a later record counts as never read: a new life in a process goes on
    where the last one there had read to, and may be handed afterwards what neither its snapshot nor itself has seen.
    Less would be an effect before its cause, more would be a cause that nobody had. An agent's own entry only grows;
    that no two lives count one value is seen in the timeline (quiet.py).
    """

    name = "causality"

    def __init__(self) -> None:
        self._sent: dict[bytes, tuple[int, ...]] = {}
        self._heard: dict[Seat, list[int]] = {}
        self._own: dict[Seat, int] = {}
        self._next: dict[Seat, int] = {}
        self._left_out: defaultdict[int, set[int]] = defaultdict(set)
        self._peers: dict[int, frozenset[int]] = {}

    def begun(self, world: Simulation) -> None:
        """Learn who is whose neighbour."""
        topology = world.plan.topology
        self._peers = {agent: frozenset(topology.neighbours(agent)) for agent in range(topology.size)}

    def started(self, seat: Seat) -> None:
        """Take the clock that a restore gave as heard."""
        self._heard[seat] = list(seat.processor.clock)
        self._own[seat] = seat.processor.clock[seat.agent]
        self._next[seat] = seat.processor.next_offset(GOSSIP.name)

    def _is_read(self, seat: Seat, record: LogRecord) -> bool:
        """Tell whether its agent, or the life that saved its snapshot, reads a record of its inbox."""
        expected, left_out = self._next[seat], self._left_out[seat.agent]
        if record.offset < expected:
            return record.offset not in left_out
        left_out.update(range(expected, record.offset))
        self._next[seat] = record.offset + 1
        return True

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Join what was read; compare; remember the clock for what was sent."""
        heard = self._heard[seat]
        if records and records[0].topic == GOSSIP.name:
            for record in filter(partial(self._is_read, seat), records):
                clock = self._sent.get(record.value or b"")
                if clock is not None and int(record.key or b"-1") in self._peers[seat.agent]:
                    heard[:] = map(max, heard, clock)
        clock = seat.processor.clock
        me = seat.agent
        own, before = clock[me], self._own[seat]
        assert own >= before, f"agent {me} counts {own} after {before}"
        for agent, (entry, true) in enumerate(zip(clock, heard, strict=True)):
            if agent != me:
                assert entry >= true, f"agent {me} has heard of event {true} of agent {agent} and shows {entry}"
                assert entry <= true, f"agent {me} shows event {entry} of agent {agent}, of which it never heard"
        self._own[seat] = own
        sent = [item for item in outcome.effects if isinstance(item, Publish) and item.topic == GOSSIP.name]
        for later, effect in enumerate(reversed(sent)):  # a message is an event, and nothing is told behind the last
            self._sent[effect.value] = (*clock[:me], own - later, *clock[me + 1 :])
