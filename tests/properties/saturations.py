"""Random graphs and rules for saturation, and the comparison of the engine with the definition.

Belongs here: making cases. Not here: tests.
"""

from dataclasses import dataclass
from random import Random

from egraph.colours import Colour, may_name
from egraph.identifiers import NodeId, colour_of, node_id
from egraph.rules.conditions import (
    ColorMustBe,
    ColorNot,
    Condition,
    Content,
    NotEqual,
    OperatorIs,
    OperatorNot,
    OperatorStarts,
    ParentOf,
)
from egraph.rules.patterns import Application, Pattern, Variable, variables_of
from egraph.rules.ruleset import ColourPolicy, Rule, RuleSet
from egraph.saturation.errors import InvalidGraph
from egraph.saturation.limits import Limits
from egraph.saturation.reference import ReferenceSaturation
from egraph.saturation.saturation import Saturation
from egraph.saturation.schedulers import BackOff, EveryRule, Scheduler

ARITY = {"a": 0, "b": 0, "c": 0, "f": 1, "g": 2, "h": 3, "k": 4}
VARIABLES = tuple(map(Variable, "xyz"))


@dataclass(frozen=True)
class Case:
    """A saturation to be run by both."""

    rules: RuleSet
    nodes: dict[NodeId, Content]
    unions: tuple[tuple[NodeId, NodeId], ...]
    limits: Limits
    back_off: tuple[int, int] | None
    buffer: int

    def scheduler(self) -> Scheduler:
        """Give a fresh scheduler."""
        return EveryRule() if self.back_off is None else BackOff(matches=self.back_off[0], rounds=self.back_off[1])

    def reference(self) -> ReferenceSaturation:
        """Give the definition of it. Raises InvalidGraph."""
        return ReferenceSaturation(self.rules, self.nodes, self.unions, self.limits, self.scheduler())

    def engine(self, *, jit: bool) -> Saturation:
        """Give the engine for it. Raises InvalidGraph."""
        return Saturation(
            self.rules, self.nodes, self.unions, limits=self.limits, scheduler=self.scheduler(), jit=jit,
            buffer=self.buffer,
        )  # fmt: skip


class CaseMaker:
    """Makes one case from a seed."""

    def __init__(self, seed: int, *, coloured: bool, limited: bool) -> None:
        self.random = Random(seed)
        self.coloured, self.limited = coloured, limited

    def case(self) -> Case:
        """Give the case."""
        random = self.random
        nodes = self.nodes()
        ids = sorted({*nodes, *(child for content in nodes.values() for child in content.children)})
        unions = tuple((random.choice(ids), random.choice(ids)) for _ in range(random.choice((0, 0, 1, 2))))
        self.graph = nodes
        rules = RuleSet(tuple(self.rule(number) for number in range(random.randint(1, 4))))
        limits = Limits(rounds=random.randint(1, 4), nodes=40, matches=150)
        back_off = None
        if self.limited:
            limits = Limits(
                rounds=random.randint(1, 4), nodes=random.randint(len(ids), len(ids) + 20),
                matches=random.randint(0, 40),
            )  # fmt: skip
            back_off = random.choice((None, (random.randint(1, 6), random.randint(1, 2))))
        return Case(rules, nodes, unions, limits, back_off, random.choice((1, 2, 3, 7, 64)))

    def nodes(self) -> dict[NodeId, Content]:
        """Give some nodes; some of their children have not arrived, under operators that no rule knows."""
        random = self.random
        nodes: dict[NodeId, Content] = {}
        known = [node_id(f"unknown{n}", self.colour(), []) for n in range(random.choice((0, 0, 1)))]
        for _ in range(random.randint(2, 9)):
            operator = random.choice("abcabcfffggggghk") if known else random.choice("abc")
            children = tuple(random.choice(known) for _ in range(ARITY[operator]))
            colour = self.colour()
            if all(may_name(colour, colour_of(child)) for child in children):
                node = node_id(operator, colour, children)
                nodes[node] = Content(operator, children)
                known = sorted({*known, node})
        return nodes or {node_id("a", Colour.GREEN, []): Content("a", ())}

    def colour(self) -> Colour:
        """Give GREEN, or any colour in a coloured case."""
        return self.random.choice((*Colour, Colour.GREEN)) if self.coloured else Colour.GREEN

    def rule(self, number: int) -> Rule:
        """Give a rule of one or two patterns, with conditions and demands of colour."""
        random, known = self.random, sorted(self.graph)
        patterns = tuple(
            self.pattern(2, VARIABLES) if random.random() < 0.3 else self.pattern_of(random.choice(known), 2)
            for _ in range(random.choice((1, 1, 1, 2)))
        )
        bound = list(dict.fromkeys(variable for pattern in patterns for variable in variables_of(pattern)))
        conditions = tuple(self.condition(bound) for _ in range(random.choice((0, 0, 0, 1, 2)) if bound else 0))
        policy = random.choice(list(ColourPolicy)) if self.coloured else ColourPolicy.INHERIT
        return Rule(
            name=f"r{number}", patterns=patterns, replacement=self.pattern(2, tuple(bound)), conditions=conditions,
            colour_policy=policy, priority=random.choice((0, 0, 1)),
        )  # fmt: skip

    def pattern(self, depth: int, variables: tuple[Variable, ...]) -> Pattern:
        """Give a pattern over these variables."""
        random = self.random
        if depth == 0 or random.random() < 0.25:
            if variables and random.random() < 0.85:
                return random.choice(variables)
            return Application(random.choice("abc"))
        operator = random.choice("fffgggghk")
        colour = random.choice(list(Colour)) if self.coloured and random.random() < 0.15 else None
        return Application(
            operator, tuple(self.pattern(depth - 1, variables) for _ in range(ARITY[operator])), colour
        )  # fmt: skip

    def pattern_of(self, node: NodeId, depth: int) -> Pattern:
        """Give a pattern that matches a node of the graph, unless a variable stands for different children."""
        content = self.graph.get(node)
        if content is None or self.random.random() < (0.2 if depth == 2 else 0.5) or depth == 0:
            return VARIABLES[node[-1] % 3] if self.random.random() < 0.8 else self.random.choice(VARIABLES)
        return Application(content.operator, tuple(self.pattern_of(child, depth - 1) for child in content.children))

    def condition(self, bound: list[Variable]) -> Condition:
        """Give a condition of any kind."""
        random = self.random
        one, other = random.choice(bound), random.choice(bound)
        colour = random.choice(list(Colour))
        operators = tuple(random.sample(sorted(ARITY), 4))
        return random.choice(
            (
                ColorMustBe(one, colour), ColorNot(one, colour), NotEqual(one, other), ParentOf(one, other),
                OperatorIs(one, operators), OperatorNot(one, operators), OperatorStarts(one, operators),
            )
        )  # fmt: skip


def compare_round_by_round(case: Case, *, jit: bool) -> ReferenceSaturation | None:
    """Run both, and demand the same after every round. None: the equalities handed in break the class rule."""
    try:
        reference = case.reference()
    except InvalidGraph:
        refused = False
        try:
            case.engine(jit=jit)
        except InvalidGraph:
            refused = True
        assert refused
        return None
    engine = case.engine(jit=jit)
    while reference.stop is None:
        reference.round()
        engine.round()
        demand_same(engine, reference)
    return reference


def demand_same(engine: Saturation, reference: ReferenceSaturation) -> None:
    """Demand the same terms, classes, rows, trace and counts."""
    assert engine.stop_reason == reference.stop
    outcome = engine.outcome(engine.stop_reason)
    trace = outcome.trace
    assert trace is not None
    terms = [trace.terms[number] for number in range(len(trace.terms))]
    assert [term.operator and (term.operator, term.children) for term in terms] == reference.contents
    assert [term.colour for term in terms] == [colour_of(node) for node in reference.ids]
    assert list(outcome.classes.label) == reference.label
    assert list(outcome.classes.rows) == reference.rows()
    assert [trace.firings[number] for number in range(len(trace.firings))] == reference.firings
    assert list(trace.created_by) == reference.created_by
    assert engine.owed == reference.owed
    for mine, its in zip(outcome.profile, reference.counts, strict=True):
        assert (mine.matches, mine.forbidden, mine.refused, mine.nodes, mine.unions) == (
            its.matches, its.forbidden, its.refused, its.nodes, its.unions,
        )  # fmt: skip
