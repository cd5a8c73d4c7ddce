"""What agents told over the last minutes, from the table `heartbeats`, for the live page's answer in SQL.

Belongs here: definitions that share nothing with analytics/told_history.py. Not here: the rest of the answer.
"""

from typing import Any

import duckdb

from analytics.answers import AgentLags

_STILL_WINDOW_S = 300
_SILENT_AFTER_S = 3
_SECOND = 1_000_000


def told(connection: duckdb.DuckDBPyConnection, now: int) -> list[tuple[Any, ...]]:
    """Give the heartbeats that count for the past, oldest first."""
    return connection.execute(
        """
        SELECT agent, epoch_us(appended_at), version, facts, classes, accepted, quarantined FROM heartbeats
        WHERE appended_at >= make_timestamp(?) ORDER BY appended_at, "offset"
        """,
        [now - _STILL_WINDOW_S * _SECOND],
    ).fetchall()


def last_words(words_told: list[tuple[Any, ...]], end_us: int) -> dict[int, tuple[Any, ...]]:
    """Give the last word of each agent before a moment."""
    return {row[0]: row for row in words_told if row[1] < end_us}


def lags(words_told: list[tuple[Any, ...]], seconds: tuple[int, ...]) -> tuple[AgentLags, ...]:
    """Give what each agent lacked at the end of each second."""
    found: dict[int, list[int | None]] = {agent: [] for agent in sorted({row[0] for row in words_told})}
    for second in seconds:
        end = (second + 1) * _SECOND
        words = last_words(words_told, end)
        join = [max(entries) for entries in zip(*(row[2] for row in words.values()), strict=True)]
        for agent, lacked in found.items():
            heard = agent in words and end - words[agent][1] <= _SILENT_AFTER_S * _SECOND
            lacked.append(sum(join) - sum(words[agent][2]) if heard else None)
    return tuple(AgentLags(agent=agent, facts=tuple(lacked)) for agent, lacked in found.items())
