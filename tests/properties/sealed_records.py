"""Records with the right event id and any content: what a writer with bad intentions could send.

Belongs here: making such records, and asking why one is refused. Drafts inside the domain: tests/interop/random_facts.
"""

from io import BytesIO
from typing import Any

from fastavro import schemaless_writer

from egraph.identifiers import EventId, NodeId, event_id
from schemas.codec import decode_fact
from schemas.poison import Poison, Reason
from schemas.registry import load

BODY = 26
HLC = 1_767_225_600_000 << 16
RED, BLUE, GREEN = (NodeId(bytes((top << 6,)) + bytes(range(1, 16))) for top in (1, 2, 3))
NO_NODE = NodeId(bytes(16))
CAUSE = EventId(bytes(range(16)))
ENVELOPE: dict[str, Any] = {"graph": "main", "producer": "p", "sequence": 300, "hlc": HLC}


def reason(raw: bytes | None) -> Reason | None:
    """Decode, and give the reason of the refusal; None if there is none."""
    outcome = decode_fact(raw)
    return outcome.reason if isinstance(outcome, Poison) else None


def reseal(raw: bytes) -> bytes:
    """Give the bytes the event id that belongs to them."""
    return raw[:10] + event_id(raw[:10], raw[BODY:]) + raw[BODY:]


def write(name: str, fields: dict[str, Any]) -> bytes:
    """Encode any fields that the schema can hold, in the domain or not, with the right event id."""
    buffer = BytesIO()
    envelope = {**ENVELOPE, "event_id": bytes(16), "causes": [], "trace": b""}
    schemaless_writer(buffer, load(name).parsed, envelope | fields)
    return reseal(load(name).header + buffer.getvalue())


FIELDS: dict[str, dict[str, Any]] = {
    "node_added": {"operator": "f", "colour": "RED", "children": []},
    "equality_asserted": {"left": RED, "right": GREEN, "why": ("egraph.Stated", {"text": "so"})},
    "fact_retracted": {"target": CAUSE, "why": "w"},
    "rule_added": {
        "name": "n",
        "pattern": "p",
        "replacement": "r",
        "conditions": [],
        "colour_policy": "",
        "priority": 0,
    },
}
