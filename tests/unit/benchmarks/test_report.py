"""The document of figures: what is met and missed, and that every target names a figure that somebody measures."""

import pytest

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
    figures = {"machine": MACHINE, "bench_retract": {"retract_us": {"median": 14.2, "p99": 2000.5}, "explain_us":
               {"median": 11}, "giant_first_ms": 50.0}}  # fmt: skip

    rows = {what: met for what, _, _, met in targets(figures)}
    page = document(figures)

    assert rows["microseconds of a retraction at a million facts, median"] == "met"
    assert rows["the same, 99th percentile"] == "**missed**"
    assert len(rows) == 4
    assert "| retract_us.p99 | 2,000.5 |" in page
    assert dict(flat(figures["bench_retract"]))["explain_us.median"] == 11
