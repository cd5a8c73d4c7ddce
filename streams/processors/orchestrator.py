"""Orders the four phases and waits for the agents, until nothing new is derived.

Belongs here: which phase comes next, and whom to ask again. Not here: the agents' side (phases.py), Kafka. A machine
without I/O: reports and the ends of the facts partitions in, orders out. It keeps nothing that a second one could not
find out by ordering anew, so it may die at any time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.records import Phase, PhaseOrder, PhaseReport, encode_record
from schemas.topics import CONTROL, GOSSIP
from streams.ports import Publish
from streams.processors.phases import workers_of

KEY = b"orchestrator"
_PHASES = tuple(Phase)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaturationPlan:
    """What is asked for: limits of each agent's work in each phase, and how often the phases are gone through."""

    run: str
    agents: int
    cycles: int = 3
    rounds: int = 8
    nodes: int = 2_000_000
    matches: int = 10_000_000
    repeat_after_us: int = 10_000_000
    """An agent that has not reported for so long is asked again."""


@dataclass(slots=True)
class Orchestrator:
    """One run over all phases. Call `heard` with what the control topic brings and `step` every now and then."""

    plan: SaturationPlan
    reports: list[PhaseReport] = field(default_factory=list)
    """What was reported, in the order of its arrival, once for each agent and phase."""
    outcome: str | None = None
    """How it ended: `saturated`, or `cycle limit` where the last cycle still found something. None while it runs."""
    _order: PhaseOrder | None = None
    _missing: set[int] = field(default_factory=set)
    _asked_at: int = 0

    @property
    def phase(self) -> tuple[int, Phase] | None:
        """The cycle and the phase that is worked on, or None before the first and behind the last."""
        return None if self._order is None or self.outcome else (self._order.cycle, self._order.phase)

    @property
    def missing(self) -> tuple[int, ...]:
        """The agents that have not reported in this phase, ascending."""
        return tuple(sorted(self._missing))

    def heard(self, report: PhaseReport) -> None:
        """Take note of a report. Those of other runs, of former phases and repetitions count for nothing."""
        order = self._order
        if order is None or (report.run, report.cycle, report.phase) != (order.run, order.cycle, order.phase):
            return
        if report.agent in self._missing:
            self._missing.discard(report.agent)
            self.reports.append(report)

    def step(self, ends: Sequence[int], now: int) -> list[Publish]:
        """Give the orders that are due. `ends` are the next offsets of the facts partitions, read after the reports."""
        if self.outcome is not None:
            return []
        if self._missing:
            if now - self._asked_at < self.plan.repeat_after_us:
                return []
            return self._ask(now)
        following = self._following()
        if following is None:
            return []
        cycle, phase = following
        plan = self.plan
        self._order = PhaseOrder(
            run=plan.run, cycle=cycle, phase=phase, at=now, cut=tuple(ends),
            rounds=plan.rounds, nodes=plan.nodes, matches=plan.matches,
        )  # fmt: skip
        self._missing = set(workers_of(phase, plan.agents))
        return [Publish(CONTROL.name, 0, KEY, encode_record(self._order)), *self._ask(now)]

    def _ask(self, now: int) -> list[Publish]:
        assert self._order is not None
        self._asked_at = now
        raw = encode_record(self._order)
        return [Publish(GOSSIP.name, agent, KEY, raw) for agent in self.missing]

    def _following(self) -> tuple[int, Phase] | None:
        """Give the next cycle and phase, or note the outcome."""
        if self._order is None:
            return 0, _PHASES[0]
        cycle, phase = self._order.cycle, self._order.phase
        if phase is not _PHASES[-1]:
            return cycle, _PHASES[_PHASES.index(phase) + 1]
        if not any(report.derived or report.retracted for report in self.reports if report.cycle == cycle):
            self.outcome = "saturated"
        elif cycle + 1 == self.plan.cycles:
            self.outcome = "cycle limit"
        return None if self.outcome else (cycle + 1, _PHASES[0])
