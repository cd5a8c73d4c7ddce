"""`egraph sql` on a tiny store: what it prints, and what it refuses."""

import csv
import io
import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from click.testing import Result
from typer.testing import CliRunner

from analytics.catalog import publish_catalog, store_dir
from analytics.tables import tables
from cli.main import build_app
from tests.unit.analytics.observed import as_records, heartbeat
from tests.unit.analytics.stored import AGENTS, store_records

WORKERS = ("plain", 'says "hi", twice', "zwölf\nlines")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A store with a heartbeat of three workers, whose names are hard to print."""
    beats = [heartbeat(agent, worker=name, facts=agent * 10) for agent, name in enumerate(WORKERS)]
    store_records(tmp_path, "heartbeats", as_records(beats))
    publish_catalog(store_dir(tmp_path), tables(AGENTS))
    return tmp_path


def sql(data_dir: Path, *words: str) -> Result:
    """Ask."""
    return CliRunner().invoke(build_app(), ["sql", *words, "--data-dir", str(data_dir)], env={"COLUMNS": "200"})


ALL = "SELECT agent, worker, facts, NULL AS nothing FROM heartbeats ORDER BY agent"


def test_json_is_what_was_stored(data_dir: Path) -> None:
    """A program that reads the output would get other values, or text that is no JSON."""
    result = sql(data_dir, ALL, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == [
        {"agent": agent, "worker": name, "facts": agent * 10, "nothing": None} for agent, name in enumerate(WORKERS)
    ]


def test_csv_is_what_was_stored(data_dir: Path) -> None:
    """A comma, a quote or a new line within a value would shift every column behind it."""
    result = sql(data_dir, ALL, "--csv")
    assert result.exit_code == 0, result.output
    rows = list(csv.reader(io.StringIO(result.stdout, newline="")))
    assert rows[0] == ["agent", "worker", "facts", "nothing"]
    assert [row[1] for row in rows[1:]] == list(WORKERS)
    assert [row[2] for row in rows[1:]] == ["0", "10", "20"]


def test_columns_that_the_terminal_cannot_hold_stand_below_each_other(data_dir: Path) -> None:
    """The demo's first question, `SELECT * FROM v_agents`, would be answered with a grid of empty cells."""
    words = ["sql", "SELECT * FROM v_agents", "--data-dir", str(data_dir)]
    result = CliRunner().invoke(build_app(), words, env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    assert "…" not in result.stdout
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [line[1] for line in lines if line[:1] == ["facts"]] == ["0", "10", "20"]
    assert lines.count(["worker", "plain"]) == 1


def test_only_one_statement_is_taken(data_dir: Path) -> None:
    """All answers but the last would be dropped without a word."""
    result = sql(data_dir, "SELECT 1; SELECT 2")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "one by one" in result.stderr
    assert sql(data_dir, "SELECT 1;").exit_code == 0


def test_times_and_bytes_can_be_printed(data_dir: Path) -> None:
    """A column would end the command in a stack trace because JSON has no such type."""
    for style in ((), ("--json",), ("--csv",)):
        result = sql(data_dir, "SELECT * FROM heartbeats", *style)
        assert result.exit_code == 0, (style, result.output, result.exception)
        assert result.stdout


def test_the_table_for_people_holds_the_values(data_dir: Path) -> None:
    """The default output would leave columns or rows out."""
    result = sql(data_dir, "SELECT agent, worker, facts FROM heartbeats WHERE agent < 2")
    assert result.exit_code == 0, result.output
    for word in ("agent", "worker", "facts", *WORKERS[:2], "10"):
        assert word in result.stdout


def test_square_brackets_are_no_markup(data_dir: Path) -> None:
    """A value such as [red] would vanish from the table, or break it."""
    result = sql(data_dir, "SELECT '[red]x[/nothing]' AS value, [1, 2] AS list")
    assert result.exit_code == 0, (result.output, result.exception)
    assert "[red]x[/nothing]" in result.stdout
    assert "[1, 2]" in result.stdout


def test_a_long_answer_is_cut_and_says_so(data_dir: Path) -> None:
    """Rows would be missing without a word, or the note would stand among the data."""
    result = sql(data_dir, "SELECT * FROM range(5)", "--limit", "3", "--csv")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1 + 3
    assert "first 3" in result.stderr
    assert "--limit" in result.stderr
    assert sql(data_dir, "SELECT * FROM range(3)", "--limit", "3", "--csv").stderr == ""


@pytest.mark.parametrize(
    "statement", ["SELEC 1", "SELECT * FROM nothing_like_it", "SELECT 1/", "SELECT error('stale')", "-- a remark"]
)
def test_a_wrong_statement_is_wrong_usage(data_dir: Path, statement: str) -> None:
    """A script would go on with an empty answer, or a user would read a stack trace."""
    result = sql(data_dir, statement)
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.stderr.strip()
    assert result.stdout == ""


@pytest.mark.parametrize("statement", [";", "  "])
def test_what_holds_no_statement_is_wrong_usage(data_dir: Path, statement: str) -> None:
    """A statement that a script left empty would end in a stack trace."""
    result = sql(data_dir, statement)
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.stderr.strip()


@pytest.mark.parametrize("statement", ["CREATE TABLE t (i INTEGER)", "DROP VIEW heartbeats", "DELETE FROM heartbeats"])
def test_nothing_can_be_changed(data_dir: Path, statement: str) -> None:
    """A question would damage the catalog that everybody reads."""
    before = (store_dir(data_dir) / "catalog.duckdb").read_bytes()
    result = sql(data_dir, statement)
    assert result.exit_code == 2, result.output
    assert (store_dir(data_dir) / "catalog.duckdb").read_bytes() == before


def test_without_a_statement_it_says_what_to_type(data_dir: Path) -> None:
    """A newcomer would see nothing at all."""
    result = sql(data_dir)
    assert result.exit_code == 2
    assert "--list" in result.stderr


def test_without_a_catalog_it_says_who_makes_one(tmp_path: Path) -> None:
    """A misspelt folder would look like a defect, or an empty catalog be made in it."""
    result = sql(tmp_path / "elsewhere", "SELECT 1")
    assert result.exit_code == 1
    assert str(tmp_path / "elsewhere") in result.stderr
    assert "--data-dir" in result.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_every_view_that_is_listed_can_be_asked(data_dir: Path) -> None:
    """The list would promise a view that is not there, or one that fails."""
    names = [line.split()[0] for line in sql(data_dir, "--list").stdout.splitlines()]
    assert len(names) > 3
    views = [name for name in names if "(" not in name and not name.startswith("--")]
    assert views
    for name in views:
        result = sql(data_dir, f"SELECT * FROM {name}", "--json")
        assert result.exit_code == 0, (name, result.output)


def test_a_catalog_that_is_damaged_is_told(data_dir: Path) -> None:
    """A damaged file would end in a stack trace."""
    (store_dir(data_dir) / "catalog.duckdb").write_bytes(b"not a database" * 1000)
    result = sql(data_dir, "SELECT 1")
    assert result.exit_code != 0
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.stderr.strip()


@pytest.mark.parametrize("suffix", ["parquet", "csv", "json", "arrow"])
def test_an_export_holds_what_was_asked(data_dir: Path, tmp_path: Path, suffix: str) -> None:
    """Whoever goes on with another tool would get other rows, or a file that the tool cannot read."""
    path = tmp_path / f"it's out.{suffix}"
    result = sql(data_dir, ALL + ";", "-o", str(path))
    assert result.exit_code == 0, result.output
    if suffix == "arrow":
        with pa.OSFile(str(path)) as file:
            rows = pa.ipc.open_file(file).read_all().to_pylist()
    else:
        with duckdb.connect() as connection:
            relation = (
                connection.read_json(str(path))
                if suffix == "json"
                else connection.read_csv(str(path))
                if suffix == "csv"
                else connection.read_parquet(str(path))
            )
            rows = relation.to_arrow_table().to_pylist()
    assert [(row["agent"], row["worker"], row["facts"]) for row in rows] == [
        (agent, name, agent * 10) for agent, name in enumerate(WORKERS)
    ]
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((ALL, "-o", "out.xls"), "end it in .parquet"),
        ((ALL, "-o", "no/such/folder/out.csv"), "cannot be written"),
        (("SELECT 1; SELECT 2", "-o", "out.csv"), "2 statements"),
        (("--saved", "nonsense"), "no saved query 'nonsense'"),
    ],
)
def test_what_cannot_be_exported_is_told(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    """The user would look for a file that is not there."""
    monkeypatch.chdir(data_dir)
    result = sql(data_dir, *words)
    assert result.exit_code != 0
    assert said in result.stderr
    assert not list(data_dir.glob("out.*"))


def test_saved_queries_are_listed_and_asked(data_dir: Path) -> None:
    """People would have to know the names, and write by hand what is there."""
    assert "--saved do-the-agents-agree" in sql(data_dir, "--list").stdout
    result = sql(data_dir, "--saved", "do-the-agents-agree", "--json")
    assert [row["facts"] for row in json.loads(result.stdout)] == [0, 10, 20]
