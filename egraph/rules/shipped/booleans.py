"""Truth values: what holds where every operand is True or False.

Belongs here: rules for bool alone. Not here: `not`, `and`, `or` of any objects (objects.py).
"""

from egraph.rules.shipped.group import Group

BOOL = Group(
    (frozenset({"bool"}),),
    """
    (rewrite double-not (UnaryOp:Not (UnaryOp:Not ?x)) ?x :priority 10)
    (rewrite and-commutes (BoolOp:And ?x ?y) (BoolOp:And ?y ?x) :when ((NotEqual ?x ?y)))
    (rewrite or-commutes (BoolOp:Or ?x ?y) (BoolOp:Or ?y ?x) :when ((NotEqual ?x ?y)))
    (rewrite and-true (BoolOp:And ?x Constant:bool:True) ?x :priority 10)
    (rewrite or-false (BoolOp:Or ?x Constant:bool:False) ?x :priority 10)
    (rewrite and-not-self (BoolOp:And ?x (UnaryOp:Not ?x)) Constant:bool:False :colour green :priority 10)
    (rewrite or-not-self (BoolOp:Or ?x (UnaryOp:Not ?x)) Constant:bool:True :colour green :priority 10)
    (rewrite bit-and-is-and (BinOp:BitAnd ?x ?y) (BoolOp:And ?x ?y))
    (rewrite bit-or-is-or (BinOp:BitOr ?x ?y) (BoolOp:Or ?x ?y))
    (rewrite bit-xor-is-not-eq (BinOp:BitXor ?x ?y) (Compare:NotEq ?x ?y))
    """,
)

GROUPS = (BOOL,)
