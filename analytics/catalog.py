"""The catalog: views over the segments that count, in a DuckDB file that readers open while the sink writes.

Belongs here: views and the atomic replacement of the file. Not here: rows, questions (read_model.py).
The file holds no data, so replacing it by rename never locks a reader out; one that has it open keeps its moment.
"""

import errno
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.ledger import cover
from analytics.segments import list_segments
from analytics.tables import Table

CATALOG_NAME = "catalog.duckdb"
_WRITTEN_MAX = 4 * 1024 * 1024
"""A file that is changed again and again grows; one that is made anew has a quarter of a megabyte."""
_CLOCK = re.compile("vc[0-9]+")
"""These columns are as many as the sink was told that there are agents."""
_SQL_TYPES = {
    "bool": "BOOLEAN",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "string": "VARCHAR",
    "binary": "BLOB",
    "timestamp[us]": "TIMESTAMP",
}


def store_dir(data_dir: Path) -> Path:
    """Give the folder of the read side below a data directory."""
    return data_dir / "store"


def covered_files(store: Path, table: Table) -> tuple[str, ...]:
    """Give the files that make up a table now."""
    directory = store / table.name
    return tuple(str(directory / item.file_name) for item in cover(list_segments(directory)))


class Views:
    """What a connection's views name: a table's view is made anew when its files change, the public views seldom.

    DuckDB binds a view when it is asked. So the public views, which take most of the time, stay as long as the columns
    of the tables do.
    """

    def __init__(self) -> None:
        self._files: dict[Table, tuple[str, ...]] = {}
        self._shapes: dict[Table, object] = {}

    def define(self, connection: duckdb.DuckDBPyConnection, files_of: Mapping[Table, tuple[str, ...]]) -> bool:
        """Define what has changed since the last time. Gives whether anything was. Raises OSError."""
        if files_of == self._files:
            return False
        shapes = {table: _shape(names) for table, names in files_of.items()}
        for table, names in files_of.items():
            if names != self._files.get(table) or shapes != self._shapes:
                connection.execute(f"CREATE OR REPLACE VIEW {table.name} AS {_select(table, names)}")
        if shapes != self._shapes:
            connection.execute(views_sql())
        self._files, self._shapes = dict(files_of), shapes
        return True


def define_views(connection: duckdb.DuckDBPyConnection, tables: Mapping[Table, tuple[str, ...]]) -> None:
    """Define a view per table over its files, then the public views. A table without files is empty, not absent."""
    Views().define(connection, tables)


class Publisher:
    """Writes the catalog again and again. What it wrote last is where it begins, so little is made anew."""

    def __init__(self, store: Path, tables: tuple[Table, ...]) -> None:
        self._store = store
        self._tables = tables
        self._views = Views()
        self._written = b""

    def publish(self) -> Path:
        """Write the catalog aside and rename it into place. Gives its path. Raises OSError where the disk refuses."""
        self._store.mkdir(parents=True, exist_ok=True)
        path = self._store / CATALOG_NAME
        aside = self._store / f".{CATALOG_NAME}.{os.getpid()}"
        aside.unlink(missing_ok=True)
        try:
            if self._written:
                aside.write_bytes(self._written)
            with duckdb.connect(str(aside), config={"autoinstall_known_extensions": "false"}) as connection:
                self._views.define(
                    connection, {table: covered_files(self._store.resolve(), table) for table in self._tables}
                )
            written = aside.read_bytes()
            os.replace(aside, path)
        except BaseException as error:
            self._begin_anew()
            if isinstance(error, duckdb.IOException):  # DuckDB does not say which; callers treat it as a full disk
                raise OSError(errno.EIO, str(error)) from error
            raise
        finally:
            aside.unlink(missing_ok=True)
        self._written = written
        if len(written) > _WRITTEN_MAX:
            self._begin_anew()
        return path

    def _begin_anew(self) -> None:
        self._views = Views()
        self._written = b""


def publish_catalog(store: Path, tables: tuple[Table, ...]) -> Path:
    """Write the catalog once. Gives its path. Raises OSError where the disk refuses."""
    return Publisher(store, tables).publish()


def views_sql() -> str:
    """Give the SQL of the public views."""
    return files("analytics").joinpath("queries/views.sql").read_text()


def list_views() -> list[tuple[str, str]]:
    """Give each public view and macro with its line of explanation."""
    return re.findall(r"^-- (\w+(?:\([^)]*\))?): (.+)$", views_sql(), flags=re.MULTILINE)


def _select(table: Table, names: tuple[str, ...]) -> str:
    if names:
        listed = ", ".join("'" + name.replace("'", "''") + "'" for name in names)
        later = "".join(
            f', CAST(NULL AS {_sql_type(field.type)}) AS "{field.name}"'
            for field in table.schema
            if field.name not in _columns_of(names[-1]) and not _CLOCK.fullmatch(field.name)
        )
        return f"SELECT *{later} FROM read_parquet([{listed}], union_by_name = true)"
    columns = ", ".join(f'CAST(NULL AS {_sql_type(field.type)}) AS "{field.name}"' for field in table.schema)
    return f"SELECT {columns} WHERE false"


def _shape(names: tuple[str, ...]) -> object:
    """Give what decides the columns of a table's view, and their order."""
    return (_columns_of(names[0]), _columns_of(names[-1])) if names else None


@lru_cache(maxsize=256)
def _columns_of(name: str) -> tuple[str, ...]:
    """Give the columns of a segment. What the newest lacks, all lack: an older version wrote them. Raises OSError."""
    try:
        return tuple(pq.read_schema(name).names)
    except pa.ArrowInvalid as error:
        raise OSError(errno.EIO, f"{name} is damaged: {error}") from error


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"{_sql_type(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        return "STRUCT(" + ", ".join(f'"{item.name}" {_sql_type(item.type)}' for item in kind) + ")"
    return _SQL_TYPES[str(kind)]
