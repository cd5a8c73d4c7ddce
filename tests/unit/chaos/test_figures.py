"""The figures of a drill: delays, lives, and the section of a document."""

from pathlib import Path
from random import Random

import pytest

from launcher.chaos.delays import Arrivals, bucket_percentiles, delays_ms, percentiles
from launcher.chaos.drill import DrillPlan, Outcome
from launcher.chaos.judge import Breach
from launcher.chaos.lives import ShortLives
from launcher.chaos.load import Entry, FactSource
from launcher.chaos.plan import Fault, Kind, Plan
from launcher.chaos.poison import spoilt
from launcher.chaos.report import BEGIN, END, figures, put_into, text
from schemas.codec import decode_fact
from schemas.poison import Poison


def test_a_fact_is_everywhere_when_the_last_agent_holds_it() -> None:
    """The figure would be that of the fastest agent, or of what was said before the fact."""
    arrivals = Arrivals(2)
    arrivals.saw(0, (1, 0), 1000)
    arrivals.saw(0, (3, 0), 2000)
    arrivals.saw(1, (2, 0), 5000)
    arrivals.saw(1, (1, 0), 6000)  # a new life that begins with less
    arrivals.saw(1, (3, 1), 9000)
    assert [arrivals.everywhere(0, offset) for offset in (0, 1, 2, 3)] == [5000, 5000, 9000, None]
    assert arrivals.everywhere(1, 0) is None, "agent 0 never had it"
    entries = [Entry(0, 1000, 1500, 0), Entry(0, 4000, 4100, 2), Entry(0, 1, 2, -1), Entry(0, 1)]
    assert delays_ms(entries, arrivals) == [(1000, 4.0), (4000, 5.0)]


def test_percentiles_are_of_the_values_themselves() -> None:
    """A p99 that is not one of the delays, or is the next best, would pass or fail a target by an artefact."""
    assert percentiles([float(value) for value in range(100, 0, -1)]) == {"p50": 50, "p95": 95, "p99": 99, "max": 100}
    assert percentiles([7.0]) == {"p50": 7, "p95": 7, "p99": 7, "max": 7}
    assert percentiles([]) == {}
    assert bucket_percentiles({160: 99, 320: 1}) == {"p50": 1.1, "p95": 1.1, "p99": 1.1}
    assert bucket_percentiles({}) == {}


def test_short_lives_are_rows_of_ends_that_nobody_caused() -> None:
    """Our own kills would look like a process that cannot stay up, or hide one."""
    lives = ShortLives()
    for code, lived in ((70, 1), (70, 2), (-9, 1), (70, 1), (0, 60), (3, 1)):
        lives.ended("worker-0", code, lived)
    assert lives.longest == {"worker-0": 3}


def test_the_load_is_the_same_for_the_same_seed_and_the_poison_is_none_of_it() -> None:
    """A drill could not be repeated; or poison that is a fact would be waited for as a dead letter."""
    one, two = FactSource(5, 9, 1), FactSource(5, 9, 1)
    facts = [one.next(now) for now in range(2000)]
    assert facts == [two.next(now) for now in range(2000)]
    assert len({fact.raw for fact in facts}) == 2000
    assert {type(fact.fact).__name__ for fact in facts} == {"NodeAdded", "EqualityAsserted", "FactRetracted"}
    random = Random(1)
    for fact in facts:
        assert not isinstance(decode_fact(fact.raw), Poison)
        assert isinstance(decode_fact(spoilt(random, fact.raw)), Poison)


def outcome(*, breaches: tuple[Breach, ...] = ()) -> Outcome:
    """What a drill of ten seconds with one fault came to."""
    fault = Fault(5.0, Kind.KILL_SINK, "", 0.0)
    delays = [(1_000_000, 10.0), (2_000_000, 20.0), (5_500_000, 900.0), (16_500_000, 30.0)]
    return Outcome(
        0, 20_000_000, offered=4, acknowledged=4, in_time=3, delays=delays, done=[(fault, 5.0, 5.0)], breaches=breaches,
        restarts={"sink": 1},
    )  # fmt: skip


WHAT = DrillPlan(data_dir=Path("nowhere"), plan=Plan(7, 20.0, ()), rate=0.2)


def test_what_was_due_near_a_fault_is_not_counted_as_undisturbed() -> None:
    """Figures with and without faults would be mixed."""
    found = figures(WHAT, outcome())
    assert found["held_per_s"] == 0.1, "what was acknowledged after the end was not held"
    assert found["to_all_agents_ms"]["max"] == 900
    assert found["to_all_agents_undisturbed_ms"] == {"p50": 20, "p95": 30, "p99": 30, "max": 30, "facts": 3}
    assert found["faults"] == {"sink killed": 1}
    assert found["to_all_agents_ms_by_second"] == [(0, 15.0, 20.0), (5, 900.0, 900.0), (15, 30.0, 30.0)]


def test_a_long_fault_is_given_as_long_again() -> None:
    """The figure would tell how long the broker was away: what waits meanwhile cannot be made good in ten seconds."""
    away = Fault(1.0, Kind.BROKER_AWAY, "", 14.0)
    delays = [(500_000, 10.0), (2_000_000, 9_000.0), (28_900_000, 800.0), (29_100_000, 20.0)]
    found = figures(WHAT, Outcome(0, 40_000_000, delays=delays, done=[(away, 1.0, 15.0)]))
    assert found["to_all_agents_undisturbed_ms"] == {"p50": 10, "p95": 20, "p99": 20, "max": 20, "facts": 2}


def test_a_breach_is_said_with_where_to_look() -> None:
    """Who finds a red drill would not know where to begin."""
    found = figures(WHAT, outcome(breaches=(Breach("nothing is lost", "1 fact", "the log"),)))
    assert "BREACH              nothing is lost: 1 fact; look at the log" in list(text(found))
    assert list(text(figures(WHAT, outcome())))[-1] == "every promise held"


def test_a_document_changes_between_the_markers_only(tmp_path: Path) -> None:
    """Words of people would be overwritten, or old figures stay beside new ones."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    put_into(page, figures(WHAT, outcome()))
    put_into(page, figures(WHAT, outcome()))
    written = page.read_text()
    assert written.startswith(f"before\n{BEGIN}\n")
    assert written.endswith(f"{END}\nafter\n")
    assert "\nold\n" not in written
    assert written.count("| sink killed | 1 |") == 1
    (tmp_path / "other.md").write_text("no markers")
    with pytest.raises(ValueError, match="put them where"):
        put_into(tmp_path / "other.md", figures(WHAT, outcome()))
