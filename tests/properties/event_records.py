"""Timeline events as any writer of the topic could send them, and bytes that are nearly events.

Belongs here: making them. Not here: what becomes of them (test_event_columns.py).
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from fastavro import schemaless_writer
from hypothesis import strategies as st

from analytics.projection import Record
from schemas.records import TimelineEvent, TimelineKind, encode_record
from schemas.registry import HEADER_BYTES, LoadedSchema, load, released

CLOCKS_MAX = 5
AT = 1_764_300_000_000_000
EVENT = TimelineEvent(
    kind=TimelineKind.SYNC_COMPLETED, agent=3, peer=-1, incarnation=AT, at=AT + 123_456, sequence=AT + 7,
    clock=(AT + 7, 0, 64), message_id=AT + 5, sender_incarnation=AT - 3, sent_at=AT + 100_000, latency_us=23_456,
    bytes=1234, facts=50, useful=49, held=100_000, colour="GREEN", digest=bytes(range(200, 216)),
    latencies=((160, 1), (250, 3)),
)  # fmt: skip
"""One with something in every field."""

_EDGES = sorted({sign * (1 << bits) + one for bits in range(0, 63, 7) for one in (-1, 0, 1) for sign in (-1, 1)})
LONG = st.one_of(st.sampled_from([*_EDGES, -(1 << 63), (1 << 63) - 1]), st.integers(AT, AT + 10**9), st.integers(-2, 9))
INT = st.one_of(st.integers(-2, 9), st.integers(0, 60_000), st.sampled_from([-(1 << 31), (1 << 31) - 1]))
BEYOND_INT = st.sampled_from([1 << 31, -(1 << 31) - 1, 1 << 40])
USUAL = st.integers(AT, AT + 10**10)
COUNTS = st.tuples(st.integers(0, 400), st.integers(1, 60))

as_agents_write = st.builds(
    TimelineEvent,
    kind=st.sampled_from(TimelineKind), agent=st.integers(0, 100), peer=st.integers(-1, 100), incarnation=USUAL,
    at=USUAL, sequence=USUAL, clock=st.lists(st.one_of(USUAL, st.just(0)), max_size=CLOCKS_MAX).map(tuple),
    message_id=st.one_of(st.just(-1), USUAL), sender_incarnation=st.one_of(st.just(0), USUAL),
    sent_at=st.one_of(st.just(0), USUAL), latency_us=st.integers(-1, 10**10), bytes=st.integers(0, 1 << 20),
    facts=st.integers(0, 1 << 20), useful=st.integers(0, 1 << 20), held=st.integers(0, 1 << 40),
    colour=st.sampled_from(["RED", "BLUE", "GREEN"]),
    digest=st.one_of(st.just(b""), st.binary(min_size=16, max_size=16)),
    latencies=st.lists(COUNTS, max_size=6).map(tuple),
)  # fmt: skip
"""Events like those of agents: all of them must take the quick way."""


def _fields(number: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "kind": st.sampled_from([kind.value for kind in TimelineKind]),
            **dict.fromkeys(("agent", "peer", "bytes", "facts", "useful"), number),
            **dict.fromkeys(
                ("incarnation", "at", "sequence", "message_id", "sender_incarnation", "sent_at", "latency_us", "held"),
                LONG,
            ),
            "clock": st.lists(LONG, max_size=CLOCKS_MAX),
            "colour": st.one_of(st.sampled_from(["RED", "BLUE", "GREEN", "red", "", "GREENER!", "RED\0"]), st.text()),
            "digest": st.one_of(st.just(b""), st.binary(min_size=16, max_size=16), st.binary(max_size=40)),
            "latencies": st.lists(st.fixed_dictionaries({"bucket": number, "count": number}), max_size=4),
        }
    )


def written(schema: LoadedSchema, fields: dict[str, Any]) -> bytes:
    """Encode as a release wrote it."""
    buffer = BytesIO()
    schemaless_writer(buffer, schema.parsed, fields)
    return schema.header + buffer.getvalue()


SCHEMAS = st.sampled_from([load("timeline_event"), *released("timeline_event")])
MUTATIONS = st.tuples(
    st.sampled_from(["set", "insert", "delete", "cut", "append"]), st.integers(0), st.integers(0, 255)
)


def mutated(raw: bytes, mutation: tuple[str, int, int]) -> bytes:
    """Change one byte, or the length."""
    how, place, octet = mutation
    place %= len(raw)
    match how:
        case "set":
            return raw[:place] + bytes([octet]) + raw[place + 1 :]
        case "insert":
            return raw[:place] + bytes([octet]) + raw[place:]
        case "delete":
            return raw[:place] + raw[place + 1 :]
        case "cut":
            return raw[:place]
    return raw + bytes([octet])


VALUES = st.one_of(
    as_agents_write.map(encode_record),
    st.builds(written, SCHEMAS, _fields(INT)),
    st.builds(written, SCHEMAS, _fields(st.one_of(INT, BEYOND_INT))),
    st.builds(mutated, as_agents_write.map(encode_record), MUTATIONS),
    st.sampled_from([None, b"", load("timeline_event").header, load("agent_heartbeat").header]),
    st.binary(max_size=40).map(load("timeline_event").header.__add__),
)


def one_byte_off(raw: bytes) -> Iterator[bytes]:
    """Give every record that differs from one in a bit, and those with a number longer than it need be."""
    for place in range(len(raw)):
        for bit in range(8):
            yield raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]
        if place >= HEADER_BYTES and raw[place] < 128:
            yield raw[:place] + bytes([raw[place] | 128, 0]) + raw[place + 1 :]
        yield raw[:place]


def placed(values: list[bytes | None], first: int = 0, partition: int = 0) -> list[Record]:
    """Give the records of a partition that holds these."""
    return [Record(partition, first + place, 0, value, {}) for place, value in enumerate(values)]
