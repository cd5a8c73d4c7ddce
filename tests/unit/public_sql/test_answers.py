"""What a stranger gets: rows as a browser can hold them, cut where they are too many, or a reason."""

import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from analytics.public_sql import client
from analytics.public_sql.allow_list import StatementRefused, check_tree
from analytics.public_sql.client import PublicSql, Refused, Rows
from analytics.public_sql.connection import answer
from analytics.public_sql.functions import ALLOWED, words
from tests.unit.public_sql.stores import small_store


@pytest.fixture(name="sql")
def _sql(tmp_path: Path) -> Iterator[PublicSql]:
    sql = PublicSql(small_store(tmp_path))
    yield sql
    sql.close()


def rows_of(sql: PublicSql, statement: str) -> Rows:
    """Ask what must have an answer."""
    found = sql.ask(statement)
    assert isinstance(found, Rows), found
    return found


POSSIBLE = [
    ("SELECT count(*) FROM facts", [[20]]),
    ("FROM facts SELECT min(\"offset\"), max(\"offset\")", [[0, 19]]),
    ("SELECT agent FROM v_agents ORDER BY agent", [[0], [1], [2]]),
    ("WITH t AS (SELECT 1 AS a) SELECT a FROM t", [[1]]),
    ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 4) SELECT max(n) FROM t", [[4]]),
    ("SELECT a, max(a) OVER (ORDER BY a) FROM (VALUES (1), (2)) v(a) QUALIFY row_number() OVER () > 1", [[2, 2]]),
    ("SELECT list_transform([1, 2], lambda x: x + 1)", [["[2, 3]"]]),
    ("SELECT CASE WHEN 1 BETWEEN 0 AND 2 THEN 'in' END, 'ab' LIKE 'a%', NULL IS NULL", [["in", True, True]]),
    ("SELECT date_trunc('second', TIMESTAMP '2020-01-02 03:04:05.678')", [["2020-01-02 03:04:05"]]),
    ("SELECT happened_before(0, 2, [2, 0, 0])", [[True]]),
    ("SELECT causal_relation(0, 3, [3, 0, 0], 1, 1, [2, 1, 0])", [["concurrent"]]),
    ("SELECT count(relation) FROM causal_cone(0, 1)", [[0]]),
    ('SELECT f."offset" FROM facts f JOIN facts USING (partition, "offset") WHERE f."offset" IN (3, 4)', [[3], [4]]),
    ("SELECT 1 UNION ALL SELECT 2 ORDER BY 1 DESC LIMIT 1;", [[2]]),
    ("SELECT 1 -- a comment at the end", [[1]]),
    ("SELECT range FROM range(2)", [[0], [1]]),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "expected"), POSSIBLE, ids=range(len(POSSIBLE)))
def test_what_people_ask_is_answered(sql: PublicSql, statement: str, expected: list[list[object]]) -> None:
    """Harmless questions would be refused, and people would ask for the walls to be taken down."""
    assert rows_of(sql, statement).rows == expected


def test_values_are_told_as_a_browser_can_hold_them(sql: PublicSql) -> None:
    """Digits of ids would be lost, or one odd value would make the whole answer unreadable."""
    found = rows_of(
        sql,
        "SELECT 9007199254740993 AS big, 1.25::DECIMAL(9, 2) AS money, 'nan'::DOUBLE AS none, NULL AS null_,"
        " TIMESTAMPTZ '2020-01-01 00:00:00+00' AS zoned, INTERVAL 1 DAY AS pause, 'é' AS text",
    )
    assert found.rows == [["9007199254740993", 1.25, "nan", None, "2020-01-01 00:00:00+00", "1 day", "é"]]
    assert [name for name, _ in found.columns] == ["big", "money", "none", "null_", "zoned", "pause", "text"]
    assert found.columns[0][1] == "BIGINT"


def test_a_long_answer_is_cut_and_says_so(sql: PublicSql) -> None:
    """A browser would drown in rows, or people would take a part for the whole."""
    many = rows_of(sql, "SELECT range FROM range(5000)")
    assert len(many.rows) == 1000
    assert many.truncated is not None
    assert "1,000 rows" in many.truncated
    wide = rows_of(sql, "SELECT repeat('x', 10000) FROM range(900)")
    assert len(wide.rows) < 110
    assert wide.truncated is not None
    assert "MiB" in wide.truncated
    assert rows_of(sql, "SELECT range FROM range(1000)").truncated is None


@pytest.mark.parametrize(
    ("statement", "kind", "said"),
    [
        ("", "statement", "no statement"),
        (" ; ", "statement", "no statement"),
        ("SELECT 1; SELECT 2", "statement", "2 statements"),
        ("SELEC 1", "statement", "syntax error"),
        ("SELECT nope FROM facts", "query", "nope"),
        ("SELECT 1 / 'x'", "query", "Conversion"),
        ("SELECT * FROM nowhere", "statement", "'nowhere'"),
        ("SELECT * FROM main.facts", "statement", "'main.facts'"),
        ("SELECT main.abs(1)", "statement", "'abs'"),
        ("SELECT $1", "statement", "PARAMETER"),
        ("SELECT '" + "x" * 20_000 + "'", "statement", "16 KiB"),
        ("SELECT " + "abs(" * 1500 + "1" + ")" * 1500, "statement", ""),
        ("SELECT '\ud800'", "statement", "UTF-8"),
        ("SELECT count(*) FROM range(1000000000000)", "time", "ask about a shorter time, or for fewer rows"),
        ("SELECT length(repeat('x', 900000000))", "memory", "ask for less"),
    ],
)
def test_a_refusal_says_what_and_why(sql: PublicSql, statement: str, kind: str, said: str) -> None:
    """People could not tell a typing mistake from a wall, or a wall from a fault of ours."""
    found = sql.ask(statement)
    assert isinstance(found, Refused)
    assert found.kind == kind
    assert said in found.message


def test_before_the_first_data_it_says_so(tmp_path: Path) -> None:
    """The editor would show a fault of ours while the system only starts."""
    found = PublicSql(tmp_path / "none.duckdb").ask("SELECT 1")
    assert isinstance(found, Refused)
    assert found.kind == "catalog"


def test_a_crowd_waits_and_the_rest_is_told_to_come_back(sql: PublicSql, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crowd would start a process each and take the machine's memory."""
    monkeypatch.setattr(client, "WAITING_MAX", 3)
    found: list[Rows | Refused] = []
    crowd = [
        threading.Thread(target=lambda: found.append(sql.ask("SELECT count(*) FROM range(30000000)"))) for _ in range(9)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(60)
    busy = [item for item in found if isinstance(item, Refused) and item.kind == "busy"]
    assert len(found) == 9
    assert 1 <= len(busy) <= 6
    assert all(isinstance(item, Rows) for item in found if item not in busy)


def test_the_server_is_started_anew_after_its_end(sql: PublicSql) -> None:
    """One crash of the fork server would close the editor until the console is restarted."""
    rows_of(sql, "SELECT 1")
    server = sql._server
    assert server is not None
    server.kill()
    server.wait(5)
    assert rows_of(sql, "SELECT 1").rows == [[1]]


def test_each_allowed_function_exists() -> None:
    """A name that DuckDB gives up and uses for something else would stay allowed."""
    with duckdb.connect() as connection:
        there = {
            row[0].lower() for row in connection.execute("SELECT function_name FROM duckdb_functions()").fetchall()
        }
    windows = words("cume_dist dense_rank fill first_value lag last_value lead nth_value ntile percent_rank rank")
    windows = windows | {"rank_dense", "row_number", "!=", "<>"}
    assert {name.lower() for name in ALLOWED} - there - windows == set()


FORBIDDEN = (
    "query query_table read_csv read_text read_blob read_parquet parquet_scan glob sniff_csv getenv getvariable"
    " current_setting sleep_ms pg_sleep write_log nextval setseed currval json_execute_serialized_sql"
    " json_serialize_plan duckdb_settings duckdb_secrets pragma_version seq_scan pandas_scan arrow_scan"
    " test_all_types random uuid"
)


@pytest.mark.parametrize("name", FORBIDDEN.split())
def test_no_dangerous_function_is_allowed(name: str) -> None:
    """A line too many in a list of five hundred names would open files to strangers."""
    assert name not in ALLOWED


def test_a_kind_that_nobody_knows_yet_is_refused() -> None:
    """The next DuckDB's new syntax would pass because nobody had thought of it."""
    for tree in ({"node": {"type": "NEW_NODE"}}, {"x": {"class": "NEW", "type": "FUNCTION"}}):
        with pytest.raises(StatementRefused, match="NEW is not possible"):
            check_tree({"error": False, "statements": [tree]}, ["facts"])


def test_the_judge_and_the_engine_read_the_same_text() -> None:
    """A statement would be judged as one thing and run as another."""
    with duckdb.connect() as connection, pytest.raises(StatementRefused, match="syntax error"):
        answer(connection, "SELECT 1\n) AS asked(c0) LIMIT 1; SELECT (1")
