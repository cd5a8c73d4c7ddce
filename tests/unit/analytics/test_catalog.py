"""The catalog: views over the files that count, replaced while others read."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from analytics.catalog import (
    CATALOG_NAME,
    Publisher,
    covered_files,
    define_views,
    list_views,
    publish_catalog,
    store_dir,
)
from analytics.segments import SegmentWriter, list_segments
from analytics.sink import TableBuffer
from analytics.tables import tables
from tests.unit.analytics.observed import as_records, heartbeat, random_events
from tests.unit.analytics.stored import AGENTS, fact_at, store_records, table_named

ROOT = Path(__file__).parents[3]
TABLES = tables(AGENTS)


@contextmanager
def reader(path: Path, mode: str = "read") -> Iterator[subprocess.Popen[str]]:
    """Keep a reader in another process open."""
    command = (sys.executable, "-m", "tests.unit.analytics.reading_catalog", str(path), mode)
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        try:
            yield process
        finally:
            process.stdin.close()
            process.wait(30)


def count(process: subprocess.Popen[str]) -> int:
    """Let the reader count the facts."""
    assert process.stdin is not None
    assert process.stdout is not None
    print(file=process.stdin, flush=True)
    return int(process.stdout.readline())


@pytest.mark.parametrize("mode", ["read", "write"])
def test_a_reader_neither_locks_nor_is_locked(tmp_path: Path, mode: str) -> None:
    """An analyst with an open connection, even a careless writable one, would stop the sink or the next reader."""
    store = store_dir(tmp_path)
    store_records(tmp_path, "facts", [fact_at(0, 0, 1)])
    path = publish_catalog(store, TABLES)
    with reader(path, mode) as early:
        assert count(early) == 1
        store_records(tmp_path, "facts", [fact_at(0, 1, 2), fact_at(1, 0, 2)])

        assert publish_catalog(store, TABLES) == path

        assert count(early) == 1, "an open reader keeps its moment"
        with reader(path) as late:
            assert count(late) == 3
            assert count(early) == 1


def test_an_old_reader_survives_a_compaction(tmp_path: Path) -> None:
    """A long query would fail in the middle because its files were merged."""
    for number in range(3):
        store_records(tmp_path, "facts", [fact_at(0, number, number)])
    store = store_dir(tmp_path)
    path = publish_catalog(store, TABLES)
    with reader(path) as early:
        writer = SegmentWriter(store / "facts")
        writer.compact(list_segments(store / "facts"), "appended_at")
        writer.sweep(600.0)
        writer.close()
        publish_catalog(store, TABLES)

        assert count(early) == 3
        with reader(path) as late:
            assert count(late) == 3


def test_covered_files_never_count_a_row_twice(tmp_path: Path) -> None:
    """Between the compaction and the sweep every merged row would be there two times."""
    for number in range(4):
        store_records(tmp_path, "facts", [fact_at(0, number, number)])
    directory = store_dir(tmp_path) / "facts"
    writer = SegmentWriter(directory)
    merged = writer.compact(list_segments(directory)[:3], "appended_at")
    writer.close()

    files = covered_files(store_dir(tmp_path), table_named("facts"))

    assert [Path(name).name for name in files] == [merged.file_name, list_segments(directory)[-1].file_name]
    connection = duckdb.connect(":memory:")
    define_views(connection, {table: covered_files(store_dir(tmp_path), table) for table in TABLES})
    found = connection.execute('SELECT count(*), count(DISTINCT "offset"), sum("offset") FROM facts').fetchone()
    assert found == (4, 4, 0 + 1 + 2 + 3)
    connection.close()


def test_a_crash_before_the_rename_leaves_the_old_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers would meet a half-written catalog, or none."""
    store = store_dir(tmp_path)
    store_records(tmp_path, "facts", [fact_at(0, 0, 1)])
    path = publish_catalog(store, TABLES)
    before = path.read_bytes()
    store_records(tmp_path, "facts", [fact_at(0, 1, 1)])

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("analytics.catalog.os.replace", power_cut)
        with pytest.raises(KeyboardInterrupt):
            publish_catalog(store, TABLES)
    assert path.read_bytes() == before

    publish_catalog(store, TABLES)
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM facts").fetchone() == (2,)


def test_the_catalog_holds_no_rows(tmp_path: Path) -> None:
    """A table inside the file would be out of date at once, and replacing the file would lose it."""
    store_records(tmp_path, "facts", [fact_at(0, number, 1) for number in range(50)])
    path = publish_catalog(store_dir(tmp_path), TABLES)
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)


def test_every_view_answers_before_the_first_data(tmp_path: Path) -> None:
    """A fresh system would show errors in place of an empty page, and columns of other types than later."""
    path = publish_catalog(store_dir(tmp_path), TABLES)
    names = [name for name, _ in list_views() if name.startswith("v_")]
    assert len(names) > 5
    with duckdb.connect(str(path), read_only=True) as connection:
        for name in [table.name for table in TABLES] + names:
            assert connection.execute(f"FROM {name}").fetchall() in ([], [(None, None, None, None)]), name
        questions = [f"DESCRIBE {table.name}" for table in TABLES]
        empty = [connection.execute(question).fetchall() for question in questions]
    for table in TABLES:
        writer = SegmentWriter(store_dir(tmp_path) / table.name)
        TableBuffer(table, writer).flush()
        writer.close()
    path = publish_catalog(store_dir(tmp_path), TABLES)
    program = f"import duckdb; c = duckdb.connect({str(path)!r}); print([c.sql(s).fetchall() for s in {questions}])"
    said = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert said.strip() == str(empty)


def test_a_store_of_an_older_version_is_read(tmp_path: Path) -> None:
    """After an update the sink could not publish: a view asks for a column that old segments do not have."""
    store_records(tmp_path, "facts", [fact_at(0, 0, 1)])
    (name,) = covered_files(store_dir(tmp_path), table_named("facts"))
    pq.write_table(pq.read_table(name).drop_columns(["rule", "round", "new_nodes", "premises"]), name)

    path = publish_catalog(store_dir(tmp_path), TABLES)
    question = "SELECT count(*), count(rule) FROM facts"
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute(question).fetchone() == (1, 0)
        assert connection.execute("FROM v_rule_production").fetchall() == []
        before = connection.execute("DESCRIBE facts").fetchall()
    store_records(tmp_path, "facts", [fact_at(0, 1, 2)])
    publish_catalog(store_dir(tmp_path), TABLES)
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute(question).fetchone() == (2, 0)
        assert sorted(connection.execute("DESCRIBE facts").fetchall()) == sorted(before)


def test_a_catalog_that_is_changed_step_by_step_says_what_a_new_one_says(tmp_path: Path) -> None:
    """What is left out to save time would leave readers with old rows, or views that do not fit their tables."""
    store = store_dir(tmp_path)
    publisher = Publisher(store, TABLES)

    def everything(path: Path) -> list[object]:
        names = [table.name for table in TABLES] + [name for name, _ in list_views() if name.startswith("v_")]
        program = (
            f"import duckdb; c = duckdb.connect({str(path)!r}, read_only=True); "
            "asked = lambda sql: c.sql(sql).fetchall(); "
            f"print([(n, asked('DESCRIBE ' + n), asked('FROM ' + n + ' ORDER BY ALL')) for n in {names}])"
        )
        done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, timeout=60, check=True)
        return [done.stdout]

    steps = [
        lambda: None,
        lambda: store_records(tmp_path, "facts", [fact_at(0, 0, 1)]),
        lambda: store_records(tmp_path, "facts", [fact_at(0, 1, 2)]),
        lambda: store_records(tmp_path, "heartbeats", as_records([heartbeat(agent) for agent in range(AGENTS)])),
        lambda: store_records(tmp_path, "events", as_records(random_events(1, 20))),
        lambda: store_records(tmp_path, "events", as_records(random_events(1, 30))),
    ]
    for step in steps:
        step()
        path = publisher.publish()
        found = everything(path)
        with duckdb.connect(str(path)) as careless:
            careless.execute("CREATE TABLE mine AS SELECT 1")
        assert found == everything(publish_catalog(store, TABLES))
    publisher.publish()
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,), "a reader's own table"


def test_after_a_failure_the_catalog_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the failed time had changed already would be taken for written."""
    store = store_dir(tmp_path)
    publisher = Publisher(store, TABLES)
    path = publisher.publish()
    store_records(tmp_path, "facts", [fact_at(0, 0, 1)])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("analytics.catalog.os.replace", full)
        with pytest.raises(OSError, match="No space"):
            publisher.publish()
    publisher.publish()
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM facts").fetchone() == (1,)


def test_a_path_with_a_quote_is_a_path(tmp_path: Path) -> None:
    """A data directory with an apostrophe would break the SQL, or become part of it."""
    data_dir = tmp_path / "o'brien"
    store_records(data_dir, "facts", [fact_at(0, 0, 1)])
    path = publish_catalog(store_dir(data_dir), TABLES)
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM facts").fetchone() == (1,)
    assert path.name == CATALOG_NAME
