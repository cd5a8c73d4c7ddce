"""The compatibility gate: today's schemas against every released contract, and the gate against breaking changes.

Belongs here: which changes are let through and which are refused. Not here: bytes of a release (tests/golden).
"""

from collections.abc import Callable
from copy import deepcopy
from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer

from schemas.compatibility import breaks, released_sources, releases, unreadable
from schemas.registry import ALL_SCHEMAS, read_source

EVERY_RELEASED = [(release, name) for release in releases() for name in sorted(released_sources(release))]


@pytest.mark.parametrize(("release", "name"), EVERY_RELEASED)
def test_today_and_released_understand_each_other(release: str, name: str) -> None:
    """Facts in the log could no longer be read, or an older agent could not read ours."""
    assert name in ALL_SCHEMAS, "a released schema is gone"
    assert breaks(released_sources(release)[name], read_source(name)) == ()


def test_the_first_release_is_complete() -> None:
    """A schema that was left out of the baseline could change unseen."""
    assert releases()[0] == "v1"
    assert set(released_sources("v1")) == {
        "node_added",
        "equality_asserted",
        "fact_retracted",
        "rule_added",
        "gossip_delta",
        "gossip_ack",
        "agent_heartbeat",
        "timeline_event",
        "phase_order",
        "phase_report",
        "control_order",
        "agent_lifecycle",
        "gossip_descent",
    }


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    """Give a field."""
    return {"name": name, "type": kind, **more}


def record(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Give a record."""
    return {"type": "record", "name": "R", "namespace": "n", "fields": list(fields), **more}


def enum(*symbols: str, **more: Any) -> dict[str, Any]:
    """Give an enum."""
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


def fixed(size: int, name: str = "F") -> dict[str, Any]:
    """Give a fixed."""
    return {"type": "fixed", "name": name, "size": size}


A = field("a", "int")
INNER = {"type": "record", "name": "Inner", "fields": [field("x", "int")]}
INNER_STRING = {"type": "record", "name": "Inner", "fields": [field("x", "string")]}


def array(items: Any) -> dict[str, Any]:
    """Give an array type."""
    return {"type": "array", "items": items}


BOTH, BACKWARD, FORWARD, NEITHER = "both", "backward", "forward", "neither"

# name: (what Avro resolution says, old, new); "backward" means new reads old
RESOLUTION = {
    "added with default": (BOTH, record(A), record(A, field("b", "int", default=0))),
    "added without default": (FORWARD, record(A), record(A, field("b", "int"))),
    "removed, had a default": (BOTH, record(A, field("b", "int", default=0)), record(A)),
    "removed without default": (BACKWARD, record(A, field("b", "int")), record(A)),
    "field renamed": (NEITHER, record(A), record(field("z", "int"))),
    "field renamed with alias": (BACKWARD, record(A), record(field("z", "int", aliases=["a"]))),
    "record renamed": (NEITHER, record(A), record(A, name="S")),
    "int to long": (BACKWARD, record(A), record(field("a", "long"))),
    "int to double": (BACKWARD, record(A), record(field("a", "double"))),
    "long to int": (FORWARD, record(field("a", "long")), record(A)),
    "long to float": (BACKWARD, record(field("a", "long")), record(field("a", "float"))),
    "float to double": (BACKWARD, record(field("a", "float")), record(field("a", "double"))),
    "int to string": (NEITHER, record(A), record(field("a", "string"))),
    "int to boolean": (NEITHER, record(A), record(field("a", "boolean"))),
    "bytes to fixed": (NEITHER, record(field("a", "bytes")), record(field("a", fixed(16)))),
    "a fixed of another size": (NEITHER, record(field("a", fixed(16))), record(field("a", fixed(8)))),
    "a symbol added": (BACKWARD, record(field("a", enum("X"))), record(field("a", enum("X", "Y")))),
    "a symbol removed": (FORWARD, record(field("a", enum("X", "Y"))), record(field("a", enum("X")))),
    "a symbol renamed": (NEITHER, record(field("a", enum("X"))), record(field("a", enum("Y")))),
    "symbols in another order": (BOTH, record(field("a", enum("X", "Y"))), record(field("a", enum("Y", "X")))),
    "a branch added": (BACKWARD, record(field("a", ["null"])), record(field("a", ["null", "int"]))),
    "a branch removed": (FORWARD, record(field("a", ["null", "int"])), record(field("a", ["null"]))),
    "made optional": (BACKWARD, record(A), record(field("a", ["null", "int"]))),
    "items changed": (NEITHER, record(field("a", array("int"))), record(field("a", array("string")))),
    "a field of items changed": (NEITHER, record(field("a", array(INNER))), record(field("a", array(INNER_STRING)))),
    "a field of a branch changed": (
        NEITHER,
        record(field("a", ["null", INNER])),
        record(field("a", ["null", INNER_STRING])),
    ),
    "int to array of int": (NEITHER, record(A), record(field("a", array("int")))),
    "fields in another order": (BOTH, record(A, field("b", "int")), record(field("b", "int"), A)),
    "another doc": (BOTH, record(A), record(field("a", "int", doc="more"), doc="words")),
}


@pytest.mark.parametrize("case", RESOLUTION)
def test_each_direction(case: str) -> None:
    """The gate would not know one of Avro's rules of resolution."""
    expected, old, new = RESOLUTION[case]

    assert (not unreadable(new, old)) == (expected in (BOTH, BACKWARD)), "backward: the new schema reads old bytes"
    assert (not unreadable(old, new)) == (expected in (BOTH, FORWARD)), "forward: the old schema reads new bytes"


@pytest.mark.parametrize("case", [case for case, (expected, *_) in RESOLUTION.items() if expected != BOTH])
def test_what_breaks_one_direction_is_refused(case: str) -> None:
    """A change that only new readers, or only old ones, understand would be released."""
    _, old, new = RESOLUTION[case]

    assert breaks(old, new)


@pytest.mark.parametrize(
    "case", ["added with default", "symbols in another order", "fields in another order", "another doc"]
)
def test_harmless_changes_pass(case: str) -> None:
    """The gate would forbid the one way in which a schema may grow."""
    _, old, new = RESOLUTION[case]

    assert breaks(old, new) == ()


# What Apache avro calls compatible and we refuse: (words of the reason, old, new)
STRICTER = {
    "string to bytes": ("not all bytes are text", record(field("a", "string")), record(field("a", "bytes"))),
    "bytes to string": ("not all bytes are text", record(field("a", "bytes")), record(field("a", "string"))),
    "bytes to string, in items": (
        "/a/items: bytes became string",
        record(field("a", array("bytes"))),
        record(field("a", array("string"))),
    ),
    "string to bytes, in a branch": (
        "/a/n.Inner/x: string became bytes",
        record(field("a", ["null", INNER_STRING])),
        record(field("a", ["null", {**INNER, "fields": [field("x", "bytes")]}])),
    ),
    "string to bytes, in a map": (
        "/a/values: string became bytes",
        record(field("a", {"type": "map", "values": "string"})),
        record(field("a", {"type": "map", "values": "bytes"})),
    ),
    "a default changed": (
        "/b: the default changed",
        record(A, field("b", "int", default=0)),
        record(A, field("b", "int", default=1)),
    ),
    "a default taken away": (
        "/b: the default changed",
        record(A, field("b", "int", default=0)),
        record(A, field("b", "int")),
    ),
    "a released field with a default removed": (
        "/b: a released field is gone",
        record(A, field("b", "int", default=0)),
        record(A),
    ),
    "a symbol hidden behind a default": (
        "/a: the symbols changed",
        record(field("a", enum("X", "Y", default="X"))),
        record(field("a", enum("X", default="X"))),
    ),
    "another namespace": ("n.R became m.R", record(A), record(A, namespace="m")),
    "another namespace of a fixed": (
        "/a: n.F became m.F",
        record(field("a", fixed(2))),
        record(field("a", fixed(2, "m.F"))),
    ),
    "a default of another type": (
        '/b: the default "x" is no int',
        record(A),
        record(A, field("b", "int", default="x")),
    ),
    "a default out of range": ("is no int", record(A), record(A, field("b", "int", default=2**40))),
    "a default that is no symbol": ("is no enum", record(A), record(A, field("b", enum("X"), default="Y"))),
    "a default of another shape": ("is no array", record(A), record(A, field("b", array("int"), default={}))),
    "a bad default in items": (
        "/b/items/x: the default",
        record(A),
        record(A, field("b", array({**INNER, "fields": [field("x", "boolean", default="x")]}), default=[])),
    ),
}


@pytest.mark.parametrize("case", STRICTER)
def test_stricter_than_resolution(case: str) -> None:
    """A change that Avro allows would change what a fact in the log says, or stop a reader."""
    words, old, new = STRICTER[case]

    assert unreadable(new, old) == (), "this case belongs into the table of resolution"
    assert any(words in line for line in breaks(old, new)), breaks(old, new)


Change = Callable[[dict[str, Any]], Any]


def _edit(name: str, /, **change: Any) -> Change:
    """Change a field of the schema in place."""

    def apply(source: dict[str, Any]) -> None:
        next(item for item in source["fields"] if item["name"] == name).update(change)

    return apply


def _remove(name: str) -> Change:
    return lambda source: source["fields"].remove(next(item for item in source["fields"] if item["name"] == name))


MUTANTS: dict[str, tuple[str, Change]] = {
    "a field without default": ("node_added", lambda source: source["fields"].append(field("extra", "int"))),
    "event id shortened": ("node_added", lambda source: source["fields"][0]["type"].update(size=8)),
    "sequence as int": ("fact_retracted", _edit("sequence", type="int")),
    "sequence as string": ("fact_retracted", _edit("sequence", type="string")),
    "operator renamed": ("node_added", _edit("operator", name="op")),
    "operator renamed with alias": ("node_added", _edit("operator", name="op", aliases=["operator"])),
    "operator as bytes": ("node_added", _edit("operator", type="bytes")),
    "trace removed": ("rule_added", _remove("trace")),
    "priority removed": ("rule_added", _remove("priority")),
    "priority as long": ("rule_added", _edit("priority", type="long")),
    "priority another default": ("rule_added", _edit("priority", default=1)),
    "target removed": ("fact_retracted", _remove("target")),
    "YELLOW added": ("node_added", lambda s: s["fields"][8]["type"]["symbols"].append("YELLOW")),
    "GREEN removed": ("node_added", lambda s: s["fields"][8]["type"]["symbols"].remove("GREEN")),
    "a third kind of why": ("equality_asserted", lambda s: s["fields"][9]["type"].append("string")),
    "Derived removed": ("equality_asserted", lambda s: s["fields"][9]["type"].pop()),
    "Derived renamed": ("equality_asserted", lambda s: s["fields"][9]["type"][1].update(name="Inferred")),
    "round as long, inside Derived": (
        "equality_asserted",
        lambda s: s["fields"][9]["type"][1]["fields"][3].update(type="long"),
    ),
    "a kind of event added": ("timeline_event", lambda s: s["fields"][0]["type"]["symbols"].append("Slept")),
    "facts of a range as strings": (
        "gossip_delta",
        lambda s: s["fields"][8]["type"]["items"]["fields"][5]["type"].update(items="string"),
    ),
}


@pytest.mark.parametrize("case", MUTANTS)
def test_breaking_change_to_a_real_schema_is_refused(case: str) -> None:
    """Somebody could break the contract of our own facts, and the gate would stay silent."""
    name, change = MUTANTS[case]
    mutant = deepcopy(read_source(name))
    change(mutant)

    assert mutant != read_source(name)
    assert breaks(released_sources("v1")[name], mutant)


def test_a_field_with_default_may_be_added_to_a_real_schema() -> None:
    """The documented recipe for a new field would not pass the gate, or would not do what the gate says."""
    old, new = released_sources("v1")["rule_added"], deepcopy(read_source("rule_added"))
    new["fields"].append(field("note", "string", default="none"))
    value = {"event_id": bytes(16), "graph": "g", "producer": "p", "sequence": 0, "hlc": 0, "causes": [], "trace": b""}
    value |= {"name": "n", "pattern": "p", "replacement": "r", "conditions": [], "colour_policy": "", "priority": 0}
    old_bytes, new_bytes = BytesIO(), BytesIO()
    schemaless_writer(old_bytes, parse_schema(old), value)
    schemaless_writer(new_bytes, parse_schema(new), value | {"note": "said"})

    assert breaks(old, new) == ()
    read_new = schemaless_reader(BytesIO(old_bytes.getvalue()), parse_schema(old), parse_schema(new))
    read_old = schemaless_reader(BytesIO(new_bytes.getvalue()), parse_schema(new), parse_schema(old))
    assert read_new == value | {"note": "none"}
    assert read_old == value
