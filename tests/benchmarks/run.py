"""`make bench`: every benchmark after the other, each in a process of its own; figures and machine as one JSON file.

Run: python -m tests.benchmarks.run [--only bench_fold ...] [--out FILE] [--document docs/benchmarks.md].
Asserts nothing; targets are printed beside the figures. A run of some keeps what the file has of the others; the
document is written once the file has all, and says of each when it was measured, on what, and how busy that was.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.report import document, machine, targets

BENCHES = (
    "bench_codec",
    "bench_consume",
    "bench_agreement",
    "bench_latency",
    "bench_columns",
    "bench_pipeline",
    "bench_fold",
    "bench_retract",
    "bench_restart",
    "bench_explain",
    "bench_saturation",
    "bench_extraction",
    "bench_api",
    "bench_freshness",
    "bench_refresh",
    "bench_viewers",
    "bench_public_sql",
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


def kept(file: Path) -> dict[str, Any]:
    """Give what earlier runs have left in the file."""
    found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return found


def measured(where: dict[str, Any]) -> dict[str, Any]:
    """Tell when, of what, and how many processes wanted a core meanwhile."""
    return {"date": where["date"], "commit": where["commit"], "busy": round(os.getloadavg()[1], 1)}


def main() -> None:
    """Run all, print the table of targets, write the file and the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(".egraph/bench.json"))
    parser.add_argument("--only", nargs="+", choices=BENCHES, default=BENCHES, metavar="BENCH")
    parser.add_argument("--document", type=Path, default=Path("docs/benchmarks.md"))
    options = parser.parse_args()
    figures = {"measured": {}} | kept(options.out) | {"machine": machine()}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for name in options.only:
        figures[name] = run(name)
        figures["measured"][name] = measured(figures["machine"])
        options.out.write_text(json.dumps(figures, indent=2) + "\n")
    for what, figure, bound, met in targets(figures):
        print(f"{what:75} {figure:>10}   {bound:18} {met.strip('*')}")
    print(f"all figures: {options.out}")
    if figures.keys() >= set(BENCHES):
        options.document.write_text(document(figures))
        print(f"written: {options.document}")


if __name__ == "__main__":
    main()
