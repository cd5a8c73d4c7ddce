"""What a step of an agent asks for is done: nothing that is to be sent is dropped between the processor and the log."""

from collections import defaultdict
from collections.abc import Sequence

from schemas.topics import CONTROL, FACTS, GOSSIP, TIMELINE
from streams.ports import LogRecord, Outcome, Publish
from streams.runtimes.simulated import Inspector, Report, Simulation
from streams.runtimes.simulated_workers import SECOND, Seat

_ON_ITS_WAY = SECOND
"""What was asked for within so long before the end may still be on its way."""
_LOSES: dict[str, tuple[str, ...]] = {
    FACTS.name: (),
    CONTROL.name: ("outage",),
    TIMELINE.name: ("outage",),
    GOSSIP.name: ("outage", "lost_gossip", "partition", "severed"),
}
"""Which faults swallow a record of a topic; where one of them struck, the topic is not judged."""


class EffectsArrive(Inspector):
    """Whatever a life that lasts to the end has asked to send is in the log, unless a fault may have swallowed it."""

    name = "effects-arrive"

    def __init__(self) -> None:
        self._asked: defaultdict[Seat, list[tuple[int, Publish]]] = defaultdict(list)
        self._there: set[tuple[str, int, bytes | None]] = set()

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Note what is asked for."""
        now = seat.worker.world.now
        self._asked[seat] += [(now, effect) for effect in outcome.effects if isinstance(effect, Publish)]

    def appended(self, record: LogRecord) -> None:
        """Note what has arrived."""
        if record.topic in _LOSES:
            self._there.add((record.topic, record.partition, record.value))

    def ended(self, world: Simulation, report: Report) -> None:
        """Look for what was asked for and is nowhere."""
        judged = {topic for topic, faults in _LOSES.items() if not any(world.dice.hits[fault] for fault in faults)}
        for seat in world.current():
            dropped = [
                effect
                for at, effect in self._asked[seat]
                if at < world.now - _ON_ITS_WAY
                and effect.topic in judged
                and (effect.topic, effect.partition, effect.value) not in self._there
            ]
            assert not dropped, (
                f"{len(dropped)} records for {sorted({effect.topic for effect in dropped})} that agent {seat.agent} "
                f"has asked to send are nowhere"
            )
