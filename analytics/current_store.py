"""A DuckDB connection whose views always name the files that count now. For the modules that ask questions.

Belongs here: following the store. Not here: questions (read_model.py, log_reader.py), writing.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from analytics.catalog import Views, covered_files, store_dir
from analytics.tables import tables
from analytics.tail import Tail


class StoreUnreadable(Exception):
    """The files of the store cannot be read; the message says which and why."""


class CurrentStore:
    """The store below a data directory as it stands."""

    def __init__(self, data_dir: Path, *, agents: int = 9) -> None:
        self._store = store_dir(data_dir).resolve()
        self._tables = tables(agents)
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._views = Views()
        self._lock = threading.Lock()

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Give the rows of a question. Safe to use from several threads. Raises StoreUnreadable."""
        with self._lock:
            try:
                return self.connection().execute(sql, list(values)).fetchall()
            except (duckdb.Error, OSError) as error:
                raise StoreUnreadable(str(error).splitlines()[0]) from error

    def ask_table(self, sql: str, *values: Any) -> pa.Table:
        """Give the rows of a question as columns. Otherwise as `ask`."""
        with self._lock:
            try:
                return self.connection().sql(sql, params=list(values)).to_arrow_table()
            except (duckdb.Error, OSError) as error:
                raise StoreUnreadable(str(error).splitlines()[0]) from error

    def tail(self, table_name: str, columns: Sequence[str] = (), by: str | None = None) -> Tail:
        """Give something that follows a table from its beginning, by one of its times."""
        (table,) = (item for item in self._tables if item.name == table_name)
        return Tail(self._store, table, columns, by)

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Give a connection whose views name the files that count now. For one thread: its owner holds a lock."""
        if self._connection is None:
            self._connection = duckdb.connect(
                ":memory:", config={"autoinstall_known_extensions": "false", "threads": 2}
            )
            self._connection.execute("SET TimeZone = 'UTC'")
        self._views.define(self._connection, {table: covered_files(self._store, table) for table in self._tables})
        return self._connection
