"""The read model's answers against statistics computed by hand from the same events."""

from collections import defaultdict
from dataclasses import astuple
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from analytics.answers import Overview
from analytics.catalog import publish_catalog, store_dir
from analytics.heartbeat_window import HEALTH_TIMEOUT_S, health_of
from analytics.live_window import RATE_WINDOW_S, RECENT_TURNS_MAX
from analytics.read_model import ReadModel
from analytics.tables import tables
from egraph.colours import Colour
from egraph.facts import EqualityAsserted, FactRetracted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import node_id
from schemas.records import AgentLifecycle, TimelineEvent, TimelineKind, Turn, encode_record
from tests.unit.analytics.observed import (
    NOW,
    RECEIVED,
    SECOND,
    WINDOW_S,
    as_records,
    event,
    heartbeat,
    random_events,
    statistics,
)
from tests.unit.analytics.stored import AGENTS, Fetched, fact_at, store_records

SEEDS = (1, 2, 3)


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the read model be asked at one moment."""
    monkeypatch.setattr("analytics.read_model.time", SimpleNamespace(time_ns=lambda: NOW * 1000))


def ask(data_dir: Path, window_s: int = WINDOW_S) -> Overview:
    """Ask a fresh read model."""
    return ReadModel(data_dir, agents=AGENTS).overview(window_s)


def in_window(events: list[TimelineEvent], seconds: int) -> list[TimelineEvent]:
    """Give the events of the last seconds."""
    return [item for item in events if item.at >= NOW - seconds * SECOND]


@pytest.mark.parametrize("seed", SEEDS)
def test_headline_numbers_are_those_of_the_messages(tmp_path: Path, seed: int) -> None:
    """A percentile, a rate or the efficiency of the console would be wrong."""
    events = random_events(seed)
    store_records(tmp_path, "events", as_records(events))

    kpis = ask(tmp_path).kpis

    expected = statistics(in_window(events, WINDOW_S))
    found = (kpis.latency_p50_ms, kpis.latency_p95_ms, kpis.latency_p99_ms, kpis.sync_efficiency)
    assert found == pytest.approx((expected.p50, expected.p95, expected.p99, expected.efficiency), abs=0.0006)
    recent = statistics(in_window(events, RATE_WINDOW_S))
    assert kpis.throughput_mbps == pytest.approx(recent.megabits / RATE_WINDOW_S, abs=0.00006)
    assert kpis.window_s == WINDOW_S


@pytest.mark.parametrize("seed", SEEDS)
def test_each_flow_is_that_of_its_messages(tmp_path: Path, seed: int) -> None:
    """The lattice would show the traffic of one edge on another, or both directions as one."""
    events = random_events(seed)
    store_records(tmp_path, "events", as_records(events))
    by_edge: dict[tuple[int, int], list[TimelineEvent]] = defaultdict(list)
    for item in in_window(events, WINDOW_S):
        if item.kind in RECEIVED:
            by_edge[item.peer, item.agent].append(item)

    flows = ask(tmp_path).flows

    assert [(flow.sender, flow.receiver) for flow in flows] == sorted(by_edge)
    assert len(flows) == AGENTS * (AGENTS - 1)
    for flow in flows:
        expected = statistics(by_edge[flow.sender, flow.receiver])
        found = (flow.messages, flow.p50_ms, flow.p95_ms, flow.p99_ms, flow.mbps * WINDOW_S, flow.efficiency)
        assert found == pytest.approx(astuple(expected), abs=0.0006)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_series_has_one_value_per_second(tmp_path: Path, seed: int) -> None:
    """The charts would show a message in another second, or a silent second as zero."""
    events = random_events(seed, 60)
    store_records(tmp_path, "events", as_records(events))

    series = ask(tmp_path).series

    last = NOW // SECOND
    assert series.second == tuple(range(last - WINDOW_S + 1, last + 1))
    silent = 0
    for index, second in enumerate(series.second):
        here = statistics([item for item in events if item.at // SECOND == second])
        found = (series.p50_ms[index], series.p95_ms[index], series.p99_ms[index], series.mbps[index])
        if here.messages:
            assert found == pytest.approx((here.p50, here.p95, here.p99, here.megabits), abs=0.0006)
            assert series.efficiency[index] == pytest.approx(here.efficiency, abs=0.0006)
        else:
            silent += 1
            assert found == (None, None, None, None)
    assert 0 < silent < WINDOW_S


def test_messages_without_a_latency_are_messages(tmp_path: Path) -> None:
    """A sender whose clock runs ahead gives no latency; the whole page would be missing because of it."""
    store_records(tmp_path, "events", as_records([event(NOW - SECOND, latency_us=-1, bytes=1000, facts=2, useful=1)]))

    answer = ask(tmp_path)

    assert [(flow.messages, flow.p50_ms, flow.p99_ms, flow.efficiency) for flow in answer.flows] == [
        (1, None, None, 0.5)
    ]
    assert answer.kpis.latency_p50_ms is None
    assert answer.series.p50_ms[-2] is None
    assert answer.series.efficiency[-2] == 0.5


def test_the_window_ends_where_it_says(tmp_path: Path) -> None:
    """A message of the last microsecond before the window would move the percentiles."""
    since = NOW - WINDOW_S * SECOND
    store_records(tmp_path, "events", as_records([event(since, latency_us=7000), event(since - 1, latency_us=1000)]))

    answer = ask(tmp_path)

    assert answer.kpis.latency_p99_ms == 7.0
    assert [flow.messages for flow in answer.flows] == [1]
    assert answer.newest_event_us == since


def test_rates_count_facts_of_the_last_seconds(tmp_path: Path) -> None:
    """Facts per second would be averaged over the window, or over all time."""
    ages_ms = [*range(100, 9_100, 1000), *range(15_000, 45_000, 1000)]
    facts = [fact_at(0, number, NOW // 1000 - age) for number, age in enumerate(sorted(ages_ms, reverse=True))]
    store_records(tmp_path, "facts", facts)

    answer = ask(tmp_path)

    assert answer.kpis.facts_per_s == pytest.approx(9 / 10)
    per_second: dict[int, float] = defaultdict(float)
    for fact in facts:
        per_second[fact.timestamp // 1000] += 1
    shown = dict(zip(answer.series.second, answer.series.facts_per_s, strict=True))
    assert {second: value for second, value in shown.items() if value is not None} == per_second


@pytest.mark.parametrize("seed", SEEDS)
def test_end_to_end_latency_is_the_nearest_rank_of_the_buckets(tmp_path: Path, seed: int) -> None:
    """The one figure that says how long a fact takes would be of another share of the facts."""
    events = [
        event(
            item.at,
            kind=TimelineKind.HEARTBEAT_SENT,
            agent=item.agent,
            peer=-1,
            latencies=tuple((bucket, item.bytes + bucket) for bucket in range(150 + item.agent, 300, 7)),
        )
        for item in random_events(seed, 12)
    ]
    store_records(tmp_path, "events", as_records(events))
    whole_seconds = [item for item in events if item.at // SECOND >= (NOW - WINDOW_S * SECOND) // SECOND]
    each = sorted(bucket for item in whole_seconds for bucket, count in item.latencies for _ in range(count))

    kpis = ask(tmp_path).kpis

    def nearest_rank(share: float) -> float:
        rank = next(rank for rank in range(1, len(each) + 1) if rank >= share * len(each))
        low, high = 2 ** (each[rank - 1] / 16), 2 ** ((each[rank - 1] + 1) / 16)
        return (low * high) ** 0.5 / 1000  # the middle of the bucket, in milliseconds

    found = (kpis.end_to_end_p50_ms, kpis.end_to_end_p95_ms, kpis.end_to_end_p99_ms)
    assert found == pytest.approx([nearest_rank(share) for share in (0.5, 0.95, 0.99)], abs=0.0006)
    whole = ReadModel(tmp_path, agents=AGENTS).end_to_end()
    assert whole["folds"] == sum(count for item in events for _, count in item.latencies)


@pytest.mark.parametrize(
    ("age_s", "health", "band"),
    [
        (-3.0, 1.0, "healthy"),
        (0.0, 1.0, "healthy"),
        (3.0, 0.7, "healthy"),
        (4.0, 0.6, "degraded"),
        (5.0, 0.5, "degraded"),
        (6.0, 0.4, "suspect"),
        (8.5, 0.15, "down"),
        (10.0, 0.0, "down"),
        (1e9, 0.0, "down"),
    ],
)
def test_health_falls_with_the_age_of_the_heartbeat(age_s: float, health: float, band: str) -> None:
    """A dead agent would look alive, or a living one dead."""
    assert HEALTH_TIMEOUT_S == 10.0
    found = health_of(age_s)
    assert found == (pytest.approx(health), band)


def test_agents_are_their_newest_heartbeats(tmp_path: Path) -> None:
    """The page would show an agent as it was, count a dead one, or judge health by the sender's clock."""
    beats = [
        (9_000, heartbeat(0, facts=1, version=(1, 0, 0), view_digest=b"old" * 5 + b"!")),
        (7_000, heartbeat(2, facts=99, version=(2, 2, 2), view_digest=b"dead" * 4, violations=1, at=NOW)),
        (4_000, heartbeat(1, facts=11, nodes=9, version=(5, 1, 0), neighbours=(0, 2), at=0)),
        (500, heartbeat(0, facts=10, version=(3, 4, 0), rss_bytes=5, worker="w", pid=7, quarantined=2)),
    ]
    records = [
        Fetched(0, offset, NOW // 1000 - age, as_records([beat])[0].value) for offset, (age, beat) in enumerate(beats)
    ]
    store_records(tmp_path, "heartbeats", records[:2])
    store_records(tmp_path, "heartbeats", records[2:])

    answer = ask(tmp_path)

    assert [(item.agent, item.band, item.facts) for item in answer.agents] == [
        (0, "healthy", 10),
        (1, "degraded", 11),
        (2, "suspect", 99),
    ]
    assert [item.lag for item in answer.agents] == [11 - 7, 11 - 6, 11 - 6]
    first, second, _ = answer.agents
    assert (first.worker, first.pid, first.rss_bytes, first.quarantined) == ("w", 7, 5, 2)
    assert (second.neighbours, second.view_digest) == ((0, 2), (b"v" * 16).hex())
    assert answer.kpis.agents == 3
    assert answer.kpis.distinct_digests == 2
    assert (answer.kpis.facts, answer.kpis.violations) == (99, 1)


def test_an_agent_that_is_down_does_not_count(tmp_path: Path) -> None:
    """A replica that died long ago would keep the console from ever showing agreement."""
    dead = as_records([heartbeat(2, view_digest=b"dead" * 4)], NOW // 1000 - 60_000)
    alive = [Fetched(0, 1, NOW // 1000, as_records([heartbeat(0)])[0].value)]
    store_records(tmp_path, "heartbeats", [*dead, *alive])

    answer = ask(tmp_path)

    assert [item.band for item in answer.agents] == ["healthy", "down"]
    assert (answer.kpis.agents, answer.kpis.distinct_digests) == (1, 1)


def test_digests_are_counted_per_second(tmp_path: Path) -> None:
    """The convergence chart would miss a disagreement, or invent one."""
    second = NOW - 5 * SECOND
    beats = [(second, 0, b"a"), (second + 9, 1, b"b"), (second + 99, 2, b"b"), (second + SECOND, 0, b"b")]
    events = [event(at, kind=TimelineKind.HEARTBEAT_SENT, agent=agent, digest=digest) for at, agent, digest in beats]
    store_records(tmp_path, "events", as_records([*events, event(second, digest=b"no heartbeat", latency_us=5)]))

    shown = ask(tmp_path).series.distinct_digests

    assert shown[-6:] == (2, 1, None, None, None, None)


def test_recent_facts_say_what_they_are(tmp_path: Path) -> None:
    """The list of the newest facts would be blank for a kind, or out of order."""
    leaf = NodeAdded(graph="main", producer="p", sequence=0, hlc=1, operator="x", colour=Colour.RED)
    name = node_id("x", Colour.RED, ())
    envelope = {"graph": "main", "producer": "p", "hlc": 1}
    drafts = [
        leaf,
        NodeAdded(**envelope, sequence=1, operator="f", colour=Colour.GREEN, children=(name, name)),
        EqualityAsserted(**envelope, sequence=2, left=name, right=name, why=Stated("because")),
        FactRetracted(**envelope, sequence=3, target=b"\xab" * 16, why="mistake"),
        RuleAdded(**envelope, sequence=4, name="comm", pattern="(+ a b)", replacement="(+ b a)"),
    ]
    store_records(tmp_path, "facts", [fact_at(1, n, NOW // 1000 - 9 + n, draft) for n, draft in enumerate(drafts)])

    rows = ask(tmp_path).recent_facts

    assert [row.offset for row in rows] == [4, 3, 2, 1, 0]
    short = name.hex()[:8]
    assert [row.summary for row in reversed(rows)] == [
        "x/0",
        "f/2",
        f"{short} = {short}  because",
        "abababab  mistake",
        "comm  (+ a b) => (+ b a)",
    ]
    assert [row.colour for row in reversed(rows)] == ["RED", "GREEN", "", "", ""]


def test_a_dead_letter_that_was_written_twice_counts_once(tmp_path: Path) -> None:
    """A worker that crashed between the dead letter and its progress would inflate the number of refusals."""
    headers = [("reason", b"empty"), ("source-topic", b"egraph.facts"), ("source-partition", b"0")]
    offsets = (b"5", b"6", b"5")
    store_records(
        tmp_path,
        "dead_letters",
        [Fetched(0, n, 1, b"", [*headers, ("source-offset", at)]) for n, at in enumerate(offsets)],
    )

    assert ask(tmp_path).kpis.dead_letters == 2


@pytest.mark.parametrize("create", [False, True])
def test_before_the_first_data_everything_is_empty(tmp_path: Path, create: bool) -> None:
    """Opening the console before anything has happened would show an error page."""
    if create:
        publish_catalog(store_dir(tmp_path), tables(AGENTS))

    answer = ask(tmp_path / "fresh" if not create else tmp_path, window_s=5)

    assert (answer.agents, answer.flows, answer.recent_facts, answer.newest_event_us) == ((), (), (), None)
    assert answer.kpis.facts == answer.kpis.agents == answer.kpis.dead_letters == 0
    assert answer.kpis.facts_per_s == answer.kpis.throughput_mbps == 0.0
    assert answer.kpis.latency_p50_ms is answer.kpis.sync_efficiency is answer.kpis.end_to_end_p99_ms is None
    assert len(answer.series.second) == 5
    assert set(answer.series.p50_ms + answer.series.facts_per_s + answer.series.distinct_digests) == {None}
    assert ReadModel(tmp_path, agents=AGENTS).end_to_end()["folds"] == 0


def test_happened_before_is_the_causal_order(tmp_path: Path) -> None:
    """The clock columns would order events that are concurrent, or miss that one caused the other."""
    # Agent 0 does a, b and sends; agent 1 does c, receives (d), sends; agent 2 does e, receives (f).
    clocks = {
        "a": (0, (1, 0, 0)), "b": (0, (2, 0, 0)), "c": (1, (0, 1, 0)), "d": (1, (2, 2, 0)),
        "e": (2, (0, 0, 1)), "f": (2, (2, 2, 2)),
    }  # fmt: skip
    events = [event(NOW, agent=agent, sequence=clock[agent], clock=clock) for agent, clock in clocks.values()]
    store_records(tmp_path, "events", as_records(events))
    path = publish_catalog(store_dir(tmp_path), tables(AGENTS))
    with duckdb.connect(str(path), read_only=True) as connection:
        pairs = connection.execute(
            """
            SELECT one."offset", other."offset" FROM events one, events other
            WHERE one."offset" <> other."offset"
              AND happened_before(one.agent, one.sequence, [other.vc0, other.vc1, other.vc2])
            """
        ).fetchall()

    names = list(clocks)
    found = {names[one] + names[other] for one, other in pairs}
    assert found == {"ab", "ad", "bd", "cd", "af", "bf", "cf", "df", "ef"}


def test_an_agent_stands_still_since_its_first_heartbeat_at_this_position(tmp_path: Path) -> None:
    """An agent that hangs would look as if it moved, or one that moves as if it hung."""
    second = 1000

    def beat(agent: int, position: int, incarnation: int = 1) -> bytes:
        version = (position,) + (0,) * (AGENTS - 1)
        return encode_record(heartbeat(agent, version=version, incarnation=incarnation))

    now = NOW // 1000
    told = [
        (now - 90 * second, beat(0, 5)), (now - 60 * second, beat(0, 5)), (now - second, beat(0, 5)),
        (now - 90 * second, beat(1, 5)), (now - 2 * second, beat(1, 6)), (now - second, beat(1, 6)),
        (now - 90 * second, beat(2, 5)), (now - second, beat(2, 5, incarnation=2)),
    ]  # fmt: skip
    store_records(tmp_path, "heartbeats", [Fetched(0, n, at, raw) for n, (at, raw) in enumerate(told)])
    found = {item.agent: NOW - item.still_since_us for item in ask(tmp_path).agents}
    assert found == {0: 90 * SECOND, 1: 2 * SECOND, 2: SECOND}


def test_turns_of_the_window_come_newest_first_and_are_counted(tmp_path: Path) -> None:
    """The live page would show turns of yesterday, leave out the newest, or pass sync rounds off as turns."""
    ages_s = [WINDOW_S + 5, *(age / 2 for age in range(RECENT_TURNS_MAX + 3, 0, -1))]
    records = [AgentLifecycle(turn=Turn.LOST, agent=1, at=1, detail=f"{age} s ago") for age in ages_s]
    records.append(AgentLifecycle(turn=Turn.ROUND_STARTED, at=1, round="sync-1"))
    told = [
        Fetched(0, n, int(NOW - age * SECOND) // 1000, encode_record(item))
        for n, (age, item) in enumerate(zip([*ages_s, 0], records, strict=True))
    ]
    store_records(tmp_path, "lifecycle", told)
    found = ask(tmp_path)
    assert [turn.detail for turn in found.recent_turns] == [f"{n / 2} s ago" for n in range(1, RECENT_TURNS_MAX + 1)]
    assert found.recent_turns_count == RECENT_TURNS_MAX + 3
