"""Bits of integers, and shifts.

Belongs here: `&`, `|`, `^`, `~`, `<<`, `>>`. Not here: the same operators on sets; truth (booleans.py).
A shift by a negative number raises: rules that add two distances up ask for literals, which are never negative.
`~` of a bool is deprecated since Python 3.12 and works like `~` of an int as long as it is there.
"""

from egraph.rules.shipped.group import INTEGERS, NUMBERS, ONLY_INT, Group

RAISES_FOR_FLOAT = Group(
    NUMBERS,
    """
    ; with a float among the operands both sides raise TypeError
    (rewrite bit-and-commutes (BinOp:BitAnd ?x ?y) (BinOp:BitAnd ?y ?x) :when ((NotEqual ?x ?y)))
    (rewrite bit-or-commutes (BinOp:BitOr ?x ?y) (BinOp:BitOr ?y ?x) :when ((NotEqual ?x ?y)))
    (rewrite bit-xor-commutes (BinOp:BitXor ?x ?y) (BinOp:BitXor ?y ?x) :when ((NotEqual ?x ?y)))
    (birewrite bit-and-associates (BinOp:BitAnd (BinOp:BitAnd ?x ?y) ?z) (BinOp:BitAnd ?x (BinOp:BitAnd ?y ?z)))
    (birewrite bit-or-associates (BinOp:BitOr (BinOp:BitOr ?x ?y) ?z) (BinOp:BitOr ?x (BinOp:BitOr ?y ?z)))
    (birewrite bit-xor-associates (BinOp:BitXor (BinOp:BitXor ?x ?y) ?z) (BinOp:BitXor ?x (BinOp:BitXor ?y ?z)))
    (rewrite invert-and
      (UnaryOp:Invert (BinOp:BitAnd ?x ?y)) (BinOp:BitOr (UnaryOp:Invert ?x) (UnaryOp:Invert ?y)))
    (rewrite invert-or
      (UnaryOp:Invert (BinOp:BitOr ?x ?y)) (BinOp:BitAnd (UnaryOp:Invert ?x) (UnaryOp:Invert ?y)))
    (rewrite left-twice (BinOp:LShift (BinOp:LShift ?x ?y) ?z) (BinOp:LShift ?x (BinOp:Add ?y ?z))
      :when ((OperatorStarts ?y Constant:int:) (OperatorStarts ?z Constant:int:)))
    (rewrite right-twice (BinOp:RShift (BinOp:RShift ?x ?y) ?z) (BinOp:RShift ?x (BinOp:Add ?y ?z))
      :when ((OperatorStarts ?y Constant:int:) (OperatorStarts ?z Constant:int:)))
    """,
)

ONE_SIDE_TAKES_FLOAT = Group(
    INTEGERS,
    """
    ; not for float: one side raises, the other has a value
    (rewrite bit-and-self (BinOp:BitAnd ?x ?x) ?x :priority 10)
    (rewrite bit-or-self (BinOp:BitOr ?x ?x) ?x :priority 10)
    (rewrite bit-and-zero (BinOp:BitAnd ?x Constant:int:0) Constant:int:0 :colour green :priority 10)
    (rewrite left-one (BinOp:LShift ?x Constant:int:1) (BinOp:Mult ?x Constant:int:2))
    (rewrite right-one (BinOp:RShift ?x Constant:int:1) (BinOp:FloorDiv ?x Constant:int:2))
    """,
)

ABSORPTION = Group(
    (frozenset({"int"}), frozenset({"bool"})),
    """
    ; not mixed: True & (True | 1) is the int 1
    (rewrite bit-and-absorbs (BinOp:BitAnd ?x (BinOp:BitOr ?x ?y)) ?x :priority 10)
    (rewrite bit-or-absorbs (BinOp:BitOr ?x (BinOp:BitAnd ?x ?y)) ?x :priority 10)
    """,
)

INT = Group(
    ONLY_INT,
    """
    ; not for bool: the results are ints
    (rewrite double-invert (UnaryOp:Invert (UnaryOp:Invert ?x)) ?x :priority 10)
    (rewrite bit-or-zero (BinOp:BitOr ?x Constant:int:0) ?x :priority 10)
    (rewrite bit-xor-zero (BinOp:BitXor ?x Constant:int:0) ?x :priority 10)
    (rewrite bit-xor-self (BinOp:BitXor ?x ?x) Constant:int:0 :colour green :priority 10)
    (rewrite left-zero (BinOp:LShift ?x Constant:int:0) ?x :priority 10)
    (rewrite right-zero (BinOp:RShift ?x Constant:int:0) ?x :priority 10)
    """,
)

GROUPS = (RAISES_FOR_FLOAT, ONE_SIDE_TAKES_FLOAT, ABSORPTION, INT)
