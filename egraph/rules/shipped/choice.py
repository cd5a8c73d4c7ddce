"""The rules that are true for given types of operands.

Belongs here: all groups, and choosing among them. Not here: the rules.
"""

from collections.abc import Iterable

from egraph.rules.reader import read_rules
from egraph.rules.ruleset import RuleSet
from egraph.rules.shipped import arithmetic, bits, booleans, comparisons, integers, objects
from egraph.rules.shipped.group import TYPES

GROUPS = (*objects.GROUPS, *comparisons.GROUPS, *arithmetic.GROUPS, *bits.GROUPS, *booleans.GROUPS, *integers.GROUPS)


def python_rules(types: Iterable[str]) -> RuleSet:
    """Give the rules that are true where every operand has one of these types: any, int, bool, float.

    Operands are sub-expressions, too: a comparison is a bool, a quotient with `/` a float. Where `any` is among the
    types, the rules are those for objects of any kind. Raises ValueError for other types, and for none.
    """
    wanted = frozenset(types)
    unknown = sorted(wanted.difference(TYPES))
    if unknown or not wanted:
        told = f"no rules for {', '.join(map(repr, unknown))}" if unknown else "no type is named"
        raise ValueError(f"{told}; choose of {', '.join(TYPES)}")
    return read_rules("\n".join(group.text for group in GROUPS if any(map(wanted.issubset, group.sound_for))))
