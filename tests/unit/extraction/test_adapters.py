"""Extraction from a view and from a saturation gives the terms that a user expects."""

from dataclasses import dataclass, field

import pytest

from egraph.colours import Colour
from egraph.extraction.costs import prefer_green, size
from egraph.extraction.errors import InvalidColumns, NoTerm
from egraph.extraction.from_saturation import saturation_columns
from egraph.extraction.from_view import view_columns
from egraph.extraction.tree import extract_trees
from egraph.facts import EqualityAsserted, NodeAdded, Stated
from egraph.identifiers import EventId, NodeId, node_id
from egraph.kernel import compiling
from egraph.kernel.view import KernelView
from egraph.reading import MakeView, ReplicaView
from egraph.rules.conditions import Content
from egraph.rules.reader import read_rules
from egraph.saturation.saturation import Saturation
from egraph.store import FactStore
from egraph.view import IncrementalView

GREEN, RED, BLUE = Colour.GREEN, Colour.RED, Colour.BLUE


def over_plain_loops(store: FactStore) -> ReplicaView:
    """Give a view over the kernel's loops as Python runs them."""
    return KernelView(store, loops=compiling.plain())


VIEWS = (IncrementalView, over_plain_loops)


@dataclass
class Graph:
    """A view, and the contents of what was added to it."""

    view: ReplicaView = field(default_factory=lambda: IncrementalView(FactStore()))
    nodes: dict[NodeId, Content] = field(default_factory=dict)

    def envelope(self) -> dict[str, object]:
        """Give the fields of an envelope, its event id new."""
        count = self.view.fact_count
        event_id = EventId(count.to_bytes(16, "big"))
        return {"graph": "main", "producer": "test", "sequence": count, "hlc": count, "event_id": event_id}

    def add(self, operator: str, *children: NodeId, colour: Colour = GREEN) -> NodeId:
        """Add a node, give its id."""
        self.view.add(NodeAdded(**self.envelope(), operator=operator, colour=colour, children=children))  # type: ignore[arg-type]
        identity = node_id(operator, colour, children)
        self.nodes[identity] = Content(operator, children)
        return identity

    def equate(self, left: NodeId, right: NodeId) -> None:
        """State an equality."""
        self.view.add(EqualityAsserted(**self.envelope(), left=left, right=right, why=Stated("test")))  # type: ignore[arg-type]


@pytest.mark.parametrize("make", VIEWS)
def test_a_view_gives_the_best_term_of_what_facts_say(make: MakeView) -> None:
    """A user would get a term that nobody stated, or miss the short one."""
    graph = Graph(make(FactStore()))
    x, one = graph.add("x"), graph.add("1")
    long = graph.add("*", graph.add("+", x, graph.add("-", one, one)), one)
    graph.equate(long, graph.add("y", colour=RED))
    over = graph.add("f", long, colour=RED)
    unknown = node_id("nobody added this", GREEN, ())
    waiting = graph.add("g", unknown)

    read = view_columns(graph.view, jit=False)
    smallest, trusted = (extract_trees(read.columns, cost, jit=False) for cost in (size, prefer_green(size, 9)))

    assert smallest.term(read.class_of(over)).sexpr() == "(f y)"
    assert trusted.term(read.class_of(over)).sexpr() == "(f (* (+ x (- 1 1)) 1))"
    assert read.ids[smallest.chosen(read.class_of(over))] == over
    for nothing in (waiting, unknown):
        with pytest.raises(NoTerm):
            smallest.term(read.class_of(nothing))
    with pytest.raises(InvalidColumns, match="unknown to the view"):
        read.class_of(node_id("nobody named this", GREEN, ()))


@pytest.mark.parametrize("make", VIEWS)
def test_a_quarantined_equality_gives_no_term(make: MakeView) -> None:
    """A term would rest on an equality that the graph does not hold."""
    graph = Graph(make(FactStore()))
    below = graph.add("f", graph.add("x"))
    over = graph.add("r", below, colour=RED)
    graph.equate(below, graph.add("b", colour=BLUE))

    read = view_columns(graph.view, jit=False)

    assert len(graph.view.quarantined()) == 1
    assert extract_trees(read.columns, size, jit=False).term(read.class_of(over)).sexpr() == "(r (f x))"


@pytest.mark.parametrize("jit", [True, False])
def test_a_saturation_gives_the_best_term_that_rules_found(jit: bool) -> None:
    """A user would simplify an expression and get it back unchanged."""
    graph = Graph()
    x, one, zero = (graph.add(name) for name in ("x", "1", "0"))
    root = graph.add("f", graph.add("+", graph.add("*", x, one), zero), graph.add("+", zero, graph.add("*", one, x)))
    rules = read_rules(
        '(rewrite a (+ ?x ?y) (+ ?y ?x)) (rewrite m (* ?x ?y) (* ?y ?x)) (rewrite z (+ ?x "0") ?x)'
        '(rewrite o (* ?x "1") ?x) (rewrite d (f ?x ?x) (g ?x))'
    )
    outcome = Saturation(rules, graph.nodes, jit=jit).run()

    columns, terms = saturation_columns(outcome, jit=jit)
    trees = extract_trees(columns, size, jit=jit)

    best = outcome.classes.of(root)
    assert trees.term(best).sexpr() == "(g x)"
    assert outcome.classes.label[terms[trees.chosen(best)]] == best
    with pytest.raises(InvalidColumns, match="trace=True"):
        saturation_columns(Saturation(rules, graph.nodes, trace=False, jit=False).run())
