"""Saturation ends at its limits with everything before intact, and says so."""

from itertools import count

import pytest

from egraph.kernel.saturation import arrays, scratch
from egraph.rules.reader import read_rules
from egraph.saturation.errors import InvalidLimits, TooLarge
from egraph.saturation.limits import Limits, StopReason
from egraph.saturation.saturation import Saturation
from egraph.saturation.schedulers import BackOff
from tests.unit.saturation.graphs import CROSS, SUMS, Graph, many_leaves, two_sums


@pytest.mark.parametrize("limit", [0, 1, 999, 1024, 5000])
def test_an_explosion_of_matches_stops_at_its_limit(limit: int) -> None:
    """Twelve million matches would be fired, or what was derived before would be lost."""
    graph = many_leaves(59)

    outcome = Saturation(CROSS, graph.nodes, limits=Limits(matches=limit, rounds=1)).run()

    assert outcome.stop_reason is StopReason.MATCH_LIMIT
    assert outcome.total.matches == limit
    assert outcome.total.nodes == limit  # each match makes one node


@pytest.mark.parametrize("limit", [118, 119, 1500])
def test_no_more_nodes_than_allowed(limit: int) -> None:
    """The table would grow beyond the limit within a round."""
    graph = many_leaves(59)

    outcome = Saturation(CROSS, graph.nodes, limits=Limits(nodes=limit)).run()

    assert outcome.stop_reason is StopReason.NODE_LIMIT
    assert len(outcome.classes.label) == limit


def test_a_search_without_a_match_stops_too() -> None:
    """A rule that tries billions of nodes and matches nothing would run for hours inside one round."""
    rules = read_rules("(rewrite r (:all (f ?a) (f ?b) (f ?c) (f ?d)) (g ?a ?b ?c ?d) :when ((ParentOf ?d ?a)))")
    graph = many_leaves(59)

    outcome = Saturation(rules, graph.nodes, limits=Limits(candidates=10_000)).run()

    assert outcome.stop_reason is StopReason.CANDIDATE_LIMIT
    assert outcome.total.candidates == 10_000


def test_rounds_end_at_their_limit() -> None:
    """A caller would wait for rounds that it did not ask for."""
    graph = Graph()
    graph.sum_of(8)

    outcome = Saturation(SUMS, graph.nodes, limits=Limits(rounds=3)).run()

    assert (outcome.stop_reason, outcome.rounds, len(outcome.by_round)) == (StopReason.ROUND_LIMIT, 3, 3)


def test_the_time_guard_stops_between_rounds() -> None:
    """A saturation would hold a worker longer than told, or stop in the middle of a round and lose determinism."""
    graph = Graph()
    graph.sum_of(6)
    ticks = count()

    outcome = Saturation(SUMS, graph.nodes, limits=Limits(seconds=20.0), clock=lambda: float(next(ticks))).run()
    same = Saturation(SUMS, graph.nodes, limits=Limits(rounds=outcome.rounds)).run()

    assert outcome.stop_reason is StopReason.TIME_GUARD
    assert 0 < outcome.rounds < 8
    assert (outcome.trace, outcome.classes) == (same.trace, same.classes)
    with pytest.raises(InvalidLimits, match="clock"):
        Saturation(SUMS, graph.nodes, limits=Limits(seconds=1.0))


def test_an_interruption_is_heard_between_rounds() -> None:
    """A process that is asked to end would saturate to the end first."""
    graph = Graph()
    graph.sum_of(6)
    answers = iter((False, True))

    outcome = Saturation(SUMS, graph.nodes).run(lambda: next(answers))

    assert (outcome.stop_reason, outcome.rounds) == (StopReason.INTERRUPTED, 2)


def test_back_off_rests_a_rule_that_explodes_and_still_saturates() -> None:
    """One rule would starve all others, or what it was cut short of would never be derived."""
    graph = Graph()
    graph.sum_of(6)

    outcome = Saturation(SUMS, graph.nodes, limits=Limits(rounds=200), scheduler=BackOff(matches=100, rounds=1)).run()
    plain = Saturation(SUMS, graph.nodes).run()

    resting = [item for item in outcome.by_round if any(rule.matches == 0 for rule in item.rules)]
    assert resting
    assert outcome.rounds > plain.rounds
    assert all(rule.matches <= 100 for rule in outcome.by_round[4].rules)
    assert outcome.stop_reason is StopReason.SATURATED
    assert len(outcome.classes.rows) == len(plain.classes.rows)


def test_limits_outside_their_domain_are_told() -> None:
    """A limit that means nothing would be taken for no limit."""
    for wrong in ({"rounds": -1}, {"nodes": 0}, {"nodes": 1 << 40}, {"matches": -1}, {"seconds": -1.0}):
        with pytest.raises(InvalidLimits):
            Limits(**wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidLimits):
        BackOff(matches=0)


def test_more_than_the_arrays_can_number_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers would wrap around silently, and terms would become other terms."""
    graph = many_leaves(59)
    monkeypatch.setattr(scratch, "RESERVED", 0)
    monkeypatch.setattr(scratch, "TERMS_MAX", 5000)
    with pytest.raises(TooLarge, match="terms"):
        Saturation(CROSS, graph.nodes).run()
    monkeypatch.undo()
    monkeypatch.setattr(scratch, "SLOTS_MAX", 1 << 12)
    with pytest.raises(TooLarge, match="keys"):
        Saturation(CROSS, graph.nodes).run()
    monkeypatch.undo()
    monkeypatch.setattr(scratch, "ENTRIES_MAX", 1)
    with pytest.raises(TooLarge, match="entries"):
        Saturation(SUMS, two_sums().nodes).run()
    monkeypatch.undo()
    monkeypatch.setattr(arrays, "ATOMS_MAX", 3)
    with pytest.raises(TooLarge, match="split the rule"):
        Saturation(CROSS, graph.nodes)
    monkeypatch.undo()
    monkeypatch.setattr(arrays, "OPERATORS_MAX", 10)
    with pytest.raises(TooLarge, match="operators"):
        Saturation(CROSS, graph.nodes)
