"""Facts of analyses are the least fixed point, whatever the order, and constant folding computes what Python does."""

import ast
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egraph.colours import Colour
from egraph.identifiers import NodeId, node_id
from egraph.rules.conditions import Content
from egraph.rules.reader import read_rules
from egraph.rules.ruleset import RuleSet
from egraph.saturation.analyses import Analysis, ConstantFolding, FreeVariables, Several, lambda_names
from egraph.saturation.class_facts import ClassFacts, Row
from egraph.saturation.conclusions import PASSES
from egraph.saturation.errors import AnalysisFault
from egraph.saturation.limits import Limits, StopReason
from egraph.saturation.outcome import Outcome
from egraph.saturation.saturation import Saturation
from egraph.saturation.saving import resume, save

BINARY = {
    "Add": "+", "Sub": "-", "Mult": "*", "FloorDiv": "//", "Mod": "%", "Pow": "**", "LShift": "<<", "RShift": ">>",
    "BitAnd": "&", "BitOr": "|", "BitXor": "^",
}  # fmt: skip
OF_INT = read_rules(
    """
    (rewrite add-commutes (BinOp:Add ?x ?y) (BinOp:Add ?y ?x))
    (birewrite add-associates (BinOp:Add (BinOp:Add ?x ?y) ?z) (BinOp:Add ?x (BinOp:Add ?y ?z)))
    (birewrite distributes (BinOp:Mult ?x (BinOp:Add ?y ?z)) (BinOp:Add (BinOp:Mult ?x ?y) (BinOp:Mult ?x ?z)))
    (birewrite sub-as-add (BinOp:Sub ?x ?y) (BinOp:Add ?x (UnaryOp:USub ?y)))
    (rewrite sub-self (BinOp:Sub ?x ?x) Constant:int:0)
    (rewrite plus-zero (BinOp:Add ?x Constant:int:0) ?x)
    """
)
UNARY = {"USub": "-", "UAdd": "+", "Invert": "~"}


def random_rows(seed: int) -> list[Row]:
    """Give nodes of a few classes, cycles included."""
    random = Random(seed)
    rows = []
    for _ in range(random.randint(1, 14)):
        operator, arity = random.choice(
            [("Constant:int:2", 0), ("Constant:int:3", 0), ("Name:x", 0), ("Name:y", 0), ("BinOp:Add", 2),
             ("BinOp:Mult", 2), ("UnaryOp:USub", 1), ("Lambda:x", 1), ("Call/1", 2)]
        )  # fmt: skip
        rows.append(Row(random.randrange(8), operator, tuple(random.randrange(8) for _ in range(arity))))
    return rows


def facts_of(analysis: Analysis, rows: list[Row]) -> dict[int, Any]:
    """Give the facts of rows that come at once, each term a class of its own."""
    kept = ClassFacts(analysis)
    kept.update(range(8), (), rows)
    return kept.facts


def by_passes(analysis: Analysis, rows: list[Row]) -> dict[int, Any]:
    """Compute the fixed point by passes over all rows until nothing changes."""
    facts: dict[int, Any] = {}
    while True:
        before = dict(facts)
        for row in rows:
            made = analysis.make(row.operator, [facts.get(child) for child in row.children])
            if made is not None:
                facts[row.own] = made if row.own not in facts else analysis.join(facts[row.own], made)
        if facts == before:
            return facts


@pytest.mark.parametrize("analysis", [ConstantFolding(bits_max=16), FreeVariables()], ids=lambda item: item.name)
def test_facts_are_the_fixed_point_in_any_order(analysis: Analysis) -> None:
    """Two replicas that hold the same classes would know different things about them."""
    several = known = 0
    for seed in range(600):
        rows = random_rows(seed)

        facts = facts_of(analysis, rows)

        assert facts == by_passes(analysis, rows) == facts_of(analysis, rows[::-1])
        known += bool(facts)
        several += Several.SEVERAL in facts.values()
    assert known > 300
    assert several > 20 or not isinstance(analysis, ConstantFolding)


@given(st.integers(0, 2**32), st.sampled_from([ConstantFolding(bits_max=16), FreeVariables()]))
def test_facts_kept_up_to_date_are_those_computed_anew(seed: int, analysis: Analysis) -> None:
    """A later round would miss what follows from new rows or merged classes, and publish less than it found."""
    random, kept, rows = Random(seed), ClassFacts(analysis), list[Row]()
    label = list(range(8))
    for _ in range(6):
        before = list(label)
        for _ in range(random.randrange(3)):
            one, other = random.choice(label), random.choice(label)
            label = [min(one, other) if item in (one, other) else item for item in label]
        moved = [(item, label[item]) for item in sorted(set(before)) if label[item] != item]
        fresh = random_rows(random.randrange(2**32))[: random.randrange(5)]
        known, rows = dict(kept.facts), rows + fresh

        touched = kept.update(label, moved, fresh)

        classed = [Row(label[row.own], row.operator, tuple(label[item] for item in row.children)) for row in rows]
        assert kept.facts == by_passes(analysis, classed)
        assert all(kept.facts[item] == known.get(item) for item in set(kept.facts) - touched)


class Nodes:
    """GREEN nodes of random Python arithmetic, with the text of each."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.nodes: dict[NodeId, Content] = {}

    def add(self, operator: str, *children: NodeId) -> NodeId:
        """Add a node."""
        node = node_id(operator, Colour.GREEN, children)
        self.nodes[node] = Content(operator, children)
        return node

    def expression(self, depth: int) -> tuple[NodeId, str]:
        """Add an expression, and give its text."""
        if depth == 0 or self.random.random() < 0.2:
            value = self.random.randrange(7)
            return self.add(f"Constant:int:{value}"), str(value)
        if self.random.random() < 0.25:
            name = self.random.choice(sorted(UNARY))
            inside, text = self.expression(depth - 1)
            return self.add(f"UnaryOp:{name}", inside), f"({UNARY[name]}{text})"
        name = self.random.choice(sorted(BINARY))
        (left, one), (right, other) = self.expression(depth - 1), self.expression(depth - 1)
        return self.add(f"BinOp:{name}", left, right), f"({one} {BINARY[name]} {other})"


def evaluated(text: str) -> int | None:
    """Give what Python computes, if it is an int of moderate size."""
    try:
        value = eval(compile(ast.parse(text, mode="eval"), "expression", "eval"), {"__builtins__": {}})
    except (ValueError, TypeError, ArithmeticError):
        return None
    return value if isinstance(value, int) and value.bit_length() <= 256 else None


def saturated(nodes: Nodes, rules: RuleSet, *, jit: bool = True, limits: Limits | None = None) -> Outcome:
    """Saturate with constant folding."""
    return Saturation(
        rules, nodes.nodes, analyses=[ConstantFolding(), FreeVariables()], jit=jit,
        limits=limits or Limits(rounds=2, nodes=400),
    ).run()  # fmt: skip


def test_folding_computes_what_python_computes() -> None:
    """An expression would be called equal to a constant that it is not."""
    folded = 0
    for seed in range(150):
        nodes = Nodes(seed)
        root, text = nodes.expression(3)

        outcome = saturated(nodes, RuleSet())

        fact = outcome.facts[0].get(outcome.classes.of(root))
        expected = evaluated(text)
        assert fact is None or fact == expected, text
        folded += fact is not None
        if fact is not None:
            leaf = nodes.add(f"Constant:int:{fact}")
            assert saturated(nodes, RuleSet()).classes.of(leaf) == saturated(nodes, RuleSet()).classes.of(root)
    assert folded > 80


def test_folding_under_rules_stays_true_and_deterministic() -> None:
    """Rules and folding together would contradict arithmetic, or depend on how the loops are run."""
    for seed in range(40):
        nodes = Nodes(seed)
        root, text = nodes.expression(2)

        outcome = saturated(nodes, OF_INT)

        assert Several.SEVERAL not in outcome.facts[0].values()
        value = evaluated(text)
        assert value is None or outcome.facts[0].get(outcome.classes.of(root)) in (value, None)
        if seed < 12:
            assert saturated(nodes, OF_INT, jit=False) == outcome


def test_facts_of_a_saturation_are_the_fixed_point_over_its_rows() -> None:
    """What rules and merged classes tell of a node that was passed over before would be missed."""
    known = grown = 0
    analyses: list[Analysis] = [ConstantFolding(), FreeVariables()]
    for seed in range(60):
        nodes = Nodes(seed)
        some = [nodes.expression(2)[0] for _ in range(3)]
        name, call = nodes.add("Name:x"), nodes.add("Call/3", *some)
        sums = [nodes.add("BinOp:Add", name, item) for item in (*some, call, name)]
        unions = [(name, some[0])] if seed % 3 else [(sums[0], some[1])]
        first = Saturation(OF_INT, nodes.nodes, analyses=analyses, limits=Limits(rounds=1)).run()

        outcome = Saturation(
            OF_INT, nodes.nodes, unions, analyses=analyses, limits=Limits(rounds=3, nodes=500)
        ).run()  # fmt: skip

        assert outcome.trace is not None
        label, terms = outcome.classes.label, outcome.trace.terms
        rows = [
            Row(label[term], terms[term].operator or "", tuple(label[child] for child in terms[term].children))
            for term in outcome.classes.rows
        ]
        assert list(outcome.facts) == [by_passes(analysis, rows) for analysis in analyses]
        known += bool(outcome.facts[0])
        grown += len(outcome.facts[0]) > len(first.facts[0])
    assert known > 40
    assert grown > 20


@pytest.mark.parametrize("jit", [False, True])
def test_a_long_chain_of_computations_is_folded(jit: bool) -> None:
    """Folding would stop a few operators above the constants, and names be lost a few above the leaves."""
    nodes = Nodes(0)
    one, chain = nodes.add("Constant:int:1"), nodes.add("Constant:int:0")
    apart = nodes.add("Name:x")
    for _ in range(3 * PASSES):
        chain, apart = nodes.add("BinOp:Add", chain, one), nodes.add("BinOp:Add", apart, one)

    outcome = Saturation(RuleSet(), nodes.nodes, analyses=[ConstantFolding()], jit=jit).run()

    assert outcome.facts[0][outcome.classes.of(chain)] == 3 * PASSES
    assert outcome.classes.of(apart) not in outcome.facts[0]
    names = Saturation(RuleSet(), nodes.nodes, analyses=[FreeVariables()], jit=jit).run()
    assert names.facts[0][names.classes.of(apart)] == {"x"}


def test_a_saturation_with_analyses_can_be_resumed() -> None:
    """A restart would lose what analyses concluded, or conclude it twice."""
    rules, limits = OF_INT, Limits(rounds=3, nodes=600)
    for seed in range(20):
        nodes = Nodes(seed)
        nodes.expression(3)
        analyses: list[Analysis] = [ConstantFolding(), FreeVariables()]
        parts = Saturation(rules, nodes.nodes, analyses=analyses, limits=limits)
        while parts.round() is None:
            parts = resume(save(parts), rules, nodes.nodes, analyses=analyses, limits=limits)

        outcome, whole = parts.run(), saturated(nodes, rules, limits=limits)
        assert outcome == whole
        assert outcome.trace == whole.trace


def test_a_leaf_that_has_no_room_ends_the_saturation() -> None:
    """An analysis would exceed the limit of nodes."""
    nodes = Nodes(0)
    nodes.add("BinOp:Add", nodes.add("Constant:int:1"), nodes.add("Constant:int:2"))

    outcome = saturated(nodes, RuleSet(), limits=Limits(nodes=3))

    assert outcome.stop_reason is StopReason.NODE_LIMIT
    assert len(outcome.classes.label) == 3


def test_a_leaf_that_would_break_the_class_rule_is_refused() -> None:
    """An analysis would put a BLUE member under a RED node."""
    nodes = Nodes(0)
    one, two = nodes.add("Constant:int:1"), nodes.add("Constant:int:2")
    total = nodes.add("BinOp:Add", one, two)
    three = nodes.add("Constant:int:3")
    top = node_id("top", Colour.RED, [total])
    nodes.nodes[top] = Content("top", (total,))
    blue = node_id("b", Colour.BLUE, [])
    nodes.nodes[blue] = Content("b", ())

    outcome = Saturation(RuleSet(), nodes.nodes, [(three, blue)], analyses=[ConstantFolding()]).run()

    assert outcome.classes.of(three) != outcome.classes.of(total)
    assert outcome.profile[0].refused > 0


def test_names_needed_are_those_of_every_member() -> None:
    """A term would be said to need a name although an equal one does without, or one that a lambda binds."""
    nodes = Nodes(0)
    x, y = nodes.add("Name:x"), nodes.add("Name:y")
    total, product = nodes.add("BinOp:Add", x, y), nodes.add("BinOp:Mult", x, x)
    inside = nodes.add("Lambda:y,*z", total)

    outcome = Saturation(RuleSet(), nodes.nodes, [(total, product)], analyses=[FreeVariables()]).run()
    apart = Saturation(RuleSet(), nodes.nodes, analyses=[FreeVariables()]).run()

    assert outcome.facts[0][outcome.classes.of(total)] == {"x"}
    assert apart.facts[0][apart.classes.of(total)] == {"x", "y"}
    assert apart.facts[0][apart.classes.of(inside)] == {"x"}
    assert lambda_names("Lambda:a,b=,*c,**d") == {"a", "b", "c", "d"}


def test_facts_name_the_classes_of_the_outcome_beside_nodes_of_many_children() -> None:
    """What is known about a class made by a rule would be told of another one."""
    nodes = Nodes(0)
    x = nodes.add("Name:x")
    call = nodes.add("Call/2", x, x, x)
    product = nodes.add("BinOp:Mult", x, x)
    rules = read_rules("(rewrite wrap (BinOp:Mult ?x ?x) (BinOp:Pow (UnaryOp:UAdd ?x) Constant:int:2))")

    outcome = Saturation(rules, nodes.nodes, analyses=[FreeVariables()]).run()

    classes = {outcome.classes.label[term] for term in outcome.classes.rows}
    assert set(outcome.facts[0]) == classes
    assert outcome.facts[0][outcome.classes.of(call)] == outcome.facts[0][outcome.classes.of(product)] == {"x"}


def test_an_analysis_that_never_settles_is_told() -> None:
    """A saturation would hang in an analysis whose facts grow for ever."""

    class Counting(ConstantFolding):
        """Climbs for ever."""

        def join(self, one: Any, other: Any) -> Any:
            """Give more than both."""
            return max(one, other) + 1

    with pytest.raises(AnalysisFault, match="bounded height"):
        facts_of(Counting(), [Row(0, "Constant:int:1", ()), Row(0, "UnaryOp:UAdd", (0,))])
