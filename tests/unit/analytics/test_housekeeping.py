"""Which segments are merged and which are let go: decided from what they hold, without a disk."""

import math
from random import Random

import pytest

from analytics.housekeeping import FLUSH_RUN, FULL_ROWS, MERGED_RUN, Content, Retention, due_run, expired
from analytics.ledger import Segment

HOUR_US = 3_600_000_000
NOW = 1_000 * HOUR_US


def grown(flushes: int, rows_each: int) -> tuple[dict[Segment, int], int]:
    """Flush and merge as the sink does; give what readers open, and how many rows were written in all."""
    shown: dict[Segment, int] = {}
    written = 0
    for number in range(flushes):
        shown[Segment(number, number)] = rows_each
        written += rows_each
        while run := due_run(sorted(shown), shown.__getitem__):
            rows = sum(shown.pop(item) for item in run)
            shown[Segment(run[0].first, run[-1].last)] = rows
            written += rows
    return shown, written


@pytest.mark.parametrize("rows_each", [0, 3, 400, 8_000, 50_000])
def test_files_stay_few_and_rows_are_rewritten_few_times(rows_each: int) -> None:
    """A day of flushes would be thousands of files that each query opens, or each row would be rewritten for ever."""
    flushes = 7_000
    shown, written = grown(flushes, rows_each)

    full = 2 * flushes * rows_each // FULL_ROWS
    tiers = math.ceil(math.log(flushes / FLUSH_RUN, MERGED_RUN)) + 1
    assert len(shown) <= FLUSH_RUN + MERGED_RUN * tiers + full
    assert sum(shown.values()) == flushes * rows_each
    assert max(shown.values()) <= FULL_ROWS
    assert written <= flushes * rows_each * (tiers + 1)
    assert [number for item in sorted(shown) for number in range(item.first, item.last + 1)] == list(range(flushes))


def test_a_run_is_unbroken_and_never_too_large() -> None:
    """A compaction over a hole would hide rows, and one without bound would take the memory of the machine."""
    random = Random(5)
    for _ in range(300):
        at, shown = 0, []
        for _ in range(random.randint(0, 150)):
            span = random.choice((1, 1, 1, 1, 60, 60, 600))
            shown.append(Segment(at, at + span - 1))
            at += span
        rows = {item: random.choice((0, 10, 300_000, 600_000)) for item in shown}

        run = due_run(shown, rows.__getitem__)

        assert run == [] or len(run) > 1
        assert run == shown[shown.index(run[0]) :][: len(run)] if run else True
        assert sum(rows[item] for item in run) <= FULL_ROWS


def table(*newest_hours: float, size: int = 100) -> list[tuple[Segment, Content]]:
    """A table of segments, oldest first, whose newest rows are so many hours old."""
    return [
        (Segment(place, place), Content(5, size, int(NOW - hours * HOUR_US)))
        for place, hours in enumerate(newest_hours)
    ]


def test_what_is_young_stays_and_what_is_old_goes() -> None:
    """Rows would go before their time, or a segment with one late row would take young rows with it."""
    tables = {"events": table(50, 40, 30, 20, 10, 0), "heartbeats": table(3, 2, 1)}

    gone = expired(tables, Retention(age_s=25 * 3600), NOW)

    assert gone == {"events": [Segment(0, 0), Segment(1, 1), Segment(2, 2)]}
    assert expired({"events": table(50, 1, 40, 30)}, Retention(age_s=25 * 3600), NOW) == {}, "one old behind a young"
    assert expired(tables, Retention(), NOW) == {}


def test_the_newest_segment_of_a_table_stays() -> None:
    """A quiet table would be emptied although nothing came after it: its last row is all that is known."""
    assert expired({"events": table(50, 40, 30)}, Retention(age_s=1), NOW) == {"events": [Segment(0, 0), Segment(1, 1)]}
    assert expired({"events": table(50)}, Retention(age_s=1, bytes=0), NOW) == {}


def test_by_size_the_oldest_of_all_tables_goes_first() -> None:
    """One table would be emptied for the growth of another."""
    tables = {"events": table(9, 7, 5, 1), "heartbeats": table(8, 6, 0.5)}

    gone = expired(tables, Retention(bytes=300), NOW)

    assert gone == {"events": [Segment(0, 0), Segment(1, 1)], "heartbeats": [Segment(0, 0), Segment(1, 1)]}
    assert expired(tables, Retention(bytes=700), NOW) == {}


def test_what_was_let_go_is_not_let_go_again() -> None:
    """The sink would write an empty file at each look, for ever."""
    empty = (Segment(0, 7), Content(0, 10, None))
    rest = [(Segment(8, 8), Content(5, 100, NOW)), (Segment(9, 9), Content(5, 100, NOW))]

    assert expired({"events": [empty, *rest]}, Retention(age_s=3600), NOW) == {}
    old = (Segment(8, 8), Content(5, 100, NOW - 2 * HOUR_US))
    assert expired({"events": [empty, old, rest[1]]}, Retention(age_s=3600), NOW) == {"events": [empty[0], old[0]]}


def test_facts_go_only_when_asked() -> None:
    """An operator who bounds the store would lose the one table that cannot be measured again."""
    assert not Retention(age_s=1).is_about("facts")
    assert Retention(age_s=1, with_facts=True).is_about("facts")
    assert not any(Retention(with_facts=True).is_about(name) for name in ("facts", "events"))
    assert not any(
        Retention(bytes=1, with_facts=True).is_about(name)
        for name in ("phases", "lifecycle", "flow_minutes", "flow_hours")
    )
