"""What a producer counts, as a plain value and as Prometheus text.

Belongs here: names, meaning, printing. Not here: a web server; whoever runs one prints this there.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from schemas.poison import Reason

LATENCY_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds of the buckets of the latency histogram, in seconds; one bucket more takes what is above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerMetrics:
    """Counted since this producer was opened, but for what waits. Facts unless the name says otherwise.

    `latencies[i]` counts those from spool to acknowledgement that took at most LATENCY_BOUNDS_S[i] and more than the
    bound before; facts that an earlier process spooled count with all the time between.
    """

    producer: str
    spooled: int
    sent: int
    acknowledged: int
    retried: int
    refused: Mapping[Reason, int]
    turned_away: int
    spool_failures: int
    connections_lost: int
    waiting: int
    waiting_bytes: int
    oldest_age_s: float
    latencies: tuple[int, ...]
    latency_sum_s: float


@dataclass(slots=True)
class ProducerCounts:
    """The same while it is being counted."""

    spooled: int = 0
    sent: int = 0
    acknowledged: int = 0
    retried: int = 0
    refused: Counter[Reason] = field(default_factory=Counter)
    turned_away: int = 0
    spool_failures: int = 0
    connections_lost: int = 0
    latencies: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BOUNDS_S) + 1))
    latency_sum_s: float = 0.0

    def acknowledge(self, seconds: float) -> None:
        """Count a fact that the log has, so long after it was spooled. A clock that was set back counts as 0."""
        self.acknowledged += 1
        self.latencies[bisect_left(LATENCY_BOUNDS_S, seconds)] += 1
        self.latency_sum_s += max(seconds, 0.0)


_SHOWN = {
    "spooled": ("counter", "spooled_facts_total", "Facts that the spool has taken."),
    "sent": ("counter", "sent_facts_total", "Facts handed to the broker, repetitions included."),
    "acknowledged": ("counter", "acknowledged_facts_total", "Facts that the broker has acknowledged."),
    "retried": ("counter", "retried_facts_total", "Facts handed to the broker once more."),
    "turned_away": ("counter", "turned_away_calls_total", "Calls that found no room in the spool before a deadline."),
    "spool_failures": ("counter", "spool_failures_total", "Steps that the spool's disk did not take."),
    "connections_lost": ("counter", "connections_lost_total", "Connections that broke or did not come about."),
    "waiting": ("gauge", "waiting_facts", "Facts in the spool that are not acknowledged."),
    "waiting_bytes": ("gauge", "waiting_bytes", "Bytes of facts that take room in the spool."),
    "oldest_age_s": ("gauge", "oldest_age_seconds", "Age of the oldest fact that waits; 0 if none does."),
}
"""Field of ProducerMetrics: Prometheus' type, name behind `egraph_producer_`, help."""


def prometheus_text(metrics: ProducerMetrics) -> str:
    """Give the metrics in Prometheus' text format, version 0.0.4, each with the producer as its label."""
    return "\n".join(_lines(metrics)) + "\n"


def _lines(metrics: ProducerMetrics) -> Iterator[str]:
    label = 'producer="{}"'.format(metrics.producer.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n"))
    for field_name, (kind, shown, told) in _SHOWN.items():
        name = f"egraph_producer_{shown}"
        yield f"# HELP {name} {told}"
        yield f"# TYPE {name} {kind}"
        yield f"{name}{{{label}}} {getattr(metrics, field_name)}"
    name = "egraph_producer_refused_facts_total"
    yield f"# HELP {name} Facts refused before they were spooled, by reason."
    yield f"# TYPE {name} counter"
    for reason, count in sorted(metrics.refused.items()):
        yield f'{name}{{{label},reason="{reason}"}} {count}'
    yield from _histogram(metrics, label)


def _histogram(metrics: ProducerMetrics, label: str) -> Iterator[str]:
    name = "egraph_producer_latency_seconds"
    yield f"# HELP {name} Time from spool to acknowledgement."
    yield f"# TYPE {name} histogram"
    below = 0
    for bound, count in zip((*LATENCY_BOUNDS_S, "+Inf"), metrics.latencies, strict=True):
        below += count
        yield f'{name}_bucket{{{label},le="{bound}"}} {below}'
    yield f"{name}_sum{{{label}}} {metrics.latency_sum_s}"
    yield f"{name}_count{{{label}}} {below}"
