"""A generated program, run by egglog and by egraph/program, ends with the e-nodes and equalities of our saturation."""

from collections.abc import Iterator
from random import Random

import pytest
from egglog import bindings

from egraph.codegen.egglog_program import constructor, egglog_program
from egraph.colours import Colour
from egraph.identifiers import NodeId
from egraph.rules.conditions import Content
from egraph.rules.matching import Term
from egraph.rules.patterns import Application, Pattern, walk
from egraph.rules.reader import read_rules
from egraph.rules.ruleset import RuleSet
from egraph.saturation.limits import Limits, StopReason
from egraph.saturation.outcome import Outcome
from egraph.saturation.saturation import Saturation
from tests.unit.program.answers import answers

# Rules that end on small terms. Some cannot be said in egglog and must be left out.
POOL = """
(rewrite f-commutes (f ?x ?y) (f ?y ?x) :when ((NotEqual ?x ?y)))
(birewrite f-associates (f (f ?x ?y) ?z) (f ?x (f ?y ?z)))
(rewrite f-self (f ?x ?x) ?x :priority 7)
(birewrite g-twice (g (g ?x)) ?x)
(rewrite g-of-f (g (f ?x ?y)) (f (g ?x) (g ?y)))
(rewrite together (:all (f ?x ?y) (g ?y)) (f ?y ?x))
(rewrite three (:all (g ?x) (f ?x ?y) (h ?y ?z ?z)) (h ?x ?y ?z))
(rewrite h-turns (h ?x ?y ?z) (h ?z ?x ?y) :when ((ColorNot ?x RED) (ColorMustBe ?y GREEN)))
(rewrite h-same (h ?x ?x ?y) (f ?x ?y) :colour green)
(rewrite to-b (g a) "b b")
(rewrite differ (f ?x ?y) (g ?x) :when ((NotEqual ?x ?y)))
(rewrite leaf (f ?x ?y) ?x :when ((OperatorIs ?y a)))
(rewrite red (f (@RED g ?x) ?y) ?y)
"""
CANNOT = {"g-twice-backward", "differ", "leaf", "red"}
LEAVES = ("a", "b b", 'c"(;%')
ARITIES = {"f": 2, "g": 1, "h": 3}


def random_term(random: Random, depth: int) -> Application:
    """Give a term of the pool's operators."""
    if depth == 0 or random.random() < 0.25:
        return Application(random.choice(LEAVES))
    operator = random.choice("ffgh")
    return Application(operator, tuple(random_term(random, depth - 1) for _ in range(ARITIES[operator])))


def green(term: Pattern) -> Term:
    """Give the term as GREEN nodes."""
    assert isinstance(term, Application)
    return Term(term.operator, Colour.GREEN, tuple(map(green, term.children)))


def enter(term: Term, nodes: dict[NodeId, Content]) -> None:
    """Put a term's nodes into a graph."""
    for child in term.children:
        enter(child, nodes)
    nodes[term.id] = Content(term.operator, tuple(child.id for child in term.children))


def enodes(outcome: Outcome) -> set[tuple[str | None, tuple[int, ...]]]:
    """Give the e-nodes that are different under the classes."""
    assert outcome.trace is not None
    label, terms = outcome.classes.label, outcome.trace.terms
    rows = (terms[number] for number in outcome.classes.rows)
    return {(row.operator, tuple(label[child] for child in row.children)) for row in rows}


class Egglog:
    """egglog with a program in it, saturated."""

    def __init__(self, program: str) -> None:
        self.graph = bindings.EGraph()
        self.run(program + "(run-schedule (saturate (run)))")

    def run(self, text: str) -> list:
        """Run commands."""
        return self.graph.run_program(*self.graph.parse_program(text))

    def count(self) -> int:
        """Count the e-nodes of our constructors: a `let` is a function of its own."""
        (sizes,) = self.run("(print-size)")
        return sum(number for name, number in sizes.sizes if "/" in name)

    def equal(self, left: int, right: int) -> bool:
        """Tell whether two of the terms are equal."""
        try:
            self.run(f"(check (= $t{left} $t{right}))")
        except bindings.EggSmolError:
            return False
        return True


def sizes_here(program: str) -> int:
    """Count the e-nodes that our own engine for egglog programs ends with."""
    saturated, sizes = answers(program + "(run-schedule (saturate (run)))(print-size)")
    assert saturated.startswith("saturated")
    return sum(int(item.rpartition("=")[2]) for item in sizes.split() if "/" in item)


def worlds() -> Iterator[tuple[int, RuleSet, list[Application]]]:
    """Give random choices of rules and terms; birewrites whole."""
    lines = POOL.strip().splitlines()
    for seed in range(120):
        random = Random(seed)
        rules = read_rules("\n".join(random.sample(lines, random.randint(2, 6))))
        terms = [random_term(random, 3) for _ in range(3)]
        yield seed, rules, list(dict.fromkeys(part for term in terms for part in walk(term)))  # type: ignore[misc]


def test_egglog_ends_where_our_saturation_ends() -> None:
    """Somebody who takes rules along to egglog would get other equalities than here."""
    compared = equalities = grown = 0
    for seed, rules, terms in worlds():
        made = egglog_program(rules, terms)
        gone = {problem.rule for problem in made.left_out}
        assert gone == CANNOT & {rule.name for rule in rules.rules}
        kept = RuleSet(tuple(rule for rule in rules.rules if rule.name not in gone))
        nodes: dict[NodeId, Content] = {}
        for term in map(green, terms):
            enter(term, nodes)
        outcome = Saturation(kept, nodes, limits=Limits(rounds=12, nodes=600), jit=True).run()
        if outcome.stop_reason is not StopReason.SATURATED:
            continue

        egglog = Egglog(made.text)

        ours = enodes(outcome)
        assert egglog.count() == len(ours), f"seed {seed}\n{made.text}"
        assert seed % 4 or sizes_here(made.text) == len(ours), f"seed {seed}\n{made.text}"
        classes = [outcome.classes.of(green(term).id) for term in terms]
        for left in range(len(terms)):
            for right in range(left):
                same = classes[left] == classes[right]
                assert egglog.equal(left, right) is same, f"seed {seed}\n{made.text}"
                equalities += same
        compared += 1
        grown += len(ours) > len(nodes)
    assert compared > 80, "hardly any saturation ended"
    assert equalities > 60, "hardly any rule made terms equal"
    assert grown > 30, "hardly any rule made nodes"


@pytest.mark.parametrize("operator", ["a b", "a%20b", "", "(", '"', ";", "1", "+", "let", "=", "Ünï", "\n", "?x", "_"])
def test_any_operator_can_be_named(operator: str) -> None:
    """A rule set with such an operator would give a program that egglog refuses."""
    term = Application(operator, (Application(operator),))
    egglog = Egglog(egglog_program(read_rules(""), [term, Application(operator)]).text)

    assert egglog.count() == 2
    assert not egglog.equal(0, 1)


def test_names_of_constructors_differ() -> None:
    """Two operators would become one, and everything about them equal."""
    names = ["a b", "a%20b", "a%b", "a", "a/1", "a/", "%", "A"]
    assert len({constructor(name, arity) for name in names for arity in (0, 1, 11)}) == 3 * len(names)


def test_two_rules_are_one_birewrite_only_if_they_are() -> None:
    """A rule would run in a direction that nobody asked for, or one of a pair would be lost."""
    text = """
    (birewrite turn (f ?x ?y) (h ?x ?y ?y))
    (rewrite go-forward (g ?x) (f ?x ?x))
    (rewrite go-backward (f ?x ?x) (h ?x ?x ?x))
    (birewrite half (g (g ?x)) ?x)
    (rewrite together-forward (:all (f ?x ?y) (g ?x)) (g ?y))
    (rewrite together-backward (g (f ?y ?x)) (f ?x ?y) :when ((NotEqual ?x ?y)))
    """
    made = egglog_program(read_rules(text))

    lines = sorted(line for line in made.text.splitlines() if "rewrite" in line and not line.startswith(";"))
    assert lines == [
        "(birewrite (f/2 ?x ?y) (h/3 ?x ?y ?y))",
        "(rewrite (f/2 ?x ?x) (h/3 ?x ?x ?x))",
        "(rewrite (f/2 ?x ?y) (g/1 ?y) :when ((g/1 ?x)))",
        "(rewrite (g/1 (g/1 ?x)) ?x)",
        "(rewrite (g/1 ?x) (f/2 ?x ?x))",
    ]
    assert {problem.rule for problem in made.left_out} == {"half-backward", "together-backward"}


def test_a_rule_that_stands_twice_is_written_once() -> None:
    """egglog would refuse the whole program."""
    made = egglog_program(read_rules("(rewrite a (f ?x) ?x) (rewrite b (f ?x) ?x)"), [Application("c")])

    assert made.left_out == ()
    assert Egglog(made.text).count() == 1
