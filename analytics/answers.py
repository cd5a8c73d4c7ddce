"""Typed answers of the read model: what the console may know. Plain data, JSON-ready, no DuckDB.

Units stand in the names: _us microseconds since the Unix epoch or a duration, _ms milliseconds, _mbps payload Mbit/s.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpis:
    """The headline numbers, over the last `window_s` seconds where they are rates or percentiles."""

    facts: int
    nodes: int
    classes: int
    accepted: int
    quarantined: int
    suspended: int
    tombstones_held: int
    dead_letters: int
    agents: int
    distinct_digests: int
    violations: int
    facts_per_s: float
    throughput_mbps: float
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    latency_p99_ms: float | None
    end_to_end_p50_ms: float | None
    end_to_end_p95_ms: float | None
    end_to_end_p99_ms: float | None
    sync_efficiency: float | None
    window_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """The newest heartbeat of one agent. health = max(0, 1 - age/timeout); band is healthy/degraded/suspect/down.

    still_since_us is the time of the first heartbeat, of those of the last five minutes, with the position it has now.
    """

    agent: int
    role: str
    worker: str
    pid: int
    incarnation: int
    last_seen_us: int
    health: float
    band: str
    facts: int
    lag: int
    classes: int
    accepted: int
    quarantined: int
    set_digest: str
    view_digest: str
    violations: int
    rss_bytes: int
    neighbours: tuple[int, ...]
    still_since_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Messages from one agent to another over the window. efficiency = useful facts / facts received."""

    sender: int
    receiver: int
    messages: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    mbps: float
    efficiency: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One value per second, oldest first; None where nothing happened. second is Unix seconds."""

    second: tuple[int, ...]
    p50_ms: tuple[float | None, ...]
    p95_ms: tuple[float | None, ...]
    p99_ms: tuple[float | None, ...]
    facts_per_s: tuple[float | None, ...]
    mbps: tuple[float | None, ...]
    efficiency: tuple[float | None, ...]
    distinct_digests: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLags:
    """How many log positions an agent lacked at the end of each second of the series; None while it was silent."""

    agent: int
    facts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What some whole seconds amount to, and what the agent that held most facts had told at their end."""

    ends_at_us: int
    lasts_s: int
    facts: int
    classes: int
    accepted: int
    quarantined: int
    facts_per_s: float
    throughput_mbps: float
    end_to_end_p50_ms: float | None
    end_to_end_p95_ms: float | None
    end_to_end_p99_ms: float | None
    sync_efficiency: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A message that arrived: partition and offset are those of its receipt in the timeline."""

    partition: int
    offset: int
    at_us: int
    sender: int
    receiver: int
    latency_us: int | None
    facts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """One of the newest facts in the log."""

    partition: int
    offset: int
    appended_at_us: int
    kind: str
    producer: str
    colour: str
    summary: str
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRow:
    """What befell an agent or was ordered for it; agent is None for what is about the whole system."""

    at_us: int
    kind: str
    agent: int | None
    attempt: int | None
    workers: int | None
    told_by: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything the live page shows, at one moment of the catalog.

    `recent_turns` are the newest of the `recent_turns_count` turns within the window. `latest` and `earlier` are two
    periods of equal length, one after the other; None where no agent was heard by their end, or, for `earlier`, by its
    beginning: then there is nothing to compare with. `recent_messages` are the newest within the window.
    """

    generated_at_us: int
    newest_event_us: int | None
    kpis: Kpis
    agents: tuple[AgentState, ...]
    flows: tuple[Flow, ...]
    series: Series
    lags: tuple[AgentLags, ...]
    latest: Period | None
    earlier: Period | None
    recent_messages: tuple[MessageRow, ...]
    recent_facts: tuple[FactRow, ...]
    recent_turns: tuple[TurnRow, ...]
    recent_turns_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedFact:
    """One fact of the log with every column of the table `facts`; None where its kind has no such field.

    The hybrid clock comes in its two parts: whole, it is larger than numbers of JSON are exact in a browser.
    """

    partition: int
    offset: int
    appended_at_us: int
    event_id: str
    kind: str
    graph: str
    producer: str
    sequence: int
    hlc_ms: int
    hlc_count: int
    node_id: str | None
    operator: str | None
    colour: str | None
    children: tuple[str, ...] | None
    left_id: str | None
    right_id: str | None
    target: str | None
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionEnd:
    """What the store holds of one partition."""

    partition: int
    first_offset: int
    last_offset: int
    facts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Facts newest first. `before` of `matching` stand on newer pages; `next` is the key of the page after this one."""

    facts: tuple[LoggedFact, ...]
    total: int
    matching: int
    before: int
    next: str | None
    oldest_us: int | None
    newest_us: int | None
    partitions: tuple[PartitionEnd, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedNode:
    """A node that a fact refers to; operator, colour and place are None while the log does not hold it."""

    node_id: str
    operator: str | None
    colour: str | None
    partition: int | None
    offset: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactDetail:
    """A fact, what it refers to, and what refers to it: at most `listed` of each, `parents_count` says of how many."""

    fact: LoggedFact
    children: tuple[NamedNode, ...]
    ends: tuple[NamedNode, ...]
    retracts: LoggedFact | None
    retracted_by: tuple[LoggedFact, ...]
    rule: LoggedFact | None
    parents: tuple[LoggedFact, ...]
    parents_count: int
    equalities: tuple[LoggedFact, ...]
    equalities_count: int
    earlier_offset: int | None
    later_offset: int | None
    listed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRecord:
    """A dead letter: why, where it came from, its first bytes as hex, and what to do about it."""

    partition: int
    offset: int
    refused_at_us: int
    reason: str
    detail: str
    advice: str
    source_topic: str
    source_partition: int
    source_offset: int
    raw_bytes: int
    raw_hex: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPage:
    """Dead letters newest first, each source position once; `by_reason` counts all of them."""

    letters: tuple[RefusedRecord, ...]
    total: int
    matching: int
    before: int
    next: str | None
    by_reason: dict[str, int]
