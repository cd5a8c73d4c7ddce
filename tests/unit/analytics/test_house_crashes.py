"""Rollups and retention at every crash point: sums are exact before and after the restart, and readers never fail."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from analytics import housekeeping, sink
from analytics.catalog import CATALOG_NAME, covered_files, define_views, store_dir
from analytics.ledger import cover
from analytics.segments import SegmentWriter, list_segments
from analytics.tables import tables
from tests.unit.analytics import crashing_house
from tests.unit.analytics.crashing_house import LOG, NAMES, OLD
from tests.unit.analytics.stored import AGENTS

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink, "COMPACT_RUN", sink.COMPACT_RUN)
    monkeypatch.setattr(sink, "GRACE_SECONDS", sink.GRACE_SECONDS)
    monkeypatch.setattr(housekeeping, "MERGED_RUN", housekeeping.MERGED_RUN)


def now_shown(data_dir: Path) -> tuple[list[int], int]:
    """Give the offsets of the events and the sum of the messages that the segments show at this moment."""
    with closing(duckdb.connect(":memory:")) as connection:
        define_views(connection, {table: covered_files(store_dir(data_dir), table) for table in tables(AGENTS)})
        return asked(connection)


def asked(connection: duckdb.DuckDBPyConnection) -> tuple[list[int], int]:
    """Ask both."""
    events = connection.execute('SELECT "offset" FROM events ORDER BY ALL').fetchall()
    (sums,) = connection.execute(
        "SELECT coalesce(sum(messages), 0)::BIGINT FROM v_flow_buckets WHERE grain = 'minute'"
    ).fetchall()
    return [offset for (offset,) in events], sums[0]


def progress(data_dir: Path, name: str) -> int:
    """Give how far a table says it has read."""
    directory = store_dir(data_dir) / name
    shown = cover(list_segments(directory))
    if not shown:
        return 0
    writer = SegmentWriter(directory)
    writer.close()
    return writer.next_offsets[0]


def test_every_crash_point_of_the_house(tmp_path: Path) -> None:
    """A crash between a merge, a rollup and retention would count messages twice, lose young rows or end a reader."""
    command = (sys.executable, "-m", "tests.unit.analytics.crashing_house", str(tmp_path))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=240, check=False)
    told = json.loads(done.stdout.decode().splitlines()[-1])
    assert told["last_exit"] == 0, done.stderr.decode()[-2000:]
    assert told["steps"] > 40, "the workload hardly touches the disk"
    let_go_at_crash = set()
    for step in range(told["steps"]):
        data_dir = tmp_path / str(step)
        events, sums = now_shown(data_dir)
        read = {name: progress(data_dir, name) for name in NAMES}
        assert sums == read["flow_minutes"], f"every record is one message, at the crash before step {step}"
        missing = set(range(read["events"])) - set(events)
        assert len(events) == len(set(events)), f"a row twice, step {step}"
        assert missing <= set(range(OLD)), f"retention took young rows, step {step}"
        let_go_at_crash.add(len(missing))
        path = store_dir(data_dir) / CATALOG_NAME
        if path.exists():
            with duckdb.connect(str(path), read_only=True) as reader:
                before = asked(reader)
                crashing_house.work(data_dir)
                assert asked(reader) == before, f"a reader's moment has changed, step {step}"
        else:
            crashing_house.work(data_dir)

        events, sums = now_shown(data_dir)
        assert sums == len(LOG), f"after the restart, step {step}"
        assert set(range(OLD, len(LOG) - 1)) <= set(events), f"young rows, step {step}"
        assert not list((store_dir(data_dir) / "events" / "tmp").iterdir()), f"left behind, step {step}"
    assert len(let_go_at_crash) > 1, "no crash came after retention"
