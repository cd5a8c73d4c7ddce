"""Wrong programs: every problem is found before anything runs, with its kind, line and column."""

import pytest

from egraph.program.checking import load_program
from egraph.program.problems import ProblemKind, ProgramRefused
from tests.unit.program.answers import problems_of

HEAD = "(datatype M (Num i64) (Var String) (Add M M))(function f (M) i64 :merge old)(relation R (M))\n"
K = ProblemKind


@pytest.mark.parametrize(
    ("line", "kind", "column"),
    [
        ("(rewrite (Add x y) z)", K.UNBOUND_VARIABLE, 20),
        ("(rule ((< x 1)) ())", K.UNBOUND_VARIABLE, 11),
        ("(union (Num 1) a)", K.UNBOUND_VARIABLE, 16),
        ("(rule ((Add x y)) ((union x Num)))", K.UNBOUND_VARIABLE, 29),
        ("(rewrite (Ad x y) x)", K.UNKNOWN_NAME, 10),
        ("(rewrite (Add x y) x :ruleset fast)", K.UNKNOWN_NAME, 31),
        ("(run fast 3)", K.UNKNOWN_NAME, 6),
        ("(print-size fast)", K.UNKNOWN_NAME, 13),
        ("(relation S (Thing))", K.UNKNOWN_NAME, 14),
        ("(rewrite (Add x) x)", K.WRONG_ARITY, 10),
        ("(extract (* 1 2 3))", K.WRONG_ARITY, 10),
        ("(rewrite (Add x 1) x)", K.WRONG_SORT, 17),
        ("(rule ((Num x)) ((union x x)))", K.WRONG_SORT, 18),
        ("(set (Num 1) (Num 2))", K.WRONG_SORT, 6),
        ("(subsume (f (Num 1)))", K.WRONG_SORT, 10),
        ("(delete (+ 1 2))", K.WRONG_SORT, 9),
        ('(extract (+ 1 "a"))', K.WRONG_SORT, 10),
        ("(check (= 1 1.0))", K.WRONG_SORT, 13),
        ("(check (bool-< 1 2))", K.WRONG_SORT, 8),
        ("(constructor C () i64)", K.WRONG_SORT, 1),
        ("(extract (R (Num 1)))", K.WRONG_SORT, 1),
        ('(function g () i64 :merge "a")', K.WRONG_SORT, 27),
        ("(rule ((= x y)) ((Num 1)))", K.UNCLEAR_SORT, 11),
        ("(rule ((Num x)) ((set (f (Num x)) (f (Num 1)))))", K.UNSUPPORTED, 35),
        ("(function g (M) i64 :merge (f (Num old)))", K.UNSUPPORTED, 28),
        ("(sort V (Vec i64))", K.UNSUPPORTED, 9),
        ("(datatype* (L (Of Vs)) (sort Vs (Vec L)))", K.UNSUPPORTED, 33),
        ("(datatype Q (Of Rational))", K.UNSUPPORTED, 17),
        ("(check (= (bigint 1) (bigint 1)))", K.UNSUPPORTED, 11),
        ("(extract (vec-of 1 2))", K.UNSUPPORTED, 10),
        ('(include "more.egg")', K.UNSUPPORTED, 1),
        ("(run -3)", K.UNREACHABLE_LIMIT, 6),
        ("(run 99999999999999999999)", K.UNREACHABLE_LIMIT, 6),
        ("(extract (Num 1) -1)", K.UNREACHABLE_LIMIT, 18),
        ("(push 1000000000)", K.UNREACHABLE_LIMIT, 7),
        ("(run-schedule (repeat -1 (run)))", K.UNREACHABLE_LIMIT, 23),
        ("(datatype M (Zero))", K.DUPLICATE_NAME, 1),
        ("(relation f (M))", K.DUPLICATE_NAME, 1),
        ("(relation max (M))", K.DUPLICATE_NAME, 1),
        ("(rule ((R x)) ((let x (Num 1)) (R x)))", K.DUPLICATE_NAME, 16),
        ("(pop)", K.NOTHING_TO_POP, 1),
        ("(run)", K.SYNTAX, 1),
        ("(rewrite x (Num 1))", K.SYNTAX, 10),
        ("(rewrite (Add x y) x :fast)", K.SYNTAX, 22),
        ("(function g (M) i64)", K.SYNTAX, 1),
        ("(run-schedule (run 3))", K.SYNTAX, 15),
        ("(fail (rewrite (Add x y) x))", K.SYNTAX, 7),
        ("(check x)", K.SYNTAX, 8),
        ("(Num 9223372036854775808)", K.SYNTAX, 6),
        ("(check (= 1 1 1))", K.SYNTAX, 8),
        ("(panic boo)", K.SYNTAX, 8),
        ("(union (Num 1))", K.SYNTAX, 1),
        ('"text"', K.SYNTAX, 1),
        ("(Num 1", K.SYNTAX, 1),
        ("(Num 1))", K.SYNTAX, 8),
        ('(Var "a)', K.SYNTAX, 6),
        ("(" * 300 + ")" * 300, K.SYNTAX, 201),
    ],
)
def test_a_problem_is_named_where_it_stands(line: str, kind: ProblemKind, column: int) -> None:
    """The author of a program would search for a mistake that is not, or not there, or run it all the same."""
    assert (kind, 2, column) in problems_of(HEAD + line)


def test_all_problems_are_told_at_once() -> None:
    """An author would mend one mistake, run, and find the next, again and again."""
    text = HEAD + "(rewrite (Add x y) z)\n(run -1)\n(rule ((Num a)) ((union a b)))\n(check (Foo))\n"

    assert [(kind, line) for kind, line, _ in problems_of(text)] == [
        (K.UNBOUND_VARIABLE, 2),
        (K.UNREACHABLE_LIMIT, 3),
        (K.UNBOUND_VARIABLE, 4),
        (K.UNKNOWN_NAME, 5),
    ]


@pytest.mark.parametrize("declaration", ["(datatype M (Num i64) :cst)", "(datatype M (Num j64))", "(let $a (Foo))"])
def test_what_a_broken_declaration_lacks_is_told_once(declaration: str) -> None:
    """One typing error in a declaration would bury the reader under every use of what it should declare."""
    text = declaration + "\n(check (= $a (Num 1)))\n(extract $a)\n(rewrite (Num x) (Num x))\n"

    assert {line for _, line, _ in problems_of(text) if line > 1} <= ({2, 4} if "let" in declaration else {2, 3})
    assert problems_of(text)[0][1] == 1


def test_a_message_says_fact_detail_and_remedy() -> None:
    """A message would say that something is wrong and leave its reader alone with it."""
    with pytest.raises(ProgramRefused) as refused:
        load_program(HEAD + "(extract (Ad (Num 1) (Num 2)))")

    assert str(refused.value) == (
        "line 2, column 10: unknown constructor or function: Ad; "
        "write Add, or declare it with (constructor NAME (SORT ...) SORT)"
    )


def test_what_is_not_supported_says_what_is() -> None:
    """A user of the whole language would not learn what to write instead."""
    with pytest.raises(ProgramRefused, match=r"line 1.*not supported.*datatype.*run-schedule.*union"):
        load_program('(input R "file.csv")')


def test_names_come_back_after_a_pop() -> None:
    """A program that tries something between push and pop could not use its names again, or would keep them."""
    text = HEAD + "(push)(let $a (Num 1))(ruleset r)(pop)(let $a (Num 2))(ruleset r)\n"

    assert problems_of(text) == []
    assert problems_of(HEAD + "(push)(let $a (Num 1))(pop)\n(extract $a)") == [(K.UNBOUND_VARIABLE, 3, 10)]
