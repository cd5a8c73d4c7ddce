"""The records that agents exchange: gossip, heartbeats, timeline. Field names are those of the .avsc files.

Belongs here: plain records and their bytes. Not here: facts (codec.py), what agents do with them (streams).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from io import BytesIO
from typing import Any, cast

from fastavro import schemaless_reader, schemaless_writer

from schemas.descent import BucketIds, BucketSums, GossipDescent, PlacedFact, build_descent
from schemas.int_fields import checker_of
from schemas.poison import Poison, Reason, told
from schemas.registry import HEADER_BYTES, RECORD_SCHEMAS, LoadedSchema, load, released
from schemas.rule_work import RuleWork, judged
from schemas.topics import GOSSIP_BYTES_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Everything admitted in [first, next) of one facts partition: three columns of equal length."""

    partition: int
    first: int
    next: int
    offsets: tuple[int, ...]
    appended_at: tuple[int, ...]
    facts: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GossipDelta:
    """Facts that the receiver lacks, and the sender's version."""

    sender: int
    receiver: int
    sender_incarnation: int
    receiver_incarnation: int
    message_id: int
    sent_at: int
    clock: tuple[int, ...]
    version: tuple[int, ...]
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerState:
    """Latest state known of one agent; (incarnation, beat) orders them."""

    agent: int
    incarnation: int
    beat: int
    facts: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GossipAck:
    """What the sender holds now, and what it knows of every agent."""

    sender: int
    receiver: int
    sender_incarnation: int
    receiver_incarnation: int
    message_id: int
    acknowledged: int
    sent_at: int
    clock: tuple[int, ...]
    version: tuple[int, ...]
    peers: tuple[PeerState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentHeartbeat:
    """Health and state of one agent."""

    agent: int
    incarnation: int
    worker: str
    pid: int
    at: int
    role: str
    neighbours: tuple[int, ...]
    version: tuple[int, ...]
    set_digest: bytes
    view_digest: bytes
    facts: int
    nodes: int
    classes: int
    accepted: int
    quarantined: int
    suspended: int
    retracted: int
    tombstones_held: int
    violations: int
    dead_letters: int
    rss_bytes: int


class TimelineKind(StrEnum):
    """What happened. The values are the symbols on the wire."""

    MESSAGE_SENT = "MessageSent"
    MESSAGE_RECEIVED = "MessageReceived"
    SYNC_STARTED = "SyncStarted"
    SYNC_COMPLETED = "SyncCompleted"
    ACK_SENT = "AckSent"
    ACK_RECEIVED = "AckReceived"
    HEARTBEAT_SENT = "HeartbeatSent"
    CONVERGENCE_DETECTED = "ConvergenceDetected"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEvent:
    """Something an agent did, with its vector clock. `latencies` holds (bucket, count) pairs."""

    kind: TimelineKind
    agent: int
    peer: int = -1
    incarnation: int
    at: int
    sequence: int
    clock: tuple[int, ...]
    message_id: int = -1
    sender_incarnation: int = 0
    sent_at: int = 0
    latency_us: int = -1
    facts: int = 0
    useful: int = 0
    held: int = 0
    colour: str
    digest: bytes = b""
    latencies: tuple[tuple[int, int], ...] = ()
    bytes: int = 0  # last, because below it the name of the type is shadowed


class Phase(StrEnum):
    """The four steps of a saturation, in this order. The values are the symbols on the wire."""

    BACKFILL = "BACKFILL"
    VERIFY = "VERIFY"
    LIVE = "LIVE"
    RECONCILE = "RECONCILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseOrder:
    """Asks the agents of a phase's role to do its work, once they hold the cut."""

    run: str
    cycle: int
    phase: Phase
    at: int
    cut: tuple[int, ...]
    rounds: int
    nodes: int
    matches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseReport:
    """What one agent did in a phase; its facts are acknowledged by the broker."""

    run: str
    cycle: int
    phase: Phase
    agent: int
    incarnation: int
    started_at: int
    at: int
    version: tuple[int, ...]
    set_digest: bytes
    derived: int = 0
    checked: int = 0
    retracted: int = 0
    unproven: int = 0
    rounds: int = 0
    nodes: int = 0
    matches: int = 0
    reason: str
    rules: tuple[RuleWork, ...] = ()
    rules_left_out: int = 0
    candidates: int = 0
    new_nodes: int = 0
    new_unions: int = 0
    time_us: int = 0


class OrderKind(StrEnum):
    """What may be asked for. The values are the symbols on the wire."""

    RESTART = "RESTART"
    KILL = "KILL"
    SCALE = "SCALE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlOrder:
    """Asks for something to be done to one agent, in a certain life of it, or to the whole system."""

    order: OrderKind
    agent: int = -1
    incarnation: int = 0
    workers: int = 0
    at: int
    by: str
    why: str


class Turn(StrEnum):
    """A turn in the life of an agent, or of a sync round. The values are the symbols on the wire."""

    REGISTERED = "REGISTERED"
    DEREGISTERED = "DEREGISTERED"
    KILLED = "KILLED"
    LOST = "LOST"
    RECOVERED = "RECOVERED"
    PARKED = "PARKED"
    RELEASED = "RELEASED"
    ROUND_STARTED = "ROUND_STARTED"
    ROUND_COMPLETED = "ROUND_COMPLETED"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLifecycle:
    """A turn in the life of an agent, or of a sync round."""

    turn: Turn
    agent: int = -1
    incarnation: int = 0
    at: int
    attempt: int = 0
    round: str = ""
    detail: str = ""


AnyRecord = (
    GossipDelta
    | GossipAck
    | GossipDescent
    | AgentHeartbeat
    | TimelineEvent
    | PhaseOrder
    | PhaseReport
    | ControlOrder
    | AgentLifecycle
)

_SCHEMA_OF: dict[type[AnyRecord], str] = {
    GossipDelta: "gossip_delta",
    GossipAck: "gossip_ack",
    AgentHeartbeat: "agent_heartbeat",
    TimelineEvent: "timeline_event",
    PhaseOrder: "phase_order",
    PhaseReport: "phase_report",
    ControlOrder: "control_order",
    AgentLifecycle: "agent_lifecycle",
    GossipDescent: "gossip_descent",
}


def encode_record(record: AnyRecord) -> bytes:
    """Give the single-object bytes of a record."""
    schema = load(_SCHEMA_OF[type(record)])
    fields = {name: getattr(record, name) for name in record.__dataclass_fields__}
    if isinstance(record, GossipDelta):
        fields["ranges"] = [_plain(item) for item in record.ranges]
    elif isinstance(record, GossipAck):
        fields["peers"] = [_plain(item) for item in record.peers]
    elif isinstance(record, GossipDescent):
        fields |= {name: [_plain(item) for item in fields[name]] for name in ("sums", "listed", "facts")}
    elif isinstance(record, TimelineEvent):
        fields["kind"] = record.kind.value
        fields["latencies"] = [{"bucket": bucket, "count": count} for bucket, count in record.latencies]
    elif isinstance(record, PhaseOrder | PhaseReport):
        fields["phase"] = record.phase.value
        if isinstance(record, PhaseReport):
            fields["rules"] = [_plain(item) for item in record.rules]
    elif isinstance(record, ControlOrder):
        fields["order"] = record.order.value
    elif isinstance(record, AgentLifecycle):
        fields["turn"] = record.turn.value
    buffer = BytesIO()
    schemaless_writer(buffer, schema.parsed, fields)
    return schema.header + buffer.getvalue()


def decode_record(raw: bytes | None) -> AnyRecord | Poison:
    """Decode a record of ours, strictly. Never raises: anything else comes back as Poison."""
    if not raw:
        return Poison(Reason.EMPTY, "the record has no value")
    if len(raw) > GOSSIP_BYTES_MAX:
        return Poison(Reason.OVERSIZED, f"{len(raw)} bytes; a record has at most {GOSSIP_BYTES_MAX}")
    known = _readers().get(raw[:HEADER_BYTES])
    if known is None:
        return Poison(Reason.UNKNOWN_SCHEMA, f"header {raw[:HEADER_BYTES].hex()} names no record of this release")
    schema, build, check_ints = known
    try:
        source = BytesIO(raw)
        source.seek(HEADER_BYTES)
        fields = cast(dict[str, Any], schemaless_reader(source, schema.parsed, None))
        if source.tell() != len(raw):
            return Poison(Reason.NOT_CANONICAL, f"{len(raw) - source.tell()} bytes behind the body")
        again = BytesIO()
        schemaless_writer(again, schema.parsed, fields)
        if again.getvalue() != raw[HEADER_BYTES:]:  # an index below zero would count from the end, and the like
            return Poison(Reason.NOT_CANONICAL, "encoding the decoded fields again gives other bytes")
        check_ints(fields)
        return build(fields)
    except Exception as error:  # see codec.decode_fact
        return Poison(Reason.UNDECODABLE, told(error))


def _plain(item: Range | PeerState | BucketSums | BucketIds | PlacedFact | RuleWork) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__dataclass_fields__}


def _delta(fields: dict[str, Any]) -> GossipDelta:
    ranges = tuple(
        Range(
            partition=item["partition"],
            first=item["first"],
            next=item["next"],
            offsets=tuple(item["offsets"]),
            appended_at=tuple(item["appended_at"]),
            facts=tuple(item["facts"]),
        )
        for item in fields.pop("ranges")
    )
    for item in ranges:
        if not len(item.offsets) == len(item.appended_at) == len(item.facts):
            raise ValueError("the columns of a range differ in length")
    return GossipDelta(
        **fields | {"clock": tuple(fields["clock"]), "version": tuple(fields["version"]), "ranges": ranges}
    )


def _ack(fields: dict[str, Any]) -> GossipAck:
    peers = tuple(PeerState(**item) for item in fields.pop("peers"))
    return GossipAck(**fields | {"clock": tuple(fields["clock"]), "version": tuple(fields["version"]), "peers": peers})


def _heartbeat(fields: dict[str, Any]) -> AgentHeartbeat:
    return AgentHeartbeat(**fields | {"neighbours": tuple(fields["neighbours"]), "version": tuple(fields["version"])})


def _timeline(fields: dict[str, Any]) -> TimelineEvent:
    return TimelineEvent(
        **fields
        | {
            "kind": TimelineKind(fields["kind"]),
            "clock": tuple(fields["clock"]),
            "latencies": tuple((item["bucket"], item["count"]) for item in fields["latencies"]),
        }
    )


def _order(fields: dict[str, Any]) -> PhaseOrder:
    return PhaseOrder(**fields | {"phase": Phase(fields["phase"]), "cut": tuple(fields["cut"])})


def _report(fields: dict[str, Any]) -> PhaseReport:
    read = {"phase": Phase(fields["phase"]), "version": tuple(fields["version"]), "rules": judged(fields)}
    return PhaseReport(**fields | read)


def _control(fields: dict[str, Any]) -> ControlOrder:
    return ControlOrder(**fields | {"order": OrderKind(fields["order"])})


def _lifecycle(fields: dict[str, Any]) -> AgentLifecycle:
    return AgentLifecycle(**fields | {"turn": Turn(fields["turn"])})


_BUILDERS: dict[str, Callable[[dict[str, Any]], AnyRecord]] = {
    "gossip_delta": _delta,
    "gossip_ack": _ack,
    "agent_heartbeat": _heartbeat,
    "timeline_event": _timeline,
    "phase_order": _order,
    "phase_report": _report,
    "control_order": _control,
    "agent_lifecycle": _lifecycle,
    "gossip_descent": build_descent,
}


@cache
def _readers() -> dict[bytes, tuple[LoadedSchema, Callable[[dict[str, Any]], AnyRecord], Callable[[Any], None]]]:
    """Give how to read and check each record by header: also as former releases wrote it, since topics keep it.

    What a former schema lacks has its default in the dataclass, and today's schema states the same one.
    """
    written = ((name, schema) for name in RECORD_SCHEMAS for schema in (*released(name), load(name)))
    return {schema.header: (schema, _BUILDERS[name], checker_of(schema.source)) for name, schema in written}
