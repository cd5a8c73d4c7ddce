"""The document of figures: what is met and missed, and that every target names a figure that somebody measures."""

from pathlib import Path

import pytest

from tests.benchmarks import report, run
from tests.benchmarks.report import document, flat, targets
from tests.benchmarks.run import BENCHES
from tests.benchmarks.targets import LEAST, MOST, TARGETS, Target

MACHINE = {
    "processor": "p", "cores": 2, "memory_gib": 4, "system": "s", "python": "3", "packages": {"numba": "1"},
    "commit": "abc", "date": "2026-01-01",
}  # fmt: skip


@pytest.mark.parametrize(("direction", "measured", "met"), [
    (LEAST, 5.0, True), (LEAST, 4.99, False), (MOST, 5.0, True), (MOST, 5.01, False),
])  # fmt: skip
def test_a_bound_holds_on_its_side_only(direction: bool, measured: float, met: bool) -> None:
    """A missed figure would be printed as met."""
    assert Target("b", "f", "w", direction, 5).is_met(measured) is met


def test_every_target_is_of_a_benchmark_that_runs() -> None:
    """A target would never be looked at, and nobody would miss it."""
    assert {target.bench for target in TARGETS} <= set(BENCHES)


def test_the_document_says_what_was_missed_and_holds_every_figure() -> None:
    """A reader would take a miss for a success, or not find the figure behind a claim."""
    when = {"date": "2026-01-02", "commit": "abc", "busy": 3.5}
    retract = {"retract_us": {"median": 14.2, "p99": 2000.5}, "explain_us": {"median": 11}, "giant_first_ms": 50.0}
    figures = {"machine": MACHINE, "measured": {"bench_retract": when}, "bench_retract": retract}

    rows = {what: met for what, _, _, met in targets(figures)}
    page = document(figures)

    assert rows["microseconds of a retraction at a million facts, median"] == "met"
    assert rows["the same, 99th percentile"] == "**missed**"
    assert len(rows) == 4
    assert "| retract_us.p99 | 2,000.5 |" in page
    assert "`python -m tests.benchmarks.bench_retract`, 2026-01-02 at commit abc; 3.5 processes wanted a core" in page
    assert dict(flat(retract))["explain_us.median"] == 11


def test_a_run_of_one_benchmark_keeps_the_figures_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half an hour of measuring would be lost by measuring one thing anew; or an old figure would pass as a new one."""
    out, page = tmp_path / "bench.json", tmp_path / "benchmarks.md"
    monkeypatch.setattr(run, "machine", lambda: MACHINE)
    monkeypatch.setattr(run, "run", lambda name: {"figure": 1 if name == "bench_fold" else 2})
    monkeypatch.setattr(run, "targets", lambda figures: [])
    monkeypatch.setattr(report, "targets", lambda figures: [])

    def measure(*names: str) -> None:
        words = ["run", "--out", str(out), "--document", str(page), "--only", *names]
        monkeypatch.setattr("sys.argv", words)
        run.main()

    first, *others = BENCHES
    measure(*others)
    assert not page.exists(), "one is missing"
    monkeypatch.setattr(run, "machine", lambda: MACHINE | {"commit": "def"})
    measure(first)

    assert page.read_text().count("at commit abc") == len(others)
    assert page.read_text().count("at commit def") == 1
