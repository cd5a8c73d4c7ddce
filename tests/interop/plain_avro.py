"""Our wire format once more, from the documents alone: Apache `avro`, hashlib, and the Avro specification.

Belongs here: a second implementation of docs/producers.md. It must not import `schemas` or `egraph.identifiers`;
agreement with our code would prove nothing if it did.
"""

import json
from functools import cache
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any

import avro.schema
from avro.io import BinaryDecoder, BinaryEncoder, DatumReader, DatumWriter

FOLDER = Path(__file__).parents[2] / "schemas"
PRIMITIVES = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}


@cache
def schema(name: str) -> Any:
    """Give a schema of ours as Apache avro parses it."""
    return avro.schema.parse((FOLDER / f"{name}.avsc").read_text())


def body(name: str, fields: dict[str, Any]) -> bytes:
    """Encode a record with Apache avro."""
    buffer = BytesIO()
    DatumWriter(schema(name)).write(fields, BinaryEncoder(buffer))
    return buffer.getvalue()


def read_body(name: str, data: bytes) -> Any:
    """Decode a record with Apache avro. Raises ValueError if bytes are left."""
    buffer = BytesIO(data)
    value = DatumReader(schema(name)).read(BinaryDecoder(buffer))
    if buffer.tell() != len(data):
        raise ValueError(f"{len(data) - buffer.tell()} bytes behind the body")
    return value


def fact(name: str, fields: dict[str, Any]) -> bytes:
    """Encode a fact by the five steps of docs/producers.md; the event id in `fields` is left aside."""
    after_id = body(name, fields | {"event_id": bytes(16)})[16:]
    identity = blake2b(header(name) + after_id, digest_size=16, person=b"egraph.event").digest()
    return header(name) + identity + after_id


@cache
def header(name: str) -> bytes:
    """Give the single-object header: C3 01, then CRC-64-AVRO of the canonical form, little endian."""
    canonical = canonical_form(json.loads((FOLDER / f"{name}.avsc").read_text()), "")
    return b"\xc3\x01" + crc_64_avro(canonical.encode()).to_bytes(8, "little")


def crc_64_avro(data: bytes) -> int:
    """Compute the fingerprint as the specification defines it: Rabin, one bit at a time."""
    empty = 0xC15D213AA4D7A795
    crc = empty
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (empty if crc & 1 else 0)
    return crc


def canonical_form(source: Any, namespace: str) -> str:
    """Give the parsing canonical form.

    Written out here because Apache avro for Python spells a named type out at every use, which the specification and
    the Java implementation do not; its own fingerprint is right only for schemas that use each name once.
    """
    if isinstance(source, str):
        return json.dumps(source if source in PRIMITIVES or "." in source or not namespace else f"{namespace}.{source}")
    if isinstance(source, list):
        return f"[{','.join(canonical_form(branch, namespace) for branch in source)}]"
    kind = source["type"]
    if kind in PRIMITIVES:
        return json.dumps(kind)
    if kind == "array":
        return f'{{"type":"array","items":{canonical_form(source["items"], namespace)}}}'
    space = source.get("namespace", namespace)
    start = f'{{"name":"{space}.{source["name"]}","type":"{kind}"'
    if kind == "fixed":
        return f'{start},"size":{source["size"]}}}'
    if kind == "enum":
        return f'{start},"symbols":[{",".join(json.dumps(symbol) for symbol in source["symbols"])}]}}'
    fields = (
        f'{{"name":"{field["name"]}","type":{canonical_form(field["type"], space)}}}' for field in source["fields"]
    )
    return f'{start},"fields":[{",".join(fields)}]}}'
