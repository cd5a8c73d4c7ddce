"""Python's arithmetic on integer literals, computed.

Belongs here: which operators of streams/ingest/python_syntax.py a function of the table int/1 computes. Not here: the
functions (egraph/rules/functions.py). Operands are literals, so this is true whatever types the others have.
"""

from egraph.rules.computed_rule import ComputedRule
from egraph.rules.computed_text import print_computed
from egraph.rules.shipped.group import EVERYTHING, Group

PYTHON_INTEGERS = ComputedRule(
    name="int-literals",
    table="int/1",
    leaves="Constant:int:",
    functions=(
        ("BinOp:Add", "add"),
        ("BinOp:Sub", "sub"),
        ("BinOp:Mult", "mul"),
        ("BinOp:FloorDiv", "floordiv"),
        ("BinOp:Mod", "mod"),
        ("BinOp:Pow", "pow"),
        ("BinOp:LShift", "lshift"),
        ("BinOp:RShift", "rshift"),
        ("BinOp:BitAnd", "and"),
        ("BinOp:BitOr", "or"),
        ("BinOp:BitXor", "xor"),
        ("UnaryOp:USub", "neg"),
        ("UnaryOp:UAdd", "pos"),
        ("UnaryOp:Invert", "invert"),
    ),
)

GROUPS = (Group(EVERYTHING, print_computed(PYTHON_INTEGERS)),)
