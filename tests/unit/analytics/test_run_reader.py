"""The story of the system: runs, rules and what they made, turns and sync rounds."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from analytics.catalog import store_dir
from analytics.current_store import StoreUnreadable
from analytics.rule_costs import COSTS_MAX
from analytics.run_reader import RunReader
from egraph.colours import Colour
from egraph.derive.proof import DerivationProof, InlineTerm
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, RuleAdded, Stated
from egraph.identifiers import node_id
from schemas.codec import seal
from schemas.records import AgentLifecycle, AnyRecord, ControlOrder, OrderKind, Phase, Turn, encode_record
from schemas.rule_work import RuleWork
from tests.unit.analytics.stored import AGENTS, Fetched, fact_at, store_records
from tests.unit.analytics.test_control_views import FAST, SLOW, costing, report


def told(data_dir: Path, records: Sequence[AnyRecord]) -> RunReader:
    """Store what the control topic holds; give a reader."""
    fetched = [Fetched(0, offset, 1000 + offset, encode_record(item)) for offset, item in enumerate(records)]
    for name in ("lifecycle", "phases"):
        store_records(data_dir, name, fetched)
    return RunReader(data_dir, agents=AGENTS)


def test_the_newest_runs_come_with_the_work_of_each_agent(tmp_path: Path) -> None:
    """A phase would show work twice, show rounds of sync as saturations, or the oldest runs for the newest."""
    runs = [report(agent, run=f"r{n}", started_at=100 * n, at=100 * n + agent) for n in (1, 2, 3) for agent in (0, 1)]
    again = report(1, run="r3", started_at=300, at=390, derived=99)
    reader = told(tmp_path, [*runs, again, report(0, run="sync-1", at=999)])
    found = reader.phases(2)
    assert (found.runs, found.runs_shown) == (3, 2)
    assert [(item.run, item.agent, item.ended_at_us) for item in found.work] == [
        ("r2", 0, 200), ("r2", 1, 201), ("r3", 0, 300), ("r3", 1, 301),
    ]  # fmt: skip
    assert found.work[-1].derived == 0


def test_the_costs_of_a_run_add_up_and_the_heaviest_rule_comes_first(tmp_path: Path) -> None:
    """The page would name the wrong rule as the dear one, mix runs, or show shares of something that is no whole."""
    many = [RuleWork(rule=f"r{n:02}", candidates=1, matches=1, time_us=1) for n in range(COSTS_MAX)]
    story = [
        costing(0, SLOW, FAST, run="a", at=10),
        costing(1, FAST, run="a", at=11, phase=Phase.BACKFILL),
        costing(1, FAST, run="a", at=12, phase=Phase.BACKFILL, cycle=1),
        costing(0, SLOW, *many, run="b", at=20),
        report(0, run="c", at=30),
    ]
    a, b = told(tmp_path, story).phases().costs
    assert (a.run, [(item.rule, item.time_us, item.candidates) for item in a.rules], a.rules_count) == (
        "a", [("fast", 90, 150), ("slow", 70, 9)], 2,
    )  # fmt: skip
    assert (a.candidates, a.matches, a.nodes, a.unions, a.time_us) == (159, 124, 18, 7, 160)
    assert (b.run, len(b.rules), b.rules_count) == ("b", COSTS_MAX, COSTS_MAX + 1)
    assert (b.rules[0].rule, b.time_us) == ("slow", 120)
    assert [item.run for item in told(tmp_path, []).phases(2).costs] == ["b"], "only of the runs that are asked for"


def test_rules_are_counted_by_what_they_made(tmp_path: Path) -> None:
    """A rule would take the credit of another, or what was taken back would still be counted as standing."""
    ends = [node_id(name, Colour.GREEN, ()) for name in ("a", "b")]

    def rule(name: str, at: int) -> RuleAdded:
        return RuleAdded(graph="main", producer="r", sequence=at, hlc=at, name=name, pattern="?x", replacement="?x")

    def made(why: str, at: int) -> EqualityAsserted:
        return EqualityAsserted(
            graph="main", producer="a", sequence=at, hlc=at, left=ends[0], right=ends[1], why=Stated(why)
        )

    def gone(target: Fact, at: int) -> FactRetracted:
        said = seal(target).fact.event_id
        return FactRetracted(graph="main", producer="a", sequence=at, hlc=at, target=said, why="wrong")

    facts: list[Fact] = [rule("idle", 0), rule("busy", 1), made("rule busy", 2), made("rule busy", 3), made("x", 4)]
    facts += [gone(facts[2], 5), gone(facts[0], 6)]
    store_records(tmp_path, "facts", [fact_at(0, n, 1000 + n, fact) for n, fact in enumerate(facts)])
    found = RunReader(tmp_path, agents=AGENTS).phases()
    assert [(item.name, item.equalities, item.standing, item.retracted) for item in found.rules] == [
        ("busy", 2, 1, False),
        ("idle", 0, 0, True),
    ]
    assert found.rules_count == 2


def test_what_rules_made_is_told_by_round_and_agent(tmp_path: Path) -> None:
    """A node that two proofs need would count twice, or rounds and agents would share their work."""
    leaf = node_id("a", Colour.RED, ())

    def made(at: int, rule: str, number: int, agent: int, *operators: str) -> EqualityAsserted:
        terms = (leaf, *(InlineTerm(name, Colour.RED, (0,)) for name in operators))
        why = Derived(
            rule=rule, substitution=(), rule_set=b"r" * 16, round=number, premises=(),
            proof=DerivationProof(terms=terms, lemmas=()),
        )  # fmt: skip
        producer = f"agent-{agent}@1f" if agent >= 0 else "somebody"
        return EqualityAsserted(graph="main", producer=producer, sequence=at, hlc=at, left=leaf, right=leaf, why=why)

    facts: list[Fact] = [
        made(0, "comm", 7, 4, "f", "g"), made(1, "comm", 7, 4, "f", "h"), made(2, "assoc", 7, 4, "f"),
        made(3, "comm", 8, 4, "f"), made(4, "comm", 7, 3, "f", "g"), made(5, "comm", 7, -1),
    ]  # fmt: skip
    gone = seal(facts[1]).fact.event_id
    facts.append(FactRetracted(graph="main", producer="x", sequence=9, hlc=9, target=gone, why="wrong"))
    store_records(tmp_path, "facts", [fact_at(0, n, 1000 + n, fact) for n, fact in enumerate(facts)])

    found = RunReader(tmp_path, agents=AGENTS).phases()
    told = [(i.rule, i.rounds, i.first_round, i.last_round, i.agents, i.nodes, i.equalities) for i in found.profile]
    assert told == [("comm", 2, 7, 8, 3, 3, 5), ("assoc", 1, 7, 7, 1, 1, 1)]
    assert [item.standing for item in found.profile] == [4, 1]
    assert [(item.round, item.nodes, item.equalities) for item in found.rounds] == [(7, 3, 5), (8, 1, 1)]
    one = RunReader(tmp_path, agents=AGENTS).phases(rule="assoc")
    assert [(item.round, item.nodes, item.equalities) for item in one.rounds] == [(7, 1, 1)]
    assert ([item.rule for item in one.production], one.production_count, one.profile) == (["assoc"], 1, found.profile)

    assert [(i.rule, i.round, i.agent, i.nodes, i.equalities, i.standing) for i in found.production] == [
        ("comm", 7, 4, 3, 2, 1),
        ("comm", 7, 3, 2, 1, 1),
        ("assoc", 7, 4, 1, 1, 1),
        ("comm", 8, 4, 1, 1, 1),
        ("comm", 7, None, 0, 1, 1),
    ]
    assert found.production_count == 5


def test_a_killed_agent_stays_in_the_list_and_rounds_stand_apart(tmp_path: Path) -> None:
    """Nobody could see later that an agent was away, or a round that never ended would look completed."""
    reader = told(
        tmp_path,
        [
            AgentLifecycle(turn=Turn.LOST, agent=4, incarnation=10, at=1, detail="silent"),
            ControlOrder(order=OrderKind.RESTART, agent=4, incarnation=10, at=3, by="orchestrator", why="lost"),
            AgentLifecycle(turn=Turn.RECOVERED, agent=4, incarnation=11, at=4, attempt=1, detail="heard again"),
            AgentLifecycle(turn=Turn.ROUND_STARTED, at=5, round="sync-5"),
            AgentLifecycle(turn=Turn.ROUND_COMPLETED, at=7005, round="sync-5", detail="agreed"),
            AgentLifecycle(turn=Turn.ROUND_STARTED, at=8000, round="sync-6"),
        ],
    )
    found = reader.turns(2)
    assert [(item.kind, item.agent, item.detail) for item in found.turns] == [
        ("RECOVERED", 4, "heard again"),
        ("ORDERED_RESTART", 4, "lost"),
    ]
    assert (found.turns_count, found.rounds_count) == (3, 2)
    assert [(item.round, item.completed_at_us, item.outcome) for item in found.rounds] == [
        ("sync-6", None, None),
        ("sync-5", 7005, "agreed"),
    ]


def test_a_missing_store_has_no_story_and_a_damaged_one_says_so(tmp_path: Path) -> None:
    """Whoever starts the console first would see an error, or a broken disk would be a stack trace."""
    reader = RunReader(tmp_path, agents=AGENTS)
    assert (reader.phases().work, reader.phases().rules, reader.turns().turns) == ((), (), ())
    store_records(tmp_path, "facts", [fact_at(0, 0, 1)])
    (segment,) = (store_dir(tmp_path) / "facts").glob("*.parquet")
    segment.write_bytes(b"no parquet")
    with pytest.raises(StoreUnreadable, match="parquet"):
        reader.phases()
