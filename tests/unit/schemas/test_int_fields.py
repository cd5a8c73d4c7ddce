"""An int of a record has 32 bits: what reads the records puts them into columns of that width."""

from collections.abc import Iterator
from copy import deepcopy
from io import BytesIO
from typing import Any

import pytest
from fastavro import schemaless_reader, schemaless_writer

from schemas.int_fields import checker_of
from schemas.poison import Poison
from schemas.records import decode_record, encode_record
from schemas.registry import HEADER_BYTES, LoadedSchema, by_header
from tests.golden.samples import records

Place = tuple[str | int, ...]


def ints_in(avro: Any, value: Any, at: Place = ()) -> Iterator[Place]:
    """Give where ints stand in a value, by walking value and schema side by side."""
    if avro == "int":
        yield at
    elif isinstance(avro, dict) and avro["type"] == "record":
        for field in avro["fields"]:
            yield from ints_in(field["type"], value[field["name"]], (*at, field["name"]))
    elif isinstance(avro, dict) and avro["type"] == "array":
        for index, item in enumerate(value):
            yield from ints_in(avro["items"], item, (*at, index))


def written_with(schema: LoadedSchema, fields: Any, at: Place, number: int) -> bytes:
    """Give the bytes of a record with one number in it replaced."""
    changed = deepcopy(fields)
    holder = changed
    for step in at[:-1]:
        holder = holder[step]
    holder[at[-1]] = number
    out = BytesIO()
    schemaless_writer(out, schema.parsed, changed)
    return schema.header + out.getvalue()


CASES = list(records().items())


@pytest.mark.parametrize(("name", "record"), CASES, ids=[name for name, _ in CASES])
def test_an_int_of_more_than_32_bits_is_poison_wherever_it_stands(name: str, record: Any) -> None:
    """One record in the log would end the sink, whose columns are that wide, and each of its next lives."""
    raw = encode_record(record)
    schema = by_header()[raw[:HEADER_BYTES]]
    fields: Any = schemaless_reader(BytesIO(raw[HEADER_BYTES:]), schema.parsed, None)
    places = list(ints_in(schema.source, fields))
    assert places, f"{name} has no int"

    for at in places:
        for number in (1 << 31, -(1 << 31) - 1, 1 << 62):
            found = decode_record(written_with(schema, fields, at, number))
            assert isinstance(found, Poison), f"{at} = {number}"


def test_a_type_that_nobody_has_looked_into_is_not_passed_over() -> None:
    """A schema that gains a union or a named type would be read unchecked from then on."""
    with pytest.raises(NotImplementedError, match="int_fields"):
        checker_of({"type": "record", "name": "R", "fields": [{"name": "a", "type": ["null", "int"]}]})
