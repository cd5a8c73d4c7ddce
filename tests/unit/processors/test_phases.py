"""The phases of a saturation: who works when, what is published, what is asked again."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from egraph.facts import Derived, EqualityAsserted, FactRetracted
from egraph.identifiers import EventId, NodeId
from egraph.view import IncrementalView
from schemas.codec import decode_fact
from schemas.records import Phase, PhaseOrder, PhaseReport, decode_record, encode_record
from schemas.rule_work import RuleWork
from schemas.topics import CONTROL, FACTS, GOSSIP
from streams.ports import Compute, DeadLetter, LogRecord, Outcome, Publish
from streams.processors.agent import AgentProcessor
from streams.processors.fact_log import FactLog
from streams.processors.orchestrator import Orchestrator, SaturationPlan
from streams.processors.phases import (
    ROUND_PREFIX,
    Equality,
    Findings,
    PhaseWork,
    Refusal,
    Share,
    role_of,
    workers_of,
)
from streams.topology import named_topology
from tests.unit.processors.small_system import NOW, SECOND, SETTINGS, decoded, homes, inbox, published

AGENTS = 3
WHY = Derived(rule="r", substitution=(), rule_set=b"12345678", round=1, premises=())
ORDER = PhaseOrder(run="test", cycle=0, phase=Phase.LIVE, at=NOW, cut=(2, 0, 0), rounds=4, nodes=1000, matches=1000)


@dataclass
class Work:
    """Finds what it is told to find, and remembers for what it was asked."""

    findings: Findings = field(default_factory=Findings)
    asked: list[tuple[Phase, int, Share]] = field(default_factory=list)

    def prepare(self, order: PhaseOrder, view: IncrementalView, share: Share) -> Compute:
        """Note what the agent held when it began."""
        self.asked.append((order.phase, view.fact_count, share))
        return Compute(lambda: self.findings)


def agent(number: int, work: PhaseWork) -> AgentProcessor:
    """Give a fresh agent of three that does this work."""
    return AgentProcessor(
        agent=number, topology=named_topology("clique", AGENTS), log=FactLog(AGENTS), settings=SETTINGS,
        started=1, life=1, work=work,
    )  # fmt: skip


def order_record(order: PhaseOrder, to: int, offset: int = 0) -> LogRecord:
    """Give the record of an order in an inbox."""
    return inbox(to, offset, encode_record(order))


def computes(outcome: Outcome) -> list[Compute]:
    """Give the work that an outcome asks for."""
    return [item for item in outcome.effects if isinstance(item, Compute)]


def reports(outcome: Outcome) -> list[PhaseReport]:
    """Give the reports that an outcome publishes."""
    return [item for item in decoded(outcome, CONTROL.name) if isinstance(item, PhaseReport)]


def test_every_phase_has_its_agents() -> None:
    """A phase would wait for agents that do nothing, or nobody would do its work."""
    assert {phase: workers_of(phase, 9) for phase in Phase} == {
        Phase.BACKFILL: (1, 4, 7),
        Phase.VERIFY: (2, 5, 8),
        Phase.LIVE: (0, 3, 6),
        Phase.RECONCILE: tuple(range(9)),
    }
    assert [role_of(agent) for agent in (0, 1, 2, 3)] == ["RED", "BLUE", "GREEN", "RED"]
    assert workers_of(Phase.VERIFY, 2) == (0,), "a system without GREEN agents is verified all the same"


def test_an_agent_begins_once_it_holds_the_cut() -> None:
    """It would saturate a graph that lacks facts which the phases before it have brought."""
    work = Work()
    red = agent(0, work)
    assert computes(red.process([order_record(ORDER, 0)], NOW)) == []
    assert computes(red.process(homes(1), NOW)) == []

    (begun,) = computes(red.process(homes(1, first=1), NOW))

    assert work.asked == [(Phase.LIVE, 2, Share(0, 1))]
    assert computes(red.process(homes(1, first=2), NOW)) == [], "it works on one thing at a time"
    (report,) = reports(red.done(begun.task(), NOW + SECOND))
    assert (report.agent, report.version, report.started_at, report.at) == (0, (2, 0, 0), NOW, NOW + SECOND)


def test_an_agent_of_another_role_does_not_work() -> None:
    """Three roles would do one role's work."""
    work = Work()
    blue = agent(1, work)
    outcome = blue.process([order_record(replace(ORDER, cut=(0, 0, 0)), 1)], NOW)

    assert work.asked == []
    assert reports(outcome) == []


def test_what_was_found_is_published_before_the_report_says_so() -> None:
    """The next phase would be ordered with a cut that lacks facts of this one, or facts would be refused."""
    left, right = (NodeId(bytes((0x40, *bytes(14), number))) for number in (1, 2))
    target = EventId(bytes(range(16)))
    late = (NOW // 1000 + 5000) << 16
    work = Work(
        Findings(
            equalities=(Equality(left, right, WHY, after=late), Equality(right, left, WHY, after=0)),
            refusals=(Refusal(target, "step 3 is no instance of the rule", after=0),),
            checked=7,
            reason="saturated",
        )
    )
    red = agent(0, work)
    (begun,) = computes(red.process([order_record(replace(ORDER, cut=(0, 0, 0)), 0)], NOW))
    outcome = red.done(begun.task(), NOW)

    topics = [item.topic for item in outcome.effects if isinstance(item, Publish)]
    assert topics == [FACTS.name] * 3, "the report waits until they are in the log"
    assert isinstance(outcome.effects[-1], Compute)
    facts = [decode_fact(item.value) for item in published(outcome, FACTS.name)]
    assert [type(fact) for fact in facts] == [EqualityAsserted, EqualityAsserted, FactRetracted]
    assert [fact.sequence for fact in facts] == [0, 1, 2], "a sequence is used once"
    assert [fact.hlc for fact in facts] == [late + 1, late + 2, late + 3], "a fact stands behind its premises"
    assert {item.partition for item in published(outcome, FACTS.name)} == {0}
    (report,) = reports(red.done(outcome.effects[-1].task(), NOW))
    assert (report.derived, report.retracted, report.checked, report.reason) == (2, 1, 7, "saturated")


def test_a_report_tells_of_the_heaviest_rules_and_of_the_sums_of_all() -> None:
    """Nobody could tell which rule made a phase slow, or the orchestrator would refuse the report and wait for ever."""
    rules = tuple(RuleWork(rule=f"r{n}", candidates=2, matches=1, nodes=n % 2, time_us=n) for n in range(300))
    red = agent(0, Work(Findings(rules=rules, matches=300, reason="saturated")))
    (begun,) = computes(red.process([order_record(replace(ORDER, cut=(0, 0, 0)), 0)], NOW))

    (report,) = reports(red.done(begun.task(), NOW))

    assert [item.rule for item in report.rules] == [f"r{n}" for n in range(299, 43, -1)]
    assert (report.rules_left_out, report.candidates, report.matches, report.new_nodes) == (44, 600, 300, 150)
    assert (report.new_unions, report.time_us) == (0, sum(range(300)))


def test_an_order_that_comes_again_is_not_answered_before_the_facts_are_in_the_log() -> None:
    """Who ordered would go on with a cut that lacks facts of the phase; found by seed 13 of the simulator."""
    left, right = (NodeId(bytes((0x40, *bytes(14), number))) for number in (1, 2))
    red = agent(0, Work(Findings(equalities=(Equality(left, right, WHY, after=0),))))
    order = replace(ORDER, cut=(0, 0, 0))
    (begun,) = computes(red.process([order_record(order, 0)], NOW))
    (behind,) = computes(red.done(begun.task(), NOW))

    again = red.process([order_record(order, 0, 1)], NOW)

    assert reports(again) == []
    assert computes(again) == [], "it is not worked on twice either"
    assert len(reports(red.done(behind.task(), NOW))) == 1
    assert len(reports(red.process([order_record(order, 0, 2)], NOW))) == 1


def test_an_order_that_comes_twice_is_reported_twice_and_done_once() -> None:
    """One lost report would let the orchestrator wait for ever, or a repeated order would derive everything again."""
    work = Work(Findings(reason="saturated"))
    red = agent(0, work)
    order = replace(ORDER, cut=(0, 0, 0))
    (begun,) = computes(red.process([order_record(order, 0)], NOW))
    assert computes(red.process([order_record(order, 0, 1)], NOW)) == [], "it works on it"
    first = reports(red.done(begun.task(), NOW))

    again = red.process([order_record(order, 0, 2)], NOW + SECOND)

    assert reports(again) == first
    assert computes(again) == []
    (later,) = computes(red.process([order_record(replace(order, cycle=1), 0, 3)], NOW))
    assert len(work.asked) == 2, later


def test_a_round_of_questions_between_two_orders_does_not_make_work_be_done_again() -> None:
    """Everything would be derived and published a second time; found by seed 910451 of the simulator."""
    work = Work(Findings(reason="saturated"))
    red = agent(0, work)
    order = replace(ORDER, cut=(0, 0, 0))
    question = replace(order, run=f"{ROUND_PREFIX}1", phase=Phase.RECONCILE)
    (begun,) = computes(red.process([order_record(order, 0)], NOW))
    first = reports(red.done(begun.task(), NOW))
    assert len(reports(red.process([order_record(question, 0, 1)], NOW))) == 1

    again = red.process([order_record(order, 0, 2)], NOW)

    assert (reports(again), computes(again)) == (first, [])
    assert len(reports(red.process([order_record(question, 0, 3)], NOW))) == 1, "the question's answer is kept, too"


def test_an_order_for_another_system_is_a_dead_letter() -> None:
    """An agent would end with an error, or wait for a partition that does not exist."""
    red = agent(0, Work())
    outcome = red.process([order_record(replace(ORDER, cut=(0, 0)), 0)], NOW)

    (letter,) = [item for item in outcome.effects if isinstance(item, DeadLetter)]
    assert letter.detail == "a cut of 2 partitions; this system has 3"


# --- the one who orders


def orders_of(effects: list[Publish]) -> list[tuple[str, int, Phase, int]]:
    """Give topic, partition, phase and cycle of orders."""
    read = [(item, decode_record(item.value)) for item in effects]
    assert all(isinstance(order, PhaseOrder) for _, order in read)
    return [(item.topic, item.partition, order.phase, order.cycle) for item, order in read]  # type: ignore[union-attr]


def report_of(phase: Phase, cycle: int, agent: int, **changes: Any) -> PhaseReport:
    """Give a report in which nothing was found, but for what is named."""
    plain = {"run": "test", "incarnation": 1, "started_at": NOW, "at": NOW, "version": (0, 0, 0), "set_digest": b""}
    return PhaseReport(**plain | {"phase": phase, "cycle": cycle, "agent": agent, "reason": "done"} | changes)


def answer(orchestrator: Orchestrator, agents: tuple[int, ...], **changes: int) -> None:
    """Report for agents in the phase that is worked on."""
    assert orchestrator.phase is not None
    cycle, phase = orchestrator.phase
    for number in agents:
        orchestrator.heard(report_of(phase, cycle, number, **changes))


def test_the_phases_follow_each_other_until_nothing_is_found() -> None:
    """A saturation would end before it is through, leave a phase out, or never end."""
    orchestrator = Orchestrator(SaturationPlan(run="test", agents=AGENTS, cycles=5))
    seen = []
    for step in range(100):
        orders = orchestrator.step((step, 0, 0), NOW + step)
        if orchestrator.outcome:
            break
        told = orders_of(orders)
        seen.append(told[0][2:])
        asked = tuple(partition for topic, partition, *_ in told if topic == GOSSIP.name)
        assert asked == workers_of(told[0][2], AGENTS)
        assert decode_record(orders[0].value).cut == (step, 0, 0), "the cut holds what the phase before has brought"
        assert orchestrator.step((step, 0, 0), NOW + step) == [], "it waits for the reports"
        answer(orchestrator, asked, derived=int(told[0][2:] == (Phase.LIVE, 0)))

    assert orchestrator.outcome == "saturated"
    assert seen == [(phase, cycle) for cycle in (0, 1) for phase in Phase]
    assert orchestrator.phase is None


def test_a_saturation_that_goes_on_and_on_ends_at_its_limit() -> None:
    """Rules that always find something would keep nine agents at work for ever."""
    orchestrator = Orchestrator(SaturationPlan(run="test", agents=AGENTS, cycles=2))
    for step in range(8):
        assert orchestrator.step((0, 0, 0), NOW + step)
        answer(orchestrator, (0, 1, 2), derived=1)
    assert orchestrator.step((0, 0, 0), NOW) == []
    assert orchestrator.outcome == "cycle limit"


def test_who_does_not_answer_is_asked_again() -> None:
    """One restarted agent would stop the saturation of all."""
    plan = SaturationPlan(run="test", agents=9, repeat_after_us=SECOND)
    orchestrator = Orchestrator(plan)
    orchestrator.step((0,) * 9, NOW)
    answer(orchestrator, (1, 7))
    assert orchestrator.missing == (4,)

    assert orchestrator.step((0,) * 9, NOW + SECOND - 1) == []
    assert orders_of(orchestrator.step((0,) * 9, NOW + SECOND)) == [(GOSSIP.name, 4, Phase.BACKFILL, 0)]
    assert orchestrator.step((0,) * 9, NOW + SECOND) == [], "patience begins anew"


@pytest.mark.parametrize("change", [{"run": "other"}, {"cycle": 1}, {"phase": Phase.LIVE}, {"agent": 2}], ids=str)
def test_a_report_of_something_else_counts_for_nothing(change: dict[str, object]) -> None:
    """A late report of a former run would end a phase before its work is done."""
    orchestrator = Orchestrator(SaturationPlan(run="test", agents=AGENTS))
    orchestrator.step((0, 0, 0), NOW)
    report = report_of(Phase.BACKFILL, 0, 1)
    orchestrator.heard(replace(report, **change))  # type: ignore[arg-type]
    assert (orchestrator.missing, orchestrator.reports) == ((1,), [])

    orchestrator.heard(report)
    orchestrator.heard(report)
    assert (orchestrator.missing, orchestrator.reports) == ((), [report])
