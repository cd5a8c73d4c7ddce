"""Rules as facts and back: `rule_of(draft_of(rule)) == rule`.

Belongs here: which field of RuleAdded holds what. Not here: bytes (schemas/codec.py), who sends it.
"""

from dataclasses import replace

from egraph.facts import RuleAdded
from egraph.rules.printer import print_condition, print_pattern, print_patterns
from egraph.rules.problems import RuleProblem, RulesRefused
from egraph.rules.reader import read_condition, read_pattern, read_patterns, read_policy
from egraph.rules.ruleset import Rule
from egraph.rules.validation import problems_of_rule


def draft_of(rule: Rule, *, graph: str, producer: str, sequence: int, hlc: int) -> RuleAdded:
    """Give the draft of the fact that adds this rule. Raises RulesRefused where the rule makes no sense."""
    problems = problems_of_rule(rule)
    if problems:
        raise RulesRefused(problems)
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


def rule_of(fact: RuleAdded) -> Rule | tuple[RuleProblem, ...]:
    """Give the rule that a fact adds, or what is wrong with it: facts come from anybody and are values, not errors.

    Places count within the field that is wrong.
    """
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
