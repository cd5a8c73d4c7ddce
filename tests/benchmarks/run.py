"""`make bench`: every benchmark after the other, each in a process of its own; figures and machine as one JSON file.

Run: python -m tests.benchmarks.run [--out FILE]. Asserts nothing; targets are printed beside the figures.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

BENCHES = (
    "bench_codec",
    "bench_consume",
    "bench_agreement",
    "bench_columns",
    "bench_fold",
    "bench_retract",
    "bench_explain",
    "bench_saturation",
    "bench_extraction",
)
TARGETS = (
    ("bench_codec", "both_per_s", "at least 40,000"),
    ("bench_consume", "ours_to_raw", "at least 0.8"),
    ("bench_consume", "ours_to_stock", "at least 10"),
    ("bench_consume", "ours_to_quix", "above 1"),
    ("bench_agreement", "share", "at most 3"),
    ("bench_agreement", "agent_process_rss_mb", "below 200"),
    ("bench_columns", "nodes_1000_to_fastavro", "at least 10"),
    ("bench_columns", "mixed_digest_1000_to_fastavro", "at least 5"),
    ("bench_fold", "fold_1000000.kernel_ratio", "at least 5"),
    ("bench_fold", "fold_1000000.bulk_ratio", "at least 25"),
    ("bench_retract", "giant_first_ms", "at most 100"),
    ("bench_saturation", "worst_ratio", "at most 0.8"),
    ("bench_saturation", "worst_large_ratio", "at most 0.25"),
    ("bench_saturation", "worst_trace_cost", "at most 1.15"),
    ("bench_extraction", "egglog_to_trees", "at least 50"),
)


def run(name: str) -> dict[str, Any]:
    """Run one benchmark, give its figures."""
    print(f"--- {name}", file=sys.stderr)
    done = subprocess.run(
        (sys.executable, "-m", f"tests.benchmarks.{name}"), stdout=subprocess.PIPE, text=True, timeout=1800, check=False
    )
    if done.returncode:
        raise SystemExit(f"{name} ended with {done.returncode}; its messages stand above")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Run all, print the table of targets, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(".egraph/bench.json"))
    out: Path = parser.parse_args().out
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    figures = {name: run(name) for name in BENCHES}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"machine": machine} | figures, indent=2) + "\n")
    for bench, figure, target in TARGETS:
        measured = figures[bench]
        for name in figure.split("."):
            measured = measured[name]
        print(f"{bench:16} {figure:30} {measured:>12,}   {target}")
    print(f"all figures: {out}")


if __name__ == "__main__":
    main()
