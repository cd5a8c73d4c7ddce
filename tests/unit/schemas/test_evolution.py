"""A log is kept for ever: what a released schema wrote is read by a later one.

Belongs here: reading with two schemas. Not here: which changes are allowed (test_compatibility.py).
"""

import copy

import pytest
from fastavro import parse_schema

from schemas.codec import decode_fact, read_fields
from schemas.poison import Poison
from schemas.registry import FACT_SCHEMAS, LoadedSchema, header_of, load, read_source, released
from tests.properties.sealed_records import FIELDS, write


def with_new_field(name: str) -> LoadedSchema:
    """Give the schema with one more field at its end, as a next release might have it."""
    source = copy.deepcopy(read_source(name))
    source["fields"].append({"name": "later", "type": "string", "default": "as before"})
    return LoadedSchema(name, source, parse_schema(source), header_of(source))


@pytest.mark.parametrize("name", FACT_SCHEMAS)
def test_a_field_that_the_writer_had_not_gets_its_default(name: str) -> None:
    """After the first new field every older fact in the log would be refused."""
    raw = write(name, FIELDS[name])
    then, now = load(name), with_new_field(name)

    assert now.header != then.header
    assert read_fields(raw, then, now) == read_fields(raw, then, then) | {"later": "as before"}


@pytest.mark.parametrize("name", FACT_SCHEMAS)
def test_every_released_schema_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts of an earlier release would land in the dead letters, one and all."""
    raw = write(name, FIELDS[name])
    now = with_new_field(name)
    assert load(name).header in {schema.header for schema in released(name)}

    def next_release(asked: str) -> LoadedSchema:
        return now if asked == name else load(asked)

    from schemas import codec

    before = decode_fact(raw)
    codec._readers.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(codec, "load", next_release)
        after = decode_fact(raw)
    codec._readers.cache_clear()

    assert not isinstance(before, Poison)
    assert after == before
