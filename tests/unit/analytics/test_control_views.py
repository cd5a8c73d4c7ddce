"""The views over what befell agents, over sync rounds and over the phases of saturations."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from analytics.catalog import publish_catalog, store_dir
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
from tests.unit.analytics.stored import AGENTS, Fetched, store_records


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
