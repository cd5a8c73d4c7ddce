"""The schemas of this release: loaded once from the .avsc files, found by name or by fingerprint.

Belongs here: loading, parsing, fingerprints, single-object headers. Not here: facts (codec.py), rules (lint.py).
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from fastavro import parse_schema
from fastavro.schema import fingerprint, to_parsing_canonical_form

MARKER = b"\xc3\x01"
HEADER_BYTES = 10

FACT_SCHEMAS = ("node_added", "equality_asserted", "fact_retracted", "rule_added")
RECORD_SCHEMAS = (
    "gossip_delta", "gossip_ack", "agent_heartbeat", "timeline_event", "phase_order", "phase_report", "control_order",
    "agent_lifecycle", "gossip_descent",
)  # fmt: skip
ALL_SCHEMAS = FACT_SCHEMAS + RECORD_SCHEMAS


@dataclass(frozen=True, slots=True)
class LoadedSchema:
    """One schema: its file name, the JSON as written, the parsed form, and the 10-byte single-object header."""

    name: str
    source: Any
    parsed: Any
    header: bytes


def read_source(name: str) -> Any:
    """Give the JSON of schemas/<name>.avsc."""
    return json.loads(files("schemas").joinpath(f"{name}.avsc").read_text())


def header_of(source: Any) -> bytes:
    """Give the single-object header of a schema: marker C3 01, then CRC-64-AVRO of its canonical form."""
    return MARKER + bytes.fromhex(fingerprint(to_parsing_canonical_form(source), "CRC-64-AVRO"))


@cache
def load(name: str) -> LoadedSchema:
    """Load one schema of this release by file name, without the ending."""
    source = read_source(name)
    return LoadedSchema(name, source, parse_schema(source), header_of(source))


@cache
def released(name: str) -> tuple[LoadedSchema, ...]:
    """Give the schema as each release wrote it, oldest first; one that equals today's is today's."""
    current = load(name)
    found = []
    for folder in sorted(files("schemas").joinpath("released").iterdir(), key=lambda item: int(item.name[1:])):
        path = folder.joinpath(f"{name}.avsc")
        if path.is_file():
            source = json.loads(path.read_text())
            header = header_of(source)
            found.append(
                current if header == current.header else LoadedSchema(name, source, parse_schema(source), header)
            )
    return tuple(found)


@cache
def by_header() -> dict[bytes, LoadedSchema]:
    """Give every schema of this release by its single-object header."""
    return {schema.header: schema for schema in map(load, ALL_SCHEMAS)}
