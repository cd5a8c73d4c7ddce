"""Which rules a phase applies: all of them forward, or those that undo and take apart, among them inverses.

Belongs here: the choice, and which rule fact stands behind each. Not here: applying them (phase_work.py), what an
inverse is (egraph.rules.inverse).

BLUE never builds up by its own choice: of a rule that does not take apart, the result is at least as large as the
pattern, so its inverse gives at most as much as it matched, and its pattern is
no bare variable. Rules that take apart are applied as they are.
"""

from dataclasses import replace

from egraph.derive.drafts import RulesInForce
from egraph.facts import RuleAdded
from egraph.rules.conditions import Condition, NotEqual, ParentOf
from egraph.rules.inverse import NoInverse, inverses_of
from egraph.rules.patterns import Pattern, Variable, size_of, variables_of
from egraph.rules.ruleset import Rule, RuleSet

_BACKWARD = "-backward"


def takes_apart(rule: Rule) -> bool:
    """Tell whether a rule is one of BACKFILL: the backward half of a birewrite, or one whose result is smaller."""
    return rule.name.endswith(_BACKWARD) or size_of(rule.replacement) < size_of(rule.patterns[0])


def rules_that_undo(found: RulesInForce) -> RulesInForce:
    """Give those of the rules that take apart, and the inverses of the others, with the fact behind each.

    A rule whose sides stand the other way round in another rule in force needs no inverse: that one says as much.
    """
    kept: dict[Rule, RuleAdded] = {}
    turned: dict[Rule, RuleAdded] = {}
    said = {_meaning(rule) for rule in found.rules.rules}
    for rule, fact in zip(found.rules.rules, found.facts, strict=True):
        if takes_apart(rule):
            kept[rule] = fact
        elif _meaning(replace(rule, patterns=(rule.replacement,), replacement=rule.patterns[0])) not in said:
            backward = inverses_of(rule)
            for inverse in () if isinstance(backward, NoInverse) else backward:
                turned.setdefault(inverse, fact)
    facts = {**turned, **kept}
    rules = RuleSet(tuple(facts))
    return RulesInForce(
        rules,
        tuple(facts[rule] for rule in rules.rules),
        {place: rule for place, rule in enumerate(rules.rules) if rule not in kept},
    )


def _meaning(rule: Rule) -> tuple[object, ...]:
    """Give what a rule says, whatever it and its variables are called and whenever it runs."""
    found = dict.fromkeys(variable for pattern in rule.patterns for variable in variables_of(pattern))
    new = {variable: Variable(f"v{number}") for number, variable in enumerate(found)}

    def named(pattern: Pattern) -> Pattern:
        if isinstance(pattern, Variable):
            return new.get(pattern, pattern)
        return replace(pattern, children=tuple(map(named, pattern.children)))

    def asked(condition: Condition) -> Condition:
        match condition:
            case NotEqual(left, right):
                return NotEqual(*sorted((new.get(left, left), new.get(right, right)), key=lambda item: item.name))
            case ParentOf(parent, child):
                return ParentOf(new.get(parent, parent), new.get(child, child))
            case _:
                return replace(condition, variable=new.get(condition.variable, condition.variable))

    conditions = frozenset(map(asked, rule.conditions))
    return tuple(map(named, rule.patterns)), named(rule.replacement), conditions, rule.colour_policy
