"""What heartbeats of the past say: lags at the end of seconds, silence, and who held most at a moment."""

from analytics.told_history import SILENT_AFTER_S, Told, fullest_before, heard_before, lags
from tests.unit.analytics.observed import SECOND

START = 100


def told(at_s: float, version: tuple[int, ...], *, offset: int = 0, facts: int = 0) -> Told:
    """Give a heartbeat so many seconds after the start."""
    at = int((START + at_s) * SECOND)
    return Told(at, offset, 1, version, facts, classes=facts, accepted=0, quarantined=0)


def test_a_lag_is_what_another_agent_had_passed_by_then() -> None:
    """An agent would be shown as level while others were ahead, or as behind what nobody had passed yet."""
    history = {0: [told(0.5, (5, 0)), told(1.5, (9, 0))], 1: [told(0.6, (5, 2)), told(1.9, (9, 2))], 2: []}
    ahead, behind = lags(history, (START, START + 1))
    assert (ahead.agent, ahead.facts) == (0, (2, 2))
    assert (behind.agent, behind.facts) == (1, (0, 0))


def test_silence_is_no_lag() -> None:
    """An agent that stopped talking would go on with the lag that it told last, as if it were heard."""
    history = {0: [told(0.5, (1,))], 1: [told(0.5 + second, (1 + second,)) for second in range(6)]}
    silent, talking = lags(history, tuple(range(START - 1, START + 6)))
    assert talking.facts == (None, 0, 0, 0, 0, 0, 0)
    assert silent.facts == (None, 0, 1, 2, *(None,) * (6 - SILENT_AFTER_S))


def test_versions_of_another_length_do_not_break_the_figures() -> None:
    """A store that was written with another number of agents would leave the whole live page without data."""
    found = lags({0: [told(0.1, (3,)), told(0.2, (3, 4))], 1: [told(0.3, (1, 1, 9))]}, (START,))
    assert [item.facts for item in found] == [(9,), (5,)]


def test_of_two_words_in_one_moment_the_later_in_the_topic_counts() -> None:
    """After segments were merged, a figure would be compared with one that had already been replaced."""
    history = {3: [told(1, (1,), offset=8, facts=8), told(1, (1,), offset=7, facts=70)], 4: [told(0, (1,), facts=9)]}
    newest = fullest_before(history, (START + 2) * SECOND)
    assert newest is not None
    assert newest.facts == 9
    assert fullest_before(history, START * SECOND) is None
    assert heard_before(history, START * SECOND + 1)
    assert not heard_before(history, START * SECOND)
