"""A state that is not what its version says is found out and mended by the first exchange with a sound neighbour."""

from collections.abc import Sequence

from schemas.descent import GossipDescent
from schemas.topics import GOSSIP
from simulator.checks.expected import Expected
from simulator.checks.messages import message_of, said_in
from streams.ports import LogRecord, Outcome
from streams.runtimes.simulated import Inspector, Report, Simulation
from streams.runtimes.simulated_workers import Seat


class OneExchange(Inspector):
    """An agent whose state rotted is sound behind one exchange; and nobody lists or sends where nothing has rotted.

    Judged is an exchange in which everything the agent said is newer than the rot, and everything its neighbour of the
    same version said was said by a sound one: what two have both lost shows to neither, and one that only finds itself
    wrong on the way has compared too little. The agent is sound when it has read the last message for it, or says in
    turn what it lacks. A message that its consumer brings again is not judged again: the agent skips it, and what it
    said in turn may be lost, as any message may.
    """

    name = "one-exchange"

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._said: dict[tuple[int, int], int] = {}
        """When the agent said the first of the exchange that a message is of."""
        self._answers: dict[tuple[int, int], int] = {}
        self._sound: set[tuple[int, int]] = set()
        self._seen_sound: dict[Seat, int] = {}
        self._judged: dict[Seat, tuple[tuple[int, ...], int]] = {}
        self._noted: dict[Seat, int] = {}

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Note what was read; judge when it is answered; remember what is sent, and whether by a sound agent."""
        world = seat.worker.world
        sent = [step for step in said_in(outcome) if isinstance(step, GossipDescent)]
        rot = world.mischief.rot.get(seat)
        if rot is not None:
            if records and records[0].topic == GOSSIP.name:
                for record in records:
                    self._note(seat, record, rot.struck_at)
            if seat in self._judged and not seat.processor.owes_answers:
                version, at = self._judged.pop(seat)
                judged = version == seat.processor.version and rot.struck_at < at
                asks = any(step.wanted for step in sent)
                assert not judged or asks or self._is_sound(seat), f"an exchange has not mended agent {seat.agent}"
        was_sound = rot is None or self._seen_sound.get(seat, -1) > rot.struck_at
        is_sound = self._is_sound(seat) if rot is not None or sent else True
        for step in sent:
            assert world.dice.hits["rot"] or step.answers < 0, f"agent {seat.agent} sees a difference where none is"
            self._told(seat.agent, step, world.now, by_sound=was_sound and is_sound)
        if is_sound:
            self._seen_sound[seat] = world.now

    def _told(self, agent: int, step: GossipDescent, now: int, *, by_sound: bool) -> None:
        before = agent, self._answers.get((step.receiver, step.answers), -1)  # what itself said last in this exchange
        self._said[agent, step.message_id] = self._said.get(before, now)
        self._answers[agent, step.message_id] = step.answers
        if by_sound and (before[1] < 0 or before in self._sound):
            self._sound.add((agent, step.message_id))

    def _note(self, seat: Seat, record: LogRecord, struck_at: int) -> None:
        if record.offset <= self._noted.get(seat, -1):
            return
        self._noted[seat] = record.offset
        step = message_of(record.value)
        if not isinstance(step, GossipDescent) or (step.sender, step.message_id) not in self._sound:
            return
        said_at = self._said.get((seat.agent, step.answers), 0)
        if not step.sums and step.version == seat.processor.version and said_at > struck_at:
            self._judged[seat] = step.version, seat.worker.world.now

    def _is_sound(self, seat: Seat) -> bool:
        return seat.processor.view.set_digest() == self._expected.set_digest(seat.processor.version)

    def ended(self, world: Simulation, report: Report) -> None:
        """Nobody is left as the rot made it."""
        for seat in world.current():
            assert self._is_sound(seat), f"agent {seat.agent} does not hold what its version says"
