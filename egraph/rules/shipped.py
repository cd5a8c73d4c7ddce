"""Rules of Python arithmetic, each with the types for which it is sound.

Belongs here: the rules as text and their types. Not here: finding out the types of an expression: who uses these
rules says what all the operands are. "Sound" means: the same value of the same type, or the same exception, for all
operands of these types, mixed as they come. Operands are assumed to have no effects: a rule may turn their order
round, drop them or evaluate them twice. An operand that raises is not covered.
Operators are those of streams/ingest/python_syntax.py.
"""

from collections.abc import Iterable
from typing import NamedTuple

from egraph.rules.reader import read_rules
from egraph.rules.ruleset import RuleSet


class ShippedRules(NamedTuple):
    """Rules that are sound for the same types. Types of one mixture may stand beside each other in one expression."""

    sound_for: tuple[frozenset[str], ...]
    text: str


PYTHON_ARITHMETIC = (
    ShippedRules(
        (frozenset({"int", "bool", "float"}),),
        """
        ; IEEE addition and multiplication commute
        (rewrite add-commutes (BinOp:Add ?x ?y) (BinOp:Add ?y ?x) :when ((NotEqual ?x ?y)))
        (rewrite mult-commutes (BinOp:Mult ?x ?y) (BinOp:Mult ?y ?x) :when ((NotEqual ?x ?y)))
        ; one `not` gives a bool, two more keep it
        (rewrite triple-not (UnaryOp:Not (UnaryOp:Not (UnaryOp:Not ?x))) (UnaryOp:Not ?x) :priority 10)
        """,
    ),
    ShippedRules(
        (frozenset({"int", "bool"}), frozenset({"float"})),
        """
        ; not mixed: -0.0 - 0 is -0.0, but -0.0 + -0 is 0.0
        (birewrite sub-as-add (BinOp:Sub ?x ?y) (BinOp:Add ?x (UnaryOp:USub ?y)))
        """,
    ),
    ShippedRules(
        (frozenset({"int", "float"}),),
        """
        ; not for bool: -(-True) and True * 1 are the int 1
        (rewrite double-minus (UnaryOp:USub (UnaryOp:USub ?x)) ?x :priority 10)
        (rewrite times-one (BinOp:Mult ?x Constant:int:1) ?x :priority 10)
        """,
    ),
    ShippedRules(
        (frozenset({"int", "bool"}),),
        """
        ; not for float: rounding, infinities and NaN, the sign of zero
        (birewrite add-associates (BinOp:Add (BinOp:Add ?x ?y) ?z) (BinOp:Add ?x (BinOp:Add ?y ?z)))
        (birewrite mult-associates (BinOp:Mult (BinOp:Mult ?x ?y) ?z) (BinOp:Mult ?x (BinOp:Mult ?y ?z)))
        (birewrite mult-distributes
          (BinOp:Mult ?x (BinOp:Add ?y ?z)) (BinOp:Add (BinOp:Mult ?x ?y) (BinOp:Mult ?x ?z)))
        (rewrite sub-self (BinOp:Sub ?x ?x) Constant:int:0 :colour green :priority 10)
        (rewrite times-zero (BinOp:Mult ?x Constant:int:0) Constant:int:0 :colour green :priority 10)
        (rewrite square (BinOp:Pow ?x Constant:int:2) (BinOp:Mult ?x ?x))
        (rewrite or-self (BinOp:BitOr ?x ?x) ?x :priority 10)
        (rewrite and-self (BinOp:BitAnd ?x ?x) ?x :priority 10)
        """,
    ),
    ShippedRules(
        (frozenset({"int"}),),
        """
        ; neither for bool (the result is an int) nor for float (-0.0 + 0 is 0.0, 0.5 // 1 is 0.0)
        (rewrite plus-zero (BinOp:Add ?x Constant:int:0) ?x :priority 10)
        (rewrite floor-one (BinOp:FloorDiv ?x Constant:int:1) ?x :priority 10)
        (rewrite double-invert (UnaryOp:Invert (UnaryOp:Invert ?x)) ?x :priority 10)
        """,
    ),
)


def python_arithmetic(types: Iterable[str]) -> RuleSet:
    """Give the rules that are sound where every operand has one of these types: int, bool, float."""
    wanted = frozenset(types)
    texts = [group.text for group in PYTHON_ARITHMETIC if any(map(wanted.issubset, group.sound_for))]
    return read_rules("\n".join(texts))
