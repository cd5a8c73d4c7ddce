"""The shipped rules are true of Python, for the types they name and for no others."""

import operator
from collections.abc import Callable, Iterator
from itertools import combinations, product
from typing import Any

import pytest

from egraph.rules.patterns import Application, Pattern, Variable, variables_of
from egraph.rules.reader import read_rules
from egraph.rules.ruleset import Rule
from egraph.rules.shipped import PYTHON_ARITHMETIC, python_arithmetic

VALUES: dict[str, tuple[Any, ...]] = {
    "int": (-3, -1, 0, 1, 2, 10**9),
    "bool": (False, True),
    "float": (-0.0, 0.0, 0.1, 0.2, 0.3, -1.5, 1e308, float("inf"), float("nan")),
}
MEANING: dict[str, Callable[..., Any]] = {
    "BinOp:Add": operator.add,
    "BinOp:Sub": operator.sub,
    "BinOp:Mult": operator.mul,
    "BinOp:Pow": operator.pow,
    "BinOp:FloorDiv": operator.floordiv,
    "BinOp:BitOr": operator.or_,
    "BinOp:BitAnd": operator.and_,
    "UnaryOp:USub": operator.neg,
    "UnaryOp:Not": operator.not_,
    "UnaryOp:Invert": lambda value: -value - 1 if isinstance(value, int) else operator.invert(value),
    "Constant:int:0": lambda: 0,
    "Constant:int:1": lambda: 1,
    "Constant:int:2": lambda: 2,
}
CASES = [(rule, group.sound_for) for group in PYTHON_ARITHMETIC for rule in read_rules(group.text).rules]


def value_of(pattern: Pattern, given: dict[Variable, Any]) -> Any:
    """Evaluate a pattern as Python would."""
    if isinstance(pattern, Variable):
        return given[pattern]
    assert isinstance(pattern, Application)
    return MEANING[pattern.operator](*(value_of(child, given) for child in pattern.children))


def outcome(pattern: Pattern, given: dict[Variable, Any]) -> tuple[str, str]:
    """Give type and text of the value, which tell -0.0 from 0.0 and know NaN; or the exception."""
    try:
        value = value_of(pattern, given)
    except (TypeError, OverflowError) as error:
        return type(error).__name__, ""
    return type(value).__name__, repr(value)


def counterexamples(rule: Rule, types: frozenset[str]) -> Iterator[dict[Variable, Any]]:
    """Give the operands of these types for which the sides differ."""
    (left,) = rule.patterns
    names = variables_of(left)
    for values in product(*[[value for name in sorted(types) for value in VALUES[name]]] * len(names)):
        given = dict(zip(names, values, strict=True))
        if outcome(left, given) != outcome(rule.replacement, given):
            yield given


@pytest.mark.parametrize(("rule", "mixtures"), CASES, ids=[rule.name for rule, _ in CASES])
def test_a_rule_is_true_for_its_types(rule: Rule, mixtures: tuple[frozenset[str], ...]) -> None:
    """The system would derive equalities that are false."""
    assert [given for types in mixtures for given in counterexamples(rule, types)] == []


@pytest.mark.parametrize(("rule", "mixtures"), CASES, ids=[rule.name for rule, _ in CASES])
def test_types_are_left_out_for_a_reason(rule: Rule, mixtures: tuple[frozenset[str], ...]) -> None:
    """A rule would be withheld where it is true, or the test above could not see a false one."""
    for size in (1, 2, 3):
        for types in map(frozenset, combinations(sorted(VALUES), size)):
            if not any(types <= mixture for mixture in mixtures):
                assert next(counterexamples(rule, types), None) is not None, types


def test_the_choice_by_types_takes_no_rule_too_many() -> None:
    """A rule for integers would be applied to floats."""
    names = {kind: {rule.name for rule in python_arithmetic(kind.split()).rules} for kind in ("int", "int float")}

    assert "plus-zero" in names["int"]
    assert not {"plus-zero", "add-associates-forward", "sub-self"} & names["int float"]
    assert {"add-commutes", "times-one"} <= names["int float"] < names["int"]
