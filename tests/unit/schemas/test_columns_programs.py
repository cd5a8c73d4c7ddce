"""Programs follow the schemas: a field that the loops do not know sends its facts to the scalar codec."""

from copy import deepcopy
from typing import Any

import pytest

from schemas.columns.programs import programs, steps_of
from schemas.registry import FACT_SCHEMAS, load


def changed(schema: str, field: str, change: dict[str, Any]) -> Any:
    """Give today's schema with one field changed."""
    source = deepcopy(load(schema).source)
    next(item for item in source["fields"] if item["name"] == field).update(change)
    return source


def test_which_facts_take_the_loops() -> None:
    """A change of a schema would make decoding ten times slower, and nobody would notice."""
    kinds = {FACT_SCHEMAS[kind] for kind in programs().kinds}

    assert kinds == {"node_added", "equality_asserted", "fact_retracted"}
    assert {bytes(programs().headers[at : at + 10]) for at in range(0, 30, 10)} == {load(kind).header for kind in kinds}


@pytest.mark.parametrize(
    ("name", "field", "change"),
    [
        ("node_added", "sequence", {"type": "int"}),
        ("node_added", "operator", {"type": "bytes"}),
        ("node_added", "operator", {"name": "symbol"}),
        ("node_added", "event_id", {"type": {"type": "fixed", "name": "EventId", "size": 32}}),
        ("node_added", "children", {"type": {"type": "array", "items": "string"}}),
        (
            "node_added",
            "children",
            {"type": {"type": "array", "items": {"type": "fixed", "name": "NodeId", "size": 20}}},
        ),
        ("node_added", "colour", {"type": {"type": "enum", "name": "Colour", "symbols": ["BLUE", "RED", "GREEN"]}}),
        (
            "node_added",
            "colour",
            {"type": {"type": "enum", "name": "Colour", "symbols": ["RED", "BLUE", "GREEN", "X"]}},
        ),
        ("fact_retracted", "why", {"type": ["null", "string"]}),
        ("fact_retracted", "target", {"type": {"type": "map", "values": "long"}}),
    ],
)
def test_what_the_loops_cannot_read_has_no_program(name: str, field: str, change: dict[str, Any]) -> None:
    """Bytes of a new schema would be read as if they were of the old one."""
    assert steps_of(load(name).source) is not None
    assert steps_of(changed(name, field, change)) is None


def test_a_new_field_has_no_program() -> None:
    """A fact with a new field would be refused for ever, or its last bytes would be taken for another field."""
    source = deepcopy(load("node_added").source)
    source["fields"].append({"name": "weight", "type": "long", "default": 0})

    assert steps_of(source) is None


def test_only_stated_equalities_take_the_loops() -> None:
    """The first branch could become another one, and its bytes be read as a text."""
    source = deepcopy(load("equality_asserted").source)
    why = source["fields"][-1]
    why["type"] = why["type"][::-1]

    assert steps_of(source) is None
