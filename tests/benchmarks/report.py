"""Figures as a document: docs/benchmarks.md, written by `make bench` and by nothing else.

Run: python -m tests.benchmarks.report .egraph/bench.json > docs/benchmarks.md.
Belongs here: the form. Not here: measuring, targets (targets.py).
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from launcher.machine import described
from tests.benchmarks.targets import TARGETS

PACKAGES = (
    "numba", "numpy", "fastavro", "faust-streaming", "aiokafka", "duckdb", "egglog", "quixstreams", "dash", "plotly",
)  # fmt: skip


def machine() -> dict[str, Any]:
    """Tell where and with what the figures are measured."""
    return {**described(PACKAGES), "commit": _commit()}


def targets(figures: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Give a row for each target that was measured: what, figure, bound, whether it is met."""
    for target in TARGETS:
        if target.bench in figures:
            measured = target.measured(figures)
            yield target.what, f"{measured:,.4g}", target.words, "met" if target.is_met(measured) else "**missed**"


def document(figures: Mapping[str, Any]) -> str:
    """Give the whole page."""
    where = figures["machine"]
    packages = ", ".join(f"{name} {number}" for name, number in where["packages"].items())
    parts = [
        "# Benchmarks",
        "",
        "Written by `make bench`; `tests/benchmarks/` says at the head of each file what it measures and how.",
        "Times are CPU seconds of processes, medians of interleaved runs; what is compared ran in turns in one run.",
        "",
        f"Measured on {where['cores']} cores of {where['processor']}, "
        f"{where['memory_gib']} GiB, {where['system']}, Python {where['python']}; {packages}.",
        "",
        "## Targets",
        "",
        *table(("what", "figure", "target", ""), list(targets(figures))),
    ]
    for bench, found in figures.items():
        if bench not in ("machine", "measured"):
            rows = [(name, _shown(value)) for name, value in flat(found)]
            parts += ["", f"## {bench}", "", _how(bench, figures["measured"][bench]), "", *table(("", ""), rows)]
    return "\n".join(parts) + "\n"


def _how(bench: str, when: Mapping[str, Any]) -> str:
    busy = f"{when['busy']:g} processes wanted a core at its end, mean of five minutes"
    return f"`python -m tests.benchmarks.{bench}`, {when['date']} at commit {when['commit']}; {busy}."


def flat(figures: Mapping[str, Any], way: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Give every figure with the way to it."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from flat(value, (*way, name))
        else:
            yield ".".join((*way, name)), value


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Give a table in Markdown."""
    lines = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    return [lines[0], "|" + "---|" * len(head), *lines[1:]]


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _commit() -> str:
    done = subprocess.run(
        ("git", "rev-parse", "--short", "HEAD"), capture_output=True, text=True, timeout=10, check=False
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    print(document(json.loads(Path(sys.argv[1]).read_text())), end="")
