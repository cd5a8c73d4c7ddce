"""The SQL desk of the console: statements of strangers, and what they can ask about."""

from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from analytics.catalog import CATALOG_NAME, define_views, list_views, store_dir
from analytics.public_sql.client import PublicSql, Refused, Rows
from analytics.public_sql.connection import open_engine
from analytics.saved import saved_queries
from analytics.tables import tables


class Desk:
    """Answers over the store below a data directory. Safe to use from several threads."""

    def __init__(self, data_dir: Path, *, agents: int = 9) -> None:
        self._sql = PublicSql(store_dir(data_dir) / CATALOG_NAME)
        self._agents = agents

    def ask(self, statement: str) -> Rows | Refused:
        """Answer a statement, or say why not."""
        return self._sql.ask(statement)

    def schema(self) -> dict[str, Any]:
        """Give tables, views and macros with their columns, and saved queries."""
        return {
            "relations": [
                {"name": name, "line": line, "columns": [{"name": column, "type": kind} for column, kind in columns]}
                for name, line, columns in relations(self._agents)
            ],
            "saved": [{"name": item.name, "question": item.question, "sql": item.sql} for item in saved_queries()],
        }

    def close(self) -> None:
        """End the process that runs statements."""
        self._sql.close()


@cache
def relations(agents: int) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    """Give each public table, view and macro: its name, its line, and names and types of its columns."""
    lines = dict(list_views())
    with open_engine() as connection:
        define_views(connection, {table: () for table in tables(agents)})
        found = []
        for table in tables(agents):
            found.append((table.name, f"rows of the topic {table.topic.name}", _columns(connection, table.name)))
        for name, line in lines.items():
            found.append((name, line, () if "(" in name else _columns(connection, name)))
    return tuple(found)


def _columns(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[tuple[str, str], ...]:
    planned = connection.sql(f'SELECT * FROM "{name}"')
    return tuple((column, str(kind)) for column, kind in zip(planned.columns, planned.types, strict=True))
