"""Saturation ends at its limits with everything before intact, and says so."""

from itertools import count

import pytest

from egraph.colours import Colour
from egraph.kernel.saturation import arrays, layout, scratch
from egraph.rules.reader import read_rules
from egraph.saturation.errors import InvalidLimits, TooLarge
from egraph.saturation.limits import Limits, StopReason
from egraph.saturation.saturation import Saturation
from egraph.saturation.schedulers import BackOff
from tests.unit.saturation.graphs import CROSS, SUMS, Graph, many_leaves, two_sums


def names_only_its_terms(saturation: Saturation) -> bool:
    """Tell whether the table names terms that are there, has counted them, and none waits for its slot."""
    table, counts = saturation.scratch.table, saturation.scratch.counts
    held = table[table[:, 1] != 0, 1] & layout.LOW_WORD
    return bool(
        counts[layout.WAITING] == 0 and counts[layout.USED_SLOTS] == len(held) and held.max() <= counts[layout.TERMS]
    )


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
    for wrong in ({"rounds": -1}, {"nodes": 0}, {"nodes": 1 << 40}, {"matches": -1}, {"rounds": 2.5}, {"nodes": "9"},
                  {"seconds": -1.0}):  # fmt: skip
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


def test_a_search_that_just_fits_its_limit_is_not_stopped() -> None:
    """The limit would hold for one node more or less than it says."""
    graph = Graph()
    graph.sum_of(5)
    tried = Saturation(SUMS, graph.nodes).run().total.candidates

    fits = Saturation(SUMS, graph.nodes, limits=Limits(candidates=tried)).run()
    lacks_one = Saturation(SUMS, graph.nodes, limits=Limits(candidates=tried - 1)).run()

    assert (fits.stop_reason, fits.total.candidates) == (StopReason.SATURATED, tried)
    assert (lacks_one.stop_reason, lacks_one.total.candidates) == (StopReason.CANDIDATE_LIMIT, tried - 1)


@pytest.mark.parametrize("limit", [0, 1, 58])
def test_what_was_tried_before_the_limit_fires(limit: int) -> None:
    """Matches found before the search was stopped would be lost, or the one too many would fire."""
    graph = many_leaves(59)
    rules = read_rules("(rewrite r (f ?a) (g ?a))")

    outcome = Saturation(rules, graph.nodes, limits=Limits(candidates=limit)).run()

    assert outcome.stop_reason is StopReason.CANDIDATE_LIMIT
    assert (outcome.total.matches, outcome.total.nodes) == (limit, limit)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("limit", [9, 10, 11, 12])
def test_a_match_undone_at_the_limit_leaves_no_key(limit: int, jit: bool) -> None:
    """The table would name terms that were taken back; resumed, it would give their keys to whatever comes next."""
    graph = many_leaves(3)
    rules = read_rules("(rewrite r (f ?a) (k (m (n ?a))))")

    saturation = Saturation(rules, graph.nodes, limits=Limits(nodes=limit), jit=jit)
    outcome = saturation.run()

    assert outcome.stop_reason is StopReason.NODE_LIMIT
    assert names_only_its_terms(saturation)


@pytest.mark.parametrize("jit", [False, True])
def test_a_refused_match_leaves_no_key(jit: bool) -> None:
    """The next term made would be taken for one that was refused and taken back."""
    graph = Graph()
    graph.add("top", graph.add("g", graph.add("x")), colour=Colour.RED)
    rules = read_rules("(rewrite wrap (g ?x) (k (m ?x)) :colour blue)")

    saturation = Saturation(rules, graph.nodes, jit=jit)
    outcome = saturation.run()

    assert (outcome.total.refused, outcome.total.nodes) == (1, 0)
    assert names_only_its_terms(saturation)
