"""Sums, products, powers, quotients and signs of numbers.

Belongs here: `+`, `-`, `*`, `**`, `/`, `//`, `%` and the signs. Not here: bits and shifts (bits.py); folding constants,
which is no rewriting.
`sub-as-add`, associativity and distributivity have no smallest side: with them a saturation may meet its limits first.
"""

from egraph.rules.shipped.group import FLOATS, INTEGERS, NUMBERS, ONLY_INT, Group

FOR_ALL = Group(
    NUMBERS,
    """
    ; IEEE addition and multiplication commute
    (rewrite add-commutes (BinOp:Add ?x ?y) (BinOp:Add ?y ?x) :when ((NotEqual ?x ?y)))
    (rewrite mult-commutes (BinOp:Mult ?x ?y) (BinOp:Mult ?y ?x) :when ((NotEqual ?x ?y)))
    (rewrite add-self (BinOp:Add ?x ?x) (BinOp:Mult ?x Constant:int:2))
    (rewrite times-minus-one (BinOp:Mult ?x (UnaryOp:USub Constant:int:1)) (UnaryOp:USub ?x) :priority 10)
    ; a sign makes an int of a bool; the next one finds a number that keeps its type
    (rewrite plus-minus (UnaryOp:UAdd (UnaryOp:USub ?x)) (UnaryOp:USub ?x) :priority 10)
    (rewrite minus-plus (UnaryOp:USub (UnaryOp:UAdd ?x)) (UnaryOp:USub ?x) :priority 10)
    (rewrite double-plus (UnaryOp:UAdd (UnaryOp:UAdd ?x)) (UnaryOp:UAdd ?x) :priority 10)
    """,
)

NOT_MIXED = Group(
    (*INTEGERS, *FLOATS),
    """
    ; not mixed: -0.0 - 0 is -0.0, but -0.0 + -0 is 0.0; 0 * -1.5 is -0.0, and so is -0 * -1.5
    (birewrite sub-as-add (BinOp:Sub ?x ?y) (BinOp:Add ?x (UnaryOp:USub ?y)))
    (rewrite minus-times (BinOp:Mult (UnaryOp:USub ?x) ?y) (UnaryOp:USub (BinOp:Mult ?x ?y)))
    """,
)

NOT_BOOL = Group(
    (frozenset({"int", "float"}),),
    """
    ; not for bool: -(-True), +True, True * 1, True - 0 and True ** 1 are the int 1
    (rewrite double-minus (UnaryOp:USub (UnaryOp:USub ?x)) ?x :priority 10)
    (rewrite plus (UnaryOp:UAdd ?x) ?x :priority 10)
    (rewrite times-one (BinOp:Mult ?x Constant:int:1) ?x :priority 10)
    (rewrite minus-zero (BinOp:Sub ?x Constant:int:0) ?x :priority 10)
    (rewrite power-one (BinOp:Pow ?x Constant:int:1) ?x :priority 10)
    """,
)

EXACT = Group(
    INTEGERS,
    """
    ; not for float: rounding, infinities and NaN, the sign of zero
    (birewrite add-associates (BinOp:Add (BinOp:Add ?x ?y) ?z) (BinOp:Add ?x (BinOp:Add ?y ?z)))
    (birewrite mult-associates (BinOp:Mult (BinOp:Mult ?x ?y) ?z) (BinOp:Mult ?x (BinOp:Mult ?y ?z)))
    (birewrite mult-distributes
      (BinOp:Mult ?x (BinOp:Add ?y ?z)) (BinOp:Add (BinOp:Mult ?x ?y) (BinOp:Mult ?x ?z)))
    (rewrite minus-sub (UnaryOp:USub (BinOp:Sub ?x ?y)) (BinOp:Sub ?y ?x) :priority 10)
    (rewrite sub-self (BinOp:Sub ?x ?x) Constant:int:0 :colour green :priority 10)
    (rewrite times-zero (BinOp:Mult ?x Constant:int:0) Constant:int:0 :colour green :priority 10)
    (rewrite square (BinOp:Pow ?x Constant:int:2) (BinOp:Mult ?x ?x))
    (rewrite power-zero (BinOp:Pow ?x Constant:int:0) Constant:int:1 :colour green :priority 10)
    (rewrite mod-one (BinOp:Mod ?x Constant:int:1) Constant:int:0 :colour green :priority 10)
    """,
)

INT = Group(
    ONLY_INT,
    """
    ; neither for bool (the result is an int) nor for float (-0.0 + 0 is 0.0, 0.5 // 1 is 0.0)
    (rewrite plus-zero (BinOp:Add ?x Constant:int:0) ?x :priority 10)
    (rewrite floor-one (BinOp:FloorDiv ?x Constant:int:1) ?x :priority 10)
    """,
)

FLOAT = Group(
    FLOATS,
    """
    ; the quotient of integers is a float
    (rewrite div-one (BinOp:Div ?x Constant:int:1) ?x :priority 10)
    """,
)

GROUPS = (FOR_ALL, NOT_MIXED, NOT_BOOL, EXACT, INT, FLOAT)
