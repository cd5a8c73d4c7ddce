"""Rules as facts and back: `rule_of(draft_of(rule)) == rule`.

Belongs here: which field of RuleAdded holds what. Not here: bytes (schemas/codec.py), who sends it.
"""

from dataclasses import replace

from egraph.facts import RuleAdded
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.computed_text import is_computed_pattern, print_computed_sides, read_computed_sides
from egraph.rules.forms import syntax
from egraph.rules.printer import print_condition, print_pattern, print_patterns
from egraph.rules.problems import RuleProblem, RulesRefused
from egraph.rules.reader import read_condition, read_pattern, read_patterns, read_policy
from egraph.rules.ruleset import ColourPolicy, Rule
from egraph.rules.validation import problems_of_computed, problems_of_rule


def draft_of(rule: Rule | ComputedRule, *, graph: str, producer: str, sequence: int, hlc: int) -> RuleAdded:
    """Give the draft of the fact that adds this rule. Raises RulesRefused where the rule makes no sense."""
    problems = problems_of_computed(rule) if isinstance(rule, ComputedRule) else problems_of_rule(rule)
    if problems:
        raise RulesRefused(problems)
    if isinstance(rule, ComputedRule):
        pattern, replacement = print_computed_sides(rule)
        return RuleAdded(
            graph=graph, producer=producer, sequence=sequence, hlc=hlc, name=rule.name, pattern=pattern,
            replacement=replacement, colour_policy=ColourPolicy.INHERIT.value,
        )  # fmt: skip
    return RuleAdded(
        graph=graph,
        producer=producer,
        sequence=sequence,
        hlc=hlc,
        name=rule.name,
        pattern=print_patterns(rule.patterns),
        replacement=print_pattern(rule.replacement),
        conditions=tuple(map(print_condition, rule.conditions)),
        colour_policy=rule.colour_policy.value,
        priority=rule.priority,
    )


def rule_of(fact: RuleAdded) -> Rule | ComputedRule | tuple[RuleProblem, ...]:
    """Give the rule that a fact adds, or what is wrong with it: facts come from anybody and are values, not errors.

    Places count within the field that is wrong.
    """
    if is_computed_pattern(fact.pattern):
        return _computed_of(fact)
    try:
        rule = Rule(
            name=fact.name,
            patterns=read_patterns(fact.pattern),
            replacement=read_pattern(fact.replacement),
            conditions=tuple(map(read_condition, fact.conditions)),
            colour_policy=read_policy(fact.colour_policy),
            priority=fact.priority,
        )
    except RulesRefused as refused:
        return tuple(replace(problem, rule=fact.name) for problem in refused.problems)
    return problems_of_rule(rule) or rule


def _computed_of(fact: RuleAdded) -> ComputedRule | tuple[RuleProblem, ...]:
    try:
        if fact.conditions or fact.priority or fact.colour_policy not in ("", ColourPolicy.INHERIT):
            detail = "it has conditions, a priority or a colour policy, and a computed rule has none of them"
            raise syntax(None, "not a computed rule", detail, "leave them out")
        rule = read_computed_sides(fact.name, fact.pattern, fact.replacement)
    except RulesRefused as refused:
        return tuple(replace(problem, rule=fact.name) for problem in refused.problems)
    return problems_of_computed(rule) or rule
