"""The values whose bytes are pinned at a release: every kind of fact and record, small, full, and at the edges.

Belongs here: values. More may be added, for the next release; those of a released golden file stay as they are.
"""

from egraph.colours import Colour
from egraph.derive.proof import ByCongruence, ByPremise, ByRule, DerivationProof, InlineTerm, ProofLemma
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import EventId, NodeId
from schemas.descent import BucketIds, BucketSums, GossipDescent, PlacedFact
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
)
from schemas.rule_work import RuleWork

RED, BLUE, GREEN = (NodeId(bytes((colour << 6,)) + bytes(range(1, 16))) for colour in Colour)
CAUSES = (EventId(bytes(range(16))), EventId(bytes(range(240, 256))))
TRACE = bytes(range(100, 116))
HLC = 1_767_225_600_000 << 16 | 7  # the start of 2026


def facts() -> dict[str, Fact]:
    """Give the drafts of every kind of fact: the smallest, a full one, and edges of the encoding."""

    def envelope(sequence: int, hlc: int = HLC) -> dict[str, object]:
        return {"graph": "main", "producer": "golden@1", "sequence": sequence, "hlc": hlc}

    full = {"causes": CAUSES, "trace": TRACE}
    derived = Derived(
        rule="commute",
        substitution=(("?x", RED), ("?y", GREEN)),
        rule_set=bytes(range(8)),
        round=64,
        premises=CAUSES,
        proof=DerivationProof(
            terms=(RED, GREEN, InlineTerm("f", Colour.GREEN, (0, 1)), InlineTerm("λ", Colour.RED, ())),
            lemmas=(
                ProofLemma(0, (ByPremise(1, False),)),
                ProofLemma(
                    64,
                    (
                        ByRule(0, True, (0, 1), 2, (1, 1), (None, 0)),
                        ByRule(0, False, (), 2**31 - 1),
                        ByCongruence(3, (None, 0, 2**31 - 1)),
                    ),
                ),
            ),
        ),
    )
    return {
        "node: leaf": NodeAdded(**envelope(0), operator="Name:x", colour=Colour.GREEN),
        "node: two children": NodeAdded(**envelope(1), operator="f", colour=Colour.RED, children=(RED, GREEN)),
        "node: blue": NodeAdded(**envelope(2), operator="g", colour=Colour.BLUE, children=(BLUE,)),
        "node: causes and trace": NodeAdded(**envelope(3), **full, operator="h", colour=Colour.GREEN),
        "node: smallest numbers, empty texts": NodeAdded(
            graph="", producer="", sequence=0, hlc=0, operator="", colour=Colour.RED
        ),
        "node: largest numbers": NodeAdded(**envelope(2**63 - 1, 2**63 - 1), operator="f", colour=Colour.RED),
        "node: sequence of two bytes": NodeAdded(**envelope(64), operator="f", colour=Colour.RED),
        "node: text outside ASCII": NodeAdded(**envelope(4), operator="λ→𝔘\0\n", colour=Colour.BLUE),
        "node: 64 children": NodeAdded(**envelope(5), operator="call", colour=Colour.GREEN, children=(BLUE,) * 64),
        "equality: stated": EqualityAsserted(**envelope(6), left=RED, right=GREEN, why=Stated("seen in review")),
        "equality: derived": EqualityAsserted(**envelope(7), **full, left=BLUE, right=BLUE, why=derived),
        "equality: derived from nothing": EqualityAsserted(
            **envelope(8),
            left=RED,
            right=RED,
            why=Derived(rule="", substitution=(), rule_set=b"", round=0, premises=()),
        ),
        "retraction": FactRetracted(**envelope(9), target=CAUSES[1], why="the test was wrong"),
        "retraction: full": FactRetracted(**envelope(10), **full, target=CAUSES[0], why=""),
        "rule: defaults": RuleAdded(**envelope(11), name="zero", pattern="(+ ?x 0)", replacement="?x"),
        "rule: full": RuleAdded(
            **envelope(12),
            **full,
            name="swap",
            pattern="(+ ?x ?y)",
            replacement="(+ ?y ?x)",
            conditions=("pure ?x", "pure ?y"),
            colour_policy="green-only",
            priority=-3,
        ),
    }  # type: ignore[arg-type]


def records() -> dict[str, AnyRecord]:
    """Give records of every kind."""
    names = {"sender": 3, "receiver": 4, "sender_incarnation": 1_700_000_000_000, "receiver_incarnation": 0}
    message = {**names, "message_id": 12, "sent_at": 1_767_225_600_000_000, "clock": (1, 2, 300), "version": (0, 5, -1)}
    filled = Range(partition=2, first=10, next=13, offsets=(10, 12), appended_at=(1, 2**40), facts=(b"", b"\xc3\x01x"))
    empty = Range(partition=0, first=0, next=0, offsets=(), appended_at=(), facts=())
    peers = (
        PeerState(agent=0, incarnation=5, beat=6, facts=7, digest=TRACE),
        PeerState(agent=8, incarnation=0, beat=0, facts=0, digest=b""),
    )
    event = {"agent": 1, "incarnation": 2, "at": 3, "sequence": 4, "clock": (5, 6), "colour": "BLUE"}
    step = {"run": "nightly-\u00fc", "cycle": 2, "at": 1_767_225_600_000_000}
    order = {**step, "cut": (0, 5, 2**40), "rounds": 8, "nodes": 2**33, "matches": 2**34}
    counts = ("facts", "nodes", "classes", "accepted", "quarantined", "suspended", "retracted", "tombstones_held")
    return {
        "delta": GossipDelta(**message, ranges=(filled, empty)),
        "delta: empty": GossipDelta(**message | {"clock": (), "version": ()}, ranges=()),
        "ack": GossipAck(**message, acknowledged=11, peers=peers),
        "ack: nothing received": GossipAck(**message, acknowledged=-1, peers=()),
        "heartbeat": AgentHeartbeat(
            agent=7,
            incarnation=1_700_000_000_000,
            worker="worker-2",
            pid=4_194_304,
            at=1_767_225_600_000_001,
            role="GREEN",
            neighbours=(4, 6, 8),
            version=(10, 20, 30),
            set_digest=TRACE,
            view_digest=bytes(16),
            **{name: number * 1000 for number, name in enumerate(counts)},
            violations=0,
            dead_letters=3,
            rss_bytes=2**31,
        ),
        "timeline: least": TimelineEvent(kind=TimelineKind.HEARTBEAT_SENT, **event),
        **{f"timeline: {kind.value}": TimelineEvent(kind=kind, **event) for kind in TimelineKind},
        "timeline: full": TimelineEvent(
            kind=TimelineKind.MESSAGE_RECEIVED,
            **event,
            peer=2,
            message_id=99,
            sender_incarnation=98,
            sent_at=97,
            latency_us=96,
            facts=95,
            useful=94,
            held=2**33,
            digest=TRACE,
            latencies=((0, 1), (255, 2)),
            bytes=93,
        ),
        **{f"order: {phase.value}": PhaseOrder(**order, phase=phase) for phase in Phase},
        **_reports(step),
        **_control_records(),
        **_descents(message),
    }  # type: ignore[arg-type]


def _reports(step: dict[str, object]) -> dict[str, AnyRecord]:
    report = {**step, "agent": 4, "incarnation": 9, "started_at": 8, "version": (1, 2), "set_digest": TRACE}
    return {
        "report: nothing done": PhaseReport(**report, phase=Phase.RECONCILE, reason=""),
        "report: full": PhaseReport(
            **report,
            phase=Phase.LIVE,
            derived=1,
            checked=2,
            retracted=3,
            unproven=4,
            rounds=5,
            nodes=2**33,
            matches=2**34,
            reason="node limit",
        ),
        "report: rules": PhaseReport(
            **report,
            phase=Phase.BACKFILL,
            matches=2**34 + 3,
            reason="saturated",
            rules=(
                RuleWork(rule="häufig", candidates=2**35, matches=2**34, nodes=2**33, unions=7, time_us=2**36),
                RuleWork(rule="", candidates=5, matches=2, time_us=1),
            ),
            rules_left_out=300,
            candidates=2**36,
            new_nodes=2**33 + 1,
            new_unions=8,
            time_us=2**36 + 2,
        ),
    }  # type: ignore[arg-type]


def _control_records() -> dict[str, AnyRecord]:
    return {
        **{
            f"control: {kind.value}": ControlOrder(
                order=kind, agent=8, incarnation=2**50, workers=3, at=2**51, by="orchestrator", why="späť"
            )
            for kind in OrderKind
        },
        "lifecycle: least": AgentLifecycle(turn=Turn.REGISTERED, at=0),
        **{
            f"lifecycle: {turn.value}": AgentLifecycle(
                turn=turn, agent=8, incarnation=2**50, at=2**51, attempt=3, round="sync-1", detail="heard nothing"
            )
            for turn in Turn
        },
    }


def _descents(message: dict[str, object]) -> dict[str, AnyRecord]:
    low, high = b"\x07" + bytes(15), b"\x07" + bytes(range(1, 16))
    return {
        "descent: least": GossipDescent(**message | {"clock": (), "version": ()}, answers=-1),
        "descent: sums": GossipDescent(
            **message,
            answers=-1,
            sums=(BucketSums(prefix=b"", sums=bytes(range(256)) * 16), BucketSums(prefix=b"\xff", sums=bytes(4096))),
        ),
        "descent: ids and facts": GossipDescent(
            **message,
            answers=2**50,
            listed=(BucketIds(prefix=b"\x07", ids=low + high), BucketIds(prefix=b"\0\xff", ids=b"")),
            wanted=high + low,
            facts=(PlacedFact(partition=8, offset=2**40, appended_at=2**41, fact=b"\xc3\x01x"),),
        ),
    }  # type: ignore[dict-item]
