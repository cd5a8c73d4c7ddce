"""Patterns of rules as Python functions, and values to call them with.

Belongs here: what both tests of shipped rules and their counterexamples are made of. Not here: the tests.
"""

import ast
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from egraph.rules.conditions import NotEqual, OperatorStarts
from egraph.rules.patterns import Application, Pattern, Variable, variables_of
from egraph.rules.ruleset import Rule
from streams.ingest.python_syntax import read_expression

LITERAL = "Constant:int:"
Side = Callable[..., Any]


class Told:
    """Every operator gives an object that tells what was asked; two that tell the same are the same."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _telling(name: str) -> Callable[..., Told]:
    return lambda *operands: Told(f"{name}{operands}")


for _name in (
    "lt", "le", "gt", "ge", "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "lshift",
    "rshift", "neg", "pos", "invert", "radd", "rsub", "rmul", "rand", "ror", "rxor", "rlshift", "rrshift",
):  # fmt: skip
    setattr(Told, f"__{_name}__", _telling(_name))


class Odd(Told):
    """Gives strange answers about truth, equality and membership, but always the same ones."""

    def __init__(self, text: str, *, truth: bool, equal: Any, contains: Any) -> None:
        super().__init__(text)
        self._truth, self._equal, self._contains = truth, equal, contains

    def __bool__(self) -> bool:
        return self._truth

    def __eq__(self, other: object) -> Any:
        return self._equal

    def __ne__(self, other: object) -> Any:
        return Told(f"ne{self, other}")

    def __contains__(self, item: object) -> Any:
        return self._contains


class Undecided:
    """Refuses to be asked for its truth value, as arrays do."""

    def __bool__(self) -> bool:
        raise ValueError("the truth value of this is ambiguous")


VALUES: dict[str, tuple[Any, ...]] = {
    "int": (0, 1, -1, 2, -3, 5, 2**70, 10**400),
    "bool": (False, True),
    "float": (-0.0, 0.0, 0.1, 0.2, 0.3, -1.5, 1e308, math.inf, -math.inf, math.nan),
}
OBJECTS: tuple[Any, ...] = (
    "", "ab", None, [], [0], (), {1}, frozenset({2}), object(),
    Odd("o", truth=True, equal=[], contains="yes"), Odd("p", truth=False, equal="equal", contains=()),
)  # fmt: skip
EVERYTHING: tuple[Any, ...] = (*OBJECTS, *(value for kind in VALUES.values() for value in kind))
FEW: dict[str, tuple[Any, ...]] = {
    "any": (OBJECTS[-2], OBJECTS[-1], [0], "", 1, True, math.nan),
    "int": (0, 1, 2**70),
    "bool": (False, True),
    "float": (-0.0, math.nan),
}
"""For rules with many variables."""
VARIABLES_MAX = 3


@dataclass(frozen=True)
class Raised:
    """What a side gave that gave no value."""

    kind: type[BaseException]


def values_of(types: frozenset[str], variables: int) -> tuple[Any, ...]:
    """Give operands of these types; `any` is all of them."""
    among = VALUES | {"any": EVERYTHING} if variables <= VARIABLES_MAX else FEW
    return tuple(value for kind in sorted({"any"} if "any" in types else types) for value in among[kind])


def side_of(pattern: Pattern, names: tuple[Variable, ...]) -> Side:
    """Give a pattern as a function that Python itself compiled."""
    code = ast.fix_missing_locations(ast.Expression(ast.Lambda(_arguments(names), syntax_of(pattern))))
    # Python compiles `x in [a]` as `x in (a,)`, which is one of our rules: a list made by a call stays a list.
    side: Side = eval(compile(code, "<rule>", "eval"), {"list_of": lambda *items: list(items)})
    return side


def _arguments(names: tuple[Variable, ...]) -> ast.arguments:
    given = [ast.arg(variable.name) for variable in names]
    return ast.arguments(posonlyargs=[], args=given, kwonlyargs=[], kw_defaults=[], defaults=[])


def syntax_of(pattern: Pattern) -> ast.expr:
    """Give the expression that is read as this pattern."""
    if isinstance(pattern, Variable):
        return ast.Name(pattern.name, ast.Load())
    assert isinstance(pattern, Application)
    parts = [syntax_of(child) for child in pattern.children]
    kind, _, rest = pattern.operator.partition(":")
    node: Any
    match kind:
        case "BinOp":
            node = ast.BinOp(parts[0], getattr(ast, rest)(), parts[1])
        case "UnaryOp":
            node = ast.UnaryOp(getattr(ast, rest)(), parts[0])
        case "BoolOp":
            node = ast.BoolOp(getattr(ast, rest)(), parts)
        case "Compare":
            node = ast.Compare(parts[0], [getattr(ast, rest)()], parts[1:])
        case "IfExp":
            node = ast.IfExp(*parts)
        case "Constant":
            node = ast.Constant(ast.literal_eval(rest.partition(":")[2]))
        case _:
            node = getattr(ast, kind)(parts, ast.Load())
    operator, children = read_expression(node)
    assert (operator, list(children)) == (pattern.operator, parts), "no expression is read as this pattern"
    return ast.Call(ast.Name("list_of", ast.Load()), parts, []) if kind == "List" else node


def result_of(side: Side, operands: tuple[Any, ...]) -> Any:
    """Give the value, or what was raised."""
    try:
        return side(*operands)
    except (TypeError, ValueError, ArithmeticError) as error:
        return Raised(type(error))


def same(one: Any, other: Any) -> bool:
    """Tell whether two results are the same: the same object, or equal in type and value, the sign of zero included."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        alike = one == other or (math.isnan(one) and math.isnan(other))
        return alike and (math.isnan(one) or math.copysign(1, one) == math.copysign(1, other))
    if isinstance(one, Told):
        return one.text == other.text
    return isinstance(one, int | str | Raised) and bool(one == other)


def counterexamples(rule: Rule, types: frozenset[str], *more: Any) -> Iterator[tuple[Any, ...]]:
    """Give the operands of these types, and of these values, for which the sides differ.

    Literals are what they say, whatever the types.
    """
    (left,) = rule.patterns
    names = variables_of(left)
    literal = {item.variable for item in rule.conditions if isinstance(item, OperatorStarts)}
    assert all(item.prefixes == (LITERAL,) for item in rule.conditions if not isinstance(item, NotEqual))
    values = (*values_of(types, len(names)), *more)
    literals = tuple(value for value in VALUES["int"] if value >= 0)
    before, after = side_of(left, names), side_of(rule.replacement, names)
    for operands in product(*(literals if name in literal else values for name in names)):
        if not same(result_of(before, operands), result_of(after, operands)):
            yield operands
