"""The price of one schema per kind of fact (decision 0001): the envelope stands in four files and must not drift."""

from dataclasses import fields
from typing import Any

import pytest

from egraph.facts import Envelope
from schemas.registry import FACT_SCHEMAS, read_source

NAMES = ["event_id", "graph", "producer", "sequence", "hlc", "causes", "trace"]


def envelope(name: str) -> list[dict[str, Any]]:
    """Give the first seven fields of a fact's schema, docs and all."""
    return list(read_source(name)["fields"][: len(NAMES)])


@pytest.mark.parametrize("name", FACT_SCHEMAS)
def test_envelope_comes_first_in_this_order(name: str) -> None:
    """The event id would not be the first 16 bytes, or admission would read producer and sequence from elsewhere."""
    assert [field["name"] for field in envelope(name)] == NAMES


def test_envelope_is_the_same_in_all_kinds() -> None:
    """A producer that wrote one kind correctly would be refused with another, or be told something else in the doc."""
    first, *others = FACT_SCHEMAS

    assert len(FACT_SCHEMAS) == 4
    assert [envelope(name) for name in others] == [envelope(first)] * 3


def test_envelope_types() -> None:
    """The envelope could change in all four files at once, and they would still be alike."""
    plain = {field["name"]: (field["type"], field.get("default")) for field in envelope("node_added")}

    assert plain == {
        "event_id": ({"type": "fixed", "name": "EventId", "size": 16}, None),
        "graph": ("string", None),
        "producer": ("string", None),
        "sequence": ("long", None),
        "hlc": ("long", None),
        "causes": ({"type": "array", "items": "EventId"}, []),
        "trace": ("bytes", ""),
    }


@pytest.mark.parametrize("name", FACT_SCHEMAS)
def test_no_field_of_a_kind_shadows_the_envelope(name: str) -> None:
    """Two meanings would share a name, and the seven fields could not be told from the rest."""
    rest = [field["name"] for field in read_source(name)["fields"][len(NAMES) :]]

    assert rest
    assert set(NAMES).isdisjoint(rest)


def test_the_dataclass_has_the_same_envelope() -> None:
    """Schema and code would disagree about what every fact carries."""
    assert [field.name for field in fields(Envelope)] == NAMES


@pytest.mark.parametrize("field", NAMES)
def test_every_envelope_field_is_documented(field: str) -> None:
    """A producer in another language has only the schema files to learn from."""
    doc = next(item for item in envelope("node_added") if item["name"] == field).get("doc", "")

    assert len(doc.split()) >= 3
