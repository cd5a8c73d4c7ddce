"""Comparisons of numbers.

Belongs here: `==`, `!=`, `<`, `<=`, `>`, `>=` of two operands. Not here: chains such as `x < y < z`, which are other
operators; `is` and `in` (objects.py).
`>` and `>=` are turned into `<` and `<=`, and a `not` is removed, so nothing grows.
"""

from egraph.rules.shipped.group import INTEGERS, NUMBERS, Group

ORDER = Group(
    NUMBERS,
    """
    ; with a NaN, whatever stands on the other side: `!=` is True and all others are False
    (rewrite eq-commutes (Compare:Eq ?x ?y) (Compare:Eq ?y ?x) :when ((NotEqual ?x ?y)))
    (rewrite not-eq-commutes (Compare:NotEq ?x ?y) (Compare:NotEq ?y ?x) :when ((NotEqual ?x ?y)))
    (rewrite greater-is-less (Compare:Gt ?x ?y) (Compare:Lt ?y ?x))
    (rewrite at-least-is-at-most (Compare:GtE ?x ?y) (Compare:LtE ?y ?x))
    (rewrite not-eq (UnaryOp:Not (Compare:Eq ?x ?y)) (Compare:NotEq ?x ?y) :priority 10)
    (rewrite not-not-eq (UnaryOp:Not (Compare:NotEq ?x ?y)) (Compare:Eq ?x ?y) :priority 10)
    (rewrite less-self (Compare:Lt ?x ?x) Constant:bool:False :colour green :priority 10)
    """,
)

WITHOUT_NAN = Group(
    INTEGERS,
    """
    ; not for float: nothing equals NaN, and nothing is less or more
    (rewrite not-less (UnaryOp:Not (Compare:Lt ?x ?y)) (Compare:LtE ?y ?x) :priority 10)
    (rewrite not-at-most (UnaryOp:Not (Compare:LtE ?x ?y)) (Compare:Lt ?y ?x) :priority 10)
    (rewrite eq-self (Compare:Eq ?x ?x) Constant:bool:True :colour green :priority 10)
    (rewrite not-eq-self (Compare:NotEq ?x ?x) Constant:bool:False :colour green :priority 10)
    (rewrite at-most-self (Compare:LtE ?x ?x) Constant:bool:True :colour green :priority 10)
    """,
)

GROUPS = (ORDER, WITHOUT_NAN)
