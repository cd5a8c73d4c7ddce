"""Orders: nobody is restarted without need, sync rounds find one state, phases keep their order and their word."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from egraph.facts import Fact
from schemas.codec import decode_fact
from schemas.poison import Poison
from schemas.records import (
    AgentHeartbeat,
    AgentLifecycle,
    ControlOrder,
    OrderKind,
    Phase,
    PhaseOrder,
    PhaseReport,
    Turn,
    decode_record,
)
from schemas.topics import CONTROL, FACTS
from simulator.overseeing import TIMEOUT
from streams.ports import LogRecord, Outcome, Publish
from streams.processors.fleet import NAME
from streams.processors.phases import ROUND_PREFIX, workers_of
from streams.runtimes.simulated import Inspector, Simulation
from streams.runtimes.simulated_workers import Seat


class RestartsAreDue(Inspector):
    """An agent is ordered to restart, kill or park only after silence, or flapping; and rounds find one digest."""

    name = "restart-is-due"

    def begun(self, world: Simulation) -> None:
        """Remember whose time it is."""
        self._world = world
        self._heard: dict[int, tuple[int, int]] = {}
        self._released: set[int] = set()
        self._orders: Counter[int] = Counter()

    def appended(self, record: LogRecord) -> None:
        """Look at the control topic."""
        if record.topic != CONTROL.name:
            return
        match decode_record(record.value):
            case AgentHeartbeat() as beat:
                incarnation, _ = self._heard.get(beat.agent, (0, 0))
                if beat.incarnation >= incarnation:
                    self._heard[beat.agent] = beat.incarnation, self._world.now
                    self._released.discard(beat.agent)
            case AgentLifecycle(turn=Turn.RELEASED) as told:
                self._released.add(told.agent)
            case AgentLifecycle(turn=Turn.ROUND_COMPLETED) as told:
                is_rotten = self._world.dice.hits["rot"] > 0
                assert "DIFFER" not in told.detail or is_rotten, f"a sync round found that {told.detail}"
            case ControlOrder(order=OrderKind.RESTART, by=by) as order if by == NAME:
                self._judge(order)

    def _judge(self, order: ControlOrder) -> None:
        incarnation, at = self._heard.get(order.agent, (0, 0))
        silent = self._world.now - at
        due = silent >= TIMEOUT - 1000 or incarnation < order.incarnation or order.agent in self._released
        assert due, f"agent {order.agent} is to restart although it was heard {silent / 1e6:.1f} s ago"


class PhasesInOrder(Inspector):
    """A phase is ordered when its former is reported by all its agents; a report comes from one that holds the cut.

    What a report counts is in the log before it.
    """

    name = "phases-in-order"

    def begun(self, world: Simulation) -> None:
        """Remember who there is."""
        self._size = world.plan.topology.size
        self._orders: list[PhaseOrder] = []
        self._reported: defaultdict[tuple[str, int, Phase], set[int]] = defaultdict(set)
        self._promised: Counter[str] = Counter()
        self._counted: set[tuple[str, int, Phase, int, int]] = set()
        self._published: Counter[str] = Counter()
        self._derived: Counter[Seat] = Counter()
        self._told: defaultdict[Seat, dict[tuple[str, int, Phase], int]] = defaultdict(dict)

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Look at facts and reports as they are made: the agent must hold the cut, and derive things once."""
        for effect in outcome.effects:
            if not isinstance(effect, Publish):
                continue
            self._derived[seat] += effect.topic == FACTS.name
            said = decode_record(effect.value) if effect.topic == CONTROL.name else None
            if isinstance(said, PhaseReport):
                self._holds_cut(said)
                if said.run.startswith(ROUND_PREFIX):
                    continue  # a round of questions may come between a phase's facts and its report
                self._told[seat][_name(said)] = said.derived + said.retracted
                derived, told = self._derived[seat], sum(self._told[seat].values())
                assert derived == told, f"agent {seat.agent} has published {derived} facts and reports {told}"

    def _holds_cut(self, report: PhaseReport) -> None:
        order = next((item for item in self._orders if _name(item) == _name(report)), None)
        if order is not None:
            fits = all(map(int.__ge__, report.version, order.cut))
            assert fits, f"agent {report.agent} reports {report.phase} at {report.version}, before the cut {order.cut}"

    def appended(self, record: LogRecord) -> None:
        """Follow facts of agents, orders and reports in the log."""
        if record.topic == FACTS.name:
            fact: Fact | Poison = decode_fact(record.value)
            if not isinstance(fact, Poison):
                self._published[fact.producer] += 1
        elif record.topic == CONTROL.name:
            match decode_record(record.value):
                case PhaseOrder() as order if not order.run.startswith(ROUND_PREFIX):
                    self._ordered(order)
                case PhaseReport() as report if not report.run.startswith(ROUND_PREFIX):
                    self._report(report)

    def _ordered(self, order: PhaseOrder) -> None:
        former = self._orders[-1] if self._orders else None
        if former is not None and former.run == order.run and _name(former) != _name(order):
            missing = set(workers_of(former.phase, self._size)) - self._reported[_name(former)]
            assert not missing, f"{order.phase} is ordered although agents {sorted(missing)} work on {former.phase}"
        self._orders.append(order)

    def _report(self, report: PhaseReport) -> None:
        self._reported[_name(report)].add(report.agent)
        once = (*_name(report), report.agent, report.incarnation)
        if once not in self._counted:
            self._counted.add(once)
            producer = f"agent-{report.agent}@{report.incarnation:x}"
            self._promised[producer] += report.derived + report.retracted
            there, promised = self._published[producer], self._promised[producer]
            assert there >= promised, f"agent {report.agent} reports {promised} facts, of which {there} are in the log"


def _name(said: PhaseOrder | PhaseReport) -> tuple[str, int, Phase]:
    return said.run, said.cycle, said.phase
