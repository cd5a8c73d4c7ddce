"""A generated module of many rules finds exactly the matches that the machine finds, on random graphs."""

from types import SimpleNamespace

from egraph.codegen.python_module import python_module
from egraph.colours import Colour
from egraph.identifiers import NodeId, node_id
from egraph.rules.conditions import Content
from egraph.rules.matching import ClassedNodes
from egraph.rules.patterns import Application, Pattern, Variable
from egraph.rules.program import compile_rule
from egraph.rules.ruleset import Rule, RuleSet
from egraph.rules.validation import problems_of
from egraph.rules.vm import NumberedGraph, number_graph, run
from tests.properties.test_rules_matching import random_graph, random_rule

LISTS = ("symbols", "numbers", "symbol", "children", "colour", "label", "members", "by_symbol")


def lists_only(graph: NumberedGraph) -> SimpleNamespace:
    """Give what the module's text promises to be enough."""
    return SimpleNamespace(**{name: getattr(graph, name) for name in LISTS})


def test_the_module_finds_what_the_machine_finds() -> None:
    """Somebody who takes the generated matchers along would miss matches, or find those of another rule."""
    total = 0
    for seed in range(0, 400, 8):
        rules = RuleSet(tuple(random_rule(number) for number in range(seed, seed + 8)))
        if problems_of(rules):
            rules = RuleSet(tuple(rule for rule in rules.rules if not problems_of(RuleSet((rule,)))))
        made = python_module(rules)
        space: dict[str, dict] = {}
        exec(compile(made.text, "generated", "exec"), space)
        assert made.left_out == ()
        assert set(space["MATCHERS"]) == {rule.name for rule in rules.rules}
        for rule in rules.rules:
            program, graph = compile_rule(rule), number_graph(random_graph(seed))

            expected = run(program, graph)
            found = set(space["MATCHERS"][rule.name](lists_only(graph)))

            assert found == expected, rule
            assert space["VARIABLES"][rule.name] == tuple(name for name, _ in program.variables)
            assert space["ROOTS"][rule.name] == len(rule.patterns)
            total += len(expected)
    assert total > 300, "hardly anything matched"


def test_a_rule_deeper_than_python_nests_loops_stands_in_a_module() -> None:
    """One large rule would make the whole module unreadable for Python."""
    pattern: Pattern = Variable("x")
    contents: dict[NodeId, Content] = {}
    node = node_id("end", Colour.GREEN, [])
    for _ in range(40):
        pattern = Application("f", (pattern,))
        contents[(above := node_id("f", Colour.GREEN, [node]))] = Content("f", (node,))
        node = above
    rules = RuleSet((Rule(name="deep", patterns=(pattern,), replacement=Variable("x")), random_rule(1)))
    space: dict[str, dict] = {}
    exec(compile(python_module(rules).text, "generated", "exec"), space)
    graph = number_graph(ClassedNodes(contents, lambda item: item))

    (match,) = set(space["MATCHERS"]["deep"](lists_only(graph)))

    assert [graph.ids[number] for number in match] == [node, node_id("end", Colour.GREEN, [])]
