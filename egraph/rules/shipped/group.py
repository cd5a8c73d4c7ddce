"""A group of rules that are true for the same types.

Belongs here: the object, and the mixtures of types that occur often. Not here: rules, choosing among them (choice.py).
"""

from typing import NamedTuple

TYPES = ("any", "int", "bool", "float")
"""What operands may be. `any` is every object whose truth value can be asked."""

EVERYTHING = (frozenset(TYPES),)
NUMBERS = (frozenset({"int", "bool", "float"}),)
INTEGERS = (frozenset({"int", "bool"}),)
ONLY_INT = (frozenset({"int"}),)
FLOATS = (frozenset({"float"}),)


class Group(NamedTuple):
    """Rules as text, and the mixtures of types for which they are true.

    Types of one mixture may stand beside each other in one expression. A mixture of fewer types is covered, too.
    `truth_may_raise`: the rules also hold for objects that refuse to be asked for their truth value.
    """

    sound_for: tuple[frozenset[str], ...]
    text: str
    truth_may_raise: bool = False
