"""Facts and records as JSON and back: how a golden file states a value.

Belongs here: a spelling of our dataclasses that a person can read and that does not depend on the codec.
"""

from dataclasses import fields, is_dataclass
from typing import Any

from egraph.colours import Colour
from egraph.derive.proof import ByCongruence, ByPremise, ByRule, DerivationProof, InlineTerm, ProofLemma
from egraph.facts import Derived, EqualityAsserted, FactRetracted, NodeAdded, RuleAdded, Stated
from schemas.descent import BucketIds, BucketSums, GossipDescent, PlacedFact
from schemas.records import (
    AgentHeartbeat,
    AgentLifecycle,
    ControlOrder,
    GossipAck,
    GossipDelta,
    OrderKind,
    PeerState,
    Phase,
    PhaseOrder,
    PhaseReport,
    Range,
    TimelineEvent,
    TimelineKind,
    Turn,
)
from schemas.rule_work import RuleWork

FACT_KINDS = (NodeAdded, EqualityAsserted, FactRetracted, RuleAdded)
RECORD_KINDS = (
    GossipDelta, GossipAck, AgentHeartbeat, TimelineEvent, PhaseOrder, PhaseReport, ControlOrder, AgentLifecycle,
    GossipDescent,
)  # fmt: skip
PROOF_KINDS = (DerivationProof, ProofLemma, InlineTerm, ByRule, ByPremise, ByCongruence)
_PARTS = (Stated, Derived, Range, PeerState, BucketSums, BucketIds, PlacedFact, RuleWork)
_BY_NAME = {kind.__name__: kind for kind in (*FACT_KINDS, *RECORD_KINDS, *_PARTS, *PROOF_KINDS)}


def to_json(value: Any) -> Any:
    """Spell a value: bytes as {"hex": ...}, a dataclass as {"kind": name, field: ...}, a tuple as a list."""
    if is_dataclass(value):
        spelt = {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
        return {"kind": type(value).__name__} | spelt if "kind" not in spelt else {"kind": "TimelineEvent", "of": spelt}
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, TimelineKind):
        return {"timeline_kind": value.value}
    if isinstance(value, Phase):
        return {"phase": value.value}
    if isinstance(value, OrderKind):
        return {"order": value.value}
    if isinstance(value, Turn):
        return {"turn": value.value}
    if isinstance(value, Colour):
        return {"colour": value.name}
    return [to_json(item) for item in value] if isinstance(value, tuple) else value


def from_json(spelt: Any) -> Any:
    """Give the value that `to_json` spelt."""
    match spelt:
        case list():
            return tuple(from_json(item) for item in spelt)
        case {"hex": str(text)}:
            return bytes.fromhex(text)
        case {"timeline_kind": str(text)}:
            return TimelineKind(text)
        case {"phase": str(text)}:
            return Phase(text)
        case {"order": str(text)}:
            return OrderKind(text)
        case {"turn": str(text)}:
            return Turn(text)
        case {"colour": str(text)}:
            return Colour[text]
        case {"kind": str(kind), "of": dict(rest)} | {"kind": str(kind), **rest}:
            return _BY_NAME[kind](**{name: from_json(item) for name, item in rest.items()})
    return spelt
