"""The orchestrator of agents in the simulator: the production `Fleet`, and a person who lets parked agents go on.

Belongs here: reading the control topic, sending orders, ending and beginning again. Not here: judging
(streams/processors/fleet.py), what is checked (checks/orders.py).
"""

from schemas.poison import Poison
from schemas.records import AgentLifecycle, AnyRecord, ControlOrder, OrderKind, Turn, decode_record, encode_record
from schemas.topics import CONTROL
from streams.ports import LogRecord, Publish
from streams.processors.fleet import Care, Fleet, State
from streams.runtimes.simulated import Part, Simulation
from streams.runtimes.simulated_workers import EPOCH, MILLISECOND, SECOND

TIMEOUT = 3 * SECOND
PERSON = "person"
_STEP = 200 * MILLISECOND
_REMEMBERED = 60


class ControlReader:
    """Reads the control topic on, from its end or from some records back."""

    def __init__(self, world: Simulation, *, back: int = 0) -> None:
        self._world = world
        self._at = max(0, world.log.end(CONTROL.name, 0) - back)

    def read(self) -> list[tuple[LogRecord, AnyRecord]]:
        """Give what is new."""
        end = self._world.log.end(CONTROL.name, 0)
        records = self._world.log.read(CONTROL.name, 0, self._at, end)
        self._at = end
        decoded = [(record, decode_record(record.value)) for record in records]
        return [(record, item) for record, item in decoded if not isinstance(item, Poison)]


class Overseer(Part):
    """Looks after all agents of the world."""

    def begin(self, world: Simulation) -> None:
        """Start the first life."""
        self._world = world
        self._calm = False
        self._asked_at = 0
        self._whole_rounds = 0
        self._deaf = False
        self._start()
        world.later(_STEP, self._step)

    def calm_down(self) -> None:
        """From now on a round must come about in which everybody reports, and nobody stays parked."""
        self._calm = True

    def is_settled(self) -> bool:
        """Tell whether every agent is well, and all have told what they hold."""
        seats = self.fleet.seats.values()
        return self._whole_rounds > 0 and all(seat.state is State.WELL for seat in seats)

    def _start(self) -> None:
        world = self._world
        care = Care(
            agents=world.plan.topology.size,
            timeout=TIMEOUT,
            back_off=(SECOND, 2 * SECOND, 2 * SECOND),
            flaps_max=6,
            flap_window=3 * SECOND,
            together=SECOND // 2,
            round_every=2 * SECOND,
            round_timeout=4 * SECOND,
            repeat_after=SECOND,
            settle=SECOND // 2,
            quiet=SECOND,
        )
        now = EPOCH + world.now
        self.fleet = Fleet(care, now)
        self._reader = ControlReader(world, back=_REMEMBERED)
        for record, said in self._reader.read():
            self.fleet.heard(said, min(now, record.timestamp_ms * 1000))
        self.fleet.was_deaf(now)

    def _step(self) -> None:
        world = self._world
        world.later(_STEP, self._step)
        if world.mischief.broker_is_away():
            self._deaf = True
            return
        if world.happens("orchestrator_crash"):
            world.trace("the orchestrator begins anew")
            self._start()
        now = EPOCH + world.now
        if self._deaf:
            self.fleet.was_deaf(now)
            self._deaf = False
        for _, said in self._reader.read():
            self.fleet.heard(said, now)
        for effect in self.fleet.step(world.ends(), now):
            world.trace("order", effect)
            world.land(effect)
            self._count(effect)
        if self._calm:
            self._let_go()

    def _count(self, effect: Publish) -> None:
        told = decode_record(effect.value)
        if self._calm and isinstance(told, AgentLifecycle) and told.turn is Turn.ROUND_COMPLETED:
            self._whole_rounds += told.detail.startswith(f"{len(self.fleet.seats)} agents hold")

    def _let_go(self) -> None:
        """A person looks at what is parked once a second, and asks for a restart."""
        world = self._world
        if world.now - self._asked_at < SECOND:
            return
        self._asked_at = world.now
        for seat in self.fleet.seats.values():
            if seat.state is State.PARKED:
                order = ControlOrder(
                    order=OrderKind.RESTART, agent=seat.agent, at=EPOCH + world.now, by=PERSON, why="mended"
                )
                world.land(Publish(CONTROL.name, 0, PERSON.encode(), encode_record(order)))
