"""What DuckDB may do in a process that runs a stranger's query, and the query itself.

Belongs here: settings in the order in which they work, judging, running, cutting the answer. Not here: the walls around
the process (confinement.py), who forks it (fork_server.py).
"""

import json
import math
from pathlib import Path
from typing import Any

import duckdb

from analytics.public_sql.allow_list import StatementRefused, check_tree
from analytics.public_sql.functions import words
from analytics.public_sql.limits import ANSWER_BYTES_MAX, ROWS_MAX, TEXT_BYTES_MAX

_SAFE_INTEGER = 2**53
"""Greater ones lose digits in a browser, so they are told as text."""

_SETTINGS = (
    "TimeZone = 'UTC'",
    "temp_directory = ''",
    "memory_limit = '256MB'",
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
    "allow_community_extensions = false",
    "allow_persistent_secrets = false",
    "allow_unredacted_secrets = false",
    "python_enable_replacements = false",
    "max_expression_depth = 250",
    "max_execution_time = 2000",
    "enable_logging = false",
)
_PLAIN_TYPES = words("BOOLEAN TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT FLOAT DOUBLE VARCHAR")

Answer = dict[str, Any]
"""`columns` with name and type, `rows`, and `truncated`: None, or why the rest is missing."""


def open_engine() -> duckdb.DuckDBPyConnection:
    """Give an engine that starts no thread, now or later: what confines a thread then confines all of the process."""
    return duckdb.connect(":memory:", config={"threads": 1, "async_threads": 0})


def attach(connection: duckdb.DuckDBPyConnection, catalog: Path) -> None:
    """Open the catalog and take away all else, for good. The order matters: the lock is the last."""
    folder = _quoted(str(catalog.parent))
    connection.execute(f"ATTACH {_quoted(str(catalog))} AS store (READ_ONLY)")
    connection.execute("USE store")
    for setting in _SETTINGS:
        connection.execute(f"SET {setting}")
    connection.execute(f"SET allowed_directories = [{folder}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def answer(connection: duckdb.DuckDBPyConnection, statement: str) -> Answer:
    """Judge a statement, run it, give its first rows. Raises StatementRefused and duckdb.Error."""
    statement = statement.strip().rstrip(";")
    judge(connection, statement)
    planned = connection.sql(statement)  # bound, not run
    columns = [{"name": name, "type": str(kind)} for name, kind in zip(planned.columns, planned.types, strict=True)]
    cursor = connection.execute(_told_plainly(statement, [column["type"] for column in columns]))
    return _cut(columns, cursor)


def judge(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Let the parser that will run a statement say what it is. Raises StatementRefused for what is not possible."""
    if len(statement.encode()) > TEXT_BYTES_MAX:
        raise StatementRefused(f"the statement is longer than {TEXT_BYTES_MAX // 1024} KiB; ask for less at once")
    if not statement:
        raise StatementRefused("no statement was given; ask a SELECT")
    found = connection.execute("SELECT json_serialize_sql(?)", [statement]).fetchone()
    assert found is not None
    try:
        tree = json.loads(found[0])
    except RecursionError:
        raise StatementRefused("the statement is nested too deeply; ask it in parts") from None
    check_tree(tree, *_public(connection))


def _public(connection: duckdb.DuckDBPyConnection) -> tuple[set[str], set[str]]:
    """Give the names of the catalog's views and of its macros."""
    views = connection.execute("SELECT view_name FROM duckdb_views() WHERE database_name = 'store' AND NOT internal")
    tables = {str(row[0]) for row in views.fetchall()}
    macros = connection.execute("SELECT function_name FROM duckdb_functions() WHERE database_name = 'store'")
    return tables, {str(row[0]) for row in macros.fetchall()}


def _told_plainly(statement: str, types: list[str]) -> str:
    """Wrap a statement so that its values are plain: Python could not even load what it needs for the others."""
    items = []
    for place, kind in enumerate(types):
        name = f"c{place}"
        if kind.startswith("DECIMAL"):
            name = f"CAST({name} AS DOUBLE)"
        elif kind not in _PLAIN_TYPES:
            name = f"CAST({name} AS VARCHAR)"
        items.append(name)
    names = ", ".join(f"c{place}" for place in range(len(types)))
    # The line end keeps a comment at the end of the statement from swallowing the rest.
    return f"SELECT {', '.join(items)} FROM ({statement}\n) AS asked({names}) LIMIT {ROWS_MAX + 1}"


def _cut(columns: list[dict[str, str]], cursor: duckdb.DuckDBPyConnection) -> Answer:
    rows: list[list[Any]] = []
    size = 0
    while (row := cursor.fetchone()) is not None:
        if len(rows) == ROWS_MAX:
            return {"columns": columns, "rows": rows, "truncated": f"only the first {ROWS_MAX:,} rows are shown"}
        plain = [_json_safe(value) for value in row]
        size += len(json.dumps(plain))
        if size > ANSWER_BYTES_MAX:
            return {"columns": columns, "rows": rows, "truncated": "only the first MiB is shown; ask for fewer columns"}
        rows.append(plain)
    return {"columns": columns, "rows": rows, "truncated": None}


def _json_safe(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _SAFE_INTEGER:
        return str(value)
    return value


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
