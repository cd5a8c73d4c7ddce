"""The wire formats under fuzz: valid messages of each, and what decoding must make of any bytes whatever.

Belongs here: samples and verdicts. Not here: mutants (mutations.py), how many (campaign.py), guided search (guided.py).
A verdict is the reason of a typed refusal, or `valid`: then encoding what was decoded gives the same bytes. Anything
else, an exception above all, is a finding.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from random import Random
from typing import NamedTuple

from egraph.identifiers import event_id
from egraph.view import IncrementalView
from schemas.codec import decode_fact, encode, seal
from schemas.descent import BucketIds, BucketSums, GossipDescent, PlacedFact
from schemas.poison import Poison, Reason
from schemas.records import (
    AgentHeartbeat,
    AgentLifecycle,
    AnyRecord,
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
    decode_record,
    encode_record,
)
from schemas.registry import HEADER_BYTES
from schemas.rule_work import RuleWork, heaviest
from streams.processors.fact_log import FactLog
from streams.processors.snapshot import MAGIC, Snapshot, SnapshotDamaged, draft_snapshot, read_header, read_snapshot
from tests.properties.test_codec_mutants import some_fact

_AGENTS = 3
_AFTER_ID = HEADER_BYTES + 16
_AFTER_CHECK = len(MAGIC) + 16
VALID = "valid"


class Format(NamedTuple):
    """A wire format. `repair` gives a mutant the checksum that belongs to it, as somebody with bad intentions would."""

    samples: Callable[[Random], list[bytes]]
    verdict: Callable[[bytes], str]
    repair: Callable[[bytes], bytes] = lambda raw: raw


def _reason(poison: Poison) -> str:
    assert isinstance(poison.reason, Reason)
    assert poison.detail
    return poison.reason.value


# --- facts


def _facts(random: Random) -> list[bytes]:
    return [seal(some_fact(random)).raw for _ in range(300)]


def _fact_verdict(raw: bytes) -> str:
    outcome = decode_fact(raw)
    if isinstance(outcome, Poison):
        return _reason(outcome)
    assert encode(outcome) == raw, f"accepted, but it is not what the fact is written as: {raw.hex()}"
    return VALID


def _with_event_id(raw: bytes) -> bytes:
    return raw[:HEADER_BYTES] + event_id(raw[:HEADER_BYTES], raw[_AFTER_ID:]) + raw[_AFTER_ID:]


# --- records


def _record_verdict(raw: bytes) -> str:
    outcome = decode_record(raw)
    if isinstance(outcome, Poison):
        return _reason(outcome)
    assert encode_record(outcome) == raw, f"accepted, but it is not what the record is written as: {raw.hex()}"
    return VALID


def _encoded(make: Callable[[Random], AnyRecord]) -> Callable[[Random], list[bytes]]:
    return lambda random: [encode_record(make(random)) for _ in range(200)]


def _some_ints(random: Random, count: int) -> tuple[int, ...]:
    return tuple(random.choice((0, 1, 63, 64, random.getrandbits(random.randrange(1, 63)))) for _ in range(count))


def _numbers(random: Random, *names: str) -> dict[str, int]:
    return {name: random.choice((0, 1, 63, 64, random.getrandbits(30))) for name in names}


def _delta(random: Random) -> GossipDelta:
    ranges = []
    for partition in range(random.randrange(_AGENTS + 1)):
        facts = tuple(seal(some_fact(random)).raw for _ in range(random.randrange(4)))
        columns = _some_ints(random, len(facts)), _some_ints(random, len(facts))
        ranges.append(
            Range(partition=partition, first=3, next=9, offsets=columns[0], appended_at=columns[1], facts=facts)
        )
    return GossipDelta(
        **_numbers(random, "sender", "receiver", "sender_incarnation", "receiver_incarnation", "message_id", "sent_at"),
        clock=_some_ints(random, _AGENTS), version=_some_ints(random, _AGENTS), ranges=tuple(ranges),
    )  # fmt: skip


def _ack(random: Random) -> GossipAck:
    peers = tuple(
        PeerState(**_numbers(random, "agent", "incarnation", "beat", "facts"), digest=random.randbytes(16))
        for _ in range(random.randrange(4))
    )
    return GossipAck(
        **_numbers(random, "sender", "receiver", "sender_incarnation", "receiver_incarnation", "message_id",
                   "acknowledged", "sent_at"),
        clock=_some_ints(random, _AGENTS), version=_some_ints(random, _AGENTS), peers=peers,
    )  # fmt: skip


def _descent(random: Random) -> GossipDescent:
    def ids(prefix: bytes) -> bytes:
        return b"".join(sorted(prefix + random.randbytes(16 - len(prefix)) for _ in range(random.randrange(4))))

    def prefix(most: int) -> bytes:
        return random.randbytes(random.randint(most - 1, most))

    buckets = [prefix(2) or b"\0" for _ in range(random.randrange(3))]
    facts = tuple(
        PlacedFact(**_numbers(random, "partition", "offset", "appended_at"), fact=seal(some_fact(random)).raw)
        for _ in range(random.randrange(3))
    )
    return GossipDescent(
        **_numbers(random, "sender", "receiver", "sender_incarnation", "receiver_incarnation", "message_id", "answers",
                   "sent_at"),
        clock=_some_ints(random, _AGENTS), version=_some_ints(random, _AGENTS),
        sums=tuple(BucketSums(prefix=prefix(1), sums=random.randbytes(4096)) for _ in range(random.randrange(2))),
        listed=tuple(BucketIds(prefix=bucket, ids=ids(bucket)) for bucket in buckets), wanted=ids(b""), facts=facts,
    )  # fmt: skip


def _heartbeat(random: Random) -> AgentHeartbeat:
    return AgentHeartbeat(
        **_numbers(random, "agent", "incarnation", "pid", "at", "facts", "nodes", "classes", "accepted", "quarantined",
                   "suspended", "retracted", "tombstones_held", "violations", "dead_letters", "rss_bytes"),
        worker=random.choice(("worker-0", "", "é")), role="RED", neighbours=(1, 2), version=_some_ints(random, _AGENTS),
        set_digest=random.randbytes(16), view_digest=random.randbytes(16),
    )  # fmt: skip


def _event(random: Random) -> TimelineEvent:
    return TimelineEvent(
        kind=random.choice(list(TimelineKind)),
        **_numbers(random, "agent", "incarnation", "at", "sequence"),
        clock=_some_ints(random, _AGENTS),
        **_numbers(random, "message_id", "sent_at", "latency_us", "bytes", "facts", "useful", "held"),
        colour="BLUE", digest=random.randbytes(16), latencies=((5, 1), (70, 9)),
    )  # fmt: skip


def _control(random: Random) -> AnyRecord:
    match random.randrange(4):
        case 0:
            return AgentLifecycle(
                turn=random.choice(list(Turn)), **_numbers(random, "agent", "incarnation", "at", "attempt"),
                round=random.choice(("", "sync-1")), detail="nothing was heard",
            )  # fmt: skip
        case 1:
            return ControlOrder(
                order=random.choice(list(OrderKind)), **_numbers(random, "agent", "incarnation", "workers", "at"),
                by="operator", why="a drill",
            )  # fmt: skip
        case 2:
            return PhaseOrder(
                run="r", phase=random.choice(list(Phase)),
                **_numbers(random, "cycle", "at", "rounds", "nodes", "matches"),
                cut=_some_ints(random, _AGENTS),
            )  # fmt: skip
    told = heaviest(
        RuleWork(rule=name, candidates=random.randrange(9), matches=random.randrange(9), time_us=random.randrange(9))
        for name in ("one", "é")
    )
    return PhaseReport(
        run="r", phase=random.choice(list(Phase)), reason="saturated", version=_some_ints(random, _AGENTS),
        set_digest=random.randbytes(16),
        **_numbers(random, "cycle", "agent", "incarnation", "started_at", "at", "derived", "checked", "retracted",
                   "unproven", "rounds", "nodes"),
        rules=told.rules, candidates=told.total.candidates, matches=told.total.matches, time_us=told.total.time_us,
    )  # fmt: skip


# --- snapshots


def _snapshots(random: Random) -> list[bytes]:
    found = []
    for number in range(20):
        log = FactLog(_AGENTS)
        view = IncrementalView(log.store)
        version = []
        for partition in range(_AGENTS):
            raws = [seal(some_fact(random)).raw for _ in range(random.randrange(6))]
            numbers = [item for raw in raws if isinstance(item := log.intern(raw), int)]
            offsets = list(range(len(numbers)))
            log.partitions[partition].extend(len(numbers), offsets, numbers, [1000 + offset for offset in offsets])
            view.fold_many(log.partitions[partition].facts_between(0, len(numbers)))
            version.append(len(numbers))
        head = Snapshot(
            agent=number % _AGENTS, incarnation=7, version=tuple(version), gossip_next=5, dead_letters=1,
            clock=(4, 5, 6), set_digest=view.set_digest(),
        )  # fmt: skip
        found.append(draft_snapshot(log, head).encode())
    return found


def _snapshot_verdict(raw: bytes) -> str:
    try:
        read_header(raw)
        read_snapshot(raw, FactLog(_AGENTS))
    except SnapshotDamaged as damage:
        return "damaged" if str(damage) else ""
    return VALID


def _with_check(raw: bytes) -> bytes:
    rest = raw[_AFTER_CHECK:]
    return raw[: len(MAGIC)] + blake2b(rest, digest_size=16).digest() + rest


FORMATS: Mapping[str, Format] = {
    "facts": Format(_facts, _fact_verdict, _with_event_id),
    "gossip-deltas": Format(_encoded(_delta), _record_verdict),
    "gossip-acks": Format(_encoded(_ack), _record_verdict),
    "gossip-descents": Format(_encoded(_descent), _record_verdict),
    "heartbeats": Format(_encoded(_heartbeat), _record_verdict),
    "timeline": Format(_encoded(_event), _record_verdict),
    "control": Format(_encoded(_control), _record_verdict),
    "snapshots": Format(_snapshots, _snapshot_verdict, _with_check),
}
