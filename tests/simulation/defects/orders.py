"""Defects of orchestration: who is restarted, when a phase begins and ends, what a report promises."""

from typing import Any

from schemas.records import AgentHeartbeat, AgentLifecycle, AnyRecord, PhaseReport, Turn
from streams.ports import Compute, Effect
from streams.processors import phases
from streams.processors.fleet import Fleet, Seat
from streams.processors.orchestrator import Orchestrator
from streams.processors.phases import Findings, Phases
from tests.simulation.defects.catalogue import Patch, defect


@defect
def judges_by_the_agents_clock(patch: Patch) -> None:
    """An agent on a slow clock is restarted although it was heard just now."""

    def heard(self: Fleet, record: AnyRecord, received: int) -> None:
        original(self, record, record.at if isinstance(record, AgentHeartbeat) else received)

    original = Fleet.heard
    patch.setattr(Fleet, "heard", heard)


@defect
def takes_a_life_on_a_slower_clock_for_a_former_one(patch: Patch) -> None:
    """It is restarted again and again, and then parked, though it is well; found by seed 4, mended since."""

    def turn(self: Fleet, seat: Seat, record: AgentLifecycle, received: int) -> None:
        if record.turn is not Turn.REGISTERED or record.incarnation >= seat.incarnation:
            original(self, seat, record, received)

    original = Fleet._turn
    patch.setattr(Fleet, "_turn", turn)


@defect
def restarts_nobody(patch: Patch) -> None:
    """An agent that hangs hangs for ever."""
    patch.setattr(Fleet, "_restart", lambda self, seat: None)


@defect
def releases_nobody(patch: Patch) -> None:
    """A parked agent stays away although a person has asked for it."""
    patch.setattr(Fleet, "_asked_for", lambda self, seat, by: None)


@defect
def restarts_at_half_of_the_timeout(patch: Patch) -> None:
    """A slow agent loses its work again and again."""

    def judge(self: Fleet, seat: Seat) -> None:
        seat.heard_at -= self.care.timeout // 2
        original(self, seat)
        seat.heard_at += self.care.timeout // 2

    original = Fleet._judge
    patch.setattr(Fleet, "_judge", judge)


@defect
def listens_to_one_report_for_all(patch: Patch) -> None:
    """The next phase begins while agents still work on this one."""

    def heard(self: Orchestrator, report: PhaseReport) -> None:
        original(self, report)
        if self.reports and self.reports[-1] is report:
            self._missing.clear()

    original = Orchestrator.heard
    patch.setattr(Orchestrator, "heard", heard)


@defect
def takes_reports_of_another_phase(patch: Patch) -> None:
    """A report that comes late or twice counts for the phase that is worked on now."""

    def heard(self: Orchestrator, report: PhaseReport) -> None:
        if self._order is not None and report.agent in self._missing:
            self._missing.discard(report.agent)
            self.reports.append(report)

    patch.setattr(Orchestrator, "heard", heard)


@defect
def asks_once(patch: Patch) -> None:
    """One lost order lets everybody wait for ever."""

    def step(self: Orchestrator, ends: Any, now: int) -> Any:
        return [] if self._missing else original(self, ends, now)

    original = Orchestrator.step
    patch.setattr(Orchestrator, "step", step)


@defect
def begins_without_the_cut(patch: Patch) -> None:
    """A phase works on a graph that lacks what the phases before it have brought."""

    def due(self: Phases, now: int) -> list[Effect]:
        version = self.replica._version
        if self._waiting is None:
            return original(self, now)
        kept = list(version)
        version[:] = map(max, version, self._waiting.cut)
        try:
            effects = original(self, now)
        finally:
            version[:] = kept
        if self._running is not None:
            self._running.version = tuple(kept)
        return effects

    original = Phases.due
    patch.setattr(Phases, "due", due)


@defect
def reports_before_its_facts_are_in_the_log(patch: Patch) -> None:
    """An order that comes again is answered while facts are on their way; found by seed 13, mended since."""

    def done(self: Phases, result: Findings | PhaseReport, now: int) -> list[Effect]:
        effects = original(self, result, now)
        if effects and isinstance(effects[-1], Compute):
            report = effects[-1].task()
            effects = [*effects[:-1], *self._finished(report)]
        return effects

    original = Phases.done
    patch.setattr(Phases, "done", done)


@defect
def names_derived_facts_without_their_life(patch: Patch) -> None:
    """A restarted agent's first finding is refused, because its former life has used the sequence."""

    def seal(draft: Any) -> Any:
        from dataclasses import replace

        return original(replace(draft, producer=draft.producer.partition("@")[0]))

    original = phases.seal
    patch.setattr(phases, "seal", seal)


@defect
def derives_again_when_asked_again(patch: Patch) -> None:
    """Each repeated order publishes the findings once more."""

    def ordered(self: Phases, order: Any) -> list[Effect]:
        self._reports.clear()
        if self.replica.agent in phases.workers_of(order.phase, self.agents):
            self._waiting = order
        return []

    patch.setattr(Phases, "ordered", ordered)
