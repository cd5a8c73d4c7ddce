"""A small store to ask, and the batteries of statements. Belongs here: input. Not here: expectations."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analytics.catalog import publish_catalog, store_dir
from analytics.tables import tables
from tests.unit.analytics.observed import as_records, heartbeat
from tests.unit.analytics.stored import AGENTS, fact_at, store_records

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def small_store(data_dir: Path) -> Path:
    """Make a store with a few facts and heartbeats; give its catalog."""
    store_records(data_dir, "facts", [fact_at(0, offset, 1000 + offset) for offset in range(20)])
    store_records(data_dir, "heartbeats", as_records([heartbeat(agent) for agent in range(AGENTS)]))
    return publish_catalog(store_dir(data_dir), tables(AGENTS))


def battery(name: str, **places: object) -> list[str]:
    """Give the statements of a file beside this one, with their places filled in."""
    lines = (HERE / name).read_text().splitlines()
    filled = [line for line in lines if line and not line.startswith("--")]
    for place, value in places.items():
        filled = [line.replace("{" + place + "}", str(value)) for line in filled]
    return filled


def run_unfiltered(catalog: Path, statements: Sequence[str], **environment: str) -> list[dict[str, Any]]:
    """Run statements in the walls alone."""
    done = subprocess.run(
        (sys.executable, "-m", "tests.unit.public_sql.unfiltered"),
        input=json.dumps({"catalog": str(catalog.resolve()), "statements": list(statements)}),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
        timeout=240,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
