"""The health check of the sink in docker-compose.yml, run on stores as the sink writes them."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from analytics.catalog import publish_catalog, store_dir
from analytics.tables import tables
from tests.unit.analytics.observed import as_records, heartbeat
from tests.unit.analytics.stored import AGENTS, store_records

ROOT = Path(__file__).parents[3]
FAR_EAST, UNIVERSAL, FAR_WEST = "Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"
OLD_S = 3600.0


def health_check() -> list[str]:
    """The words of the check, after CMD."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    words: list[str] = document["services"]["sink"]["healthcheck"]["test"]
    assert words[:2] == ["CMD", "egraph"]
    return words[2:]


def checked(data_dir: Path, zone: str = UNIVERSAL) -> subprocess.CompletedProcess[str]:
    """What the check says of a data directory, on a machine of a time zone."""
    return subprocess.run(
        (sys.executable, "-m", "cli.main", *health_check()),
        env={**os.environ, "EGRAPH_DATA_DIR": str(data_dir), "TZ": zone},
        cwd=data_dir,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def store_with(data_dir: Path, ages_s: Sequence[float]) -> None:
    """Publish a catalog whose heartbeats were appended so many seconds ago, a segment for each."""
    now_ms = time.time_ns() // 1_000_000
    for offset, age in enumerate(ages_s):
        (record,) = as_records([heartbeat(0)], now_ms - int(age * 1000))
        store_records(data_dir, "heartbeats", [record._replace(offset=offset)])
    publish_catalog(store_dir(data_dir), tables(AGENTS))


@pytest.mark.parametrize("zone", [FAR_EAST, UNIVERSAL, FAR_WEST])
def test_young_heartbeats_are_healthy(tmp_path: Path, zone: str) -> None:
    """A sink that works would be called ill, on machines of some time zones or on all."""
    store_with(tmp_path, [OLD_S, 0.0])
    done = checked(tmp_path, zone)
    assert done.returncode == 0, done.stderr
    assert "fresh" in done.stdout


@pytest.mark.parametrize("zone", [FAR_EAST, UNIVERSAL, FAR_WEST])
def test_old_heartbeats_are_not(tmp_path: Path, zone: str) -> None:
    """A sink that hangs would be called healthy, on machines of some time zones or on all."""
    store_with(tmp_path, [OLD_S, OLD_S])
    done = checked(tmp_path, zone)
    assert done.returncode != 0
    assert "stale" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_catalog_without_heartbeats_is_not(tmp_path: Path) -> None:
    """A sink that has written nothing would be called healthy."""
    store_with(tmp_path, [])
    done = checked(tmp_path)
    assert done.returncode != 0
    assert "stale" in done.stderr


def test_no_catalog_is_not_healthy_either(tmp_path: Path) -> None:
    """A sink that never started would be called healthy."""
    done = checked(tmp_path)
    assert done.returncode != 0
    assert "no catalog" in done.stderr
