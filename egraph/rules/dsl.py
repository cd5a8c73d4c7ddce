"""Rules written in Python: the same objects that the text gives.

    x, y = variables("x y")
    add = op("BinOp:Add")
    rewrite(add(x, y), to=add(y, x), name="add-commutes", when=[NotEqual(x, y)], priority=10)

Belongs here: the notation. Not here: the objects (ruleset.py), their checks (validation.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from egraph.colours import Colour
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.conditions import Condition
from egraph.rules.patterns import Application, Pattern, Variable
from egraph.rules.reader import two_rules
from egraph.rules.ruleset import ColourPolicy, Declaration, Rule, RuleSet
from egraph.rules.validation import require_valid


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator to be applied; `add(x, y)` is a pattern. A leaf is applied to nothing: `op("Constant:int:0")()`."""

    name: str
    colour: Colour | None = None

    def __call__(self, *children: Pattern) -> Application:
        """Give the pattern of this operator over these children."""
        return Application(self.name, children, self.colour)


def op(name: str, colour: Colour | None = None) -> Operator:
    """Give an operator, of one colour or of any."""
    return Operator(name, colour)


def variables(names: str) -> tuple[Variable, ...]:
    """Give the variables of these names, which blanks separate."""
    return tuple(map(Variable, names.split()))


def rewrite(
    *patterns: Pattern,
    to: Pattern,
    name: str,
    when: Iterable[Condition] = (),
    colour: ColourPolicy = ColourPolicy.INHERIT,
    priority: int = 0,
) -> Rule:
    """Give a rule: where all patterns match, the node of the first one equals `to`."""
    return Rule(
        name=name, patterns=patterns, replacement=to, conditions=tuple(when), colour_policy=colour, priority=priority
    )


def birewrite(
    left: Pattern,
    right: Pattern,
    *,
    name: str,
    when: Iterable[Condition] = (),
    colour: ColourPolicy = ColourPolicy.INHERIT,
    priority: int = 0,
) -> tuple[Rule, Rule]:
    """Give two rules, NAME-forward and NAME-backward."""
    return two_rules(rewrite(left, to=right, name=name, when=when, colour=colour, priority=priority))


def rule_set(
    rules: Iterable[Rule], operators: Iterable[Declaration] = (), computed: Iterable[ComputedRule] = ()
) -> RuleSet:  # fmt: skip
    """Give the set of these rules. Raises RulesRefused where they make no sense."""
    return require_valid(RuleSet(tuple(rules), tuple(operators), tuple(computed)))
