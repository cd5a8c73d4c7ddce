"""Which schemas are refused before anything is decoded with them.

Belongs here: good and bad schemas, one by one, and the promise behind the rules over random schemas.
"""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.lint import DEPTH_MAX, FIXED_BYTES_MAX, BadSchema, Finding, Rule, findings, refuse_bad

SCHEMAS = sorted((Path(__file__).parents[3] / "schemas").rglob("*.avsc"))


def record(*kinds: Any, name: str = "R") -> dict[str, Any]:
    """Give a record with one field of each kind."""
    fields = [{"name": f"f{number}", "type": kind} for number, kind in enumerate(kinds)]
    return {"type": "record", "name": name, "fields": fields}


def array(items: Any) -> dict[str, Any]:
    """Give an array type."""
    return {"type": "array", "items": items}


def map_of(values: Any) -> dict[str, Any]:
    """Give a map type."""
    return {"type": "map", "values": values}


def arrays_of(kind: Any, levels: int) -> Any:
    """Wrap a type in so many arrays."""
    for _ in range(levels):
        kind = array(kind)
    return kind


def arrays(depth: int) -> Any:
    """Give arrays of arrays: `depth` types in all, the innermost an int."""
    return arrays_of("int", depth - 1)


def laughs(levels: int, innermost: Any) -> Any:
    """Give nested records, each with the next one twice: a few lines that stand for 2^levels values."""
    kind = innermost
    for level in range(levels):
        kind = record(kind, kind if isinstance(kind, str) else kind["name"], name=f"L{level}")
    return kind


EMPTY = record(name="Nothing")
FIXED_0 = {"type": "fixed", "name": "F", "size": 0}
NODE = {"type": "record", "name": "Node", "namespace": "n"}

BAD = {
    "recursion through a union": (
        Rule.RECURSIVE,
        NODE | {"fields": [{"name": "next", "type": ["null", "Node"]}]},
    ),
    "recursion through an array": (Rule.RECURSIVE, NODE | {"fields": [{"name": "all", "type": array("Node")}]}),
    "recursion through a map": (Rule.RECURSIVE, NODE | {"fields": [{"name": "all", "type": map_of("Node")}]}),
    "recursion by full name": (Rule.RECURSIVE, NODE | {"fields": [{"name": "next", "type": ["null", "n.Node"]}]}),
    "recursion through another record": (
        Rule.RECURSIVE,
        record(record(["null", "A"], name="B"), name="A"),
    ),
    "an array of null": (Rule.ZERO_SIZE, record(array("null"))),
    "an array of null, spelt out": (Rule.ZERO_SIZE, record(array({"type": {"type": "null"}}))),
    "an array of an empty record": (Rule.ZERO_SIZE, record(array(EMPTY))),
    "an array of an empty record, by name": (Rule.ZERO_SIZE, record(["null", EMPTY], array("Nothing"))),
    "an array of a record that holds only null": (Rule.ZERO_SIZE, record(array(record("null", name="N")))),
    "an array of a record of empty records": (Rule.ZERO_SIZE, record(array(record(EMPTY, name="N")))),
    "an array of a fixed of no bytes": (Rule.ZERO_SIZE, record(array(FIXED_0))),
    "a map of null": (Rule.ZERO_SIZE, record(map_of("null"))),
    "a map of an empty record": (Rule.ZERO_SIZE, record(map_of(EMPTY))),
    "a map of a fixed of no bytes": (Rule.ZERO_SIZE, record(map_of(FIXED_0))),
    "an array of null at the top": (Rule.ZERO_SIZE, array("null")),
    "an array of null in a union": (Rule.ZERO_SIZE, ["null", array("null")]),
    "an array of null in an array": (Rule.ZERO_SIZE, array(array("null"))),
    "many empty values beside one that is not": (Rule.ZERO_SIZE, record(array(record("int", "null", name="N")))),
    "empty records that double at each level": (Rule.ZERO_SIZE, laughs(5, EMPTY)),
    "one array too many": (Rule.TOO_DEEP, arrays(DEPTH_MAX + 1)),
    "one record too many": (Rule.TOO_DEEP, laughs(DEPTH_MAX, "int")),
    "one level too many through a name": (
        Rule.TOO_DEEP,
        record(record(arrays(DEPTH_MAX - 6), name="Half"), arrays_of("Half", 5)),
    ),
    "50,000 arrays": (Rule.TOO_DEEP, arrays(50_000)),
    "a fixed above the limit": (Rule.FIXED_SIZE, {"type": "fixed", "name": "F", "size": FIXED_BYTES_MAX + 1}),
    "a fixed of negative size": (Rule.FIXED_SIZE, {"type": "fixed", "name": "F", "size": -1}),
    "a decimal": (Rule.LOGICAL_TYPE, record({"type": "bytes", "logicalType": "decimal", "precision": 9})),
    "an unknown name": (Rule.MALFORMED, record("Missing")),
    "a name that is redefined as something empty": (
        Rule.MALFORMED,
        record(record("int", name="N"), record(name="N"), array("N")),
    ),
    "a field without a type": (Rule.MALFORMED, {"type": "record", "name": "R", "fields": [{"name": "f"}]}),
    "a record without fields": (Rule.MALFORMED, {"type": "record", "name": "R"}),
    "a record without a name": (Rule.MALFORMED, {"type": "record", "fields": []}),
    "an array without items": (Rule.MALFORMED, {"type": "array", "values": arrays(50_000)}),
    "an empty union": (Rule.MALFORMED, record([])),
    "an enum without symbols": (Rule.MALFORMED, {"type": "enum", "name": "E", "symbols": []}),
    "a number": (Rule.MALFORMED, 7),
}

GOOD = {
    "null in a union": record(["null", "int"]),
    "an empty record in a union, which costs a byte": record(["int", EMPTY]),
    "a named type twice": record({"type": "fixed", "name": "F", "size": 16}, array("F"), map_of("F")),
    "the deepest allowed": arrays(DEPTH_MAX),
    "the deepest allowed, of records": laughs(DEPTH_MAX - 1, "int"),
    "the deepest allowed, through a name": record(record(arrays(DEPTH_MAX - 6), name="Half"), arrays_of("Half", 4)),
    "the longest fixed": {"type": "fixed", "name": "F", "size": FIXED_BYTES_MAX},
    "the same short name in two namespaces": record(
        {"type": "record", "name": "R", "namespace": "other", "fields": [{"name": "f", "type": "int"}]}
    ),
    "a record twice, side by side": record(record("int", name="N"), "N"),
}


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: "/".join(path.parts[-2:]))
def test_shipped_schemas_pass(path: Path) -> None:
    """A schema of ours, today's or released, would let a few bytes cost memory or the process."""
    assert findings(json.loads(path.read_text())) == ()


def test_the_shipped_schemas_are_looked_at() -> None:
    """The test above would pass because it found no file."""
    assert {path.stem for path in SCHEMAS} >= {"node_added", "equality_asserted", "gossip_delta"}


@pytest.mark.parametrize("case", BAD)
def test_bad_schema_is_refused(case: str) -> None:
    """A schema that lets short input take memory, time or the C stack would be let in."""
    rule, source = BAD[case]

    assert rule in {item.rule for item in findings(source)}


@pytest.mark.parametrize("case", GOOD)
def test_good_schema_passes(case: str) -> None:
    """A harmless schema would be refused, and people would learn to go round the lint."""
    assert findings(GOOD[case]) == ()


def test_a_finding_names_the_place() -> None:
    """Whoever wrote the schema could not find the bad line."""
    source = record("int", record("int", array("null"), name="Inner"))

    assert [item.path for item in findings(source)] == ["/f1/f1/items"]


def test_refusal_lists_every_finding() -> None:
    """A bad schema would pass the gate, or only its first mistake would be told."""
    with pytest.raises(BadSchema, match=r"(?s)bad is refused.*zero-size at /f0/items.*logical-type at /f1"):
        refuse_bad("bad", record(array("null"), {"type": "int", "logicalType": "date"}))
    refuse_bad("good", record("int"))


def kinds(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Give types built from smaller ones; names are made unique afterwards."""
    return st.one_of(
        st.builds(array, inner),
        st.builds(map_of, inner),
        st.lists(inner, max_size=3).map(lambda items: record(*items)),
        st.builds(lambda item: ["null", item], inner.filter(lambda item: not isinstance(item, list))),
    )


PRIMITIVES = st.sampled_from(["null", "boolean", "int", "long", "bytes", "string", "double"])
FIXED = st.integers(0, 3).map(lambda size: {"type": "fixed", "name": "F", "size": size})
SOURCES = st.recursive(PRIMITIVES | FIXED, kinds, max_leaves=8)


def uniquely_named(source: Any, counter: list[int]) -> Any:
    """Give the schema with a new name for each named type."""
    if isinstance(source, list):
        return [uniquely_named(item, counter) for item in source]
    if not isinstance(source, dict):
        return source
    copy = {key: uniquely_named(value, counter) for key, value in source.items()}
    if copy.get("type") in ("record", "fixed"):
        counter[0] += 1
        copy["name"] = f"N{counter[0]}"
    return copy


def weight(value: Any) -> int:
    """Count the values that are not records or arrays themselves."""
    if isinstance(value, dict):
        return sum(map(weight, value.values()))
    return sum(map(weight, value)) if isinstance(value, list) else 1


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(SOURCES, st.binary(max_size=40))
def test_under_the_rules_a_value_costs_a_byte(source: Any, data: bytes) -> None:
    """The lint would miss a shape in which a few bytes decode to any number of values."""
    source = record(uniquely_named(source, [0]))
    if findings(source):
        return
    try:
        value = schemaless_reader(BytesIO(data), parse_schema(source), None)
    except Exception:  # hostile bytes: most of them decode to nothing
        return
    assert weight(value) <= len(data)


def test_finding_is_a_plain_tuple() -> None:
    """Tools that print findings would have to know our class."""
    assert findings("Missing") == (Finding(Rule.MALFORMED, "", "Missing is used before it is defined"),)
