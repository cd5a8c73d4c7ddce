"""The live page's answer in SQL, whole, over the public views: what the read model's running figures must equal.

Belongs here: definitions in SQL, shared with nothing of analytics/live_window.py and its parts. Not here: expectations.
It is also what a console without a running window would do, so tests/benchmarks/figures_console.py asks it.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from analytics.answers import AgentState, FactRow, Flow, Kpis, MessageRow, Overview, Period, Series, TurnRow
from analytics.current_store import CurrentStore
from schemas.health import band_of, health_after
from tests.properties.told_in_sql import lags, last_words, told

RATE_WINDOW_S = 10
RECENT_TURNS_MAX = 60
_TIMEOUT_S = 10.0
_STILL_WINDOW_S = 300
_PERIOD_S = 60
_RECENT_MESSAGES = 100
_HEALTHY_FROM = 0.65
_SECOND = 1_000_000


def rounded(value: float | None) -> float | None:
    """Give a figure to the thousandth."""
    return None if value is None else round(float(value), 3)


def quantiles(found: list[float] | None) -> list[float | None]:
    """Give p50, p95 and p99, or three times None."""
    return [None, None, None] if found is None else [rounded(value) for value in found]


def flow(row: tuple[Any, ...], window_s: int) -> Flow:
    """Give a flow of (sender, receiver, messages, quantiles, megabits, useful share)."""
    p50, p95, p99 = quantiles(row[3])
    return Flow(
        sender=row[0], receiver=row[1], messages=row[2], p50_ms=p50, p95_ms=p95, p99_ms=p99,
        mbps=round(float(row[4]) / window_s, 5), efficiency=rounded(row[5]),
    )  # fmt: skip


class OverviewInSql:
    """Answers by reading everything anew. For one thread."""

    def __init__(self, data_dir: Path, *, agents: int = 9) -> None:
        self._store = CurrentStore(data_dir, agents=agents)

    def overview(self, window_s: int = 180, now_us: int | None = None) -> Overview:
        """Give everything that the live page shows, over the last `window_s` seconds."""
        now = time.time_ns() // 1000 if now_us is None else now_us
        connection = self._store.connection()
        since = now - window_s * _SECOND
        agents = _agents(connection, now)
        turns, turns_count = _recent_turns(connection, since)
        messages = _messages(connection, since)
        (newest,) = _one(connection, "SELECT epoch_us(max(ts)) FROM events")
        series = _series(connection, now, window_s, messages.seconds)
        words = told(connection, now)
        span = min(_PERIOD_S, (window_s - 1) // 2)
        end = now // _SECOND
        had_begun = any(row[1] < (end - 2 * span) * _SECOND for row in words)
        return Overview(
            generated_at_us=now,
            newest_event_us=newest,
            kpis=_kpis(connection, agents, now, since, window_s, messages.everything),
            agents=agents,
            flows=tuple(flow(row, window_s) for row in messages.flows),
            series=series,
            lags=lags(words, series.second),
            latest=_period(connection, words, end, span),
            earlier=_period(connection, words, end - span, span) if had_begun else None,
            recent_messages=_recent_messages(connection, since),
            recent_facts=_recent_facts(connection),
            recent_turns=turns,
            recent_turns_count=turns_count,
        )


def _one(connection: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> tuple[Any, ...]:
    row = connection.execute(sql, list(values)).fetchone()
    assert row is not None
    return tuple(row)


def _all(connection: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return connection.execute(sql, list(values)).fetchall()


def _agents(connection: duckdb.DuckDBPyConnection, now: int) -> tuple[AgentState, ...]:
    rows = _all(
        connection,
        """
        SELECT agent, role, worker, pid, incarnation, epoch_us(appended_at), facts, classes, accepted, quarantined,
               set_digest, view_digest, violations, rss_bytes, neighbours, version,
               epoch_us(coalesce(still_since, appended_at))
        FROM v_agents LEFT JOIN (
          SELECT agent, incarnation, version, min(appended_at) AS still_since
          FROM heartbeats WHERE appended_at >= make_timestamp(?) GROUP BY ALL
        ) USING (agent, incarnation, version)
        ORDER BY agent
        """,
        now - _STILL_WINDOW_S * _SECOND,
    )
    # The join of all versions: what some agent holds, another may still lack.
    join = [max(entries) for entries in zip(*(row[15] for row in rows), strict=False)]
    states = []
    for row in rows:
        health = health_after((now - row[5]) / _SECOND, _TIMEOUT_S)
        band = band_of(health, healthy_from=_HEALTHY_FROM)
        states.append(
            AgentState(
                agent=row[0],
                role=row[1],
                worker=row[2],
                pid=row[3],
                incarnation=row[4],
                last_seen_us=row[5],
                health=round(health, 3),
                band=band,
                facts=row[6],
                lag=sum(join) - sum(row[15]),
                classes=row[7],
                accepted=row[8],
                quarantined=row[9],
                set_digest=row[10],
                view_digest=row[11],
                violations=row[12],
                rss_bytes=row[13],
                neighbours=tuple(row[14]),
                still_since_us=row[16],
            )
        )
    return tuple(states)


def _kpis(
    connection: duckdb.DuckDBPyConnection,
    agents: tuple[AgentState, ...],
    now: int,
    since: int,
    window_s: int,
    messages: tuple[Any, ...],
) -> Kpis:
    newest = _one(
        connection,
        """
        SELECT coalesce(max(facts), 0), coalesce(max(nodes), 0), coalesce(max(classes), 0), coalesce(max(accepted), 0),
               coalesce(max(quarantined), 0), coalesce(max(suspended), 0), coalesce(max(tombstones_held), 0),
               coalesce(max(violations), 0)
        FROM (SELECT * FROM v_agents ORDER BY facts DESC, agent LIMIT 1)
        """,
    )
    rate_s = min(window_s, RATE_WINDOW_S)
    recent = now - rate_s * _SECOND
    sent_bits = _one(connection, "SELECT sum(bytes) * 8 FROM v_messages WHERE ts >= make_timestamp(?)", recent)[0] or 0
    appended = _one(connection, "SELECT count(*) FROM facts WHERE appended_at >= make_timestamp(?)", recent)[0]
    end_to_end = _end_to_end(connection, since, 1 << 60)
    live = [item for item in agents if item.band != "down"]
    latency = quantiles(messages[1])
    return Kpis(
        facts=newest[0],
        nodes=newest[1],
        classes=newest[2],
        accepted=newest[3],
        quarantined=newest[4],
        suspended=newest[5],
        tombstones_held=newest[6],
        violations=max((item.violations for item in agents), default=newest[7]),
        dead_letters=_one(connection, "SELECT count(*) FROM v_dead_letters")[0],
        agents=len(live),
        distinct_digests=len({item.view_digest for item in live}),
        facts_per_s=round(appended / rate_s, 2),
        throughput_mbps=round(float(sent_bits) / rate_s / 1e6, 4),
        latency_p50_ms=latency[0],
        latency_p95_ms=latency[1],
        latency_p99_ms=latency[2],
        end_to_end_p50_ms=end_to_end[0],
        end_to_end_p95_ms=end_to_end[1],
        end_to_end_p99_ms=end_to_end[2],
        sync_efficiency=rounded(messages[3]),
        window_s=window_s,
    )


def _end_to_end(connection: duckdb.DuckDBPyConnection, since: int, until: int) -> list[float | None]:
    row = _one(
        connection,
        """
        WITH totals AS (
          SELECT bucket, min(latency_ms) AS latency_ms, sum(facts) AS facts
          FROM v_latency_buckets
          WHERE second >= date_trunc('second', make_timestamp(?)) AND second < make_timestamp(?) GROUP BY bucket
        ), running AS (
          SELECT latency_ms, sum(facts) OVER (ORDER BY bucket) AS reached, sum(facts) OVER () AS everything FROM totals
        )
        SELECT min(latency_ms) FILTER (WHERE reached >= 0.50 * everything),
               min(latency_ms) FILTER (WHERE reached >= 0.95 * everything),
               min(latency_ms) FILTER (WHERE reached >= 0.99 * everything)
        FROM running
        """,
        since,
        until,
    )
    return [rounded(value) for value in row]


class _Messages(NamedTuple):
    """The messages of a window: count, quantiles of latency, megabits and useful share, of all and by two keys."""

    everything: tuple[Any, ...]
    flows: list[tuple[Any, ...]]
    seconds: dict[int, tuple[Any, ...]]


def _messages(connection: duckdb.DuckDBPyConnection, since: int) -> _Messages:
    """Read the window once for all three: reading it is what takes the time."""
    rows = _all(
        connection,
        """
        SELECT GROUPING(sender, second), epoch_us(ts) // 1000000 AS second, sender, receiver,
               count(*), quantile_cont(latency_ms, [0.5, 0.95, 0.99]), sum(bytes) * 8 / 1e6,
               sum(useful) / nullif(sum(facts), 0)
        FROM v_messages WHERE ts >= make_timestamp(?)
        GROUP BY GROUPING SETS ((sender, receiver), (second), ())
        """,
        since,
    )
    by_flow, by_second = 1, 2
    return _Messages(
        everything=next(row[4:] for row in rows if row[0] == by_flow + by_second),
        flows=sorted((row[2:] for row in rows if row[0] == by_flow), key=lambda row: row[:2]),
        seconds={row[1]: row[5:] for row in rows if row[0] == by_second},
    )


def _series(
    connection: duckdb.DuckDBPyConnection, now: int, window_s: int, by_second: Mapping[int, tuple[Any, ...]]
) -> Series:
    last = now // _SECOND
    first = last - window_s + 1
    since = first * _SECOND
    messages = {second: (quantiles(row[0]), *row[1:]) for second, row in by_second.items()}
    digests = dict(
        _all(
            connection,
            """
            SELECT epoch_us(second) // 1000000, distinct_digests FROM v_convergence
            WHERE second >= make_timestamp(?)
            """,
            since,
        )
    )
    facts = dict(
        _all(
            connection,
            """
            SELECT epoch_us(appended_at) // 1000000 AS second, count(*) FROM facts
            WHERE appended_at >= make_timestamp(?) GROUP BY second
            """,
            since,
        )
    )
    seconds = tuple(range(first, last + 1))
    found = [messages.get(second) for second in seconds]
    return Series(
        second=seconds,
        p50_ms=tuple(None if item is None else item[0][0] for item in found),
        p95_ms=tuple(None if item is None else item[0][1] for item in found),
        p99_ms=tuple(None if item is None else item[0][2] for item in found),
        facts_per_s=tuple(None if facts.get(second) is None else float(facts[second]) for second in seconds),
        mbps=tuple(None if item is None else rounded(item[1]) for item in found),
        efficiency=tuple(None if item is None else rounded(item[2]) for item in found),
        distinct_digests=tuple(digests.get(second) for second in seconds),
    )


def _period(
    connection: duckdb.DuckDBPyConnection, words_told: list[tuple[Any, ...]], end: int, span: int
) -> Period | None:
    words = last_words(words_told, end * _SECOND).values()
    if not words:
        return None
    fullest = min(words, key=lambda row: (-row[3], row[0]))
    since, until = (end - span) * _SECOND, end * _SECOND
    within = "BETWEEN make_timestamp(?) AND make_timestamp(?)"
    bits, facts, useful = _one(
        connection,
        f"SELECT sum(bytes) * 8, sum(facts), sum(useful) FROM v_messages WHERE ts {within}",
        since,
        until - 1,
    )
    (appended,) = _one(connection, f"SELECT count(*) FROM facts WHERE appended_at {within}", since, until - 1)
    p50, p95, p99 = _end_to_end(connection, since, until)
    return Period(
        ends_at_us=until, lasts_s=span, facts=fullest[3], classes=fullest[4], accepted=fullest[5],
        quarantined=fullest[6], facts_per_s=round(appended / span, 2),
        throughput_mbps=round(float(bits or 0) / span / 1e6, 4),
        end_to_end_p50_ms=p50, end_to_end_p95_ms=p95, end_to_end_p99_ms=p99,
        sync_efficiency=rounded(useful / facts) if facts else None,
    )  # fmt: skip


def _recent_messages(connection: duckdb.DuckDBPyConnection, since: int) -> tuple[MessageRow, ...]:
    rows = _all(
        connection,
        """
        SELECT partition, "offset", epoch_us(ts), peer, agent, latency_us, facts FROM events
        WHERE kind IN ('MessageReceived', 'AckReceived') AND peer >= 0 AND ts >= make_timestamp(?)
        ORDER BY ts DESC, partition, "offset" DESC LIMIT ?
        """,
        since,
        _RECENT_MESSAGES,
    )
    names = ("partition", "offset", "at_us", "sender", "receiver", "latency_us", "facts")
    return tuple(MessageRow(**dict(zip(names, row, strict=True))) for row in rows)


def _recent_turns(connection: duckdb.DuckDBPyConnection, since: int) -> tuple[tuple[TurnRow, ...], int]:
    rows = _all(
        connection,
        """
        SELECT epoch_us(ts), kind, agent, attempt, workers, coalesce(told_by, ''), coalesce(detail, ''),
               count(*) OVER ()
        FROM v_turns WHERE ts >= make_timestamp(?) LIMIT ?
        """,
        since,
        RECENT_TURNS_MAX,
    )
    turns = tuple(
        TurnRow(at_us=row[0], kind=row[1], agent=row[2], attempt=row[3], workers=row[4], told_by=row[5], detail=row[6])
        for row in rows
    )
    return turns, rows[0][7] if rows else 0


def _recent_facts(connection: duckdb.DuckDBPyConnection) -> tuple[FactRow, ...]:
    rows = _all(
        connection,
        """
        SELECT partition, "offset", epoch_us(appended_at), kind, producer, coalesce(colour, ''),
               CASE kind WHEN 'NodeAdded' THEN operator || '/' || len(children)
                         WHEN 'EqualityAsserted' THEN left_id[:8] || ' = ' || right_id[:8] || '  ' || why
                         WHEN 'FactRetracted' THEN target[:8] || '  ' || why
                         ELSE operator || '  ' || why END,
               event_id
        FROM v_recent_facts
        """,
    )
    return tuple(
        FactRow(
            partition=row[0],
            offset=row[1],
            appended_at_us=row[2],
            kind=row[3],
            producer=row[4],
            colour=row[5],
            summary=row[6] or "",
            event_id=row[7],
        )
        for row in rows
    )
