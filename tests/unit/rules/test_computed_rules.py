"""ComputedRule rules: what the text means, what is said about wrong ones, and what their functions give."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egraph.derive.arithmetic import computed
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.dsl import rule_set
from egraph.rules.functions import INT_1, TABLES
from egraph.rules.printer import print_rules, rule_set_hash
from egraph.rules.problems import ProblemKind, RulesRefused
from egraph.rules.reader import read_rules
from egraph.rules.rule_facts import draft_of, rule_of
from egraph.rules.ruleset import RuleSet

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["BinOp:Add", "add", ":by", ":leaves", "?x", "(", '"', "", ";"]
)
FOLDS = st.builds(
    lambda name, leaves, functions: ComputedRule(
        name=name, table="int/1", leaves=leaves, functions=tuple(functions.items())
    ),
    WORDS.filter(bool),
    WORDS,
    st.dictionaries(WORDS, st.sampled_from(sorted(INT_1.functions)), min_size=1, max_size=3),
)
EDGES = [0, 1, 2, 3, 255, 256, 257, 2**255, 2**256 - 1, 2**256]
NUMBERS = st.sampled_from([*EDGES, *(-edge for edge in EDGES)]) | st.integers(-20, 20) | st.integers()


def test_the_text_gives_the_object() -> None:
    """A short or a long way to name functions would mean something else than what is explained."""
    (rule,) = read_rules("(compute ints neg (BinOp:Add add) :by int/1 :leaves Constant:int:)").computed

    assert rule == ComputedRule(
        name="ints", table="int/1", leaves="Constant:int:", functions=(("BinOp:Add", "add"), ("neg", "neg"))
    )
    assert read_rules('(compute plain add :leaves "" :by int/1)').computed[0].leaves == ""


@given(FOLDS)
def test_a_computed_rule_survives_text_and_fact(rule: ComputedRule) -> None:
    """An agent would compute other operators than those that were sent, or take a computed rule for a rewrite."""
    assert read_rules(print_rules(RuleSet(computed=(rule,)))) == RuleSet(computed=(rule,))
    assert rule_of(draft_of(rule, graph="main", producer="p", sequence=0, hlc=0)) == rule


@given(FOLDS)
def test_another_computed_rule_gives_the_set_another_name(rule: ComputedRule) -> None:
    """A derived equality would claim to come from a computed rule that never computed it."""
    others = [RuleSet(), RuleSet(computed=(replace(rule, leaves=rule.leaves + "'"),))]
    others.append(RuleSet(computed=(replace(rule, functions=(*rule.functions, ("another one", "add"))),)))

    assert rule_set_hash(RuleSet(computed=(rule,))) not in {rule_set_hash(other) for other in others}


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("(compute)", ProblemKind.SYNTAX, "a computed rule has a name"),
        ("(compute f :by int/1)", ProblemKind.SYNTAX, "names operators"),
        ("(compute f add)", ProblemKind.SYNTAX, ":by is missing"),
        ("(compute f add :by)", ProblemKind.SYNTAX, "once each"),
        ("(compute f add :by int/1 :by int/1)", ProblemKind.SYNTAX, "once each"),
        ("(compute f add :by int/1 mul)", ProblemKind.SYNTAX, "once each"),
        ("(compute f add add :by int/1)", ProblemKind.SYNTAX, "one function"),
        ("(compute f ?x :by int/1)", ProblemKind.SYNTAX, "not an operator"),
        ("(compute f (a add mul) :by int/1)", ProblemKind.SYNTAX, "not an operator with its function"),
        ("(compute f (a (b)) :by int/1)", ProblemKind.SYNTAX, "a word is needed"),
        ('(compute "" add :by int/1)', ProblemKind.SYNTAX, "cannot be written down"),
        ("(compute f add :by int/2)", ProblemKind.UNKNOWN_FUNCTION, "int/2"),
        ("(compute f divide :by int/1)", ProblemKind.UNKNOWN_FUNCTION, "divide is not in int/1"),
        ("(operator g 1) (compute f add :by int/1)", ProblemKind.UNKNOWN_OPERATOR, "(operator add 2)"),
        ("(operator add 1) (compute f add :by int/1)", ProblemKind.WRONG_ARITY, "add has 2"),
        ("(rewrite f (g ?x) ?x) (compute f add :by int/1)", ProblemKind.DUPLICATE_NAME, "2 rules have it"),
    ],
)
def test_a_wrong_computed_rule_is_told(text: str, kind: ProblemKind, words: str) -> None:
    """A slip in a file would be sent to the log, where no agent can use it."""
    with pytest.raises(RulesRefused) as caught:
        read_rules(text)

    assert [problem.kind for problem in caught.value.problems] == [kind]
    assert words in str(caught.value)


def test_a_wrong_computed_rule_from_python_or_from_a_fact_is_told() -> None:
    """Facts come from anybody: one that makes no sense would stop whoever reads it."""
    rule = ComputedRule(name="f", table="int/1", functions=(("add", "add"), ("add", "mul")))
    with pytest.raises(RulesRefused, match="one is named twice"):
        rule_set((), computed=[rule])

    good = draft_of(replace(rule, functions=rule.functions[:1]), graph="main", producer="p", sequence=0, hlc=0)
    wrong = [
        replace(good, replacement="?x"),
        replace(good, replacement="(:by)"),
        replace(good, replacement="(:by int/2)"),
        replace(good, replacement="(:by int/1 a b)"),
        replace(good, pattern="(:compute)"),
        replace(good, conditions=("(NotEqual ?x ?y)",)),
        replace(good, priority=1),
        replace(good, colour_policy="green"),
    ]

    assert isinstance(rule_of(good), ComputedRule)
    for fact in wrong:
        problems = rule_of(fact)
        assert isinstance(problems, tuple), fact
        assert {problem.rule for problem in problems} == {"f"}


def by_the_checker(function: str, operands: Sequence[int]) -> str | None:
    """Give what the checker's own arithmetic makes of an operator over plain numbers."""
    rule = ComputedRule(name="f", table="int/1", functions=(("g", function),))
    return computed(rule, "g", list(map(str, operands)))


@pytest.mark.parametrize(
    ("function", "operands", "result"),
    [
        ("add", (1, 2), 3), ("sub", (1, 2), -1), ("mul", (-3, 4), -12), ("floordiv", (-7, 2), -4),
        ("mod", (-7, 2), 1), ("mod", (7, -2), -1), ("pow", (2, 10), 1024), ("lshift", (3, 4), 48),
        ("rshift", (-5, 1), -3), ("rshift", (5, 2**200), 0), ("and", (-2, 7), 6), ("or", (-8, 3), -5),
        ("xor", (6, -1), -7), ("neg", (5,), -5), ("pos", (-5,), -5), ("invert", (5,), -6),
        ("add", (2**256 - 1, 0), 2**256 - 1), ("pow", (-1, 2**255 + 1), -1), ("pow", (0, 0), 1),
    ],
)  # fmt: skip
def test_what_functions_give(function: str, operands: Sequence[int], result: int) -> None:
    """A constant in the log would be wrong for ever: the table's meaning is pinned here, number by number."""
    assert INT_1.result(function, operands) == result
    assert by_the_checker(function, operands) == str(result)


@pytest.mark.parametrize(
    ("function", "operands"),
    [
        ("floordiv", (1, 0)), ("mod", (1, 0)), ("pow", (2, -1)), ("lshift", (1, -1)), ("rshift", (1, -1)),
        ("add", (2**256 - 1, 1)), ("mul", (2**200, 2**200)), ("pow", (2, 256)), ("pow", (3, 10**30)),
        ("lshift", (0, 257)), ("lshift", (1, 256)), ("neg", (2**256,)), ("add", (1,)), ("neg", (1, 2)),
        ("divide", (1, 2)),
    ],
)  # fmt: skip
def test_where_functions_give_nothing(function: str, operands: Sequence[int]) -> None:
    """What Python answers with an exception, or with a number too large for a fact, would be called a constant."""
    assert INT_1.result(function, operands) is None
    assert by_the_checker(function, operands) is None


def test_released_tables_stand() -> None:
    """A rule in the log names its table for ever: a function or a limit less, or more, changes what it says."""
    assert {name: (table.bits_max, sorted(table.functions)) for name, table in TABLES.items()} == {
        "int/1": (
            256,
            ["add", "and", "floordiv", "invert", "lshift", "mod", "mul", "neg", "or", "pos", "pow", "rshift", "sub",
             "xor"],
        )
    }  # fmt: skip


@given(st.sampled_from(sorted(INT_1.functions)), st.lists(NUMBERS, min_size=1, max_size=3))
def test_the_checkers_own_arithmetic_gives_the_same(function: str, operands: list[int]) -> None:
    """GREEN agents would withdraw what RED ones publish, or let pass what no agent computes."""
    rule = ComputedRule(name="f", table="int/1", leaves="int:", functions=(("g", function),))
    expected = INT_1.result(function, operands)

    found = computed(rule, "g", [f"int:{number}" for number in operands])

    assert found == (None if expected is None else f"int:{expected}")


@given(st.text("0123456789-+_ ٣x", max_size=6) | NUMBERS.map(str) | NUMBERS.map(lambda number: f"0{number}"))
def test_one_text_for_each_number(text: str) -> None:
    """Two leaves that are different nodes would both be read as one number, or agents and checker would not agree."""
    rule = ComputedRule(name="f", table="int/1", functions=(("pos", "pos"),))
    value = INT_1.read(text)

    assert value is None or str(value) == text
    assert computed(rule, "pos", [text]) == (None if value is None else text)
    assert computed(replace(rule, leaves="int:"), "pos", [text]) is None
