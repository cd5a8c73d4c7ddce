"""Saturation on graphs whose outcome is known otherwise: what is equal, counted, refused and traced."""

import math
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from egraph.colours import Colour
from egraph.identifiers import NodeId, node_id
from egraph.rules.conditions import Content
from egraph.rules.reader import read_rules
from egraph.rules.ruleset import RuleSet
from egraph.saturation.errors import InvalidGraph
from egraph.saturation.limits import Limits, StopReason
from egraph.saturation.outcome import total_of
from egraph.saturation.saturation import Saturation
from egraph.saturation.trace import NO_FIRING
from tests.unit.saturation.graphs import SUMS, Graph, many_leaves


@pytest.mark.parametrize(("n", "jit"), [(3, False), (4, False), (6, True), (8, True)])
def test_sums_saturate_at_the_known_size(n: int, jit: bool) -> None:
    """Equalities of sums would be missed: every split of every subset of the summands is a node, and no other."""
    graph = Graph()
    graph.sum_of(n)

    outcome = Saturation(SUMS, graph.nodes, jit=jit).run()

    assert outcome.stop_reason is StopReason.SATURATED
    assert len({outcome.classes.label[row] for row in outcome.classes.rows}) == 2**n - 1
    assert len(outcome.classes.rows) == n + 3**n - 2 ** (n + 1) + 1


def test_blocks_and_growth_leave_no_trace() -> None:
    """What is derived would depend on how the arrays happened to be cut into blocks, or on when they grew."""
    graph = Graph()
    graph.sum_of(7)

    whole = Saturation(SUMS, graph.nodes).run()
    most = len(whole.classes.label)
    in_pieces = Saturation(SUMS, graph.nodes, buffer=7, limits=Limits(nodes=most)).run()

    assert most > 4000
    assert (in_pieces.trace, in_pieces.classes) == (whole.trace, whole.classes)


@pytest.mark.parametrize("jit", [False, True])
def test_one_match_makes_each_node_once(jit: bool) -> None:
    """Parts of a replacement that turn out equal would become two nodes with one content."""
    graph = Graph()
    x, y = graph.add("x"), graph.add("y")
    pair = graph.add("p", x, y)
    rules = read_rules("(rewrite r (p ?a ?b) (h (g (f ?a ?b)) (g (f ?b ?a))))")

    outcome = Saturation(rules, graph.nodes, [(x, y)], jit=jit).run()

    assert outcome.total.nodes == 3
    assert outcome.trace is not None
    right = outcome.trace.terms[outcome.trace.firings[0].right]
    assert right.operator == "h"
    assert right.children[0] == right.children[1]
    assert outcome.classes.of(pair) == outcome.classes.label[outcome.trace.firings[0].right]


def test_equal_terms_are_found_by_their_ids() -> None:
    """A caller could not tell which of its nodes became equal."""
    graph = Graph()
    x, y = graph.add("x"), graph.add("y")
    one, other = graph.add("add", x, y), graph.add("add", y, x)

    classes = Saturation(SUMS, graph.nodes).run().classes

    assert classes.of(one) == classes.of(other)
    assert classes.of(x) != classes.of(y)
    assert len(classes) == 3


def test_a_node_that_has_not_arrived_takes_part() -> None:
    """Rules would not apply above a child whose node is still on its way, or would invent its content."""
    graph = Graph()
    missing = node_id("unheard", Colour.GREEN, [])
    total = graph.add("add", missing, graph.add("x"))

    outcome = Saturation(SUMS, graph.nodes).run()

    assert outcome.trace is not None
    assert outcome.classes.of(missing) != outcome.classes.of(total)
    assert outcome.trace.terms[outcome.classes.number[missing]].operator is None
    assert len(outcome.trace.firings) == 1


def test_loading_the_compiled_loops_is_charged_to_no_rule() -> None:
    """The first rule of a process would be told to take all the time, and somebody would try to mend it."""
    graph = Graph()
    graph.sum_of(3)
    told: list[str] = []
    saturation = Saturation(SUMS, graph.nodes, clock=lambda: float(len(told)), jit=False)
    loops = saturation.scratch.loops

    def run_rules(*given: Any) -> Any:
        told.append("loops")
        return loops.run_rules(*given)

    saturation.scratch.loops = SimpleNamespace(**{**vars(loops), "run_rules": run_rules})
    outcome = saturation.run()

    assert len(told) > outcome.rounds * len(SUMS.rules)
    timed = sum(item.seconds or 0 for part in outcome.by_round for item in part.rules)
    assert timed == len(told) - outcome.rounds, "one call of each round, the first, belongs to nobody"


def test_counts_of_rules_add_up() -> None:
    """A profile would blame the wrong rule."""
    graph = Graph()
    graph.sum_of(6)
    given, ticks = len(graph.nodes), count()

    outcome = Saturation(SUMS, graph.nodes, clock=lambda: float(next(ticks))).run()

    assert outcome.trace is not None
    assert outcome.total.nodes == len(outcome.classes.label) - given
    assert outcome.total.unions == len(outcome.trace.firings)
    for rule, profile in enumerate(outcome.profile):
        assert profile.unions == sum(found == rule for found in outcome.trace.firings.rule)
        assert profile == total_of([item.rules[rule] for item in outcome.by_round], profile.rule)
        assert profile.seconds > 0
    assert math.isclose(outcome.total.seconds, sum(item.seconds for item in outcome.profile))
    assert outcome.by_round[-1].rows == len(outcome.classes.rows)


def test_a_firing_that_would_break_the_class_rule_is_refused() -> None:
    """The graph would hold a class with a BLUE member under a RED node, or the refusal would depend on the order."""
    graph = Graph()
    blue, x = graph.add("b", colour=Colour.BLUE), graph.add("x")
    above_blue, above_x = graph.add("g", blue), graph.add("g", x)
    graph.add("top", above_blue, colour=Colour.RED)
    rules = read_rules("(rewrite strip (g ?x) ?x)")

    outcome = Saturation(rules, graph.nodes).run()

    assert (outcome.total.refused, outcome.total.unions) == (1, 1)
    assert outcome.classes.of(above_blue) != outcome.classes.of(blue)
    assert outcome.classes.of(above_x) == outcome.classes.of(x)


def test_a_refusal_through_congruence_spares_the_others() -> None:
    """One equality whose consequences break the class rule would take legal ones of its round down with it."""
    graph = Graph()
    red, blue = graph.add("p", colour=Colour.RED), graph.add("q", colour=Colour.BLUE)
    c, d, e = graph.add("c"), graph.add("d"), graph.add("e")
    under_red, under_blue = graph.add("f", c), graph.add("f", d)
    graph.add("top", under_red, colour=Colour.RED)
    unions = [(under_blue, blue)]
    rules = read_rules("(rewrite one c d) (rewrite two d e) (rewrite zero e x)")

    outcome = Saturation(rules, graph.nodes, unions).run()

    assert red != blue
    assert {item.rule: (item.unions, item.refused) for item in outcome.profile} == {
        "one": (0, 1), "two": (1, 0), "zero": (1, 0),
    }  # fmt: skip
    assert outcome.classes.of(d) == outcome.classes.of(e) != outcome.classes.of(c)


def test_equalities_that_break_the_class_rule_are_no_graph() -> None:
    """A saturation would start from a graph that no replica shows."""
    graph = Graph()
    red, blue = graph.add("r", colour=Colour.RED), graph.add("b", colour=Colour.BLUE)
    graph.add("top", red, colour=Colour.RED)

    with pytest.raises(InvalidGraph, match="accepted"):
        Saturation(SUMS, graph.nodes, [(red, blue)])


def test_what_makes_no_graph_is_told() -> None:
    """A slip of the caller would become a wrong number deep inside an array."""
    graph = Graph()
    x, stranger = graph.add("x"), node_id("stranger", Colour.GREEN, [])

    with pytest.raises(InvalidGraph, match="hand it in"):
        Saturation(SUMS, graph.nodes, [(x, stranger)])
    with pytest.raises(InvalidGraph, match="none"):
        Saturation(SUMS, {NodeId(b"short"): Content("x", ())})
    with pytest.raises(InvalidGraph, match="RED node"):
        Saturation(SUMS, {node_id("r", Colour.RED, []): Content("r", (node_id("b", Colour.BLUE, []),))})


def test_no_rules_and_no_nodes_are_saturated() -> None:
    """The smallest cases would crash."""
    graph = many_leaves(2)
    for rules, nodes in ((RuleSet(), graph.nodes), (SUMS, {}), (RuleSet(), {})):
        outcome = Saturation(rules, nodes).run()

        assert (outcome.stop_reason, outcome.rounds, outcome.total.unions) == (StopReason.SATURATED, 1, 0)


def test_the_trace_tells_who_made_a_term() -> None:
    """A proof would rest on the wrong firing."""
    graph = Graph()
    graph.sum_of(4)

    trace = Saturation(SUMS, graph.nodes).run().trace

    assert trace is not None
    for number in range(len(trace.terms)):
        creator = trace.creator(number)
        if number < trace.given:
            assert creator == NO_FIRING
            continue
        firing, row = trace.firings[creator], trace.terms[number]
        assert max(firing.substitution) < trace.given or firing.round > 1
        assert firing.right >= number
        assert row.operator == "add"
        assert all(child < number for child in row.children)
    with pytest.raises(IndexError):
        trace.terms[len(trace.terms)]
    with pytest.raises(IndexError):
        trace.firings[-1]
