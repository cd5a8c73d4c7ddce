"""What a producer tells of itself, and how patient it is."""

import math
import re
from dataclasses import fields

import pytest

from schemas.poison import Reason
from streams.outbox.metrics import LATENCY_BOUNDS_S, ProducerCounts, ProducerMetrics, prometheus_text
from streams.outbox.retry import Retry, RetryPolicy

SAMPLE = re.compile(r'([a-z_]+)\{([a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="[^"]*")*)\} ([0-9.e+-]+)')


def metrics(producer: str = "p@1", **changed: object) -> ProducerMetrics:
    """Give metrics whose numbers all differ."""
    given: dict[str, object] = {
        "producer": producer,
        "refused": {Reason.OVERSIZED: 101, Reason.COLOUR_LOCAL: 102},
        "latencies": tuple(range(len(LATENCY_BOUNDS_S) + 1)),
    }
    for number, field in enumerate(fields(ProducerMetrics)):
        given.setdefault(field.name, number)
    return ProducerMetrics(**given | changed)  # type: ignore[arg-type]


def samples(text: str) -> dict[tuple[str, str], float]:
    """Read Prometheus' text format: name and labels to value."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("# "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            found[match[1], match[2]] = float(match[3])
    return found


def test_every_metric_is_printed_once_and_declared() -> None:
    """A figure would be counted and never seen, or a scrape fail on a line without a type."""
    counted = metrics()
    text = prometheus_text(counted)
    found = samples(text)
    values = list(found.values())
    label = 'producer="p@1"'

    for field in fields(ProducerMetrics):
        if field.name not in ("producer", "refused", "latencies"):
            assert float(getattr(counted, field.name)) in values, field.name
    assert found["egraph_producer_spooled_facts_total", label] == counted.spooled
    assert found["egraph_producer_refused_facts_total", f'{label},reason="oversized"'] == 101
    declared = set(re.findall(r"# TYPE (\S+) (?:counter|gauge|histogram)", text))
    assert {re.sub(r"_(bucket|sum|count)$", "", name) for name, _ in found} == declared
    assert text.endswith("\n")


def test_the_histogram_is_cumulative() -> None:
    """Prometheus would compute quantiles of something else."""
    counted = metrics()
    found = samples(prometheus_text(counted))
    buckets = [value for (name, _), value in found.items() if name.endswith("_bucket")]

    assert buckets == [sum(counted.latencies[: place + 1]) for place in range(len(counted.latencies))]
    assert found["egraph_producer_latency_seconds_count", 'producer="p@1"'] == buckets[-1]
    assert 'le="+Inf"' in prometheus_text(counted)


def test_a_name_cannot_break_the_format() -> None:
    """One producer's name would make a whole scrape fail."""
    assert samples(prometheus_text(metrics(producer='a"b\\c\nd')))


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(-5.0, 0), (0.0, 0), (0.001, 0), (0.0011, 1), (300.0, 15), (301.0, 16)]
)
def test_a_latency_falls_into_its_bucket(seconds: float, bucket: int) -> None:
    """Quantiles would be off by a bucket at the bounds, or a clock that was set back break the sum."""
    counts = ProducerCounts()
    counts.acknowledge(seconds)

    assert counts.latencies[bucket] == counts.acknowledged == 1
    assert counts.latency_sum_s == max(seconds, 0.0)


def test_pauses_grow_to_a_limit_and_begin_anew() -> None:
    """A broker that comes back would be stormed, or found too late."""
    retry = Retry(RetryPolicy(first_pause_s=1, longest_pause_s=5, give_up_s=math.inf))

    assert [retry.failed(now) for now in range(5)] == [1, 2, 4, 5, 5]
    retry.succeeded()
    assert retry.failed(99) == 1


def test_patience_ends_after_its_time_without_success() -> None:
    """A producer would try for ever although told not to, or give up on a broker that works in between."""
    retry = Retry(RetryPolicy(first_pause_s=4, longest_pause_s=4, give_up_s=10))

    assert [retry.failed(now) for now in (100.0, 104.0, 108.0, 110.0)] == [4, 4, 2, None]
    retry.succeeded()
    assert retry.failed(111.0) == 4
