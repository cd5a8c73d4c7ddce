"""Apache avro and our codec read and write each other's bytes.

Belongs here: agreement with a second implementation (plain_avro.py). Not here: bytes of a release (tests/golden).
"""

import ast
import json
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egraph.colours import Colour
from egraph.derive.proof import ByCongruence, ByRule
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded
from schemas.codec import decode_fact, encode, seal
from schemas.records import TimelineEvent, decode_record, encode_record
from schemas.registry import ALL_SCHEMAS, RECORD_SCHEMAS, load
from tests.golden.values import from_json
from tests.interop import plain_avro
from tests.interop.random_facts import BY_KIND, FACTS

SCHEMA_OF: dict[type[Fact], str] = {
    NodeAdded: "node_added",
    EqualityAsserted: "equality_asserted",
    FactRetracted: "fact_retracted",
    RuleAdded: "rule_added",
}
GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "v1.json").read_text())


def plain(value: Any) -> Any:
    """Give a value of ours as the dicts, lists and bytes that Avro knows."""
    if isinstance(value, Derived):
        bindings = [{"variable": variable, "node": node} for variable, node in value.substitution]
        rest = {"rule": value.rule, "rule_set": value.rule_set, "round": value.round}
        premises = list(value.premises)
        return {**rest, "substitution": bindings, "premises": premises, "proof": plain(value.proof)}
    if isinstance(value, ByRule | ByCongruence):
        spelt = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        name = "lemmas" if isinstance(value, ByRule) else "children"
        return spelt | {name: [-1 if lemma is None else lemma for lemma in spelt[name]]}
    if isinstance(value, TimelineEvent):
        spelt = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        return spelt | {"latencies": [{"bucket": bucket, "count": count} for bucket, count in value.latencies]}
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Colour):
        return value.name
    if isinstance(value, Enum):
        return value.value
    return [plain(item) for item in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize("kind", SCHEMA_OF, ids=SCHEMA_OF.get)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_their_bytes_are_our_fact(kind: type[Fact], data: st.DataObject) -> None:
    """A producer that follows the documents would end in the dead letters, or say something it did not mean."""
    draft = data.draw(BY_KIND[kind])
    sealed = seal(draft)

    theirs = plain_avro.fact(SCHEMA_OF[kind], plain(draft))

    assert theirs == sealed.raw == encode(sealed.fact)
    assert decode_fact(theirs) == sealed.fact


@settings(max_examples=400, deadline=None)
@given(FACTS)
def test_our_bytes_are_their_values(draft: Fact) -> None:
    """A consumer in another language would read other values out of our log."""
    fact, raw = seal(draft)

    assert raw[:10] == plain_avro.header(SCHEMA_OF[type(draft)])
    assert plain_avro.read_body(SCHEMA_OF[type(draft)], raw[10:]) == plain(fact)


@pytest.mark.parametrize("entry", GOLDEN["facts"], ids=lambda entry: entry["name"])
def test_released_facts_come_out_of_the_second_implementation(entry: Any) -> None:
    """The golden bytes would pin a mistake of ours."""
    fact = from_json(entry["value"])
    raw = plain_avro.fact(SCHEMA_OF[type(fact)], plain(fact))

    assert raw.hex() == entry["bytes"]
    assert raw[10:26].hex() == entry["event_id"]


@pytest.mark.parametrize("entry", GOLDEN["records"], ids=lambda entry: entry["name"])
def test_records_are_read_and_written_alike(entry: Any) -> None:
    """An observer with another Avro library would misread gossip, heartbeats or the timeline."""
    record = from_json(entry["value"])
    raw = encode_record(record)
    name = next(name for name in RECORD_SCHEMAS if plain_avro.header(name) == raw[:10])

    assert plain_avro.read_body(name, raw[10:]) == plain(record)
    assert decode_record(raw[:10] + plain_avro.body(name, plain(record))) == record


@pytest.mark.parametrize("name", ALL_SCHEMAS)
def test_header_follows_the_specification(name: str) -> None:
    """Our fingerprint would be one that no other Avro library computes."""
    assert load(name).header == plain_avro.header(name)


@pytest.mark.parametrize(
    ("canonical", "fingerprint"),
    [('"null"', 0x63DD24E7CC258F8A), ('"int"', 0x7275D51A3F395C8F), ('"boolean"', 0x9F42FC78A4D4F764)],
)
def test_second_fingerprint_is_the_published_one(canonical: str, fingerprint: int) -> None:
    """The second implementation would make the same mistake as ours. Values: test data of the Avro project."""
    assert plain_avro.crc_64_avro(canonical.encode()) == fingerprint


@pytest.mark.parametrize("name", RECORD_SCHEMAS)
def test_apache_computes_the_same_header(name: str) -> None:
    """Both implementations above would misread the specification. (Schemas that use each name once: plain_avro.)"""
    assert plain_avro.schema(name).fingerprint("CRC-64-AVRO") == load(name).header[2:]


def test_the_second_implementation_imports_nothing_of_ours() -> None:
    """The comparison would compare our code with itself."""
    tree = ast.parse(Path(plain_avro.__file__).read_text())
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}

    assert "avro.io" in names
    assert {name.partition(".")[0] for name in names}.isdisjoint({"schemas", "egraph", "streams", "fastavro", "tests"})
