"""What a rule may ask of a substitution: colours, operators and children of the nodes that variables stand for.

Belongs here: the conditions and their meaning. All are decidable from the substitution alone: a node id carries its
colour, and names one content for ever. None asks which nodes are equal, so no later fact makes a match unfounded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from egraph.colours import Colour
from egraph.identifiers import NodeId, colour_of
from egraph.rules.patterns import Variable


class Content(NamedTuple):
    """What a node id names: operator and children. Its colour stands in the id."""

    operator: str
    children: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class ColorMustBe:
    """The node has this colour."""

    variable: Variable
    colour: Colour


@dataclass(frozen=True, slots=True)
class ColorNot:
    """The node has another colour."""

    variable: Variable
    colour: Colour


@dataclass(frozen=True, slots=True)
class NotEqual:
    """The two nodes are different nodes. They may stand in one class: classes grow, and conditions must not change."""

    left: Variable
    right: Variable


@dataclass(frozen=True, slots=True)
class ParentOf:
    """The first node names the second as one of its children."""

    parent: Variable
    child: Variable


@dataclass(frozen=True, slots=True)
class OperatorIs:
    """The node's operator is one of these. A node that has not arrived has no operator: the condition fails."""

    variable: Variable
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperatorNot:
    """The node has arrived and its operator is none of these."""

    variable: Variable
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperatorStarts:
    """The node's operator begins with one of these, such as `Constant:int:`."""

    variable: Variable
    prefixes: tuple[str, ...]


OperatorCondition: TypeAlias = OperatorIs | OperatorNot | OperatorStarts
Condition: TypeAlias = ColorMustBe | ColorNot | NotEqual | ParentOf | OperatorCondition


def condition_variables(condition: Condition) -> tuple[Variable, ...]:
    """Give the variables that a condition asks about."""
    match condition:
        case NotEqual(left, right):
            return left, right
        case ParentOf(parent, child):
            return parent, child
        case _:
            return (condition.variable,)


def operator_fits(condition: OperatorCondition, operator: str) -> bool:
    """Tell whether a node with this operator fulfils the condition."""
    match condition:
        case OperatorIs(_, operators):
            return operator in operators
        case OperatorNot(_, operators):
            return operator not in operators
        case OperatorStarts(_, prefixes):
            return operator.startswith(prefixes)


def holds(
    condition: Condition, bound: Callable[[Variable], NodeId], content: Callable[[NodeId], Content | None]
) -> bool:
    """Tell whether the condition holds; `content` gives None for a node that has not arrived."""
    match condition:
        case ColorMustBe(variable, colour):
            return colour_of(bound(variable)) is colour
        case ColorNot(variable, colour):
            return colour_of(bound(variable)) is not colour
        case NotEqual(left, right):
            return bound(left) != bound(right)
        case ParentOf(parent, child):
            above = content(bound(parent))
            return above is not None and bound(child) in above.children
        case _:
            its = content(bound(condition.variable))
            return its is not None and operator_fits(condition, its.operator)
