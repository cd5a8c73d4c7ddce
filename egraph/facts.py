"""Facts: the events that change an e-graph, as a closed union of frozen dataclasses.

Belongs here: what a fact says. Not here: bytes (schemas/codec.py), admission (streams/processors), meaning
(egraph/reference.py defines it). The union may grow; a member never changes meaning.
A fact whose `event_id` is UNSEALED is a draft: `schemas.codec.seal` encodes it and fills in the id.
"""

from dataclasses import dataclass

from egraph.colours import Colour
from egraph.derive.proof import NO_PROOF, DerivationProof
from egraph.identifiers import UNSEALED, EventId, NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What every fact carries.

    `sequence` counts from 0 per (producer, partition) and never repeats. `hlc` is a hybrid logical clock:
    milliseconds since the Unix epoch shifted left by 16 bits, plus a logical counter in the low 16 bits.
    """

    event_id: EventId = UNSEALED
    graph: str
    producer: str
    sequence: int
    hlc: int
    causes: tuple[EventId, ...] = ()
    trace: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAdded(Envelope):
    """An e-node exists. Its node id is derived from these three fields; children may be unknown yet."""

    operator: str
    colour: Colour
    children: tuple[NodeId, ...] = ()


@dataclass(frozen=True, slots=True)
class Stated:
    """Somebody said so; the producer stands in the envelope."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Rules say so: `proof` shows how, and `premises` are the rules and equalities it rests on, ascending, each once.

    `rule` and `substitution` repeat the first rule step of the proof for people and tables; `rule_set` is the hash
    of the rules among the premises (egraph.rules.printer.rule_set_hash); `round` is the round of saturation after
    which the two sides were equal. The fact's hlc is later than that of every premise.
    """

    rule: str
    substitution: tuple[tuple[str, NodeId], ...]
    rule_set: bytes
    round: int
    premises: tuple[EventId, ...]
    proof: DerivationProof = NO_PROOF


Why = Stated | Derived


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualityAsserted(Envelope):
    """Two nodes are equal. Identified by its event id, so it can be retracted."""

    left: NodeId
    right: NodeId
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRetracted(Envelope):
    """Withdraws one equality or rule by event id. May arrive before its target; withdraws nothing else."""

    target: EventId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAdded(Envelope):
    """A rewrite rule, or a computed rule: a rule that computes. Retracting it withdraws what names it as a premise."""

    name: str
    pattern: str
    replacement: str
    conditions: tuple[str, ...] = ()
    colour_policy: str = ""
    priority: int = 0


Fact = NodeAdded | EqualityAsserted | FactRetracted | RuleAdded
