"""The views over what befell agents, over sync rounds and over the phases of saturations."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from analytics.catalog import covered_files, publish_catalog, store_dir
from analytics.run_reader import RunReader
from analytics.saved import saved_queries
from analytics.tables import tables
from schemas.records import (
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
from schemas.rule_work import RuleWork, heaviest
from tests.unit.analytics.stored import AGENTS, Fetched, store_records, table_named


def asked(data_dir: Path, records: Sequence[AnyRecord], statement: str) -> list[tuple[Any, ...]]:
    """What the catalog answers when the control topic holds these records."""
    fetched = [Fetched(0, offset, 1000 + offset, encode_record(item)) for offset, item in enumerate(records)]
    for name in ("lifecycle", "phases"):
        store_records(data_dir, name, fetched)
    path = publish_catalog(store_dir(data_dir), tables(AGENTS))
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(statement).fetchall()


def report(agent: int, phase: Phase = Phase.LIVE, **changes: Any) -> PhaseReport:
    """Give what an agent reports of a phase."""
    plain: dict[str, Any] = {
        "run": "r", "cycle": 0, "phase": phase, "agent": agent, "incarnation": 1, "started_at": 10, "at": 20 + agent,
        "version": (1,), "set_digest": b"", "reason": "saturated",
    }  # fmt: skip
    return PhaseReport(**plain | changes)


def costing(agent: int, *rules: RuleWork, phase: Phase = Phase.LIVE, **changes: Any) -> PhaseReport:
    """Give what an agent reports of a phase in which rules did this."""
    told = heaviest(rules)
    sums = {
        "matches": told.total.matches, "candidates": told.total.candidates, "new_nodes": told.total.nodes,
        "new_unions": told.total.unions, "time_us": told.total.time_us,
    }  # fmt: skip
    return report(agent, phase, rules=told.rules, rules_left_out=told.left_out, **sums | changes)


def test_turns_and_orders_stand_in_one_row_newest_first(tmp_path: Path) -> None:
    """Whoever asks why an agent was away would not see its loss and the order that ended it side by side."""
    story: list[AnyRecord] = [
        AgentLifecycle(turn=Turn.LOST, agent=4, incarnation=10, at=1, detail="silent"),
        AgentLifecycle(turn=Turn.ROUND_STARTED, at=2, round="sync-2"),
        ControlOrder(order=OrderKind.RESTART, agent=4, incarnation=10, at=3, by="orchestrator", why="lost; restart 1"),
        AgentLifecycle(turn=Turn.RECOVERED, agent=4, incarnation=11, at=4, attempt=1, detail="heard again"),
    ]
    found = asked(tmp_path, story, "SELECT kind, agent, incarnation, told_by, detail FROM v_turns")
    assert found == [
        ("RECOVERED", 4, 11, None, "heard again"),
        ("ORDERED_RESTART", 4, 10, "orchestrator", "lost; restart 1"),
        ("LOST", 4, 10, None, "silent"),
    ]


def test_a_sync_round_has_its_duration_and_outcome(tmp_path: Path) -> None:
    """A round that never ended would look like one that did, or two rounds like one."""
    rounds: list[AnyRecord] = [
        AgentLifecycle(turn=Turn.ROUND_STARTED, at=1_000_000, round="sync-1", detail="9 agents"),
        AgentLifecycle(turn=Turn.ROUND_COMPLETED, at=1_250_000, round="sync-1", detail="one digest"),
        AgentLifecycle(turn=Turn.ROUND_STARTED, at=9_000_000, round="sync-9", detail="8 agents"),
    ]
    found = asked(tmp_path, rounds, "SELECT round, took_ms, outcome FROM v_sync_rounds ORDER BY round")
    assert found == [("sync-1", 250, "one digest"), ("sync-9", None, None)]


def test_a_phase_adds_up_its_agents_each_once(tmp_path: Path) -> None:
    """A report that was sent again would count its equalities twice; a sync round would look like a saturation."""
    ordered = PhaseOrder(run="r", cycle=0, phase=Phase.LIVE, at=1, cut=(1,), rounds=8, nodes=99, matches=99)
    found = asked(
        tmp_path,
        [
            ordered,
            report(0, derived=2, rounds=3, nodes=40, matches=50),
            report(3, derived=5, rounds=4, nodes=41, matches=49, reason="node limit"),
            report(0, derived=2, rounds=3, nodes=40, matches=50),
            report(1, Phase.BACKFILL, derived=1),
            report(2, Phase.RECONCILE, run="sync-7"),
        ],
        "SELECT run, phase, agents, derived, rounds, nodes, matches, reasons FROM v_phases ORDER BY phase",
    )
    assert found == [
        ("r", "BACKFILL", 1, 1, 0, 0, 0, "saturated"),
        ("r", "LIVE", 2, 7, 4, 41, 50, "node limit, saturated"),
    ]


SLOW = RuleWork(rule="slow", candidates=9, matches=4, nodes=3, unions=1, time_us=70)
FAST = RuleWork(rule="fast", candidates=50, matches=40, nodes=5, unions=2, time_us=30)


def test_each_rule_of_a_phase_is_counted_on_one_agent(tmp_path: Path) -> None:
    """Three agents that do the same work would make every rule look three times as dear as it is."""
    story: list[AnyRecord] = [
        costing(0, SLOW, FAST),
        costing(3, SLOW, replace(FAST, matches=41)),
        costing(3, SLOW, replace(FAST, matches=41)),
        costing(1, SLOW, phase=Phase.BACKFILL),
        report(2, Phase.VERIFY),
    ]
    found = asked(tmp_path, story, "FROM v_rule_profile ORDER BY phase, time_us DESC")
    assert found == [
        ("r", 0, "BACKFILL", 1, "slow", 1, 9, 4, 3, 1, 70),
        ("r", 0, "LIVE", 3, "slow", 1, 9, 4, 3, 1, 70),
        ("r", 0, "LIVE", 3, "fast", 1, 50, 41, 5, 2, 30),
    ]


def test_rules_that_a_report_leaves_out_are_one_row_that_completes_the_sums(tmp_path: Path) -> None:
    """Sums over rules would be smaller than what the phase took, and nobody would know by what."""
    many = [RuleWork(rule=f"r{n}", candidates=3, matches=2, nodes=1, unions=1, time_us=n) for n in range(300)]
    found = asked(
        tmp_path,
        [costing(0, *many)],
        "SELECT count(*), sum(rules), sum(candidates), sum(matches), sum(new_nodes), sum(new_unions), sum(time_us) "
        "FROM v_rule_profile GROUP BY rule IS NULL ORDER BY ALL",
    )
    rest, named = found
    assert (rest[:2], named[:2]) == ((1, 44), (256, 256))
    assert tuple(map(sum, zip(rest[2:], named[2:], strict=True))) == (900, 600, 300, 300, sum(range(300)))


def test_the_saved_query_names_the_costliest_rule_of_the_last_run(tmp_path: Path) -> None:
    """The answer would be of a former run, or of the rule that matches most."""
    (query,) = (item for item in saved_queries() if item.name == "costliest-rules")
    story = [costing(0, replace(FAST, time_us=9_000), run="old", at=5), costing(0, SLOW, FAST, run="new", at=6)]
    assert asked(tmp_path, story, query.sql) == [
        ("slow", 0.07, 70.0, 9, 4, 3, 1),
        ("fast", 0.03, 30.0, 50, 40, 5, 2),
    ]


def test_phases_of_an_older_store_have_no_profile_and_are_read(tmp_path: Path) -> None:
    """After an update the sink could not publish, because segments written before lack the columns."""
    store_records(tmp_path, "phases", [Fetched(0, 0, 1000, encode_record(costing(0, SLOW, run="old")))])
    (name,) = covered_files(store_dir(tmp_path), table_named("phases"))
    new = ["rules", "rules_left_out", "candidates", "new_nodes", "new_unions", "time_us"]
    pq.write_table(pq.read_table(name).drop_columns(new), name)

    assert RunReader(tmp_path, agents=AGENTS).phases().costs == ()
    store_records(tmp_path, "phases", [Fetched(0, 1, 1001, encode_record(costing(0, SLOW, run="new")))])
    found = RunReader(tmp_path, agents=AGENTS).phases()
    assert found.runs == 2
    assert [item.run for item in found.costs] == ["new"]
