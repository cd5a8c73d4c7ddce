"""The operators on i64, f64, String and bool: sorts, and what they compute.

Belongs here: the table of primitives. Not here: choosing among them by sort (inference.py).

Meaning follows egglog: a number that is undefined or does not fit has no value; in a fact such a primitive does not
hold, in an action it ends the program. f64 keeps one NaN, equal to itself and above all numbers, and one zero.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from egraph.program.expressions import I64_MAX, I64_MIN
from egraph.program.syntax import Value
from egraph.program.text import write_string

PRIMITIVE_SORTS = ("i64", "f64", "String", "bool", "Unit")
ANY = "any"
"""As a sort of an argument: any, but the same one for all arguments that say so."""
UNIT = "Unit"
NAN = math.nan


@dataclass(frozen=True, slots=True)
class Primitive:
    """One meaning of an operator. `compute` gives None where there is no value; `tests` says that this is an answer.

    `inputs` ends in "..." where the last sort may stand any number of times, at least twice.
    """

    name: str
    inputs: tuple[str, ...]
    output: str
    compute: Callable[..., Value | None]
    tests: bool = False

    def takes(self, arguments: int) -> bool:
        """Tell whether so many arguments can be given."""
        if self.inputs[-1:] == ("...",):
            return arguments >= 2
        return arguments == len(self.inputs)

    def sorts(self, arguments: int) -> tuple[str, ...]:
        """Give the sorts of so many arguments."""
        if self.inputs[-1:] == ("...",):
            return self.inputs[:1] * arguments
        return self.inputs


def shown_value(value: Value) -> str:
    """Give a value of a primitive sort as it is written in a program."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return write_string(value)
    if isinstance(value, float):
        return float_text(value)
    return "()" if value == () else str(value)


def float_text(value: float) -> str:
    """Give an f64 so that reading it gives the same one, and it does not read as i64."""
    if value != value:
        return "NaN"
    return repr(value)


def _whole(compute: Callable[..., int | None]) -> Callable[..., int | None]:
    def checked(*arguments: int) -> int | None:
        value = compute(*arguments)
        return value if value is not None and I64_MIN <= value <= I64_MAX else None

    return checked


def _truncated(left: int, right: int) -> int | None:
    if right == 0:
        return None
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _remainder(left: int, right: int) -> int | None:
    if right == 0 or (left == I64_MIN and right == -1):
        return None
    return int(math.copysign(1, left)) * (abs(left) % abs(right))


def _shifted_left(value: int, places: int) -> int | None:
    if not 0 <= places < 64:
        return None
    bits = (value << places) & (2**64 - 1)
    return bits - 2**64 if bits > I64_MAX else bits


def _shifted_right(value: int, places: int) -> int | None:
    return value >> places if 0 <= places < 64 else None


def _plain(value: float) -> float:
    """Give the one NaN for every NaN, and 0.0 for -0.0."""
    return value + 0.0 if value == value else NAN


def _real(compute: Callable[..., float | None]) -> Callable[..., float | None]:
    def checked(*arguments: float) -> float | None:
        try:
            value = compute(*arguments)
        except OverflowError:
            return math.inf
        return None if value is None else _plain(value)

    return checked


def _quotient(left: float, right: float) -> float | None:
    return left / right if right != 0.0 else None


def _real_remainder(left: float, right: float) -> float | None:
    if right == 0.0:
        return None
    return math.fmod(left, right) if not math.isinf(left) else NAN


def _power(base: float, exponent: float) -> float | None:
    try:
        return math.pow(base, exponent)
    except ValueError:
        return math.inf if base == 0.0 else NAN
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf


def _to_whole(value: float) -> int:
    """Cut towards zero, and at the ends of i64; NaN gives 0. So does egglog."""
    if value != value:
        return 0
    if math.isinf(value):
        return I64_MAX if value > 0 else I64_MIN
    return max(I64_MIN, min(I64_MAX, int(value)))


def _below(left: Any, right: Any) -> bool:
    """NaN is above all numbers and equal to itself, as egglog orders f64."""
    if left != left:
        return False
    return bool(right != right or left < right)


def _least(left: Any, right: Any) -> Any:
    return right if _below(right, left) else left


def _greatest(left: Any, right: Any) -> Any:
    return right if _below(left, right) else left


def _holds(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Value | None]:
    return lambda left, right: () if compare(left, right) else None


def _replaced(text: str, old: str, new: str) -> str:
    return text.replace(old, new)


def same(left: Any, right: Any) -> bool:
    """Tell whether two values of one sort are the same; NaN is the same as NaN."""
    return left is right or left == right


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": _below,
    ">": lambda left, right: _below(right, left),
    "<=": lambda left, right: not _below(right, left),
    ">=": lambda left, right: not _below(left, right),
}


def _table() -> tuple[Primitive, ...]:
    two_whole, two_real, two_bool, one_whole = ("i64", "i64"), ("f64", "f64"), ("bool", "bool"), ("i64",)
    whole: dict[str, Callable[..., int | None]] = {
        "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": _truncated, "%": _remainder,
        "&": lambda a, b: a & b, "|": lambda a, b: a | b, "^": lambda a, b: a ^ b, "<<": _shifted_left,
        ">>": _shifted_right, "min": min, "max": max,
    }  # fmt: skip
    real: dict[str, Callable[..., float | None]] = {
        "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": _quotient,
        "%": _real_remainder, "^": _power, "min": _least, "max": _greatest,
    }  # fmt: skip
    found = [Primitive(name, two_whole, "i64", _whole(compute)) for name, compute in whole.items()]
    found += [Primitive(name, two_real, "f64", _real(compute)) for name, compute in real.items()]
    for name, compare in _COMPARISONS.items():
        found += [Primitive(name, sorts, UNIT, _holds(compare), tests=True) for sorts in (two_whole, two_real)]
        found.append(Primitive(f"bool-{name}", two_whole, "bool", compare))
    return (
        *found,
        Primitive("not-i64", one_whole, "i64", lambda a: ~a),
        Primitive("abs", one_whole, "i64", _whole(abs)),
        Primitive("log2", one_whole, "i64", lambda a: a.bit_length() - 1 if a > 0 else None),
        Primitive("abs", ("f64",), "f64", abs),
        Primitive("neg", ("f64",), "f64", lambda a: _plain(-a)),
        Primitive("to-f64", one_whole, "f64", float),
        Primitive("to-i64", ("f64",), "i64", _to_whole),
        Primitive("to-string", one_whole, "String", str),
        Primitive("to-string", ("f64",), "String", float_text),
        Primitive("bool-=", two_whole, "bool", same),
        Primitive("+", ("String", "..."), "String", lambda *parts: "".join(parts)),
        Primitive("replace", ("String", "String", "String"), "String", _replaced),
        Primitive("count-matches", ("String", "String"), "i64", lambda text, part: text.count(part)),
        Primitive("and", ("bool", "..."), "bool", lambda *parts: all(parts)),
        Primitive("or", ("bool", "..."), "bool", lambda *parts: any(parts)),
        Primitive("xor", two_bool, "bool", lambda a, b: a != b),
        Primitive("=>", two_bool, "bool", lambda a, b: not a or b),
        Primitive("not", ("bool",), "bool", lambda a: not a),
        Primitive("!=", (ANY, ANY), UNIT, _holds(lambda a, b: not same(a, b)), tests=True),
    )


PRIMITIVES: dict[str, tuple[Primitive, ...]] = {}
for _primitive in _table():
    PRIMITIVES[_primitive.name] = (*PRIMITIVES.get(_primitive.name, ()), _primitive)
