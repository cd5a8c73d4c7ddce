"""Programs and generated source find exactly the matches that the definition gives, on random graphs and rules."""

from dataclasses import replace
from random import Random

from egraph.colours import Colour
from egraph.facts import NodeAdded
from egraph.identifiers import NodeId, node_id
from egraph.reference import ReferenceView
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
from egraph.rules.instance import instance_of
from egraph.rules.matching import ClassedNodes, Match, Term, classed_nodes, matches, matches_of
from egraph.rules.patterns import Application, Pattern, Variable, variables_of
from egraph.rules.problems import ProblemKind
from egraph.rules.program import Program, compile_rule
from egraph.rules.ruleset import ColourPolicy, Rule
from egraph.rules.source import python_source
from egraph.rules.validation import problems_of_rule
from egraph.rules.vm import NumberedGraph, as_matches, matches_by_program, number_graph
from tests.properties.histories import HistoryMaker

LEAVES, INNER = "abc", "fg"
VARIABLES = tuple(map(Variable, "xyz"))


def random_graph(seed: int) -> ClassedNodes:
    """Give nodes and equalities of a random history; some nodes are named without having arrived."""
    maker = HistoryMaker(seed)
    for _ in range(maker.random.randint(3, 9)):
        maker.node()
    for _ in range(maker.random.randint(0, 4)):
        maker.equality()
    facts = [fact for fact in maker.facts if not isinstance(fact, NodeAdded) or maker.random.random() < 0.9]
    return classed_nodes(facts, ReferenceView(facts))


def random_pattern(random: Random, depth: int) -> Pattern:
    """Give a pattern of the operators and arities that random histories have, sometimes of one colour."""
    if depth == 0 or random.random() < 0.35:
        return random.choice(VARIABLES) if random.random() < 0.85 else Application(random.choice(LEAVES))
    children = tuple(random_pattern(random, depth - 1) for _ in range(random.choice((1, 1, 2))))
    colour = random.choice(list(Colour)) if random.random() < 0.2 else None
    return Application(random.choice(INNER), children, colour)


def random_condition(random: Random, bound: list[Variable]) -> Condition:
    """Give a condition of any kind on bound variables."""
    one, other = random.choice(bound), random.choice(bound)
    colour = random.choice(list(Colour))
    operators = tuple(random.sample(LEAVES + INNER, 3))
    return random.choice(
        (
            ColorMustBe(one, colour), ColorNot(one, colour), NotEqual(one, other), ParentOf(one, other),
            OperatorIs(one, operators), OperatorNot(one, operators), OperatorStarts(one, operators),
        )
    )  # fmt: skip


def random_rule(seed: int) -> Rule:
    """Give a rule of one to two patterns and up to two conditions."""
    random = Random(seed)
    patterns = tuple(random_pattern(random, 2) for _ in range(random.choice((1, 1, 1, 2))))
    bound = [variable for pattern in patterns for variable in variables_of(pattern)]
    conditions = tuple(random_condition(random, bound) for _ in range(random.choice((0, 0, 1, 2)) if bound else 0))
    return Rule(name=f"rule '{seed}'\n", patterns=patterns, replacement=patterns[0], conditions=conditions)


def matches_by_source(program: Program, graph: NumberedGraph) -> frozenset[Match]:
    """Run the generated source by itself: it may use nothing but the graph."""
    space: dict[str, object] = {}
    exec(compile(python_source(program), "generated", "exec"), space)
    return as_matches(program, graph, set(space["match"](graph)))  # type: ignore[operator]


def test_machine_and_source_find_what_the_definition_gives() -> None:
    """An agent would miss an equality that another one derives, or derive one that no rule gives."""
    total = through_classes = rejecting = 0
    for seed in range(4000):
        graph, rule = random_graph(seed), random_rule(seed)
        numbered, program = number_graph(graph), compile_rule(rule)

        expected = matches_of(rule, graph)

        assert matches_by_program(program, numbered) == expected, f"seed {seed}: {rule}"
        assert matches_by_source(program, numbered) == expected, f"seed {seed}: {rule}"
        total += len(expected)
        apart = ClassedNodes(graph.contents, lambda node: node)
        through_classes += bool(expected - matches_of(rule, apart))
        unconditional = Rule(name="r", patterns=rule.patterns, replacement=rule.replacement)
        rejecting += bool(rule.conditions) and matches_of(unconditional, graph) != expected
    assert total > 4000, "hardly anything matched"
    assert through_classes > 30, "hardly any match needed an equality"
    assert rejecting > 100, "hardly any condition decided anything"


def test_a_rule_called_impossible_never_applies() -> None:
    """A rule that would have derived something is refused, with a wrong reason."""
    refused = matching = 0
    for seed in range(6000):
        random = Random(seed)
        rule = random_rule(seed)
        policy, replacement = random.choice(list(ColourPolicy)), random_pattern(random, 2)
        rule = replace(rule, replacement=replacement, colour_policy=policy)
        kinds = {problem.kind for problem in problems_of_rule(rule)}
        if ProblemKind.UNBOUND_VARIABLE in kinds:
            continue

        found = matches_of(rule, random_graph(seed))
        instances = [instance for match in found if (instance := instance_of(rule, match)) is not None]

        if ProblemKind.NEVER_HOLDS in kinds:
            refused += 1
            assert instances == [], f"seed {seed}: {rule}"
        matching += bool(instances)
    assert refused > 50, "hardly any rule was refused"
    assert matching > 200, "hardly any rule applied"


def test_without_equalities_a_match_is_a_match_of_terms() -> None:
    """Matching on a graph would mean something else than matching on the terms it was built from."""
    found = 0
    for seed in range(600):
        random = Random(seed)
        term, pattern = random_term(random, 3), random_pattern(random, 3)
        contents: dict[NodeId, Content] = {}
        enter(term, contents)
        graph = ClassedNodes(contents, lambda node: node)
        rule = Rule(name="r", patterns=(pattern,), replacement=pattern)

        at_root = [match for match in matches_of(rule, graph) if match.roots == (term.id,)]
        substitution = matches(pattern, term)

        expected = [] if substitution is None else [{name: part.id for name, part in substitution.items()}]
        assert [dict(match.substitution) for match in at_root] == expected, f"seed {seed}"
        found += len(expected)
    assert found > 60


def random_term(random: Random, depth: int) -> Term:
    """Give a GREEN term."""
    if depth == 0 or random.random() < 0.3:
        return Term(random.choice(LEAVES), Colour.GREEN)
    children = tuple(random_term(random, depth - 1) for _ in range(random.choice((1, 1, 2))))
    return Term(random.choice(INNER), Colour.GREEN, children)


def enter(term: Term, contents: dict[NodeId, Content]) -> None:
    """Put a term's nodes into a graph."""
    for child in term.children:
        enter(child, contents)
    contents[term.id] = Content(term.operator, tuple(child.id for child in term.children))


def test_source_goes_deeper_than_python_nests_loops() -> None:
    """A large rule would compile into text that Python refuses."""
    pattern: Pattern = Variable("x")
    contents: dict[NodeId, Content] = {}
    node = node_id("end", Colour.GREEN, [])
    for _ in range(40):
        pattern = Application("f", (pattern,))
        contents[(above := node_id("f", Colour.GREEN, [node]))] = Content("f", (node,))
        node = above
    rule = Rule(name="deep", patterns=(pattern,), replacement=Variable("x"))
    numbered = number_graph(ClassedNodes(contents, lambda item: item))

    found = matches_by_source(compile_rule(rule), numbered)

    assert found == {Match((node,), (("x", node_id("end", Colour.GREEN, [])),))}
