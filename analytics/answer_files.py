"""An answer as a file for other tools: Parquet or Arrow, with columns of the types that DuckDB gave them.

Belongs here: types of columns, bytes of a file. Not here: asking (desk.py), routes. Nothing is evaluated here: the
types are words of a stranger's query, and what they do not name plainly stays text.
"""

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analytics.public_sql.client import Rows

FORMATS = {"parquet": "application/vnd.apache.parquet", "arrow": "application/vnd.apache.arrow.file"}
"""What an answer can be written as, and the media type of that."""
TRUNCATED = b"truncated"
"""Key of the schema's metadata that says why rows are missing, if some are."""
_WHOLE = {
    "TINYINT": pa.int8(), "SMALLINT": pa.int16(), "INTEGER": pa.int32(), "BIGINT": pa.int64(), "UTINYINT": pa.uint8(),
    "USMALLINT": pa.uint16(), "UINTEGER": pa.uint32(), "UBIGINT": pa.uint64(),
}  # fmt: skip
_MOMENTS = {
    "DATE": pa.date32(), "TIMESTAMP": pa.timestamp("us"), "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
}  # fmt: skip
_Made = Callable[[list[Any]], pa.Array]


def answer_file(rows: Rows, form: str) -> bytes:
    """Give the bytes of the file; `form` is a key of FORMATS."""
    table = answer_table(rows)
    out = io.BytesIO()
    if form == "parquet":
        pq.write_table(table, out, compression="zstd")
    else:
        with pa.ipc.new_file(out, table.schema) as writer:
            writer.write_table(table)
    return out.getvalue()


def answer_table(rows: Rows) -> pa.Table:
    """Give the answer as columns. Names that stand twice are numbered, since files are read by name."""
    columns = [_column(kind, [row[place] for row in rows.rows]) for place, (_, kind) in enumerate(rows.columns)]
    table = pa.Table.from_arrays(columns, names=_distinct([name for name, _ in rows.columns]))
    return table.replace_schema_metadata({TRUNCATED: rows.truncated.encode()}) if rows.truncated else table


def _column(kind: str, values: list[Any]) -> pa.Array:
    try:
        return _made_of(kind)(values)
    except (pa.ArrowInvalid, ArithmeticError, ValueError):  # infinity as a date, more digits than a decimal has
        return _text(values)


def _made_of(kind: str) -> _Made:
    if kind in _WHOLE:
        # Whole numbers that a browser would round came as text.
        return lambda values: pa.array([None if value is None else int(value) for value in values], _WHOLE[kind])
    if kind in ("HUGEINT", "UHUGEINT"):
        return lambda values: pa.array(
            [None if value is None else Decimal(value) for value in values], pa.decimal128(38, 0)
        )
    if kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL"):
        return lambda values: pa.array([None if value is None else float(value) for value in values], pa.float64())
    if kind == "BOOLEAN":
        return lambda values: pa.array(values, pa.bool_())
    if kind in _MOMENTS:
        return lambda values: _text(values).cast(_MOMENTS[kind])
    return _text


def _text(values: list[Any]) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _distinct(names: list[str]) -> list[str]:
    taken: set[str] = set()
    found = []
    for name in names:
        number, free = 0, name
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        taken.add(free)
        found.append(free)
    return found
