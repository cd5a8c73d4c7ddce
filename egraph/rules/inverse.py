"""The inverse of a rule: the rule read from its replacement to its pattern, where that is well defined.

Belongs here: which rules have an inverse, what it is, and why others have none. Not here: who applies it, proofs.

An inverse is sound if each of its matches is an instance of the rule itself, sign by sign: a proof then names the
rule and reads it backward (egraph.derive.proof.ByRule, `forward` false). Colours are what makes this hard. A rule
chooses the colours of its replacement's nodes; read backward they are given, and must be those it would have chosen.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from egraph.colours import Colour
from egraph.rules.conditions import ColorMustBe
from egraph.rules.patterns import Application, Pattern, Variable, variables_of, walk
from egraph.rules.ruleset import ColourPolicy, Rule
from egraph.rules.validation import problems_of_rule


class NoInverseReason(StrEnum):
    """Why a rule cannot be read backward."""

    SEVERAL_PATTERNS = "several patterns"
    LOST_VARIABLE = "lost variable"
    DEMANDED_COLOUR = "demanded colour"


@dataclass(frozen=True, slots=True)
class NoInverse:
    """A rule has no inverse: which rule, why, and what of it is to blame."""

    rule: str
    reason: NoInverseReason
    detail: str


def inverses_of(rule: Rule) -> tuple[Rule, ...] | NoInverse:
    """Give the rules that together read a rule backward, or why there are none.

    There is one where the colours are settled; otherwise one for each colour, which asks that all nodes have it. For
    terms of mixed colours what an inheriting rule would have chosen cannot be told by a pattern: they do not match.
    Inverses whose colours can never hold are left out.
    """
    turned = _turned(rule)
    return turned if isinstance(turned, NoInverse) else tuple(item for item in turned if not problems_of_rule(item))


def _turned(rule: Rule) -> tuple[Rule, ...] | NoInverse:
    if len(rule.patterns) != 1:
        detail = f"{len(rule.patterns)} patterns: what the further ones matched does not stand in the replacement"
        return NoInverse(rule.name, NoInverseReason.SEVERAL_PATTERNS, detail)
    pattern = rule.patterns[0]
    lost = set(variables_of(pattern)).difference(variables_of(rule.replacement))
    if lost:
        names = ", ".join(sorted(f"?{variable.name}" for variable in lost))
        detail = f"{names} does not stand in the replacement, so its value would be invented"
        return NoInverse(rule.name, NoInverseReason.LOST_VARIABLE, detail)
    name = f"{rule.name}-inverse"
    turned = replace(
        rule, name=name, patterns=(rule.replacement,), replacement=pattern, colour_policy=ColourPolicy.INHERIT
    )
    if isinstance(rule.replacement, Variable):
        return (turned,)  # it makes no node, so there was no colour to choose
    if rule.colour_policy is not ColourPolicy.INHERIT:
        chosen = Colour[rule.colour_policy.name]
        return (replace(turned, patterns=(_coloured(rule.replacement, chosen),)),)
    if any(isinstance(part, Application) and part.colour is not None for part in _parts(rule)):
        detail = "it inherits colours and demands some as well: what it would have chosen cannot be told by a pattern"
        return NoInverse(rule.name, NoInverseReason.DEMANDED_COLOUR, detail)
    if isinstance(pattern, Application) and all(isinstance(part, Variable) for part in rule.replacement.children):
        return (turned,)  # the one node that is matched has the colour that it hands on
    return tuple(_in_one_colour(turned, colour) for colour in Colour)


def _parts(rule: Rule) -> tuple[Pattern, ...]:
    return (*walk(rule.patterns[0]), *walk(rule.replacement))


def _in_one_colour(turned: Rule, colour: Colour) -> Rule:
    conditions = turned.conditions
    if isinstance(turned.replacement, Variable):  # the rule hands on the colour of this variable's node
        conditions = (*conditions, ColorMustBe(turned.replacement, colour))
    return replace(
        turned,
        name=f"{turned.name}-{colour.name.lower()}",
        patterns=(_coloured(turned.patterns[0], colour),),
        replacement=_coloured(turned.replacement, colour),
        conditions=conditions,
    )


def _coloured(pattern: Pattern, colour: Colour) -> Pattern:
    """Demand a colour of every operator that demands none."""
    if isinstance(pattern, Variable):
        return pattern
    children = tuple(_coloured(child, colour) for child in pattern.children)
    return replace(pattern, children=children, colour=colour if pattern.colour is None else pattern.colour)
