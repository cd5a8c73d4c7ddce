"""The simulator notices defects: each of the catalogue that is quickly found is put into the agents and found again.

A harness that cannot fail proves nothing. The whole catalogue is run by `make defects` (tests/simulation/score.py);
what takes many seeds is left to that.
"""

import json

import pytest

from tests.simulation.defects.catalogue import Defect, catalogue
from tests.simulation.score import BEGIN, END, JSON_PATH, PAGE_PATH, SEEDS, Scored, score, table

QUICK_SEEDS = 12
"""A defect that the recorded score found in so many seeds is looked for here, in five times as many."""

RECORDED = json.loads(JSON_PATH.read_text())
QUICK = {item["name"] for item in RECORDED["scores"] if item["seeds"] is not None and item["seeds"] <= QUICK_SEEDS}


@pytest.mark.parametrize("defect", [item for item in catalogue() if item.name in QUICK], ids=lambda item: item.name)
def test_a_seeded_defect_is_found(defect: Defect) -> None:
    """The simulator would let a known kind of defect pass."""
    scored = score(defect, range(5 * QUICK_SEEDS))
    assert scored.seeds is not None, f"{5 * QUICK_SEEDS} seeds did not notice: {defect.says}"
    print(f"{scored.check} in {scored.seeds} seeds")


def test_the_recorded_score_is_that_of_the_catalogue() -> None:
    """Our headline figure would be about other defects than those that stand in the catalogue."""
    assert sorted(item["name"] for item in RECORDED["scores"]) == sorted(item.name for item in catalogue())
    assert RECORDED["defects"] == len(RECORDED["scores"]) >= 40
    assert RECORDED["found"] == sum(item["seeds"] is not None for item in RECORDED["scores"]) >= 40
    assert RECORDED["seeds_max"] == SEEDS == 500
    assert len(QUICK) > 40


def test_the_page_shows_the_recorded_score() -> None:
    """Readers would be told another score than the one that was measured; run `make defects`."""
    shown = PAGE_PATH.read_text().split(BEGIN)[1].split(END)[0].strip()
    assert shown == table([Scored(**item) for item in RECORDED["scores"]])
