"""Operators on numbers, text and truth values: their values, and where they have none."""

import pytest

from egraph.program.primitives import PRIMITIVES
from tests.unit.program.answers import answers

LEAST, MOST = -(2**63), 2**63 - 1


VALUES = [
        ("(+ 1 2)", "3"), ("(- 1 2)", "-1"), ("(* 3 -4)", "-12"), ("(/ -7 2)", "-3"), ("(/ 7 -2)", "-3"),
        ("(% -7 2)", "-1"), ("(% 7 -2)", "1"), ("(& 12 10)", "8"), ("(| 12 10)", "14"), ("(^ 12 10)", "6"),
        ("(<< 1 63)", f"{LEAST}"), ("(<< 3 63)", f"{LEAST}"), ("(>> -8 1)", "-4"), ("(not-i64 0)", "-1"),
        ("(abs -5)", "5"), ("(log2 9)", "3"), ("(min 3 -4)", "-4"), ("(max 3 -4)", "3"), ("(to-f64 5)", "5.0"),
        ("(to-string -5)", '"-5"'), ("(bool-< 1 2)", "true"), ("(bool->= 1 2)", "false"), ("(bool-> 1 2)", "false"),
        ("(bool-<= 1 2)", "true"),
        ("(bool-= 2 2)", "true"),
        ("(+ 0.1 0.2)", "0.30000000000000004"), ("(/ 1.0 4.0)", "0.25"), ("(% 5.5 2.0)", "1.5"), ("(^ 2.0 3.0)", "8.0"),
        ("(neg 0.0)", "0.0"), ("(* 1e300 1e300)", "inf"), ("(- inf inf)", "NaN"), ("(abs -2.0)", "2.0"),
        ("(^ -8.0 0.5)", "NaN"), ("(^ -10.0 309.0)", "-inf"), ("(% inf 2.0)", "NaN"), ("(to-i64 -5.7)", "-5"),
        ("(to-i64 1e300)", f"{MOST}"), ("(to-i64 NaN)", "0"), ("(to-string 5.0)", '"5.0"'), ("(min NaN 1.0)", "1.0"),
        ('(+ "a" "b" "c")', '"abc"'), ('(replace "abca" "a" "x")', '"xbcx"'), ('(count-matches "abca" "a")', "2"),
        ('(+ "a\\n" "\\"\\\\")', '"a\\n\\"\\\\"'),
        ("(and true true false)", "false"), ("(or false true)", "true"), ("(xor true true)", "false"),
        ("(=> true false)", "false"), ("(not false)", "true"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "value"), VALUES)
def test_values(expression: str, value: str) -> None:
    """A program would compute with other values than its author can work out by hand."""
    assert answers(f"(extract {expression})") == [f"{value} 1"]


@pytest.mark.parametrize(
    "expression",
    [
        f"(+ {MOST} 1)", f"(- {LEAST} 1)", f"(* {MOST} 2)", f"(/ {LEAST} -1)", f"(% {LEAST} -1)", f"(abs {LEAST})",
        "(/ 7 0)", "(% 7 0)", "(<< 1 64)", "(<< 1 -1)", "(>> 1 64)", "(log2 0)", "(/ 1.0 0.0)", "(% 1.0 0.0)",
    ],
)  # fmt: skip
def test_what_is_undefined_or_does_not_fit_has_no_value(expression: str) -> None:
    """A number would wrap around, or a division by zero would go on as if it were one."""
    assert answers(f"(extract {expression})") == ["failed: primitive, ends"]
    assert answers(f"(check (= x {expression}))") == ["fails: check"]


COMPARISONS = [
        ("(< 1 2)", True), ("(> 1 2)", False), ("(<= 2 2)", True), ("(>= 1 2)", False), ("(!= 1 2)", True),
        ("(!= 1.5 1.5)", False), ('(!= "a" "b")', True), ("(= NaN NaN)", True), ("(= (- inf inf) NaN)", True),
        ("(!= NaN NaN)", False), ("(= 0.0 -0.0)", True), ("(< 1.0 NaN)", True), ("(< NaN 1.0)", False),
        ("(>= NaN inf)", True), ("(<= NaN NaN)", True), ("(= 1 2)", False), ("(= x 3)", True),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "holds"), COMPARISONS)
def test_comparisons(fact: str, holds: bool) -> None:
    """A guard of a rule would let the wrong matches through."""
    assert answers(f"(check {fact})") == ["holds" if holds else "fails: check"]


def test_nan_is_one_key() -> None:
    """A function set twice at NaN would have two rows, and neither could be found."""
    text = "(function f (f64) i64 :merge (max old new))(set (f NaN) 1)(set (f (- inf inf)) 5)(relation Hit (i64))"
    text += "(rule ((= v (f x)) (= w (f x)) (= x NaN)) ((Hit w)))(run 1)(print-function f)(print-function Hit)"

    assert answers(text)[1:] == ["NaN -> 5", "5 -> ()"]


def test_every_primitive_is_tried_here() -> None:
    """A primitive would be supported that nobody ever computed."""
    tried = " ".join([expression for expression, _ in VALUES] + [fact for fact, _ in COMPARISONS])

    assert {name for name in PRIMITIVES if f"({name} " not in tried} == set()
