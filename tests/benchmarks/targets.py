"""What the figures of the benchmarks should be.

Belongs here: the table. Not here: measuring (bench_*.py), printing (report.py).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Target(NamedTuple):
    """One figure and its bound. `figure` is the way to it in the JSON of its benchmark, with dots."""

    bench: str
    figure: str
    what: str
    at_least: bool
    bound: float

    def measured(self, figures: Mapping[str, Any]) -> float:
        """Give the figure out of those of all benchmarks. Raises KeyError where it was not measured."""
        found: Any = figures[self.bench]
        for name in self.figure.split("."):
            found = found[name]
        return float(found)

    def is_met(self, measured: float) -> bool:
        """Tell whether a figure keeps the bound."""
        return measured >= self.bound if self.at_least else measured <= self.bound

    @property
    def words(self) -> str:
        """The bound in words."""
        return f"{'at least' if self.at_least else 'at most'} {self.bound:,g}"


LEAST, MOST = True, False
TARGETS = (
    Target("bench_codec", "both_per_s", "facts encoded and strictly decoded by one core each second", LEAST, 40_000),
    Target("bench_consume", "ours_to_raw", "undecoded batches handed over, by their records, against raw aiokafka",
           LEAST, 0.8),
    Target("bench_consume", "ours_to_stock", "the same against stock Faust", LEAST, 10),
    Target("bench_consume", "ours_to_quix", "the same against Quix Streams", LEAST, 2),
    Target("bench_consume", "worker_to_raw", "facts decoded, folded and digested by a worker, against raw reading",
           LEAST, 0.5),
    Target("bench_consume", "worker_to_stock", "the same against stock Faust's empty agent", LEAST, 30),
    Target("bench_consume", "worker_to_quix", "the same against Quix Streams' empty loop", LEAST, 2),
    Target("bench_agreement", "share", "nine agents until they agree, against nine readers that only fold", MOST, 3),
    Target("bench_agreement", "agent_process_rss_mb", "MB of a worker with five agents at 100,000 facts", MOST, 500),
    Target("bench_latency", "ours.all.p95", "ms from producer to ninth agent at 100 facts a second, p95", MOST, 100),
    Target("bench_columns", "nodes_1000_to_fastavro", "nodes decoded in columns, against plain fastavro", LEAST, 10),
    Target("bench_columns", "mixed_digest_1000_to_fastavro", "mixed facts to the set's digest, the same", LEAST, 5),
    Target("bench_pipeline", "ratio", "message bytes to a view's digest in an agent, against fastavro and pure Python",
           LEAST, 5),
    Target("bench_fold", "fold_1000000.kernel_ratio", "a million facts folded by the thousand, against pure Python",
           LEAST, 5),
    Target("bench_fold", "fold_1000000.bulk_ratio", "a million facts folded at once, against pure Python", LEAST, 25),
    Target("bench_fold", "first_fold_cpu_s", "CPU seconds from process start to the first fold, cache warm", MOST, 1.2),
    Target("bench_retract", "retract_us.median", "microseconds of a retraction at a million facts, median", MOST, 15),
    Target("bench_retract", "retract_us.p99", "the same, 99th percentile", MOST, 1000),
    Target("bench_retract", "explain_us.median", "microseconds of an explanation, median", MOST, 50),
    Target("bench_retract", "giant_first_ms", "milliseconds of a retraction in a class of 100,000 members", MOST, 100),
    Target("bench_restart", "1000000.restart.cpu_s", "CPU seconds from process start to a million facts, by snapshot",
           MOST, 5),
    Target("bench_restart", "1000000.replay.cpu_s", "the same from the whole log", MOST, 35),
    Target("bench_restart", "1000000.flat", "restart behind a log four times as long with the same facts, against it",
           MOST, 1.1),
    Target("bench_saturation", "worst_ratio", "saturation against egglog, the worst case", MOST, 0.8),
    Target("bench_saturation", "worst_large_ratio", "the same, the worst of 100,000 e-nodes and more", MOST, 0.25),
    Target("bench_saturation", "worst_trace_cost", "saturation with its trace, against without", MOST, 1.15),
    Target("bench_extraction", "egglog_to_trees", "egglog's extract of one class, against ours of all", LEAST, 50),
    Target("bench_api", "slowest_per_s", "requests a second of the JSON interface, the slowest path", LEAST, 500),
    Target("bench_api", "worst_p99_ms", "milliseconds of such a request, 99th percentile, the worst path", MOST, 50),
    Target("bench_freshness", "freshness_p95_s", "age in seconds of what readers see at 10,000 events a second, p95",
           MOST, 1.5),
    Target("bench_freshness", "failed", "queries of these readers that failed", MOST, 0),
    Target("bench_refresh", "refresh_wall_ms", "milliseconds of a full refresh at ten million events", MOST, 100),
    Target("bench_viewers", "console.one_viewer_ms", "CPU ms a second of the console for one viewer", MOST, 60),
    Target("bench_viewers", "console.further_viewer_ms", "the same for each further viewer, of 200", MOST, 3),
    Target("bench_viewers", "first_load.worst_mb", "MB of a first visit, compressed, the heaviest page", MOST, 3),
    Target("bench_viewers", "first_load.elsewhere", "requests of a first visit to any other host", MOST, 0),
    Target("bench_public_sql", "slowest_s", "seconds until the slowest hostile heavy query ended", MOST, 2.6),
    Target("bench_public_sql", "most_mb", "MB that such a query took at most", MOST, 750),
)  # fmt: skip
