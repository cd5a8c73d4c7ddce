"""The shipped identities of integers are true, and so is what the functions made from them compute."""

from collections.abc import Iterator
from itertools import product
from random import Random

import pytest

from egraph.codegen.best_term import best_term
from egraph.codegen.integer_rules import integer_rules, simplifying_rules
from egraph.codegen.llvm import ARITY, instruction_cost, llvm_function, llvm_rules
from egraph.rules.patterns import variables_of
from egraph.rules.reader import read_pattern, read_rules
from egraph.rules.ruleset import Rule
from egraph.saturation.limits import Limits, StopReason
from tests.unit.codegen.integer_meaning import ARITIES, EDGES, random_term, value_of
from tests.unit.codegen.jit import Compiled

RULES = integer_rules().rules


def counterexamples(rule: Rule) -> Iterator[dict[str, int]]:
    """Give operands for which the sides differ: all of 3 and 4 bits, edges and random ones of 64 bits."""
    (left,) = rule.patterns
    names = [variable.name for variable in variables_of(left)]
    random = Random(rule.name)
    narrow = ((width, values) for width in (3, 4) for values in product(range(2**width), repeat=len(names)))
    edges = ((64, values) for values in product(EDGES, repeat=min(len(names), 2)))
    drawn = ((64, tuple(random.getrandbits(64) for _ in names)) for _ in range(100))
    for width, values in (*narrow, *edges, *drawn):
        given = dict(zip(names, (*values, *EDGES[::-1]), strict=False))
        if value_of(left, given, width) != value_of(rule.replacement, given, width):
            yield given


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_an_identity_is_true_for_all_operands(rule: Rule) -> None:
    """Code would be replaced by code that computes something else."""
    assert next(counterexamples(rule), None) is None


@pytest.mark.parametrize(
    "sides",
    [
        "(shl (shl ?x ?a) ?b) (shl ?x (add ?a ?b))",
        "(lshr (shl ?x ?a) ?a) ?x",
        "(slt (add ?x ?z) (add ?y ?z)) (slt ?x ?y)",
        "(ashr ?x ?a) (lshr ?x ?a)",
        "(select ?c int:1 int:0) ?c",
        "(neg ?x) (not ?x)",
    ],
)
def test_a_false_identity_is_found_out(sides: str) -> None:
    """The test above would pass whatever the rules say."""
    (rule,) = read_rules(f"(rewrite r {sides})").rules
    assert next(counterexamples(rule), None) is not None


def test_every_operator_is_evaluated() -> None:
    """An operator could be generated that no test compares with its meaning."""
    assert ARITIES == ARITY


def test_both_functions_of_a_rule_compute_the_same() -> None:
    """The pair of functions that a rule becomes would refute a true rule, or IR would not be valid."""
    made = llvm_rules(integer_rules())
    assert made.left_out == ()
    compiled, random = Compiled(made.text), Random(1)

    for rule in RULES:
        names = [variable.name for variable in variables_of(rule.patterns[0])]
        for _ in range(20):
            values = [random.choice(EDGES) for _ in names]
            expected = value_of(rule.replacement, dict(zip(names, values, strict=True)))
            assert compiled[f"{rule.name}.left"](*values) == expected, rule.name
            assert compiled[f"{rule.name}.right"](*values) == expected, rule.name


def test_simplifying_ends_and_the_best_term_computes_the_same() -> None:
    """Optimised code would compute something else, or saturation with these rules would not come to an end."""
    random, texts, cases, cheaper = Random(2), [], [], 0
    for number in range(25):
        term = random_term(random, 3)
        found = best_term(term, simplifying_rules(), instruction_cost, Limits(rounds=40))
        assert found.stop_reason is StopReason.SATURATED
        texts.append(llvm_function(f"f{number}", found.expression, "xyz"))
        cases.append(term)
        cheaper += found.cost < best_term(term, read_rules(""), instruction_cost).cost
    compiled = Compiled("\n".join(texts))

    for number, term in enumerate(cases):
        for values in product((0, 1, 63, 2**63, 2**64 - 1), repeat=3):
            assert compiled[f"f{number}"](*values) == value_of(term, dict(zip("xyz", values, strict=True)))
    assert cheaper > 5


def test_rules_find_the_cheaper_way() -> None:
    """The rules would be true and of no use."""
    limits = Limits(rounds=4, nodes=5_000)
    term = read_pattern("(sub (add (and in:x in:y) (or in:y in:x)) in:x)")
    assert best_term(term, integer_rules(), limits=limits).term.sexpr() == "in:y"
    eight = best_term(read_pattern("(mul in:x int:8)"), simplifying_rules(), instruction_cost)
    assert eight.term.sexpr() == "(shl in:x int:3)"
