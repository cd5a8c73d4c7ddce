"""A simulated worker process and the agents in it: restore, poll, fold, tick, snapshot, as agent_host.py does.

Belongs here: the order of things in one process. Not here: the event loop, what crashes when (simulated.py).
All of it runs in virtual time on one thread. What a process has not sent or saved is gone when it ends.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from schemas.records import ControlOrder, OrderKind, Turn
from schemas.topics import DEAD_LETTERS, FACTS, GOSSIP
from streams.dead_letters import to_publish
from streams.ports import Compute, DeadLetter, Effect, LogRecord, Outcome, Publish, ReadAgain
from streams.processors.agent import AgentProcessor, Host
from streams.processors.clock import restart_time
from streams.processors.fact_log import FactLog
from streams.processors.inbox import refused_of
from streams.processors.lifecycle import is_about, orders_in, told
from streams.processors.snapshot import SnapshotDamaged

if TYPE_CHECKING:
    from streams.runtimes.simulated import Simulation

MILLISECOND = 1_000
SECOND = 1_000_000
EPOCH = 1_700_000_000 * SECOND

_POLL = (10 * MILLISECOND, 90 * MILLISECOND)
LATE = 2 * SECOND
"""So late at most comes what is late."""
_SLOWER = 10
_SEND = (1 * MILLISECOND, 25 * MILLISECOND)
_COMPUTE = (10 * MILLISECOND, 400 * MILLISECOND)
_COMMIT = 500 * MILLISECOND
_RETRY, _TICK = 100 * MILLISECOND, 50 * MILLISECOND
_BATCH = 12


class Seat:
    """One life of one agent in one process."""

    def __init__(self, worker: "Worker", processor: AgentProcessor, clock_offset: int, started: int) -> None:
        self.worker = worker
        self.started = started
        self.clock_offset = clock_offset
        self.agent = processor.agent
        self.first_name = processor.incarnation
        self.processor = processor
        self.cursor = {FACTS.name: 0, GOSSIP.name: 0}
        self.acked = {FACTS.name: 0, GOSSIP.name: 0}
        self.busy = {FACTS.name: False, GOSSIP.name: False}
        self.taken_over = 0
        """The offset of facts that a former life had committed."""
        self.letters_on_the_way = 0
        self.stopped = False
        """Whether the agent hangs, or was killed by an order: it does nothing, and its host reads orders for it."""
        self.killed = False
        """Whether it was killed by an order: then its host tells what is refused in its inbox, too."""

    @property
    def local_time(self) -> int:
        """The time on the agent's own clock. It never goes back in one life."""
        return EPOCH + self.worker.world.now + self.clock_offset

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing that was read waits for its acknowledgement."""
        return not any(self.busy.values()) and not self.letters_on_the_way


class Worker:
    """A process. Its agents share one FactLog and end together."""

    processor_class: type[AgentProcessor] = AgentProcessor
    waits_for_letters = True
    """Whether a record is acknowledged only after its refusal is in the dead-letter topic."""
    saves_over_letters = False
    """Whether a snapshot may be taken while a refusal that it covers is still on its way."""

    def __init__(self, world: "Simulation", number: int) -> None:
        self.world = world
        self.number = number
        self.alive = True
        self.zombie = False
        self.seats: dict[int, Seat] = {}
        self._log = FactLog(world.plan.topology.size)
        shared = self.seats.keys() if world.plan.settings.catch_up_from is not None else ()
        self.host = Host(worker=f"worker-{number}", pid=number, agents=shared)
        self._lands_at: dict[tuple[str, int], int] = {}
        world.later(_TICK, self._tick)

    # --- start

    def start(self, agent: int, *, after: Seat | None = None, about: int = 0) -> bool:
        """Restore an agent and let it take part. Gives False if the process ended on the way.

        `after` is its former seat in this process: what that has read and not acknowledged is read again, and the new
        life counts as begun a second later at least, and behind the life that the order is `about`.
        """
        world = self.world
        clock_offset = world.mischief.clock_offset(agent)
        started = EPOCH + world.now + clock_offset
        life = world.next_life()
        if after is not None:
            started = max(started, after.started + SECOND, restart_time(about, life))
        seat = Seat(self, self._from_snapshot(agent, started, life), clock_offset, started)
        first, until = seat.processor.next_offset(FACTS.name), world.log.end(FACTS.name, agent)
        world.trace("start", agent, self.number, f"facts {first}..{until}, inbox {seat.processor.gossip_next}")
        world.started(seat)
        if not self._read(seat, first, until, may_end=True):
            return False
        self._catch_up(seat)
        for topic in seat.cursor:
            before = world.committed[topic, agent] if after is None else after.acked[topic]
            seat.cursor[topic] = seat.acked[topic] = before
            self._poll_soon(seat, topic)
        seat.taken_over = seat.acked[FACTS.name]
        self.seats[agent] = seat
        self._send(told(Turn.REGISTERED, agent, seat.processor.incarnation, seat.local_time), lasting=True)
        world.later(_COMMIT, lambda: self._commit(seat))
        world.later(world.snapshot_interval(), lambda: self._save(seat))
        return True

    def _from_snapshot(self, agent: int, started: int, life: int) -> AgentProcessor:
        data = self.world.snapshots.load(agent)
        if data is not None:
            processor = self._new(agent, started, life)
            try:
                processor.restore(data)
            except SnapshotDamaged as damage:
                self.world.trace("damaged", agent, self.number, str(damage))
            else:
                return processor
        return self._new(agent, started, life)

    def _new(self, agent: int, started: int, life: int) -> AgentProcessor:
        return self.processor_class(
            agent=agent,
            topology=self.world.plan.topology,
            log=self._log,
            settings=self.world.plan.settings,
            started=started,
            life=life,
            host=self.host,
            work=self.world.work,
        )

    def _read(self, seat: Seat, first: int, until: int, *, may_end: bool = False) -> bool:
        """Fold a span of the home partition from the log, and do what follows; refusals arrive before it goes on."""
        world = self.world
        while first < until:
            stop = min(until, first + world.random.randint(1, _BATCH))
            outcome = self._step(seat, world.log.read(FACTS.name, seat.agent, first, stop))
            for letter in _letters(outcome):
                world.land(to_publish(letter))
            self._carry_out(seat, Outcome(tuple(item for item in outcome.effects if not isinstance(item, DeadLetter))))
            if may_end and world.happens("crash_in_restore"):
                return False
            first = stop
        return True

    def _catch_up(self, seat: Seat) -> None:
        """Take what this process or the log holds of the other homes, where that is much."""
        world, behind, worth = self.world, seat.processor.catching_up, self.world.plan.settings.catch_up_from
        if worth is None:
            return
        ends = {partition: world.log.end(FACTS.name, partition) for partition in range(world.plan.topology.size)}
        behind.take_shared()
        for partition, (first, until) in behind.spans({}, ends, worth).items():
            for at in range(first, until, _BATCH):
                behind.fold(world.log.read(FACTS.name, partition, at, min(until, at + _BATCH)))
            world.trace("catches up", seat.agent, f"facts {first}..{until} of {partition}")
        world.stepped(seat, (), Outcome())

    # --- records

    def _poll_soon(self, seat: Seat, topic: str) -> None:
        world = self.world
        wait = world.between(*_POLL)
        if world.mischief.is_slow(seat.agent):
            wait *= _SLOWER
        if world.happens("late_poll"):
            wait += world.random.randrange(LATE)
        world.later(wait, lambda: self._poll(seat, topic))

    def _poll(self, seat: Seat, topic: str) -> None:
        if not self._is_here(seat):
            return
        self._poll_soon(seat, topic)
        world = self.world
        if seat.busy[topic] or world.mischief.broker_is_away():
            return
        if not self.zombie and seat.cursor[topic] > world.committed[topic, seat.agent] and world.happens("redelivery"):
            seat.cursor[topic] = world.committed[topic, seat.agent]
        at = seat.cursor[topic]
        until = min(world.log.end(topic, seat.agent), at + world.random.randint(1, _BATCH))
        records = world.log.read(topic, seat.agent, at, until)
        seat.cursor[topic] = until
        if topic == FACTS.name and len(records) > 1 and world.happens("gap"):
            records = records[world.random.randrange(1, len(records)) :]
        if records:
            self._handle(seat, topic, records, until)

    def _handle(self, seat: Seat, topic: str, records: Sequence[LogRecord], until: int) -> None:
        world = self.world
        if topic == GOSSIP.name:
            former = seat
            for order in orders_in(records):
                seat = self._obey(seat, order)
            if seat is not former or self.seats.get(seat.agent) is not seat:
                return  # the new life reads them again
        if seat.killed and topic == GOSSIP.name:
            refused = Outcome(tuple(refused_of(records, world.plan.topology.size)))
            self._carry_out(seat, refused, lambda: self._acknowledge(seat, topic, until))
        if seat.stopped:
            return
        outcome = self._step(seat, records)
        if world.happens("crash_before_effects"):
            world.mischief.crash(self)
            return
        self._follow(seat, topic, records, until, outcome)

    def _follow(self, seat: Seat, topic: str, records: Sequence[LogRecord], until: int, outcome: Outcome) -> None:
        """Do what a batch asks for. A gap is read first, which takes a while, and then the batch is folded again."""
        world = self.world
        seat.busy[topic] = True
        if (gap := _gap(outcome)) is not None:
            self._carry_out(seat, outcome)
            world.later(world.between(*_POLL), lambda: self._fill(seat, gap, records, until))
            return
        if world.happens("crash_after_effects"):
            for effect in outcome.effects:
                if not isinstance(effect, Compute):  # what is worked on is gone with the process
                    world.land(to_publish(effect) if isinstance(effect, DeadLetter) else _published(effect))
            world.mischief.crash(self)
            return
        self._carry_out(seat, outcome, lambda: self._acknowledge(seat, topic, until))
        self._share(seat)

    def _share(self, brought_by: Seat) -> None:
        """Let the other agents of this process take what one of them has brought."""
        for seat in [self.seats[agent] for agent in self.host.agents]:
            if seat is not brought_by and not seat.stopped:
                outcome = seat.processor.take_shared(seat.local_time)
                self.world.stepped(seat, (), outcome)
                self._carry_out(seat, outcome)

    def _fill(self, seat: Seat, gap: ReadAgain, records: Sequence[LogRecord], until: int) -> None:
        if not self._is_here(seat) or seat.stopped:
            return
        if self.world.mischief.broker_is_away():
            self.world.later(_RETRY, lambda: self._fill(seat, gap, records, until))
            return
        self._read(seat, gap.first, gap.until)
        self._follow(seat, FACTS.name, records, until, self._step(seat, records))

    def _obey(self, seat: Seat, order: ControlOrder) -> Seat:
        """Carry out an order about the agent as agent_host.py does. Gives its seat, a new one if it was restarted."""
        if self.zombie or order.agent != seat.agent:
            return seat
        if not is_about(order, seat.first_name, seat.processor.incarnation):
            return seat
        self._send(told(Turn.KILLED, seat.agent, seat.processor.incarnation, seat.local_time, order.why))
        self.world.trace(order.order.value, seat.agent, order.why)
        if order.order is OrderKind.KILL:
            seat.stopped = seat.killed = True
        elif order.order is OrderKind.RESTART and self.seats.get(seat.agent) is seat:
            if not self.start(seat.agent, after=seat, about=order.incarnation):
                self.world.mischief.crash(self)
                return seat
            self.world.seats[seat.agent] = self.seats[seat.agent]
        return self.seats[seat.agent]

    def _step(self, seat: Seat, records: Sequence[LogRecord]) -> Outcome:
        outcome = seat.processor.process(records, seat.local_time)
        self.world.stepped(seat, records, outcome)
        return outcome

    def _acknowledge(self, seat: Seat, topic: str, until: int) -> None:
        seat.busy[topic] = False
        seat.acked[topic] = max(seat.acked[topic], until)

    def _commit(self, seat: Seat) -> None:
        if not self._is_here(seat) or self.zombie:  # the coordinator refuses a former member
            return
        if not self.world.mischief.broker_is_away() and not self.world.happens("lost_commit"):
            for topic, acked in seat.acked.items():
                self.world.committed[topic, seat.agent] = acked
        self.world.later(_COMMIT, lambda: self._commit(seat))

    # --- effects

    def _carry_out(self, seat: Seat, outcome: Outcome, then: Callable[[], None] | None = None) -> None:
        """Send everything; call `then` when the refusals have arrived, at once where there are none."""
        for effect in outcome.effects:
            if isinstance(effect, Publish):
                self._send(effect)
            elif isinstance(effect, Compute):
                self._compute(seat, effect)
        letters = _letters(outcome)
        seat.letters_on_the_way += len(letters)
        left = len(letters)

        def arrived() -> None:
            nonlocal left
            left -= 1
            seat.letters_on_the_way -= 1
            if then is not None and left == 0 and self.waits_for_letters:
                then()

        for letter in letters:
            self._send(to_publish(letter), arrived)
        if then is not None and (not letters or not self.waits_for_letters):
            then()

    def _compute(self, seat: Seat, effect: Compute) -> None:
        """Do long work at once, and be done with it later; the agent may be gone by then."""
        result = effect.task()

        def done() -> None:
            if self._is_here(seat) and not seat.stopped:
                outcome = seat.processor.done(result, seat.local_time)
                self.world.stepped(seat, (), outcome)
                self._send_in_order(seat, list(outcome.effects))

        self.world.later(self.world.random.randint(*_COMPUTE), done)

    def _send_in_order(self, seat: Seat, effects: list[Effect]) -> None:
        """Carry out one when the one before it has arrived: facts are in the log before what stands behind them."""
        if effects:
            first = effects.pop(0)
            if isinstance(first, Compute):
                self._compute(seat, first)
            else:
                self._send(_published(first), lambda: self._send_in_order(seat, effects))

    def _send(self, effect: Publish, arrived: Callable[[], None] | None = None, *, lasting: bool = False) -> None:
        """Hand a record to the producer: in order inside a partition, gone with the process or landed without it."""
        world = self.world
        place = effect.topic, effect.partition
        takes = world.between(*_SEND)
        if world.happens("late_letter" if effect.topic == DEAD_LETTERS.name else "late_send"):
            takes += world.random.randrange(LATE)
        at = max(self._lands_at.get(place, 0), world.now + takes)
        self._lands_at[place] = at

        def land() -> None:
            if self.alive and not world.land(effect, lasting=lasting):
                world.later(_RETRY, land)
            elif self.alive:
                if arrived is not None:
                    arrived()
            elif world.random.random() < 0.3:  # the broker had it, nobody learned
                world.land(effect)

        world.later(at - world.now, land)

    # --- time

    def _tick(self) -> None:
        if not self.alive:
            return
        world = self.world
        for agent, seat in tuple(self.seats.items()):
            if world.mischief.is_slow(agent) and world.random.random() > 1 / _SLOWER:
                continue
            if world.happens("hang"):
                world.trace("hangs", agent)
                seat.stopped = True
            if seat.stopped:
                continue
            now = seat.local_time
            if now >= seat.processor.next_wake():
                outcome = seat.processor.wake(now)
                world.stepped(seat, (), outcome)
                self._carry_out(seat, outcome)
        world.later(_TICK, self._tick)

    def _save(self, seat: Seat) -> None:
        if not self._is_here(seat) or seat.stopped:
            return
        if self.saves_over_letters or not seat.letters_on_the_way:
            self.world.save(seat)
        self.world.later(self.world.snapshot_interval(), lambda: self._save(seat))

    def _is_here(self, seat: Seat) -> bool:
        return self.alive and self.seats.get(seat.agent) is seat


def _letters(outcome: Outcome) -> list[DeadLetter]:
    return [effect for effect in outcome.effects if isinstance(effect, DeadLetter)]


def _gap(outcome: Outcome) -> ReadAgain | None:
    return next((effect for effect in outcome.effects if isinstance(effect, ReadAgain)), None)


def _published(effect: object) -> Publish:
    assert isinstance(effect, Publish)  # a gap was read again before
    return effect
