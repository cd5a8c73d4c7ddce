"""Facts to bytes and back: Avro single-object encoding, strict at decoding.

Belongs here: the one translation of facts. Other records: records.py. Not here: admission, which needs history.

Layout of an encoded fact: C3 01, 8 bytes CRC-64-AVRO little endian, then the Avro body, whose first 16 bytes are
the event id. The event id is blake2b-128 over the header and the body behind those 16 bytes, as the writer wrote it.
Strict means: at most 64 KiB, nothing behind the body, encoding it again gives the same bytes (so booleans, varints,
union and enum indices outside their range cannot pass), event id equal, values inside their domain.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from io import BytesIO
from sys import intern
from typing import Any, NamedTuple, cast

from fastavro import schemaless_reader, schemaless_writer

from egraph.colours import Colour
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded, Stated, Why
from egraph.identifiers import ID_BYTES, UNSEALED, EventId, NodeId, event_id
from schemas.node_codec import decode_common, encode_after_id
from schemas.poison import Poison, Reason, told
from schemas.proof_codec import proof_fields, proof_of, proof_outside_domain
from schemas.registry import FACT_SCHEMAS, HEADER_BYTES, LoadedSchema, load, released
from schemas.topics import FACT_BYTES_MAX

_ZERO_ID = bytes(ID_BYTES)
_BODY_AFTER_ID = HEADER_BYTES + ID_BYTES


class Sealed(NamedTuple):
    """A fact with its event id, and the bytes that stand for it everywhere."""

    fact: Fact
    raw: bytes


def seal(draft: Fact) -> Sealed:
    """Encode a draft, compute its event id, and give both. A fact that is sealed already is sealed anew.

    Raises ValueError for numbers or ids that could not be read back.
    """
    if draft.sequence < 0 or draft.hlc < 0:
        raise ValueError(f"sequence {draft.sequence} and hlc {draft.hlc} are never negative")
    if type(draft) is NodeAdded:
        header, rest = load("node_added").header, encode_after_id(draft)
    else:
        schema, fields = _to_fields(draft, _ZERO_ID)
        buffer = BytesIO()
        schemaless_writer(buffer, schema.parsed, fields)
        header, rest = schema.header, buffer.getvalue()[ID_BYTES:]
    identity = event_id(header, rest)
    return Sealed(_with_id(draft, identity), header + identity + rest)


def _with_id(draft: Fact, identity: EventId) -> Fact:
    if type(draft) is NodeAdded:  # dataclasses.replace costs three times as much, and this is the hot path
        return NodeAdded(
            event_id=identity,
            graph=draft.graph,
            producer=draft.producer,
            sequence=draft.sequence,
            hlc=draft.hlc,
            causes=draft.causes,
            trace=draft.trace,
            operator=draft.operator,
            colour=draft.colour,
            children=draft.children,
        )
    return replace(draft, event_id=identity)


def encode(fact: Fact) -> bytes:
    """Give the bytes of a sealed fact. Raises ValueError for a draft: call `seal`."""
    if fact.event_id == UNSEALED:
        raise ValueError("this fact has no event id yet; encode it with schemas.codec.seal")
    schema, fields = _to_fields(fact, fact.event_id)
    buffer = BytesIO()
    schemaless_writer(buffer, schema.parsed, fields)
    return schema.header + buffer.getvalue()


def decode_fact(raw: bytes | None) -> Fact | Poison:
    """Decode strictly. Never raises: what is not a fact comes back as Poison with the first reason that applies."""
    if not raw:
        return Poison(Reason.EMPTY, "the record has no value")
    if len(raw) > FACT_BYTES_MAX:
        return Poison(Reason.OVERSIZED, f"{len(raw)} bytes; a fact has at most {FACT_BYTES_MAX}")
    known = _readers().get(raw[:HEADER_BYTES])
    if known is None:
        return Poison(Reason.UNKNOWN_SCHEMA, f"header {raw[:HEADER_BYTES].hex()} names no fact schema of this release")
    writer, current = known
    if current is load("node_added") and writer is current:
        common = decode_common(raw)
        if common is not None:
            return common
    try:
        fields = read_fields(raw, writer, writer)
        again = BytesIO()
        schemaless_writer(again, writer.parsed, fields)
        if writer is not current:
            fields = read_fields(raw, writer, current)
    except Exception as error:  # fastavro raises five unrelated families on hostile bytes (notes: reliability 8.1)
        return Poison(Reason.UNDECODABLE, told(error))
    if again.getvalue() != raw[HEADER_BYTES:]:
        return Poison(Reason.NOT_CANONICAL, "encoding the decoded fields again gives other bytes")
    if event_id(raw[:HEADER_BYTES], raw[_BODY_AFTER_ID:]) != fields["event_id"]:
        return Poison(Reason.WRONG_EVENT_ID, "the event id is not the hash of header and body")
    outside = _outside_domain(fields)
    if outside is not None:
        return outside
    return _BUILDERS[current.name](fields)


def read_fields(raw: bytes, writer: LoadedSchema, reader: LoadedSchema) -> dict[str, Any]:
    """Read the body behind the header as its writer's schema says, resolved to the reader's. Raises what fastavro does.

    Fields that the reader has and the writer had not get their defaults (Avro 1.12, schema resolution).
    """
    source = BytesIO(raw)
    source.seek(HEADER_BYTES)
    resolved = None if reader is writer else reader.parsed
    return cast(dict[str, Any], schemaless_reader(source, writer.parsed, resolved, return_record_name=True))


def _outside_domain(fields: dict[str, Any]) -> Poison | None:
    if fields["sequence"] < 0 or fields["hlc"] < 0:
        return Poison(Reason.OUT_OF_DOMAIN, "sequence and hlc are never negative")
    if len(fields["trace"]) not in (0, ID_BYTES):
        return Poison(Reason.OUT_OF_DOMAIN, "a trace id has 16 bytes, or none at all")
    children = fields.get("children")
    if children is not None:
        colour = _COLOUR_NUMBER[fields["colour"]]
        for child in children:
            top = child[0] >> 6
            if top == 0:
                return Poison(Reason.OUT_OF_DOMAIN, f"child {child.hex()} is no node id: its top bits are 00")
            if colour + top == _RED_PLUS_BLUE:
                return Poison(
                    Reason.COLOUR_LOCAL,
                    f"a {Colour(colour).name} node names the {Colour(top).name} child {child.hex()}",
                )
        return None
    if "left" in fields:
        return _equality_outside_domain(fields)
    if not _is_int32(fields.get("priority", 0)):
        return Poison(Reason.OUT_OF_DOMAIN, "a priority has 32 bits")
    return None


def _equality_outside_domain(fields: dict[str, Any]) -> Poison | None:
    if not (fields["left"][0] >> 6 and fields["right"][0] >> 6):
        return Poison(Reason.OUT_OF_DOMAIN, "an end of the equality is no node id: its top bits are 00")
    name, why = fields["why"]
    if name == "egraph.Derived":
        if not _is_int32(why["round"]):
            return Poison(Reason.OUT_OF_DOMAIN, "a round has 32 bits")
        if not all(binding["node"][0] >> 6 for binding in why["substitution"]):
            return Poison(Reason.OUT_OF_DOMAIN, "a node of the substitution is no node id: its top bits are 00")
        outside = proof_outside_domain(why["proof"])
        if outside is not None:
            return Poison(Reason.OUT_OF_DOMAIN, outside)
    return None


def _is_int32(number: int) -> bool:
    return -(1 << 31) <= number < 1 << 31  # fastavro reads an int as it reads a long


# RED 1 + BLUE 2 is the only sum of two different colours, neither GREEN (3), that gives 3.
_RED_PLUS_BLUE = Colour.RED + Colour.BLUE
_COLOUR_NUMBER = {colour.name: int(colour) for colour in Colour}
_COLOUR = {colour.name: colour for colour in Colour}


def _envelope(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "event_id": fields["event_id"],
        "graph": intern(fields["graph"]),
        "producer": intern(fields["producer"]),
        "sequence": fields["sequence"],
        "hlc": fields["hlc"],
        "causes": tuple(fields["causes"]),
        "trace": fields["trace"],
    }


def _node_added(fields: dict[str, Any]) -> Fact:
    return NodeAdded(
        event_id=fields["event_id"],
        graph=intern(fields["graph"]),
        producer=intern(fields["producer"]),
        sequence=fields["sequence"],
        hlc=fields["hlc"],
        causes=tuple(fields["causes"]),
        trace=fields["trace"],
        operator=intern(fields["operator"]),
        colour=_COLOUR[fields["colour"]],
        children=tuple(fields["children"]),
    )


def _equality_asserted(fields: dict[str, Any]) -> Fact:
    return EqualityAsserted(**_envelope(fields), left=fields["left"], right=fields["right"], why=_why(fields["why"]))


def _why(branch: tuple[str, dict[str, Any]]) -> Why:
    name, fields = branch
    if name == "egraph.Stated":
        return Stated(fields["text"])
    return Derived(
        rule=fields["rule"],
        substitution=tuple((binding["variable"], binding["node"]) for binding in fields["substitution"]),
        rule_set=fields["rule_set"],
        round=fields["round"],
        premises=tuple(fields["premises"]),
        proof=proof_of(fields["proof"]),
    )


def _fact_retracted(fields: dict[str, Any]) -> Fact:
    return FactRetracted(**_envelope(fields), target=fields["target"], why=fields["why"])


def _rule_added(fields: dict[str, Any]) -> Fact:
    return RuleAdded(
        **_envelope(fields),
        name=fields["name"],
        pattern=fields["pattern"],
        replacement=fields["replacement"],
        conditions=tuple(fields["conditions"]),
        colour_policy=fields["colour_policy"],
        priority=fields["priority"],
    )


_BUILDERS: dict[str, Callable[[dict[str, Any]], Fact]] = {
    "node_added": _node_added,
    "equality_asserted": _equality_asserted,
    "fact_retracted": _fact_retracted,
    "rule_added": _rule_added,
}


@cache
def _readers() -> dict[bytes, tuple[LoadedSchema, LoadedSchema]]:
    """Give the writer's and today's schema by header. Facts are kept for ever, so released schemas are too."""
    return {schema.header: (schema, load(name)) for name in FACT_SCHEMAS for schema in (*released(name), load(name))}


def _to_fields(fact: Fact, identity: bytes) -> tuple[LoadedSchema, dict[str, Any]]:
    fields: dict[str, Any] = {
        "event_id": identity,
        "graph": fact.graph,
        "producer": fact.producer,
        "sequence": fact.sequence,
        "hlc": fact.hlc,
        "causes": fact.causes,
        "trace": fact.trace,
    }
    match fact:
        case NodeAdded():
            fields |= {"operator": fact.operator, "colour": fact.colour.name, "children": fact.children}
            return load("node_added"), fields
        case EqualityAsserted():
            fields |= {"left": fact.left, "right": fact.right, "why": _why_fields(fact.why)}
            return load("equality_asserted"), fields
        case FactRetracted():
            fields |= {"target": fact.target, "why": fact.why}
            return load("fact_retracted"), fields
        case RuleAdded():
            fields |= {
                "name": fact.name,
                "pattern": fact.pattern,
                "replacement": fact.replacement,
                "conditions": fact.conditions,
                "colour_policy": fact.colour_policy,
                "priority": fact.priority,
            }
            return load("rule_added"), fields


def _why_fields(why: Why) -> tuple[str, dict[str, Any]]:
    match why:
        case Stated():
            return "egraph.Stated", {"text": why.text}
        case Derived():
            return "egraph.Derived", {
                "rule": why.rule,
                "substitution": [{"variable": name, "node": node} for name, node in why.substitution],
                "rule_set": why.rule_set,
                "round": why.round,
                "premises": why.premises,
                "proof": proof_fields(why.proof),
            }


def event_id_of(raw: bytes) -> EventId:
    """Read the event id out of encoded bytes, unverified: a key for memoising, not a proof of anything."""
    return EventId(raw[HEADER_BYTES:_BODY_AFTER_ID])


__all__ = ["NodeId", "Poison", "Reason", "Sealed", "decode_fact", "encode", "event_id_of", "seal"]
