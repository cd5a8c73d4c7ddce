"""Functions that computed rules may name, in tables that never change once they are released.

Belongs here: what a function gives, and where it gives nothing. Not here: which operators a rule has them compute
(computed_rule.py), the checker's own evaluation (egraph/derive/arithmetic.py: it shares no code with this file).

A computed rule in the log names its table, and the log is kept for ever: another meaning or another limit is another
table with another name, beside this one. All functions of a table are exact where they give a number at all.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple


class Function(NamedTuple):
    """A function on integers: how many it takes, and what it gives. `compute` also gets the table's limit of bits."""

    arity: int
    compute: Callable[..., int | None]


class FunctionTable(NamedTuple):
    """Functions by name. A number of more than `bits_max` bits, sign not counted, is neither taken nor given."""

    name: str
    bits_max: int
    functions: Mapping[str, Function]

    def result(self, function: str, operands: Sequence[int]) -> int | None:
        """Compute; None where the function is not known, takes another number of operands, or gives no number."""
        found = self.functions.get(function)
        if found is None or found.arity != len(operands) or not all(map(self.holds, operands)):
            return None
        value = found.compute(self.bits_max, *operands)
        return value if value is not None and self.holds(value) else None

    def holds(self, value: int) -> bool:
        """Tell whether a number is small enough."""
        return value.bit_length() <= self.bits_max

    def read(self, text: str) -> int | None:
        """Give the number that a decimal text writes, or None: only the one way in which `str` writes it counts."""
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= self.bits_max):
            return None
        value = int(text)
        return value if str(value) == text and self.holds(value) else None


def _power(bits_max: int, base: int, exponent: int) -> int | None:
    small = exponent >= 0 and (abs(base) <= 1 or exponent * (base.bit_length() - 1) <= bits_max)
    return pow(base, exponent) if small else None


def _left(bits_max: int, value: int, by: int) -> int | None:
    return value << by if 0 <= by <= bits_max else None


INT_1 = FunctionTable(
    "int/1",
    256,
    MappingProxyType(
        {
            "add": Function(2, lambda _, a, b: a + b),
            "sub": Function(2, lambda _, a, b: a - b),
            "mul": Function(2, lambda _, a, b: a * b),
            "floordiv": Function(2, lambda _, a, b: a // b if b else None),
            "mod": Function(2, lambda _, a, b: a % b if b else None),
            "pow": Function(2, _power),
            "lshift": Function(2, _left),
            "rshift": Function(2, lambda _, a, b: a >> b if b >= 0 else None),
            "and": Function(2, lambda _, a, b: a & b),
            "or": Function(2, lambda _, a, b: a | b),
            "xor": Function(2, lambda _, a, b: a ^ b),
            "neg": Function(1, lambda _, a: -a),
            "pos": Function(1, lambda _, a: a),
            "invert": Function(1, lambda _, a: ~a),
        }
    ),
)
"""Python's arithmetic of int: a floor division rounds down and a remainder has the sign of the divisor.

Nothing is given for a division by zero, a negative exponent or shift, and a result of more than 256 bits.
"""

TABLES: Mapping[str, FunctionTable] = MappingProxyType({INT_1.name: INT_1})
