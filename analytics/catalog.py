"""The catalog: views over the segments that count, in a DuckDB file that readers open while the sink writes.

Belongs here: views and the atomic replacement of the file. Not here: rows, questions (read_model.py).
The file holds no data, so replacing it by rename never locks a reader out; one that has it open keeps its moment.
"""

import errno
import os
import re
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


def define_views(connection: duckdb.DuckDBPyConnection, tables: dict[Table, tuple[str, ...]]) -> None:
    """Define a view per table over its files, then the public views. A table without files is empty, not absent."""
    for table, names in tables.items():
        connection.execute(f"CREATE OR REPLACE VIEW {table.name} AS {_select(table, names)}")
    connection.execute(views_sql())


def publish_catalog(store: Path, tables: tuple[Table, ...]) -> Path:
    """Write the catalog aside and rename it into place. Gives its path. Raises OSError where the disk refuses."""
    store.mkdir(parents=True, exist_ok=True)
    path = store / CATALOG_NAME
    aside = store / f".{CATALOG_NAME}.{os.getpid()}"
    aside.unlink(missing_ok=True)
    try:
        with duckdb.connect(str(aside), config={"autoinstall_known_extensions": "false"}) as connection:
            define_views(connection, {table: covered_files(store.resolve(), table) for table in tables})
        os.replace(aside, path)
    except duckdb.IOException as error:
        raise OSError(errno.EIO, str(error)) from error  # DuckDB does not say which; callers treat it as a full disk
    finally:
        aside.unlink(missing_ok=True)
    return path


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


@lru_cache(maxsize=64)
def _columns_of(name: str) -> frozenset[str]:
    """Give the columns of a segment. What the newest lacks, all lack: an older version wrote them. Raises OSError."""
    try:
        return frozenset(pq.read_schema(name).names)
    except pa.ArrowInvalid as error:
        raise OSError(errno.EIO, f"{name} is damaged: {error}") from error


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"{_sql_type(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        return "STRUCT(" + ", ".join(f'"{item.name}" {_sql_type(item.type)}' for item in kind) + ")"
    return _SQL_TYPES[str(kind)]
