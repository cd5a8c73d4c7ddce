"""Looks after the agents: who is well, who must be restarted, who is given up; and rounds in which all are asked.

Belongs here: judging and ordering, as a machine without I/O: records of the control topic in, with the time at which
each was received, and orders out. Not here: carrying orders out (runtimes/agent_host.py), processes (launcher).
It keeps nothing that a second one would not find out: whoever starts it again gives it the last minutes to hear.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from schemas.health import health_after
from schemas.records import (
    AgentHeartbeat,
    AgentLifecycle,
    AnyRecord,
    ControlOrder,
    OrderKind,
    Phase,
    PhaseOrder,
    PhaseReport,
    Turn,
    encode_record,
)
from schemas.topics import CONTROL, GOSSIP
from streams.ports import Publish
from streams.processors.phases import ROUND_PREFIX

KEY = b"orchestrator"
NAME = "orchestrator"
_SECOND = 1_000_000
_OTHERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """How the agents are looked after. Times in microseconds."""

    agents: int
    timeout: int = 10 * _SECOND
    """An agent of which nothing was heard for so long has health 0 and is restarted."""
    back_off: tuple[int, ...] = tuple(seconds * _SECOND for seconds in (2, 4, 8, 16, 30))
    """How long to wait for a sign of life after each restart; behind the last the agent is parked."""
    flaps_max: int = 5
    """An agent whose life ends badly so often within the window, and not with those of others, is parked."""
    flap_window: int = 300 * _SECOND
    together: int = 10 * _SECOND
    """Lives that end so close to each other ended of one cause: a process, the network or the broker."""
    round_every: int = 60 * _SECOND
    round_timeout: int = 60 * _SECOND
    repeat_after: int = 5 * _SECOND
    """An agent that has not reported in a round for so long is asked again."""
    settle: int = 3 * _SECOND
    """A recovery brings the next round forward by this: others may be about to recover, too."""
    quiet: int = 15 * _SECOND
    """No round begins so soon after an order or a report of a saturation."""


class State(StrEnum):
    """How an agent stands."""

    UNHEARD = "unheard"
    WELL = "well"
    LOST = "lost"
    PARKED = "parked"
    GONE = "gone"  # it left in order, and nobody hosts it


@dataclass(slots=True)
class Seat:
    """What is known of one agent. `heard_at` is the receiver's time of its last sign of life."""

    agent: int
    heard_at: int
    state: State = State.UNHEARD
    incarnation: int = 0
    left: int = 0
    """The life that said goodbye."""
    attempts: int = 0
    due_at: int = 0
    bad_ends: deque[int] = field(default_factory=deque)
    reason: str = ""


@dataclass(slots=True)
class _Round:
    order: PhaseOrder
    asked_at: int
    missing: set[int]
    reports: list[PhaseReport] = field(default_factory=list)


class Fleet:
    """One orchestrator's picture of the agents. Call `heard` with what the control topic brings, and `step` often."""

    def __init__(self, care: Care, now: int) -> None:
        self.care = care
        self.seats = {agent: Seat(agent, now) for agent in range(care.agents)}
        self.rounds_completed = 0
        self._now = now
        self._effects: list[Publish] = []
        self._round: _Round | None = None
        self._round_due = now + care.round_every
        self._saturation_at = now - care.quiet

    # --- hearing

    def heard(self, record: AnyRecord, received: int) -> None:
        """Take note of a record of the control topic, received at this time."""
        self._now = max(self._now, received)
        match record:
            case AgentHeartbeat() if record.agent in self.seats:
                self._sign_of_life(self.seats[record.agent], record.incarnation, received)
            case AgentLifecycle() if record.agent in self.seats:
                self._turn(self.seats[record.agent], record, received)
            case ControlOrder(order=OrderKind.RESTART) if record.agent in self.seats:
                if record.by == NAME:
                    self._ordered_before(self.seats[record.agent], record.incarnation)
                else:
                    self._asked_for(self.seats[record.agent], record.by)
            case PhaseReport() if self._round is not None and record.run == self._round.order.run:
                if record.agent in self._round.missing:
                    self._round.missing.discard(record.agent)
                    self._round.reports.append(record)
            case PhaseOrder() | PhaseReport() if not record.run.startswith(ROUND_PREFIX):
                self._saturation_at = max(self._saturation_at, received)

    def _turn(self, seat: Seat, record: AgentLifecycle, received: int) -> None:
        if record.turn is Turn.REGISTERED:
            if 0 < record.incarnation < seat.incarnation and record.incarnation != seat.left:
                # It began later, on a slower clock: counted as a former life it would be restarted for ever.
                seat.bad_ends.append(received)
                seat.incarnation = record.incarnation
            self._sign_of_life(seat, record.incarnation, received)
        elif record.turn is Turn.DEREGISTERED and record.incarnation >= seat.incarnation:
            seat.incarnation = seat.left = record.incarnation
            seat.heard_at = received
            if seat.state is not State.PARKED:
                seat.state = State.GONE
        elif record.turn is Turn.PARKED and seat.state is not State.PARKED:  # by an orchestrator before this one
            seat.state, seat.reason, seat.incarnation = State.PARKED, record.detail, record.incarnation
            seat.attempts = record.attempt
        elif record.turn is Turn.RELEASED and seat.state is State.PARKED:
            seat.state, seat.heard_at = State.WELL, received

    def _sign_of_life(self, seat: Seat, incarnation: int, received: int) -> None:
        if incarnation < seat.incarnation or incarnation == seat.left:
            return  # a former life that still speaks, or what was on its way when it left
        is_new = incarnation > seat.incarnation
        if is_new:
            ended_badly = seat.incarnation > 0 and seat.left != seat.incarnation
            seat.incarnation = incarnation
            if ended_badly:
                seat.bad_ends.append(received)
        seat.heard_at = max(seat.heard_at, received)
        if seat.state is State.PARKED:
            if not is_new or seat.attempts < len(self.care.back_off):
                return  # it flapped, or a life that was given up speaks again: only somebody's wish ends that
            self._tell(Turn.RELEASED, seat, "a new life of it was heard: whatever was to host it is there again")
        if seat.state is State.LOST:
            restarts = f"after {seat.attempts} restarts" if seat.attempts else "by itself"
            self._tell(Turn.RECOVERED, seat, f"heard again {restarts}")
            self._round_due = min(self._round_due, self._now + self.care.settle)
        seat.state, seat.attempts, seat.reason = State.WELL, 0, ""

    def _asked_for(self, seat: Seat, by: str) -> None:
        if seat.state is State.PARKED:
            seat.bad_ends.clear()
            seat.attempts, seat.due_at = 0, self._now + self.care.back_off[0]
            seat.state, seat.reason = State.LOST, ""
            self._tell(Turn.RELEASED, seat, f"{by} asked for a restart")

    def _ordered_before(self, seat: Seat, incarnation: int) -> None:
        """Learn of a life from an order, our own or that of an orchestrator before this one: its last sign may be too
        long ago to be read, and who is not known by name would not be ordered to restart again."""
        if seat.incarnation == 0:
            seat.incarnation = incarnation

    def was_deaf(self, now: int) -> None:
        """Take note that the topic could not be read for a while: nobody's silence until now counts."""
        self._now = max(self._now, now)
        for seat in self.seats.values():
            if seat.state in (State.UNHEARD, State.WELL):
                seat.heard_at = self._now
            seat.due_at = max(seat.due_at, self._now + self.care.back_off[0])

    # --- judging

    def health(self, agent: int, now: int) -> float:
        """Give the health of an agent: 1 when just heard, 0 when nothing was heard for the timeout."""
        return health_after(now - self.seats[agent].heard_at, self.care.timeout)

    def step(self, ends: Sequence[int], now: int) -> list[Publish]:
        """Give what is to be sent. `ends` are the next offsets of the facts partitions."""
        self._now = max(self._now, now)
        for seat in self.seats.values():
            self._judge(seat)
        self._look_at_round(ends)
        effects, self._effects = self._effects, []
        return effects

    def _judge(self, seat: Seat) -> None:
        care, now = self.care, self._now
        while seat.bad_ends and seat.bad_ends[0] <= now - care.flap_window - care.together:
            seat.bad_ends.popleft()
        if seat.state in (State.PARKED, State.GONE):
            return
        flaps = self._flaps(seat) if len(seat.bad_ends) >= care.flaps_max else 0
        if flaps >= care.flaps_max:
            minutes = care.flap_window // _SECOND // 60
            seat.attempts = 0
            self._park(
                seat, f"its life ended badly {flaps} times within {minutes} minutes, and those of others did not"
            )
            self._order(OrderKind.KILL, seat, seat.reason)
            return
        if seat.state is not State.LOST and now - seat.heard_at >= care.timeout:
            seat.state, seat.attempts, seat.due_at = State.LOST, 0, now
            self._tell(Turn.LOST, seat, f"nothing was heard of it for {(now - seat.heard_at) / _SECOND:.1f} s")
        if seat.state is State.LOST and now >= seat.due_at:
            self._restart(seat)

    def _flaps(self, seat: Seat) -> int:
        """Count the bad ends that were an agent's own: those of two others at least would tell of another cause.

        The newest do not count yet, because the others of a process are heard of one after the other.
        """
        care, others = self.care, [other.bad_ends for other in self.seats.values() if other is not seat]
        own = 0
        for at in seat.bad_ends:
            with_it = sum(any(abs(its - at) <= care.together for its in ends) for ends in others)
            own += with_it < _OTHERS and care.together <= self._now - at < care.flap_window
        return own

    def _restart(self, seat: Seat) -> None:
        if seat.incarnation == 0:  # no process was ever heard that an order could reach
            seat.due_at = self._now + self.care.back_off[-1]
            return
        if seat.attempts == len(self.care.back_off):
            self._park(seat, f"{seat.attempts} restarts brought no sign of life")
            return
        seat.due_at = self._now + self.care.back_off[seat.attempts]
        seat.attempts += 1
        self._order(OrderKind.RESTART, seat, f"lost; restart {seat.attempts}")

    def _park(self, seat: Seat, reason: str) -> None:
        seat.state, seat.reason = State.PARKED, reason
        self._tell(Turn.PARKED, seat, f"{reason}; see the log of its worker, then `egraph agent restart {seat.agent}`")

    # --- rounds

    def _look_at_round(self, ends: Sequence[int]) -> None:
        care, now, current = self.care, self._now, self._round
        if current is not None:
            if not current.missing or now - current.order.at >= care.round_timeout:
                self._round = None
                self._round_due = now + care.round_every
                self.rounds_completed += 1
                self._tell_round(Turn.ROUND_COMPLETED, current.order.run, _outcome(current))
            elif now - current.asked_at >= care.repeat_after:
                self._ask(current)
            return
        if now < self._round_due or now - self._saturation_at < care.quiet:
            return
        present = [seat.agent for seat in self.seats.values() if seat.state is State.WELL]
        if not present:
            return
        order = PhaseOrder(
            run=f"{ROUND_PREFIX}{now}", cycle=0, phase=Phase.RECONCILE, at=now, cut=tuple(ends), rounds=0, nodes=0,
            matches=0,
        )  # fmt: skip
        self._round = _Round(order, now, set(present))
        self._tell_round(Turn.ROUND_STARTED, order.run, f"{len(present)} agents, cut of {sum(ends):,} records")
        self._ask(self._round)

    def _ask(self, current: _Round) -> None:
        current.asked_at = self._now
        raw = encode_record(current.order)
        self._effects += [Publish(GOSSIP.name, agent, KEY, raw) for agent in sorted(current.missing)]

    # --- telling

    def _order(self, kind: OrderKind, seat: Seat, why: str) -> None:
        raw = encode_record(
            ControlOrder(order=kind, agent=seat.agent, incarnation=seat.incarnation, at=self._now, by=NAME, why=why)
        )
        self._effects += [Publish(GOSSIP.name, seat.agent, KEY, raw), Publish(CONTROL.name, 0, KEY, raw)]

    def _tell(self, turn: Turn, seat: Seat, detail: str) -> None:
        self._publish(
            AgentLifecycle(
                turn=turn,
                agent=seat.agent,
                incarnation=seat.incarnation,
                at=self._now,
                attempt=seat.attempts,
                detail=detail,
            )
        )

    def _tell_round(self, turn: Turn, run: str, detail: str) -> None:
        self._publish(AgentLifecycle(turn=turn, at=self._now, round=run, detail=detail))

    def _publish(self, record: AgentLifecycle) -> None:
        self._effects.append(Publish(CONTROL.name, 0, KEY, encode_record(record)))


def _outcome(current: _Round) -> str:
    by_version: dict[tuple[int, ...], set[bytes]] = {}
    for report in current.reports:
        by_version.setdefault(report.version, set()).add(report.set_digest)
    agreed = (
        "one digest for each version" if all(len(found) == 1 for found in by_version.values()) else "digests DIFFER"
    )
    silent = f"; agents {sorted(current.missing)} did not report" if current.missing else ""
    return f"{len(current.reports)} agents hold the cut, {agreed}{silent}"
