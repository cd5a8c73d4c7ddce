"""What an agent knows of the others, and its clocks."""

from dataclasses import replace
from itertools import pairwise, permutations

import pytest

from schemas.latency import latency_bucket
from schemas.records import PeerState
from streams.processors.clock import LatencyCounts, VectorClock, first_name, later_name, restart_time
from streams.processors.peers import PeerTable

STATE = PeerState(agent=0, incarnation=1, beat=1, facts=5, digest=b"d")


def agreed(**changes: object) -> list[PeerState]:
    """Give the states of three agents that agree but for the changes of the last."""
    return [replace(STATE, agent=0), replace(STATE, agent=1), replace(STATE, agent=2, **changes)]  # type: ignore[arg-type]


def test_the_newest_state_wins_in_any_order() -> None:
    """Old news that comes round late would undo newer; a restarted agent would never be heard again."""
    states = [
        replace(STATE, incarnation=incarnation, beat=beat, facts=facts)
        for incarnation, beat, facts in ((1, 1, 1), (1, 9, 2), (2, 1, 3), (2, 2, 4))
    ]
    for order in permutations(states):
        table = PeerTable(1)
        table.update_all(order)
        assert table.states() == (states[-1],)


def test_the_same_beat_again_changes_nothing() -> None:
    """Two copies of one state that differ by damage would take turns."""
    table = PeerTable(1)
    table.update(STATE)
    table.update(replace(STATE, facts=99))

    assert table.states() == (STATE,)


def test_news_is_told_once_and_one_agent_always() -> None:
    """Each acknowledgement would repeat what is known of all agents, or one that restarted would be left out."""
    table, told = PeerTable(3), {}
    table.update_all(agreed())
    assert [state.agent for state in table.news(told, always=1)] == [0, 1, 2]
    assert [state.agent for state in table.news(told, always=1)] == [1]
    table.update(replace(STATE, agent=2, beat=2))
    table.update(replace(STATE, agent=0, incarnation=2, beat=0))
    assert table.news(told, always=1) == (
        replace(STATE, agent=0, incarnation=2, beat=0), replace(STATE, agent=1), replace(STATE, agent=2, beat=2),
    )  # fmt: skip
    told.clear()
    assert [state.agent for state in table.news(told, always=1)] == [0, 1, 2]


@pytest.mark.parametrize("agent", [-1, 3, 1 << 20])
def test_agents_that_do_not_exist_are_ignored(agent: int) -> None:
    """A message of another system would keep this one from ever agreeing, or grow without bound."""
    table = PeerTable(3)
    table.update_all([*agreed(), replace(STATE, agent=agent, facts=0)])

    assert [state.agent for state in table.states()] == [0, 1, 2]
    assert table.agree_on() == b"d"


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (agreed(), b"d"),
        (agreed()[:2], None),
        (agreed(digest=b"other"), None),
        (agreed(facts=6), None),
        ([replace(state, facts=0) for state in agreed()], None),
    ],
    ids=["all alike", "one is silent", "another digest", "other facts", "nothing held"],
)
def test_agreement_needs_everybody(states: list[PeerState], expected: bytes | None) -> None:
    """The system would report convergence before it is there."""
    table = PeerTable(3)
    table.update_all(states)

    assert table.agree_on() == expected


def test_a_clock_joins_and_ticks() -> None:
    """An event would not come after those that it knows of."""
    clock = VectorClock(1, 3, 7)
    assert clock.value() == (0, 7, 0)
    clock.join((9, 2, 3))
    assert clock.value() == (9, 7, 3)

    assert clock.tick() == 8
    assert clock.value() == (9, 8, 3)
    with pytest.raises(ValueError, match="zip"):
        clock.join((1, 2))


def test_two_lives_from_one_snapshot_share_no_value() -> None:
    """Happened-before would hold between events of a life that is over and one that never heard of them."""
    saved = (0, 5_000_000, 0)
    ahead, behind, later = (VectorClock(1, 3, started) for started in (9_000_000, 3_000_000, 3_000_040))
    for clock in (ahead, behind, later):
        clock.resume(saved)

    assert ahead.value()[1] == 9_000_000, "a clock that runs on needs no help"
    assert min(behind.value()[1], later.value()[1]) > 5_000_000
    assert abs(behind.value()[1] - later.value()[1]) > 1000, "no life counts so far before its neighbours hear of it"


def test_a_life_leaps_over_what_nobody_has_heard_of_yet() -> None:
    """It would count on over events that a former life told of after the one that its neighbour remembers."""
    for started in [985_005_200, *range(3_000_000, 4_000_000, 9_973)]:  # the first leapt by three
        clock = VectorClock(1, 3, 1_699_000_000_000_000 + started)
        clock.join((0, 1_700_000_000_015_048, 0))
        assert clock.tick() - 1_700_000_000_015_048 > 1_000_000


def test_a_bucket_is_a_sixteenth_of_an_octave() -> None:
    """Percentiles of the console would be off by more than the 4.4 % that they promise."""
    for microseconds in [*range(1, 3000), 10**6, 2**20, 2**20 - 1, 2**40, 3_600_000_000]:
        bucket = latency_bucket(microseconds)
        # 2^(bucket/16) <= us < 2^((bucket+1)/16), in whole numbers
        assert 1 << bucket <= microseconds**16 < 1 << bucket + 1, microseconds
    assert latency_bucket(0) == latency_bucket(-5) == 0


def test_latencies_are_counted_once() -> None:
    """A heartbeat would tell what the one before has told, or lose a count."""
    counts = LatencyCounts()
    counts.count(1)
    counts.count_since([1000, 1000, 999], now=1_000_000 + 2**14)

    assert counts.take() == ((0, 1), (14 * 16, 2), (latency_bucket(1000 + 2**14), 1))
    assert counts.take() == ()


def test_a_name_outbids_and_stays_that_of_its_life() -> None:
    """Two lives that both outbid a third would write under one name, or neighbours would not listen to a new life."""
    early, late = first_name(7_300_000, 4), first_name(7_900_000, 5)
    assert (early, late) == (7_000_004, 7_000_005), "in one second the generation decides"
    assert first_name(8_000_000, 1) > late, "later seconds win"

    for former in (6_999_999, 7_000_004, 7_000_005, 9_123_456):
        outbid = {life: later_name(former, name) for life, name in ((4, early), (5, late))}
        assert all(former < name <= former + 1_000_000 for name in outbid.values())
        assert {life: name % 1_000_000 for life, name in outbid.items()} == {4: 4, 5: 5}


def test_two_lives_that_are_ordered_after_one_count_apart() -> None:
    """Two processes that carry out one order would number other events alike, and causes would be mistaken."""
    former = first_name(1_700_000_000_003_368, 3)
    begun = {life: restart_time(former, life) for life in range(4, 404)}

    assert all(first_name(started, life) > former for life, started in begun.items())
    assert all(started < former + 2_000_000 for started in begun.values())
    in_order = sorted(begun.values())
    assert min(late - early for early, late in pairwise(in_order)) > 500, "events until they meet"
