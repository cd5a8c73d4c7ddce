"""Records of the log to rows of the tables: pure, one function per table.

Belongs here: what a row says. A record that is not what its topic promises gives no row: the agents have put it
into the dead-letter topic, where it becomes a row of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

from egraph.derive.proof import InlineTerm
from egraph.facts import Derived, EqualityAsserted, FactRetracted, NodeAdded, RuleAdded
from egraph.identifiers import NodeId, node_id
from schemas import dead_letter_headers as header
from schemas.codec import decode_fact
from schemas.poison import Poison
from schemas.records import (
    AgentHeartbeat,
    AgentLifecycle,
    ControlOrder,
    PhaseOrder,
    PhaseReport,
    TimelineEvent,
    decode_record,
)

Row = dict[str, Any]


class Record(NamedTuple):
    """A record as the sink reads it. Time in milliseconds, of the broker."""

    partition: int
    offset: int
    timestamp_ms: int
    value: bytes | None
    headers: Mapping[str, bytes]


def fact_row(record: Record) -> Row | None:
    """Give the row of a fact. Ids are hexadecimal."""
    fact = decode_fact(record.value)
    if isinstance(fact, Poison):
        return None
    row: Row = {
        "partition": record.partition,
        "offset": record.offset,
        "appended_at": record.timestamp_ms * 1000,
        "event_id": fact.event_id.hex(),
        "kind": type(fact).__name__,
        "graph": fact.graph,
        "producer": fact.producer,
        "sequence": fact.sequence,
        "hlc": fact.hlc,
    }
    match fact:
        case NodeAdded():
            row["node_id"] = node_id(fact.operator, fact.colour, fact.children).hex()
            row["operator"] = fact.operator
            row["colour"] = fact.colour.name
            row["children"] = [child.hex() for child in fact.children]
        case EqualityAsserted():
            row["left_id"], row["right_id"] = fact.left.hex(), fact.right.hex()
            if isinstance(fact.why, Derived):
                row |= _derived(fact.why)
            else:
                row["why"] = fact.why.text
        case FactRetracted():
            row["target"], row["why"] = fact.target.hex(), fact.why
        case RuleAdded():
            row["operator"], row["why"] = fact.name, f"{fact.pattern} => {fact.replacement}"
    return row


def _derived(why: Derived) -> Row:
    """Give what a derived equality tells of its rule, what it rests on, and the nodes of its proof that no fact holds.

    Their ids are those that they would have as facts. Nobody has judged the proof: it ends where it makes no sense.
    """
    ids: list[NodeId] = []
    made: list[str] = []
    for place, term in enumerate(why.proof.terms):
        if isinstance(term, InlineTerm):
            if not all(0 <= child < place for child in term.children):
                break
            ids.append(node_id(term.operator, term.colour, tuple(ids[child] for child in term.children)))
            made.append(ids[-1].hex())
        else:
            ids.append(term)
    rests_on = [premise.hex() for premise in why.premises]
    return {"why": f"rule {why.rule}", "rule": why.rule, "round": why.round, "new_nodes": made, "premises": rests_on}


def event_row(record: Record) -> Row | None:
    """Give the row of a timeline event."""
    event = decode_record(record.value)
    if not isinstance(event, TimelineEvent):
        return None
    return {
        "partition": record.partition,
        "offset": record.offset,
        "ts": event.at,
        "kind": event.kind.value,
        "agent": event.agent,
        "peer": event.peer,
        "incarnation": event.incarnation,
        "sequence": event.sequence,
        "message_id": event.message_id,
        "sender_incarnation": event.sender_incarnation,
        "sent_at": event.sent_at or None,
        "latency_us": event.latency_us if event.latency_us >= 0 else None,
        "bytes": event.bytes,
        "facts": event.facts,
        "useful": event.useful,
        "held": event.held,
        "colour": event.colour,
        "digest": event.digest.hex(),
        "latencies": [{"bucket": bucket, "count": count} for bucket, count in event.latencies],
    } | {f"vc{agent}": entry for agent, entry in enumerate(event.clock)}


def heartbeat_row(record: Record) -> Row | None:
    """Give the row of a heartbeat."""
    beat = decode_record(record.value)
    if not isinstance(beat, AgentHeartbeat):
        return None
    row: Row = {name: getattr(beat, name) for name in beat.__dataclass_fields__}
    row["ts"] = row.pop("at")  # AT is a reserved word of SQL
    return (
        _placed(record)
        | row
        | {
            "neighbours": list(beat.neighbours),
            "version": list(beat.version),
            "set_digest": beat.set_digest.hex(),
            "view_digest": beat.view_digest.hex(),
        }
    )


def lifecycle_row(record: Record) -> Row | None:
    """Give the row of a turn in an agent's life or of a sync round, or of an order about one: ORDERED_RESTART, ...

    agent is NULL where the record is about the whole system.
    """
    told = decode_record(record.value)
    row = _placed(record)
    match told:
        case AgentLifecycle():
            return row | {
                "ts": told.at,
                "kind": told.turn.value,
                "agent": told.agent if told.agent >= 0 else None,
                "incarnation": told.incarnation,
                "attempt": told.attempt,
                "round": told.round or None,
                "detail": told.detail,
            }
        case ControlOrder():
            return row | {
                "ts": told.at,
                "kind": f"ORDERED_{told.order.value}",
                "agent": told.agent if told.agent >= 0 else None,
                "incarnation": told.incarnation,
                "workers": told.workers or None,
                "told_by": told.by,
                "detail": told.why,
            }
    return None


def phase_row(record: Record) -> Row | None:
    """Give the row of a phase that was ordered, with its limits, or reported by an agent, with what came of it.

    held is what an agent must hold, or held when it began: the next offset of each facts partition.
    """
    told = decode_record(record.value)
    if not isinstance(told, PhaseOrder | PhaseReport):
        return None
    row = _placed(record) | {
        "ts": told.at,
        "run": told.run,
        "cycle": told.cycle,
        "phase": told.phase.value,
        "rounds": told.rounds,
        "nodes": told.nodes,
        "matches": told.matches,
    }
    if isinstance(told, PhaseOrder):
        return row | {"kind": "ORDERED", "held": list(told.cut)}
    return row | {
        "kind": "REPORTED",
        "agent": told.agent,
        "incarnation": told.incarnation,
        "started_at": told.started_at,
        "held": list(told.version),
        "set_digest": told.set_digest.hex(),
        "derived": told.derived,
        "checked": told.checked,
        "retracted": told.retracted,
        "unproven": told.unproven,
        "reason": told.reason,
        "rules": [asdict(rule) for rule in told.rules],
        "rules_left_out": told.rules_left_out,
        "candidates": told.candidates,
        "new_nodes": told.new_nodes,
        "new_unions": told.new_unions,
        "time_us": told.time_us,
    }


def _placed(record: Record) -> Row:
    return {"partition": record.partition, "offset": record.offset, "appended_at": record.timestamp_ms * 1000}


def dead_letter_row(record: Record) -> Row | None:
    """Give the row of a dead letter. A record without our headers gives none."""
    found = record.headers
    try:
        return {
            "partition": record.partition,
            "offset": record.offset,
            "ts": record.timestamp_ms * 1000,
            "reason": found[header.REASON].decode(),
            "detail": found.get(header.DETAIL, b"").decode(errors="replace"),
            "source_topic": found[header.SOURCE_TOPIC].decode(),
            "source_partition": int(found[header.SOURCE_PARTITION]),
            "source_offset": int(found[header.SOURCE_OFFSET]),
            "raw": record.value,
        }
    except (KeyError, ValueError):
        return None


PROJECTIONS: Mapping[str, Callable[[Record], Row | None]] = {
    "facts": fact_row,
    "events": event_row,
    "heartbeats": heartbeat_row,
    "lifecycle": lifecycle_row,
    "phases": phase_row,
    "dead_letters": dead_letter_row,
    "flow_seconds": event_row,
    "flow_minutes": event_row,
    "flow_hours": event_row,
}
