"""The rule language: what each form means, and what is said about wrong ones."""

from typing import Any

import pytest

from egraph.colours import Colour
from egraph.facts import RuleAdded
from egraph.rules.conditions import ColorMustBe, ColorNot, NotEqual, OperatorStarts
from egraph.rules.dsl import birewrite, op, rewrite, rule_set, variables
from egraph.rules.patterns import Application
from egraph.rules.problems import Place, ProblemKind, RulesRefused
from egraph.rules.reader import read_rules
from egraph.rules.rule_facts import rule_of
from egraph.rules.ruleset import ColourPolicy, Declaration

X, Y = variables("x y")
ADD = op("BinOp:Add")


def refused(text: str) -> list[tuple[ProblemKind, Place | None]]:
    """Give kind and place of everything that is wrong with a text."""
    with pytest.raises(RulesRefused) as caught:
        read_rules(text)
    return [(problem.kind, problem.place) for problem in caught.value.problems]


def test_python_gives_the_objects_of_the_text() -> None:
    """The two notations would drift apart."""
    text = """
        ; addition
        (operator BinOp:Add 2) (operator BinOp:Mult 2) (operators-starting Constant:int: 0)
        (rewrite add-commutes (BinOp:Add ?x ?y) (BinOp:Add ?y ?x)
          :when ((NotEqual ?x ?y) (ColorMustBe ?x RED)) :priority 10)
        (birewrite twice (@RED BinOp:Add ?x ?x) (BinOp:Mult ?x Constant:int:2) :colour green)
        (rewrite both (:all (BinOp:Add ?x ?y) (BinOp:Mult ?y ?x)) ?x :when ((OperatorStarts ?y Constant:int: "")))
    """
    double = op("BinOp:Mult")(X, op("Constant:int:2")())
    expected = rule_set(
        [
            rewrite(ADD(X, Y), op("BinOp:Mult")(Y, X), to=X, name="both",
                    when=[OperatorStarts(Y, ("Constant:int:", ""))]),
            *birewrite(op("BinOp:Add", Colour.RED)(X, X), double, name="twice", colour=ColourPolicy.GREEN),
            rewrite(ADD(X, Y), to=ADD(Y, X), name="add-commutes",
                    when=[NotEqual(X, Y), ColorMustBe(X, Colour.RED)], priority=10),
        ],
        [Declaration("Constant:int:", 0, prefix=True), Declaration("BinOp:Mult", 2), Declaration("BinOp:Add", 2)],
    )  # fmt: skip

    assert read_rules(text) == expected


def test_rules_run_by_priority_then_size_then_name() -> None:
    """Agents would schedule the same rules differently, and a limit would cut different matches."""
    text = """
        (rewrite b (f ?x) ?x) (rewrite a (f ?x) ?x) (rewrite large (f (f ?x)) ?x) (rewrite cheap g h :priority -1)
        (rewrite urgent (f (f (f ?x))) ?x :priority 1)
    """

    assert [rule.name for rule in read_rules(text).rules] == ["urgent", "a", "b", "large", "cheap"]


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("(rewrite r (f ?x)\n  (g ?y))", ProblemKind.UNBOUND_VARIABLE, (2, 6)),
        ("(rewrite r (f ?x) ?x\n :when ((NotEqual ?x ?z)))", ProblemKind.UNBOUND_VARIABLE, (2, 22)),
        ("(operator f 1) (rewrite r (f (g ?x)) ?x)", ProblemKind.UNKNOWN_OPERATOR, (1, 30)),
        ("(operator f 1)\n(rewrite r (f ?x) (f ?x ?x))", ProblemKind.WRONG_ARITY, (2, 19)),
        ("(operators-starting f 0) (operator fg 1) (rewrite r (fg ?x) fg)", ProblemKind.WRONG_ARITY, (1, 61)),
        ("(rewrite r f g)\n(rewrite r f h)", ProblemKind.DUPLICATE_NAME, (2, 1)),
        ("(birewrite r f g) (rewrite r-forward f h)", ProblemKind.DUPLICATE_NAME, (1, 19)),
        ("(operator f 1) (operator f 2)", ProblemKind.DUPLICATE_NAME, (1, 1)),
        ("(rewrite r (f ?x) g :when ((ColorMustBe ?x RED)\n (ColorMustBe ?x BLUE)))", ProblemKind.NEVER_HOLDS, (2, 15)),
        ("(rewrite r (f ?x) (@RED g ?x) :when ((ColorMustBe ?x BLUE)))", ProblemKind.NEVER_HOLDS, (1, 27)),
        ("(rewrite r (f ?x) (g ?x) :when ((ColorMustBe ?x BLUE)) :colour red)", ProblemKind.NEVER_HOLDS, (1, 22)),
        ("(rewrite r (@RED f (@BLUE g)) h)", ProblemKind.NEVER_HOLDS, (1, 20)),
        ("(rewrite r (f ?x) h :when ((NotEqual ?x ?x)))", ProblemKind.NEVER_HOLDS, (1, 38)),
        ("(rewrite r (f ?x ?y) h :when ((ParentOf ?x ?y) (ColorMustBe ?x RED) (ColorMustBe ?y BLUE)))",
         ProblemKind.NEVER_HOLDS, (1, 41)),
        ("(rewrite r (f ?x) h :when ((OperatorIs ?x a b) (OperatorStarts ?x c)))", ProblemKind.NEVER_HOLDS, (1, 40)),
        ("(rewrite r (f ?x) h :when ((Prime ?x ?x)))", ProblemKind.SYNTAX, (1, 29)),
        ("(rewrite r (f ?x) h :when ((NotEqual ?x)))", ProblemKind.SYNTAX, (1, 28)),
        ("(rewrite r (f ?x) h :colour pink)", ProblemKind.SYNTAX, (1, 29)),
        ("(rewrite r (f ?x) h :priority high)", ProblemKind.SYNTAX, (1, 31)),
        ("(rewrite r (f ?x) h :priority 2147483648)", ProblemKind.TOO_LARGE, (1, 1)),
        ("(rewrite r (f ?x) h :priority -99999999999999999999)", ProblemKind.TOO_LARGE, (1, 1)),
        ("(rewrite r (f ?x))", ProblemKind.SYNTAX, (1, 1)),
        ("(rewrite r (@PINK f) h)", ProblemKind.SYNTAX, (1, 13)),
        ("(rewrite r (f ?1) h)", ProblemKind.SYNTAX, (1, 15)),
        ("(rewrite r () h)", ProblemKind.SYNTAX, (1, 12)),
        ("(rewrite r\n  (f ?x h", ProblemKind.SYNTAX, (2, 3)),
        ('(rewrite "r', ProblemKind.SYNTAX, (1, 10)),
        ("f)", ProblemKind.SYNTAX, (1, 2)),
        ("(" * 65, ProblemKind.SYNTAX, (1, 65)),
    ],
)  # fmt: skip
def test_wrong_rules_are_refused_at_their_place(text: str, kind: ProblemKind, place: tuple[int, int]) -> None:
    """The author would search a file for what is wrong, or a rule that cannot work would be sent to all agents."""
    assert refused(text) == [(kind, place)]


@pytest.mark.parametrize(
    "text",
    [
        "(rewrite r (f ?x) (g ?x) :when ((ColorMustBe ?x BLUE)))",
        "(rewrite r (f ?x) (@GREEN g ?x) :when ((ColorMustBe ?x BLUE)) :colour red)",
        "(rewrite r (@RED f (@GREEN g (@BLUE h))) k)",
        "(rewrite r (f ?x) h :when ((ColorNot ?x RED) (ColorNot ?x BLUE)))",
        "(operators-starting f any) (rewrite r (fg ?x ?y) f)",
    ],
)
def test_rules_that_can_apply_are_kept(text: str) -> None:
    """A rule with matches in a legal graph would be called impossible."""
    assert len(read_rules(text).rules) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": 5}, {"to": Application("g", (5,))}, {"to": Application("g", (), "RED")},
        {"to": X, "priority": 1.5}, {"to": X, "when": ["(NotEqual ?x ?x)"]}, {"to": X, "colour": "pink"},
        {"to": X, "when": [ColorNot("x", Colour.RED)]}, {"to": X, "name": 5},
    ],
    ids=repr,
)  # fmt: skip
def test_a_rule_of_python_that_is_none_is_refused_as_a_rule(wrong: dict[str, Any]) -> None:
    """It would be taken for a rule, and end a saturation, or the printing of its hash, in an error of Python's."""
    with pytest.raises(RulesRefused, match="this is no rule"):
        rule_set([rewrite(op("f")(X), **{"name": "r"} | wrong)])


def test_every_problem_is_told_at_once() -> None:
    """The author would mend a file one error at a time."""
    text = "(rewrite a (f ?x) ?y)\n(dance)\n(rewrite a (f ?x) ?z)"

    assert [place for _, place in refused(text)] == [(1, 19), (2, 1), (3, 1), (3, 19)]


def test_a_wrong_fact_is_a_value_with_a_reason() -> None:
    """A rule from a foreign producer would crash the agents that fold it."""
    for pattern, replacement, kind in (
        ("x (", "y", ProblemKind.SYNTAX),
        ("(f ?x)", "?y", ProblemKind.UNBOUND_VARIABLE),
    ):
        fact = RuleAdded(graph="g", producer="p", sequence=0, hlc=0, name="r", pattern=pattern, replacement=replacement)
        problems = rule_of(fact)
        assert isinstance(problems, tuple)
        assert [(problem.kind, problem.rule) for problem in problems] == [(kind, "r")]
