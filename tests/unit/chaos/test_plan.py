"""The plan of a drill: from a seed to faults."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.chaos.hands import Hands
from launcher.chaos.plan import LINES, WAYS, Kind, Plan, draw_plan


def test_the_same_seed_gives_the_same_plan() -> None:
    """A breach could not be looked into again."""
    assert draw_plan(7, 300, workers=2) == draw_plan(7, 300, workers=2)
    assert draw_plan(7, 300, workers=2) != draw_plan(8, 300, workers=2)


@given(seed=st.integers(0, 1 << 32), seconds=st.floats(30, 900), away=st.booleans())
def test_faults_on_the_same_thing_never_overlap_and_the_end_is_calm(seed: int, seconds: float, away: bool) -> None:
    """A process stopped twice at once is continued by the first, and who is hit at the end has no time to recover."""
    plan = draw_plan(seed, seconds, workers=3, away_s=seconds / 4 if away else 0.0)
    assert all(fault.at_s >= 5 for fault in plan.faults)
    assert all(fault.ends_s <= seconds * 0.9 for fault in plan.faults)
    for thing in {fault.held for fault in plan.faults}:
        mine = [fault for fault in plan.faults if fault.held == thing]
        assert all(before.ends_s < after.at_s for before, after in pairwise(mine)), (thing, mine)
    assert sum(fault.kind is Kind.BROKER_AWAY for fault in plan.faults) == away


def test_what_the_broker_is_spared_while_it_is_away_does_not_wait_for_its_return() -> None:
    """Row upon row of kills would fall on a broker that is just back: one long absence under another name."""
    soon_after = 0
    for seed in range(100):
        plan = draw_plan(seed, 600, workers=2, away_s=240)
        away = next(fault for fault in plan.faults if fault.kind is Kind.BROKER_AWAY)
        hits = [fault for fault in plan.faults if fault.held == "broker" and fault is not away]
        assert not any(away.at_s - 2 < hit.ends_s and hit.at_s < away.ends_s + 2 for hit in hits), plan
        soon_after += sum(away.ends_s < hit.at_s < away.ends_s + 30 for hit in hits)
    assert soon_after < 200, "two of fourteen kinds in 30 s, a fault each 5 s: about one a plan"


@given(seed=st.integers(0, 1 << 32))
def test_given_time_every_kind_is_drawn_and_every_target_exists(seed: int) -> None:
    """A drill would pass because the fault that breaks the system was never tried."""
    plan = draw_plan(seed, 600, workers=2)
    assert {fault.kind for fault in plan.faults} == set(WAYS)
    for fault in plan.faults:
        thing = WAYS[fault.kind].held
        assert fault.target in {"workers": ("0", "1", ""), "network": LINES}.get(thing, ("",))


def test_a_plan_is_shown_in_full() -> None:
    """Who reads the output of a drill could not see what had been done to the system."""
    plan = draw_plan(3, 120, workers=2, away_s=20)
    assert len(plan.lines()) == len(plan.faults)
    assert any("broker away for 20.0 s" in line for line in plan.lines())


def test_no_kinds_is_a_plan_without_faults() -> None:
    """There would be no figures without faults to compare with."""
    assert draw_plan(3, 120, workers=2, kinds=()) == Plan(3, 120, ())


def test_too_short_for_the_absence_is_said() -> None:
    """The broker would be away beyond the end, and nothing would be measured."""
    with pytest.raises(ValueError, match="too short"):
        draw_plan(3, 30, workers=2, away_s=25)


def test_there_is_a_hand_for_every_kind() -> None:
    """A drill would end in the middle because nobody knows how to do a fault of its plan."""
    assert set(Hands._ways) == set(Kind)
