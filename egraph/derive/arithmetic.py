"""What a computed rule computes, once more: the checker's own reading of constants and its own arithmetic.

Belongs here: one instance of a computed rule. Not here: proofs (check.py), the functions that agents use
(egraph/rules/functions.py): the two share no code, and a test holds them against each other.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from egraph.rules.computed_rule import ComputedRule

_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,77}")
_END = 1 << 256
"""Numbers of int/1 are nearer to zero than this, and so is what a shift or a power may be asked for."""


def computed(rule: ComputedRule, operator: str, operands: Sequence[str]) -> str | None:
    """Give the operator of the leaf that an operator over these leaves equals; None where the rule says nothing."""
    function = next((name for known, name in rule.functions if known == operator), None)
    functions = {1: _UNARY, 2: _BINARY}.get(len(operands)) if rule.table == "int/1" else None
    compute = functions.get(function) if functions is not None and function is not None else None
    numbers = [_number(leaf, rule.leaves) for leaf in operands]
    if compute is None or None in numbers:
        return None
    value = compute(*numbers)
    return f"{rule.leaves}{value}" if value is not None and abs(value) < _END else None


def _number(leaf: str, prefix: str) -> int | None:
    text = leaf[len(prefix) :]
    if not leaf.startswith(prefix) or _NUMBER.fullmatch(text) is None:
        return None
    value = int(text)
    return value if abs(value) < _END else None


def _floor_division(a: int, b: int) -> int | None:
    if b == 0:
        return None
    whole = abs(a) // abs(b)
    same_sign = (a < 0) == (b < 0)
    return whole if same_sign else -whole - (abs(a) % abs(b) > 0)


def _remainder(a: int, b: int) -> int | None:
    quotient = _floor_division(a, b)
    return None if quotient is None else a - quotient * b


def _power(a: int, b: int) -> int | None:
    if b < 0:
        return None
    if abs(a) < 2:
        return 1 if b == 0 or a == 1 else 0 if a == 0 else 1 - 2 * (b % 2)
    value = 1
    for _ in range(min(b, 257)):
        value *= a
        if abs(value) >= _END:
            return None
    return value


def _shift_left(a: int, b: int) -> int | None:
    return a * 2**b if 0 <= b <= 256 else None


def _shift_right(a: int, b: int) -> int | None:
    return None if b < 0 else _floor_division(a, 2 ** min(b, 256))


_BINARY: Mapping[str, Callable[..., int | None]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "floordiv": _floor_division,
    "mod": _remainder,
    "pow": _power,
    "lshift": _shift_left,
    "rshift": _shift_right,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a + b - (a & b),
    "xor": lambda a, b: a + b - 2 * (a & b),
}
_UNARY: Mapping[str, Callable[..., int | None]] = {
    "neg": lambda a: 0 - a,
    "pos": lambda a: a,
    "invert": lambda a: -1 - a,
}
