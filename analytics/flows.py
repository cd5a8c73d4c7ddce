"""Rows about messages as answers: quantiles of latency, rounding, flows. Not here: the questions (the readers)."""

from typing import Any

from analytics.answers import Flow


def rounded(value: float | None) -> float | None:
    """Give a figure to the thousandth."""
    return None if value is None else round(float(value), 3)


def quantiles(found: list[float] | None) -> list[float | None]:
    """Give p50, p95 and p99; messages without a latency (a sender whose clock runs ahead) have none."""
    return [None, None, None] if found is None else [rounded(value) for value in found]


def flow(row: tuple[Any, ...], window_s: int) -> Flow:
    """Give a flow of (sender, receiver, messages, quantiles, megabits, useful share) over so many seconds."""
    p50, p95, p99 = quantiles(row[3])
    return Flow(
        sender=row[0],
        receiver=row[1],
        messages=row[2],
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        mbps=round(float(row[4]) / window_s, 5),
        efficiency=rounded(row[5]),
    )
