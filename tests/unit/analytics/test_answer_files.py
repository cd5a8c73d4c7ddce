"""Answers as files: types of columns, values, names, what is missing."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics.answer_files import answer_file
from analytics.public_sql.client import Rows


def read(raw: bytes, form: str) -> pa.Table:
    """Read a file as another tool does."""
    return pq.read_table(io.BytesIO(raw)) if form == "parquet" else pa.ipc.open_file(raw).read_all()


@pytest.mark.parametrize("form", ["parquet", "arrow"])
@pytest.mark.parametrize(
    ("kind", "value", "expected", "type_"),
    [
        ("BIGINT", "9007199254740993", 2**53 + 1, "int64"),
        ("UTINYINT", 7, 7, "uint8"),
        ("HUGEINT", str(10**30), Decimal(10**30), "decimal128(38, 0)"),
        ("DOUBLE", "inf", float("inf"), "double"),
        ("DECIMAL(9,3)", 1.5, 1.5, "double"),
        ("BOOLEAN", True, True, "bool"),
        ("DATE", "2026-11-27", date(2026, 11, 27), "date32[day]"),
        ("DATE", "infinity", "infinity", "string"),
        ("TIMESTAMP", "2026-11-27 08:14:05.25", datetime(2026, 11, 27, 8, 14, 5, 250_000), "timestamp[us]"),
        (
            "TIMESTAMP WITH TIME ZONE",
            "2026-11-27 08:14:05+00",
            datetime(2026, 11, 27, 8, 14, 5, tzinfo=UTC),
            "timestamp[us, tz=UTC]",
        ),
        ("VARCHAR", "a,b", "a,b", "string"),
        ("INTEGER[]", "[1, 2]", "[1, 2]", "string"),
        ("ENUM('a', 'b); DROP')", "a", "a", "string"),
    ],
)
def test_a_column_has_the_type_that_it_had(form: str, kind: str, value: Any, expected: Any, type_: str) -> None:
    """A notebook would get times as text and large numbers rounded."""
    rows = Rows((("x", kind),), [[value], [None]], None, 1.0)

    table = read(answer_file(rows, form), form)

    assert table.column("x").to_pylist() == [expected, None]
    assert str(table.schema.field("x").type) == type_


def test_columns_of_one_name_are_told_apart_and_what_is_missing_is_told() -> None:
    """A file could not be read by name; or a part of an answer would pass for all of it."""
    rows = Rows((("a", "INTEGER"), ("a", "INTEGER"), ("a_1", "INTEGER")), [[1, 2, 3]], "only the first", 1.0)

    table = read(answer_file(rows, "parquet"), "parquet")

    assert table.to_pylist() == [{"a": 1, "a_1": 2, "a_1_1": 3}]
    assert table.schema.metadata[b"truncated"] == b"only the first"
