"""Which programs a faster engine may run."""

import pytest

from egraph.program.checking import load_program
from egraph.program.routing import is_pure

PURE = """
(datatype M (Num i64) (Add M M))
(rewrite (Add a b) (Add b a))
(rule ((= e (Add (Num 1) x))) ((let y (Add x e)) (union y x)))
(let $e (Add (Num 1) (Num 2)))
(union $e (Num 3))
(run 3)
(check (= $e (Add (Num 2) (Num 1))))
(extract $e)
(print-size)
"""


def test_terms_and_rewrites_are_pure() -> None:
    """The faster engine would never be used."""
    assert is_pure(load_program(PURE))


@pytest.mark.parametrize(
    "more",
    [
        "(rewrite (Num a) (Num (+ a 1)))",
        "(rule ((= e (Num a)) (< a 3)) ((union e (Num 0))))",
        "(relation R (M))",
        "(function f (M) i64 :merge old)",
        "(rewrite (Add a b) a :subsume)",
        "(rule ((Add a b)) ((delete (Add a b))))",
        '(rule ((Add a b)) ((panic "no")))',
        "(rule ((Add a $e)) ((union a $e)))",
        "(delete (Num 1))",
        "(Num (+ 1 2))",
        "(push)",
        "(fail (union (Num 1) (Num 2)))",
    ],
)
def test_whatever_else_is_not(more: str) -> None:
    """An engine that cannot do it would be handed the program, and give wrong answers."""
    assert not is_pure(load_program(PURE + more))
