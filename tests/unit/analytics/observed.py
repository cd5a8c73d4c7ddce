"""A small observed system: events, heartbeats and facts around one fixed moment, and statistics by hand.

Belongs here: making the input from a seed, and definitions of the statistics that share nothing with the SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from schemas.records import AgentHeartbeat, TimelineEvent, TimelineKind, encode_record
from tests.unit.analytics.stored import AGENTS, Fetched

SECOND = 1_000_000
NOW = 1_700_000_100 * SECOND + 250_000
WINDOW_S = 60
RECEIVED = (TimelineKind.MESSAGE_RECEIVED, TimelineKind.ACK_RECEIVED)


def event(at: int, **changes: Any) -> TimelineEvent:
    """Give an event that arrived at a time."""
    plain = TimelineEvent(
        kind=TimelineKind.MESSAGE_RECEIVED,
        agent=0,
        peer=1,
        incarnation=1,
        at=at,
        sequence=1,
        clock=(0,) * AGENTS,
        colour="RED",
    )
    return replace(plain, **changes)


def random_events(seed: int, count: int = 400) -> list[TimelineEvent]:
    """Give messages of all kinds over one and a half windows. Some have a twin without a latency."""
    random = Random(seed)
    out = []
    for _ in range(count):
        kind = random.choice((*RECEIVED, TimelineKind.MESSAGE_RECEIVED, TimelineKind.MESSAGE_SENT))
        facts = 0 if kind is TimelineKind.ACK_RECEIVED else random.randint(0, 50)
        agent = random.randrange(AGENTS)
        out.append(
            event(
                NOW - random.randint(0, WINDOW_S * SECOND * 3 // 2),
                kind=kind,
                agent=agent,
                peer=(agent + random.randint(1, AGENTS - 1)) % AGENTS,
                latency_us=random.choice((random.randint(0, 900), random.randint(1000, 80_000))),
                bytes=random.randint(40, 50_000),
                facts=facts,
                useful=random.randint(0, facts),
            )
        )
        if random.random() < 0.2:
            out.append(replace(out[-1], latency_us=-1, bytes=random.randint(40, 50_000)))
    return out


def as_records(events: Sequence[TimelineEvent | AgentHeartbeat], timestamp_ms: int = NOW // 1000) -> list[Fetched]:
    """Give the records of a partition that holds these."""
    return [Fetched(0, offset, timestamp_ms, encode_record(item)) for offset, item in enumerate(events)]


def heartbeat(agent: int, **changes: Any) -> AgentHeartbeat:
    """Give a heartbeat."""
    numbers = dict.fromkeys(
        ("facts", "nodes", "classes", "accepted", "quarantined", "suspended", "retracted", "tombstones_held"), 0
    )
    plain = AgentHeartbeat(
        agent=agent,
        incarnation=1,
        worker="worker-0",
        pid=1,
        at=NOW,
        role="RED",
        neighbours=(),
        version=(0,) * AGENTS,
        set_digest=b"s" * 16,
        view_digest=b"v" * 16,
        violations=0,
        dead_letters=0,
        rss_bytes=0,
        **numbers,
    )
    return replace(plain, **changes)


def percentile(values: Sequence[float], share: float) -> float | None:
    """Give the percentile by linear interpolation between the two nearest ranks (Hyndman and Fan, type 7)."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


@dataclass(frozen=True)
class Statistics:
    """What a group of messages amounts to. Latencies in milliseconds."""

    messages: int
    p50: float | None
    p95: float | None
    p99: float | None
    megabits: float
    efficiency: float | None


def statistics(events: Sequence[TimelineEvent]) -> Statistics:
    """Compute from the messages that arrived, one by one."""
    arrived = [item for item in events if item.kind in RECEIVED]
    latencies = [item.latency_us / 1000 for item in arrived if item.latency_us >= 0]
    carried = sum(item.facts for item in arrived)
    return Statistics(
        messages=len(arrived),
        p50=percentile(latencies, 0.50),
        p95=percentile(latencies, 0.95),
        p99=percentile(latencies, 0.99),
        megabits=sum(item.bytes for item in arrived) * 8 / 1_000_000,
        efficiency=sum(item.useful for item in arrived) / carried if carried else None,
    )
