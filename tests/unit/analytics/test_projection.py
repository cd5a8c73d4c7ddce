"""Records to rows: each kind of record fills the stated columns, and what is no record gives no row."""

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from analytics.projection import PROJECTIONS, Record, Row
from analytics.tables import tables
from egraph.colours import Colour
from egraph.derive.proof import DerivationProof, InlineTerm, ProofTerm
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import EventId, NodeId, node_id
from schemas.codec import seal
from schemas.records import (
    AgentHeartbeat,
    AgentLifecycle,
    ControlOrder,
    GossipAck,
    OrderKind,
    Phase,
    PhaseOrder,
    PhaseReport,
    TimelineEvent,
    TimelineKind,
    Turn,
    encode_record,
)
from schemas.rule_work import RuleWork
from schemas.topics import CONTROL
from tests.unit.analytics.stored import table_named

RED_LEAF = NodeId(bytes.fromhex("4a" + "11" * 15))
GREEN_LEAF = NodeId(bytes.fromhex("c7" + "22" * 15))
TARGET = EventId(bytes(range(16)))
ENVELOPE: dict[str, Any] = {"graph": "main", "producer": "parser-7", "sequence": 41, "hlc": 1_700_000_000_123 << 16}
WHERE: dict[str, Any] = {"partition": 3, "offset": 1 << 40}


def utc(seconds: float) -> datetime:
    """Give a time as the tables keep it: UTC, without a zone."""
    return datetime(1970, 1, 1) + timedelta(seconds=seconds)


def record(value: bytes | None, headers: dict[str, bytes] | None = None) -> Record:
    """Give a record as the sink reads it."""
    return Record(WHERE["partition"], WHERE["offset"], 1_700_000_000_456, value, headers or {})


def row_of(table: str, value: bytes | None, headers: dict[str, bytes] | None = None) -> Row:
    """Give the row of a record that has one."""
    row = PROJECTIONS[table](record(value, headers))
    assert row is not None
    return row


def stored(table: str, row: Row) -> dict[str, Any]:
    """Give the row as the Parquet schema keeps it; a value that does not fit its column raises."""
    return dict(pa.Table.from_pylist([row], schema=table_named(table).schema).to_pylist()[0])


FACTS: list[tuple[Fact, dict[str, Any]]] = [
    (
        NodeAdded(**ENVELOPE, operator="+", colour=Colour.RED, children=(RED_LEAF, GREEN_LEAF)),
        {"operator": "+", "colour": "RED", "children": [RED_LEAF.hex(), GREEN_LEAF.hex()]},
    ),
    (
        NodeAdded(**ENVELOPE, operator="λ x", colour=Colour.GREEN),
        {"operator": "λ x", "colour": "GREEN", "children": []},
    ),
    (
        EqualityAsserted(**ENVELOPE, left=RED_LEAF, right=GREEN_LEAF, why=Stated("says so")),
        {"left_id": RED_LEAF.hex(), "right_id": GREEN_LEAF.hex(), "why": "says so"},
    ),
    (
        EqualityAsserted(
            **ENVELOPE,
            left=RED_LEAF,
            right=GREEN_LEAF,
            why=Derived(rule="comm", substitution=(("x", RED_LEAF),), rule_set=TARGET, round=2, premises=(TARGET,)),
        ),
        {
            "left_id": RED_LEAF.hex(),
            "right_id": GREEN_LEAF.hex(),
            "why": "rule comm",
            "rule": "comm",
            "round": 2,
            "new_nodes": [],
            "premises": [TARGET.hex()],
        },
    ),
    (FactRetracted(**ENVELOPE, target=TARGET, why="mistake"), {"target": TARGET.hex(), "why": "mistake"}),
    (
        RuleAdded(**ENVELOPE, name="comm", pattern="(+ x y)", replacement="(+ y x)", priority=3),
        {"operator": "comm", "why": "(+ x y) => (+ y x)"},
    ),
]


@pytest.mark.parametrize(("draft", "own"), FACTS, ids=lambda item: type(item).__name__)
def test_a_fact_becomes_its_row(draft: Fact, own: dict[str, Any]) -> None:
    """A column of facts would hold another thing than the fact says, or stay empty."""
    fact, raw = seal(draft)

    row = stored("facts", row_of("facts", raw))

    node = row.pop("node_id")
    assert row.pop("appended_at") == utc(1_700_000_000.456)
    common = {**WHERE, **ENVELOPE, "event_id": fact.event_id.hex(), "kind": type(draft).__name__}
    assert {name: value for name, value in row.items() if value is not None} == common | own
    if isinstance(draft, NodeAdded):
        assert (len(node), int(node[0], 16) >> 2) == (32, draft.colour), "a node id that does not carry its colour"
    else:
        assert node is None


def derived_with(*terms: ProofTerm) -> bytes:
    """Give the bytes of a derived equality whose proof has these terms."""
    why = Derived(
        rule="comm", substitution=(), rule_set=TARGET, round=7, premises=(TARGET,),
        proof=DerivationProof(terms=terms, lemmas=()),
    )  # fmt: skip
    return seal(EqualityAsserted(**ENVELOPE, left=RED_LEAF, right=GREEN_LEAF, why=why)).raw


def test_nodes_that_a_proof_makes_have_the_ids_they_would_have_as_facts() -> None:
    """The nodes of a rule would be counted under ids that nothing else knows, or one node as two."""
    inner = InlineTerm("f", Colour.RED, (0, 1))
    row = row_of("facts", derived_with(RED_LEAF, GREEN_LEAF, inner, InlineTerm("g", Colour.RED, (2,))))

    first = node_id("f", Colour.RED, (RED_LEAF, GREEN_LEAF))
    assert row is not None
    assert row["new_nodes"] == [first.hex(), node_id("g", Colour.RED, (first,)).hex()]
    assert (row["rule"], row["round"]) == ("comm", 7)


def test_a_proof_that_makes_no_sense_is_still_a_row() -> None:
    """One wrong fact of a stranger would end the sink, and the read side with it."""
    row = row_of(
        "facts", derived_with(RED_LEAF, InlineTerm("f", Colour.RED, (0, 5)), InlineTerm("g", Colour.RED, (1,)))
    )

    assert row is not None
    assert row["new_nodes"] == []


def test_equal_nodes_share_an_id_in_the_table() -> None:
    """Joining facts with edges by node id would find nothing."""
    leaf = seal(NodeAdded(**ENVELOPE, operator="x", colour=Colour.RED)).raw
    leaf_row = row_of("facts", leaf)
    above = seal(
        NodeAdded(**ENVELOPE, operator="f", colour=Colour.RED, children=(NodeId(bytes.fromhex(leaf_row["node_id"])),))
    ).raw
    again = seal(NodeAdded(**ENVELOPE | {"producer": "other"}, operator="x", colour=Colour.RED)).raw

    assert row_of("facts", above)["children"] == [leaf_row["node_id"]]
    assert row_of("facts", again)["node_id"] == leaf_row["node_id"]
    assert row_of("facts", again)["event_id"] != leaf_row["event_id"]


@pytest.mark.parametrize("kind", TimelineKind)
def test_a_timeline_event_becomes_its_row(kind: TimelineKind) -> None:
    """A measurement would be attributed to another agent, message or moment."""
    event = TimelineEvent(
        kind=kind,
        agent=1,
        peer=2,
        incarnation=1_700_000_000_000_001,
        at=1_700_000_000_500_000,
        sequence=77,
        clock=(5, 77, 9),
        message_id=31,
        sender_incarnation=8,
        sent_at=1_700_000_000_400_000,
        latency_us=100_000,
        facts=12,
        useful=7,
        held=1 << 33,
        colour="BLUE",
        digest=b"\xab" * 16,
        latencies=((100, 3), (160, 1)),
        bytes=2048,
    )

    row = stored("events", row_of("events", encode_record(event)))

    assert row.pop("ts") == utc(1_700_000_000.5)
    assert row.pop("sent_at") == utc(1_700_000_000.4)
    assert row == {
        **WHERE,
        "kind": str(kind),
        "agent": 1,
        "peer": 2,
        "incarnation": 1_700_000_000_000_001,
        "sequence": 77,
        "message_id": 31,
        "sender_incarnation": 8,
        "latency_us": 100_000,
        "bytes": 2048,
        "facts": 12,
        "useful": 7,
        "held": 1 << 33,
        "colour": "BLUE",
        "digest": "ab" * 16,
        "latencies": [{"bucket": 100, "count": 3}, {"bucket": 160, "count": 1}],
        "vc0": 5,
        "vc1": 77,
        "vc2": 9,
    }


@pytest.mark.parametrize(("sent_at", "latency_us", "expected"), [(0, -1, None), (9, -5, None), (9, 0, 0), (9, 8, 8)])
def test_a_latency_that_does_not_apply_is_null(sent_at: int, latency_us: int, expected: int | None) -> None:
    """-1 would count as the fastest message of all, and 1970 as the time it was sent."""
    event = TimelineEvent(
        kind=TimelineKind.ACK_RECEIVED, agent=0, incarnation=1, at=10, sequence=1, clock=(1, 0, 0), colour="RED",
        sent_at=sent_at, latency_us=latency_us,
    )  # fmt: skip
    row = row_of("events", encode_record(event))

    assert row["latency_us"] == expected
    assert row["sent_at"] == (sent_at or None)


def heartbeat(**changes: Any) -> AgentHeartbeat:
    """Give a heartbeat in which every number is another."""
    fields: dict[str, Any] = {
        "agent": 2, "incarnation": 10, "worker": "w", "pid": 11, "at": 1_700_000_000_000_000, "role": "GREEN",
        "neighbours": (0, 1), "version": (4, 5, 6), "set_digest": b"\x01" * 16, "view_digest": b"\x02" * 16,
        "facts": 20, "nodes": 21, "classes": 22, "accepted": 23, "quarantined": 24, "suspended": 25, "retracted": 26,
        "tombstones_held": 27, "violations": 28, "dead_letters": 29, "rss_bytes": 30,
    }  # fmt: skip
    return AgentHeartbeat(**fields | changes)


def test_a_heartbeat_becomes_its_row() -> None:
    """Two counters of the console would be swapped, or health computed from the sender's clock."""
    row = stored("heartbeats", row_of("heartbeats", encode_record(heartbeat())))

    assert row.pop("ts") == utc(1_700_000_000.0)
    assert row.pop("appended_at") == utc(1_700_000_000.456), "the broker's clock"
    assert row == {
        **WHERE, "agent": 2, "incarnation": 10, "worker": "w", "pid": 11, "role": "GREEN", "neighbours": [0, 1],
        "version": [4, 5, 6], "set_digest": "01" * 16, "view_digest": "02" * 16, "facts": 20, "nodes": 21,
        "classes": 22, "accepted": 23, "quarantined": 24, "suspended": 25, "retracted": 26, "tombstones_held": 27,
        "violations": 28, "dead_letters": 29, "rss_bytes": 30,
    }  # fmt: skip


def told(table: str, record_of: Any) -> dict[str, Any]:
    """Give what is filled of a control record's row, without its place, and check the place."""
    row = stored(table, row_of(table, encode_record(record_of)))
    assert row.pop("ts") == utc(1_700_000_000.0), "the sender's clock"
    assert row.pop("appended_at") == utc(1_700_000_000.456), "the broker's clock"
    assert {name: row.pop(name) for name in WHERE} == WHERE
    return {name: value for name, value in row.items() if value is not None}


def test_a_turn_in_the_life_of_an_agent_becomes_its_row() -> None:
    """A lost agent would be shown as another one, or a round of all as agent -1."""
    at = 1_700_000_000_000_000
    lost = AgentLifecycle(turn=Turn.LOST, agent=4, incarnation=10, at=at, attempt=2, detail="nothing was heard")
    assert told("lifecycle", lost) == {
        "kind": "LOST", "agent": 4, "incarnation": 10, "attempt": 2, "detail": "nothing was heard",
    }  # fmt: skip
    done = AgentLifecycle(turn=Turn.ROUND_COMPLETED, at=at, round="sync-1", detail="9 agents hold the cut")
    assert told("lifecycle", done) == {
        "kind": "ROUND_COMPLETED", "incarnation": 0, "attempt": 0, "round": "sync-1", "detail": "9 agents hold the cut",
    }  # fmt: skip


def test_an_order_becomes_its_row() -> None:
    """Nobody could tell who had an agent restarted, or why the number of workers changed."""
    at = 1_700_000_000_000_000
    kill = ControlOrder(order=OrderKind.KILL, agent=0, incarnation=10, at=at, by="operator", why="a drill")
    assert told("lifecycle", kill) == {
        "kind": "ORDERED_KILL", "agent": 0, "incarnation": 10, "told_by": "operator", "detail": "a drill",
    }  # fmt: skip
    scale = ControlOrder(order=OrderKind.SCALE, workers=3, at=at, by="operator", why="more")
    assert told("lifecycle", scale) == {
        "kind": "ORDERED_SCALE", "incarnation": 0, "workers": 3, "told_by": "operator", "detail": "more",
    }  # fmt: skip


def test_a_phase_becomes_its_rows() -> None:
    """What an agent did in a phase would be counted for another, or its limits taken for its results."""
    at = 1_700_000_000_000_000
    order = PhaseOrder(run="r", cycle=1, phase=Phase.LIVE, at=at, cut=(4, 5), rounds=8, nodes=100, matches=200)
    assert told("phases", order) == {
        "kind": "ORDERED", "run": "r", "cycle": 1, "phase": "LIVE", "held": [4, 5], "rounds": 8, "nodes": 100,
        "matches": 200,
    }  # fmt: skip
    report = PhaseReport(
        run="r", cycle=1, phase=Phase.LIVE, agent=3, incarnation=9, started_at=at - 500_000, at=at, version=(4, 6),
        set_digest=b"\x05" * 16, derived=10, checked=11, retracted=12, unproven=13, rounds=14, nodes=15, matches=16,
        reason="saturated", rules=(RuleWork(rule="é", candidates=17, matches=16, nodes=3, unions=2, time_us=4),),
        rules_left_out=18, candidates=19, new_nodes=20, new_unions=21, time_us=22,
    )  # fmt: skip
    row = told("phases", report)
    assert row.pop("started_at") == utc(1_699_999_999.5)
    assert row == {
        "kind": "REPORTED", "run": "r", "cycle": 1, "phase": "LIVE", "agent": 3, "incarnation": 9, "held": [4, 6],
        "set_digest": "05" * 16, "derived": 10, "checked": 11, "retracted": 12, "unproven": 13, "rounds": 14,
        "nodes": 15, "matches": 16, "reason": "saturated",
        "rules": [{"rule": "é", "candidates": 17, "matches": 16, "nodes": 3, "unions": 2, "time_us": 4}],
        "rules_left_out": 18, "candidates": 19, "new_nodes": 20, "new_unions": 21, "time_us": 22,
    }  # fmt: skip


LETTER = {
    "reason": b"undecodable", "detail": b"no such field: \xc3\xa9", "source-topic": b"egraph.facts",
    "source-partition": b"4", "source-offset": b"99",
}  # fmt: skip


@pytest.mark.parametrize("raw", [b"\x00\xff raw", b"", None])
def test_a_dead_letter_becomes_its_row(raw: bytes | None) -> None:
    """The refused bytes, the reason or the place they came from would be lost to queries."""
    row = stored("dead_letters", row_of("dead_letters", raw, LETTER))

    assert row.pop("ts") == utc(1_700_000_000.456)
    assert row == {
        **WHERE, "reason": "undecodable", "detail": "no such field: é", "source_topic": "egraph.facts",
        "source_partition": 4, "source_offset": 99, "raw": raw,
    }  # fmt: skip


def test_a_detail_in_another_encoding_does_not_stop_the_sink() -> None:
    """Anybody may write a dead letter; bytes that are no UTF-8 would end the sink for ever."""
    assert "no" in row_of("dead_letters", b"", LETTER | {"detail": b"no \xff"})["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        *({name: value for name, value in LETTER.items() if name != gone} for gone in LETTER if gone != "detail"),
        LETTER | {"source-offset": b"many"},
        LETTER | {"reason": b"\xff"},
    ],
)
def test_a_foreign_dead_letter_gives_no_row(headers: dict[str, bytes]) -> None:
    """A record without our headers would crash the sink, or become a row of guesses."""
    assert PROJECTIONS["dead_letters"](record(b"x", headers)) is None


ACK = encode_record(
    GossipAck(
        sender=0, receiver=1, sender_incarnation=1, receiver_incarnation=1, message_id=1, acknowledged=0,
        sent_at=1, clock=(0, 0, 0), version=(0, 0, 0), peers=(),
    )
)  # fmt: skip


@pytest.mark.parametrize("value", [None, b"", b"\xc3\x01", b"nonsense", ACK, encode_record(heartbeat())[:-1]])
@pytest.mark.parametrize("table", ["facts", "events", "heartbeats", "lifecycle", "phases"])
def test_what_its_topic_does_not_promise_gives_no_row(table: str, value: bytes | None) -> None:
    """One stray record would stop the read side, or appear as something that it is not."""
    assert PROJECTIONS[table](record(value)) is None


CONTROL_RECORDS = (
    heartbeat(),
    AgentLifecycle(turn=Turn.REGISTERED, agent=1, at=1),
    ControlOrder(order=OrderKind.SCALE, at=1, by="b", why="w"),
    PhaseOrder(run="r", cycle=0, phase=Phase.LIVE, at=1, cut=(1,), rounds=1, nodes=1, matches=1),
    PhaseReport(
        run="r", cycle=0, phase=Phase.LIVE, agent=0, incarnation=1, started_at=1, at=1, version=(1,),
        set_digest=b"", reason="r",
    ),
)  # fmt: skip


@pytest.mark.parametrize("told_record", CONTROL_RECORDS, ids=lambda item: type(item).__name__)
def test_each_control_record_is_in_one_table(told_record: Any) -> None:
    """A kind of record would be counted twice, or be invisible to everybody who asks."""
    raw = record(encode_record(told_record))
    filled = [table.name for table in tables(3) if table.topic is CONTROL and PROJECTIONS[table.name](raw) is not None]
    assert len(filled) == 1


def test_each_table_has_a_projection() -> None:
    """A topic would be read and its rows thrown away."""
    assert set(PROJECTIONS) == {table.name for table in tables(3)}
