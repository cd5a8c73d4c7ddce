"""Rules as text: canonical, so that equal rules have equal text, and reading it gives the same rules again.

Belongs here: writing, and the hash over what is written. Not here: reading (reader.py).
"""

from hashlib import blake2b

from egraph.colours import Colour
from egraph.rules.computed_text import print_computed
from egraph.rules.conditions import Condition
from egraph.rules.forms import write_atom
from egraph.rules.patterns import Pattern, Variable
from egraph.rules.ruleset import ColourPolicy, Declaration, Rule, RuleSet

HASH_BYTES = 16
_PERSON = b"egraph.rules"


def print_pattern(pattern: Pattern) -> str:
    """Give a pattern on one line."""
    if isinstance(pattern, Variable):
        return f"?{pattern.name}"
    words = [f"@{pattern.colour.name}"] if pattern.colour is not None else []
    words.append(write_atom(pattern.operator))
    words += map(print_pattern, pattern.children)
    return words[0] if len(words) == 1 else f"({' '.join(words)})"


def print_patterns(patterns: tuple[Pattern, ...]) -> str:
    """Give the left side of a rule: its pattern, or (:all ...) around several."""
    if len(patterns) == 1:
        return print_pattern(patterns[0])
    return f"(:all {' '.join(map(print_pattern, patterns))})"


def print_condition(condition: Condition) -> str:
    """Give a condition on one line."""
    words = [type(condition).__name__]
    for name in type(condition).__match_args__:
        value = getattr(condition, name)
        if isinstance(value, Variable):
            words.append(f"?{value.name}")
        elif isinstance(value, Colour):
            words.append(value.name)
        else:
            words += map(write_atom, value)
    return f"({' '.join(words)})"


def print_rule(rule: Rule) -> str:
    """Give a rule as a (rewrite ...) form; what is as by default is left out."""
    lines = [
        f"(rewrite {write_atom(rule.name)}",
        f"  {print_patterns(rule.patterns)}",
        f"  {print_pattern(rule.replacement)}",
    ]
    if rule.conditions:
        lines.append(f"  :when ({' '.join(map(print_condition, rule.conditions))})")
    if rule.colour_policy is not ColourPolicy.INHERIT:
        lines.append(f"  :colour {rule.colour_policy.value}")
    if rule.priority:
        lines.append(f"  :priority {rule.priority}")
    return "\n".join(lines) + ")"


def print_declaration(declaration: Declaration) -> str:
    """Give a declaration as an (operator ...) or (operators-starting ...) form."""
    arity = "any" if declaration.arity < 0 else str(declaration.arity)
    return f"({'operators-starting' if declaration.prefix else 'operator'} {write_atom(declaration.operator)} {arity})"


def print_rules(rules: RuleSet) -> str:
    """Give the whole set: declarations, then rules in the order in which they run, then computed rules."""
    forms = [
        *map(print_declaration, rules.declarations),
        *map(print_rule, rules.rules),
        *map(print_computed, rules.computed),
    ]
    return "".join(f"{form}\n" for form in forms)


def rule_set_hash(rules: RuleSet) -> bytes:
    """Give the name that follows from the content, 16 bytes: `Derived.rule_set` of what these rules derive."""
    return blake2b(print_rules(rules).encode(), digest_size=HASH_BYTES, person=_PERSON).digest()
