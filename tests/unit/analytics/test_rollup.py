"""Rollups of flows: they equal sums over the raw rows, whatever is late, repeated, merged or interrupted."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from analytics import sink
from analytics.catalog import CATALOG_NAME, publish_catalog, store_dir
from analytics.housekeeping import Retention
from analytics.sink import TableBuffer, as_read, intake_of, let_go, open_buffer
from analytics.tables import tables
from schemas.latency import latency_bucket
from schemas.records import TimelineEvent
from streams.processors.clock import LatencyCounts
from tests.unit.analytics.observed import NOW, RECEIVED, SECOND, as_records, event, random_events
from tests.unit.analytics.stored import AGENTS, Fetched, table_named

GRAINS = {"second": SECOND, "minute": 60 * SECOND, "hour": 3600 * SECOND}
ROLLED = ("flow_seconds", "flow_minutes", "flow_hours")


def expected(events: Sequence[TimelineEvent], grain_us: int) -> Counter[tuple[Any, ...]]:
    """Sum by hand: messages of each span, flow and bucket."""
    return Counter(
        (
            item.at // grain_us * grain_us,
            item.peer,
            item.agent,
            latency_bucket(item.latency_us) if item.latency_us >= 0 else None,
        )
        for item in events
        if item.kind in RECEIVED
    )


def ask(data_dir: Path, statement: str) -> list[tuple[Any, ...]]:
    """Ask the published catalog."""
    with duckdb.connect(str(store_dir(data_dir) / CATALOG_NAME), read_only=True) as connection:
        return connection.execute(statement).fetchall()


def rolled(data_dir: Path, grain: str) -> Counter[tuple[Any, ...]]:
    """Give what the public view says."""
    found = ask(
        data_dir,
        "SELECT epoch_us(start), sender, receiver, bucket, sum(messages)::BIGINT FROM v_flow_buckets "
        f"WHERE grain = '{grain}' GROUP BY ALL",
    )
    return Counter({tuple(row[:4]): row[4] for row in found})


def buffers(data_dir: Path, names: Iterable[str] = ("events", *ROLLED)) -> list[TableBuffer]:
    """Open tables as a sink does that starts."""
    return [open_buffer(store_dir(data_dir), table_named(name)) for name in names]


def close(opened: Iterable[TableBuffer]) -> None:
    """End as a process does, with what is not flushed lost."""
    for buffer in opened:
        buffer.writer.close()


def fill(data_dir: Path, records: Sequence[Fetched], random: Random) -> None:
    """Take in records in several lives: flushes, compactions and ends at random."""
    done = False
    while not done:
        opened = buffers(data_dir)
        at = min(buffer.next_offsets.get(0, 0) for buffer in opened)
        at = max(0, at - random.randint(0, 5))
        for _ in range(random.randint(1, 8)):
            upto = at + random.randint(1, 40)
            for buffer in opened:
                buffer.take(records[at:upto])
                if random.random() < 0.6:
                    buffer.flush()
                if random.random() < 0.5:
                    buffer.compact()
            at = upto
        done = at >= len(records)
        if done:
            for buffer in opened:
                if buffer.has_news:
                    buffer.flush()
        close(opened)
    publish_catalog(store_dir(data_dir), tables(AGENTS))


@pytest.fixture(autouse=True)
def _short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink, "COMPACT_RUN", 3)
    monkeypatch.setattr("analytics.housekeeping.MERGED_RUN", 2)
    monkeypatch.setattr(sink, "GRACE_SECONDS", -1.0)


@pytest.mark.parametrize("seed", range(3))
def test_rollups_equal_sums_over_the_raw_rows(tmp_path: Path, seed: int) -> None:
    """A restart, a repeated read, a compaction or an event out of order would count messages twice or not at all."""
    events = random_events(seed)

    fill(tmp_path, as_records(events), Random(seed))

    for grain, width in GRAINS.items():
        assert rolled(tmp_path, grain) == expected(events, width), grain
    sums = "sum(bytes)::BIGINT, sum(facts)::BIGINT, sum(useful)::BIGINT"
    (raw,) = ask(tmp_path, f"SELECT {sums} FROM v_messages")
    assert ask(tmp_path, f"SELECT grain, {sums} FROM v_flow_buckets GROUP BY grain ORDER BY grain") == [
        ("hour", *raw), ("minute", *raw), ("second", *raw),
    ]  # fmt: skip


def test_a_late_event_corrects_its_span_once(tmp_path: Path) -> None:
    """A second that was merged long ago would stay wrong, or count what is read again after a restart twice."""
    on_time = [event(NOW + place * SECOND, latency_us=1000) for place in range(9)]
    late = event(NOW + SECOND, latency_us=1000)
    opened = buffers(tmp_path)
    records = as_records([*on_time, late])
    for place in range(9):
        for buffer in opened:
            buffer.take(records[place : place + 1])
            buffer.flush()
            buffer.compact()
    close(opened)

    for _ in range(3):  # it arrives, and is read again after each of two restarts
        opened = buffers(tmp_path)
        for buffer in opened:
            buffer.take(records[5:])
            buffer.flush()
            buffer.compact()
        close(opened)
    publish_catalog(store_dir(tmp_path), tables(AGENTS))

    counts = [count for _, count in sorted(rolled(tmp_path, "second").items())]
    assert counts == [1, 2, 1, 1, 1, 1, 1, 1, 1]


def test_a_compaction_adds_up(tmp_path: Path) -> None:
    """An hour would be as many rows as there were flushes in it, and grow for ever."""
    opened = buffers(tmp_path, ["flow_hours"])
    for place, record in enumerate(as_records([event(NOW + place, latency_us=1000) for place in range(3)])):
        opened[0].take([record])
        opened[0].flush()
        assert sum(content.rows for _, content in opened[0].contents()) == place + 1
    assert opened[0].compact()

    assert [content.rows for _, content in opened[0].contents()] == [1]
    close(opened)
    publish_catalog(store_dir(tmp_path), tables(AGENTS))
    assert list(rolled(tmp_path, "hour").values()) == [3]


def test_percentiles_of_histograms_are_near_the_exact_ones(tmp_path: Path) -> None:
    """A window's percentile would be wrong by more than the 2.2 % that the documents promise."""
    random = Random(3)
    latencies = [random.randint(200, 90_000) for _ in range(3000)]
    records = as_records([event(NOW + place * 10_000, latency_us=value) for place, value in enumerate(latencies)])
    opened = buffers(tmp_path)
    for place in range(0, 3000, 600):
        for buffer in opened:
            buffer.take(records[place : place + 600])
            buffer.flush()
    close(opened)
    publish_catalog(store_dir(tmp_path), tables(AGENTS))

    percentiles = "p50_ms, p95_ms, p99_ms"
    (window,) = ask(tmp_path, f"SELECT {percentiles} FROM flow_window(TIMESTAMP '2023-01-01', TIMESTAMP '2024-01-01')")
    (hour,) = ask(tmp_path, f"SELECT {percentiles} FROM v_flow_rollup WHERE grain = 'hour'")

    exact = [sorted(latencies)[int(share * len(latencies))] / 1000 for share in (0.5, 0.95, 0.99)]
    assert window == hour
    assert window == pytest.approx(exact, rel=0.03)


def test_buckets_are_those_of_the_agents() -> None:
    """Histograms of messages and of folds would not be comparable."""
    for latency in (0, 1, 2, 15, 16, 999, 1000, 123_456, 10**9):
        counts = LatencyCounts()
        counts.count(latency)
        intake = intake_of(table_named("flow_seconds"), {})
        intake.take(map(as_read, as_records([event(NOW, latency_us=latency)])))
        assert intake.rows["bucket"].to_pylist() == [bucket for bucket, _ in counts.take()]


def test_retention_drops_raw_rows_and_keeps_the_rest(tmp_path: Path) -> None:
    """The store would grow for ever, or the history of flows and the place to read on would go with the raw rows."""
    day_us = 24 * 3600 * SECOND
    now = time.time_ns() // 1000
    old = [event(now - 3 * day_us + place * SECOND, latency_us=1000) for place in range(12)]
    records = as_records([*old, event(now, latency_us=1000)])
    opened = buffers(tmp_path)
    for place in range(len(records)):
        for buffer in opened:
            buffer.take(records[place : place + 1])
            buffer.flush()
    publish_catalog(store_dir(tmp_path), tables(AGENTS))
    path = store_dir(tmp_path) / CATALOG_NAME
    with duckdb.connect(str(path), read_only=True) as early:
        assert early.execute("SELECT count(*) FROM events").fetchone() == (13,)
        assert let_go(opened, Retention(age_s=2 * 24 * 3600), now) == 24
        assert let_go(opened, Retention(age_s=2 * 24 * 3600), now) == 0
        publish_catalog(store_dir(tmp_path), tables(AGENTS))
        assert early.execute("SELECT count(*) FROM events").fetchone() == (13,), "an open reader keeps its moment"
    assert [buffer.sweep() for buffer in opened] == [12, 12, 0, 0]
    assert [buffer.next_offsets for buffer in opened] == [{0: 13}] * 4
    close(opened)
    again = buffers(tmp_path)
    assert [buffer.next_offsets for buffer in again] == [{0: 13}] * 4
    close(again)
    assert ask(tmp_path, "SELECT count(*) FROM events") == [(1,)]
    assert ask(tmp_path, "SELECT sum(messages) FROM v_flow_rollup WHERE grain = 'minute'") == [(13,)]
    assert ask(tmp_path, "SELECT sum(messages) FROM v_flow_rollup WHERE grain = 'second'") == [(1,)]
