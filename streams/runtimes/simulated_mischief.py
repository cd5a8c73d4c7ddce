"""What goes wrong in a simulated cluster: processes that end, snapshots that spoil, brokers and links that are away.

Belongs here: how each fault is done. Not here: which strikes (simulated_dice.py), what one process does
(simulated_workers.py), the vocabulary (simulated_faults.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from schemas.codec import decode_fact, seal
from schemas.poison import Poison
from schemas.topics import GOSSIP
from streams.adapters.snapshot_files import MemorySnapshots
from streams.ports import Publish
from streams.runtimes.simulated_workers import MILLISECOND, SECOND, Seat, Worker

if TYPE_CHECKING:
    from streams.runtimes.simulated import Simulation

_EVERY = 100 * MILLISECOND
_ROTS_MAX = 2


class Mischief:
    """Does to a world what its dice say."""

    def __init__(self, world: "Simulation") -> None:
        self._world = world
        size = world.plan.topology.size
        self.garbage: set[tuple[int, int]] = set()
        """The inbox positions of what was never gossip."""
        self._outage_until = 0
        self._cut_until = 0
        self._side: tuple[bool, ...] = ()
        self.rot: dict[Seat, Rot] = {}
        """What has become of the states of agents, beyond what they were told."""
        self._rots = Random(f"rots {world.plan.seed}")
        self._slow = [world.happens("slow_agent") for _ in range(size)]
        self._clock = [
            world.random.randint(-3600 * SECOND, 3600 * SECOND) if world.happens("clock_skew") else 0
            for _ in range(size)
        ]

    def begin(self) -> None:
        """Let things go wrong from now on."""
        self._world.later(_EVERY, self._every_tenth_of_a_second)

    def end(self) -> None:
        """Stop all that lasts. Zombies end."""
        self._outage_until = self._cut_until = 0
        self._slow = [False] * len(self._slow)
        for worker in self._world.workers:
            if worker.zombie:
                worker.alive = False

    # --- what processes ask

    def is_slow(self, agent: int) -> bool:
        """Tell whether an agent is a slow one."""
        return self._slow[agent]

    def clock_offset(self, agent: int) -> int:
        """Give how far the clock of an agent's next life is off, in microseconds."""
        return self._clock[agent]

    def broker_is_away(self) -> bool:
        """Tell whether nothing can be appended now."""
        return self._world.now < self._outage_until

    def is_cut(self, sender: int, receiver: int) -> bool:
        """Tell whether a link is down: each message that it swallows counts as a fault."""
        if self._world.plan.severed in ((sender, receiver), (receiver, sender)):
            self._world.dice.note("severed")
            return True
        if self._world.now >= self._cut_until or self._side[sender] == self._side[receiver]:
            return False
        self._world.dice.note("partition")
        return True

    # --- what happens

    def _every_tenth_of_a_second(self) -> None:
        world = self._world
        if world.dice.rested:
            return
        for worker in tuple(world.workers):
            if worker.alive and world.happens("crash"):
                self.crash(worker, may_linger=True)
        for seat in world.current():
            if world.happens("rot"):
                self._rot(seat)
        if world.happens("outage"):
            self._outage_until = world.now + world.random.randint(SECOND, 4 * SECOND)
            world.trace("the broker is away until", self._outage_until / SECOND)
        if world.happens("partition"):
            self._cut_until = world.now + world.random.randint(SECOND, 4 * SECOND)
            self._side = tuple(world.random.random() < 0.5 for _ in world.seats)
            world.trace("the agents are parted:", [agent for agent, side in enumerate(self._side) if side])
        if world.happens("garbage"):
            inbox = world.random.randrange(world.plan.topology.size)
            value = world.random.choice((b"", b"\xc3\x01", world.random.randbytes(30)))
            self.garbage.add((inbox, world.append(Publish(GOSSIP.name, inbox, b"?", value))))
        world.later(_EVERY, self._every_tenth_of_a_second)

    def _rot(self, seat: Seat) -> None:
        """Let an agent's state lose a fact, silently, or hold one that nobody sent in place of it."""
        rot = self.rot.setdefault(seat, Rot())
        log, view = seat.processor.log, seat.processor.view
        held = [number for number, event_id in enumerate(log.store.ids) if view.holds(event_id)]
        admitted = [number for number in held if number not in rot.strange]
        if not admitted or len(rot.lost) == _ROTS_MAX:
            return
        lost = self._rots.choice(admitted)
        rot.struck_at = self._world.now
        rot.lost.add(lost)
        held.remove(lost)
        if self._rots.random() < 0.5:
            strange = log.intern(_altered(log.raws[lost]))
            assert isinstance(strange, int)
            rot.strange.add(strange)
            held.append(strange)
        seat.processor.hold(held)
        self._world.trace("rots", seat.agent, log.store.event_id(lost).hex())

    def crash(self, worker: Worker, *, may_linger: bool = False) -> None:
        """End a process, or let it go on as a zombie for a while; its agents start elsewhere."""
        world = self._world
        agents = [agent for agent, seat in world.seats.items() if seat is not None and seat.worker is worker]
        worker.alive = may_linger and not worker.zombie and world.happens("zombie")
        world.trace("zombie" if worker.alive else "crash", worker.number, agents)
        if worker.alive:
            worker.zombie = True
            world.later(world.random.randint(300 * MILLISECOND, 3 * SECOND), partial(_end, worker))
        for agent in agents:
            world.seats[agent] = None
        wait = world.random.randint(100 * MILLISECOND, 1500 * MILLISECOND)
        if world.happens("move"):
            for agent in agents:
                world.later(wait, partial(self._move, agent))
        elif agents:
            world.later(wait, partial(self.seat, agents, None))

    def _move(self, agent: int) -> None:
        live = [worker for worker in self._world.workers if worker.alive and not worker.zombie]
        self.seat([agent], self._world.random.choice(live) if live else None)

    def seat(self, agents: Sequence[int], worker: Worker | None) -> None:
        """Start agents in a process, a new one where none is named."""
        world = self._world
        if self.broker_is_away():  # nothing can be restored without the log
            world.later(_EVERY, partial(self.seat, agents, worker))
            return
        if worker is None or worker.zombie or not worker.alive:
            worker = world.worker_class(world, len(world.workers))
            world.workers.append(worker)
        for position, agent in enumerate(agents):
            self._spoil_snapshot(agent)
            if world.happens("clock_behind"):
                self._clock[agent] -= world.random.randint(SECOND, 60 * SECOND)
            if not worker.start(agent):
                self.crash(worker)
                world.later(world.random.randint(1, SECOND), partial(self.seat, agents[position:], None))
                return
            world.seats[agent] = worker.seats[agent]
        self._tell_where_agents_live()

    def _tell_where_agents_live(self) -> None:
        """Let processes know, as a rebalance does. Those of a system that does not share are told nothing."""
        seats = self._world.seats.items()
        processes = {agent: seat.worker.host.worker for agent, seat in seats if seat is not None}
        for worker in self._world.workers:
            if worker.host.agents:
                worker.host.processes = processes

    def _spoil_snapshot(self, agent: int) -> None:
        world = self._world
        if world.happens("snapshot_missing"):
            world.snapshots.lose(agent)
        elif world.happens("snapshot_stale"):
            world.snapshots.fall_back(agent)
        elif world.happens("snapshot_corrupt"):
            world.snapshots.flip_a_bit(agent, world.random)
        elif world.happens("snapshot_torn"):
            world.snapshots.tear(agent, world.random)


def _altered(raw: bytes) -> bytes:
    """Give a fact that is not the one of these bytes; in half of the cases its view is the same."""
    fact = decode_fact(raw)
    assert not isinstance(fact, Poison)
    return seal(replace(fact, trace=b"" if fact.trace else bytes(range(16)))).raw


@dataclass(slots=True)
class Rot:
    """The facts that an agent's state has lost, those that it holds and nobody sent, and when that began last."""

    lost: set[int] = field(default_factory=set)
    strange: set[int] = field(default_factory=set)
    struck_at: int = 0


def _end(worker: Worker) -> None:
    worker.alive = False


class Shelf(MemorySnapshots):
    """Snapshots that can be lost or damaged, and the one before each."""

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[int, bytes] = {}

    def save(self, agent: int, snapshot: bytes) -> None:
        """Keep a snapshot, and the one before it."""
        kept = self.load(agent)
        super().save(agent, snapshot)
        if kept is not None and self.load(agent) is not kept:
            self._before[agent] = kept

    def kept(self, agent: int) -> bytes | None:
        """Give what is kept, intact or not."""
        return self._kept.get(agent)

    def lose(self, agent: int) -> None:
        """Forget the newest one."""
        self._kept.pop(agent, None)

    def fall_back(self, agent: int) -> None:
        """Find the one before the newest."""
        if agent in self._before:
            self._kept[agent] = self._before[agent]

    def flip_a_bit(self, agent: int, random: Random) -> None:
        """Damage one bit."""
        if agent in self._kept:
            spoiled = bytearray(self._kept[agent])
            spoiled[random.randrange(len(spoiled))] ^= 1 << random.randrange(8)
            self._kept[agent] = bytes(spoiled)

    def tear(self, agent: int, random: Random) -> None:
        """Cut the newest one off, or let zeros or the former snapshot's bytes stand behind the cut."""
        if agent in self._kept:
            kept = self._kept[agent]
            at = random.randrange(len(kept))
            rest = random.choice((b"", bytes(len(kept) - at), self._before.get(agent, b"")[at:]))
            self._kept[agent] = kept[:at] + rest
