"""Five minutes on a real Kafka of its own: every kind of fault once or more, under load, and nothing lost.

Belongs here: the mix that fits into a test run. Longer and faster ones, with figures: `make chaos MINUTES=n`.
The plan's seed is printed; EGRAPH_SEED draws another.
"""

import asyncio
import json
import os
from itertools import count
from pathlib import Path

import pytest

from launcher.chaos.drill import DrillPlan, drill
from launcher.chaos.plan import WAYS, Kind, Plan, draw_plan
from launcher.chaos.report import figures

pytestmark = [pytest.mark.kafka, pytest.mark.long]

SECONDS = 300.0
RATE = 500.0
EVERY_KIND = {*WAYS, Kind.BROKER_AWAY}


def plan_of_every_kind(seed: int) -> Plan:
    """Give the first plan from a seed on that has every kind of fault."""
    plans = (draw_plan(number, SECONDS, workers=2, pause_s=6.0, away_s=30.0) for number in count(seed))
    return next(plan for plan in plans if {fault.kind for fault in plan.faults} == EVERY_KIND)


def told_by_processes(data_dir: Path) -> list[str]:
    """Give what processes said of their agents and of why they ended; what clients of Kafka complain of is left out."""
    logs = sorted((data_dir / "logs").glob("*.log"))
    return [f"{log.stem}: {line}" for log in logs for line in log.read_text().splitlines() if " egraph." in line]


@pytest.mark.timeout(1400)
def test_nothing_acknowledged_is_lost_whatever_fails(tmp_path: Path) -> None:
    """A kill, a stop, a full disk, poison or a bad network would cost facts, agents or rows, or show them twice."""
    plan = plan_of_every_kind(int(os.environ.get("EGRAPH_SEED", "20")))
    print(f"EGRAPH_SEED={plan.seed}", *plan.lines(), sep="\n")
    what = DrillPlan(data_dir=tmp_path / "drill", plan=plan, rate=RATE)

    outcome = asyncio.run(drill(what, print))

    print(json.dumps(figures(what, outcome), indent=2))
    print(*told_by_processes(what.data_dir)[-400:], sep="\n")
    assert outcome.breaches == ()
    assert {fault.kind for fault, _, _ in outcome.done} == EVERY_KIND
    assert outcome.acknowledged == outcome.offered >= RATE * (SECONDS - 10)
    assert outcome.poisons > 0
    assert outcome.kills > 0
