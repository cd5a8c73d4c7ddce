"""What the text of a rule demands of terms, once more: the checker's own reading of patterns, conditions and colours.

Belongs here: instances of one rule, in node ids. Not here: proofs (check.py), matching for real (egraph/rules).
Shares with the engine nothing but the reader of the text and the objects it gives: a defect there must not be
believed here.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from egraph.colours import Colour, may_name
from egraph.facts import RuleAdded
from egraph.identifiers import NodeId, colour_of, node_id
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.conditions import ColorMustBe, ColorNot, Condition, NotEqual, OperatorIs, OperatorNot, ParentOf
from egraph.rules.patterns import Application, Pattern, Variable
from egraph.rules.rule_facts import rule_of
from egraph.rules.ruleset import ColourPolicy, Rule

Bound = Mapping[str, NodeId]


class Content(NamedTuple):
    """What a node id stands for."""

    operator: str
    colour: Colour
    children: tuple[NodeId, ...]


ContentOf = Callable[[NodeId], Content]


_PARTS_OF_A_COMPUTATION = 4
"""The operator, two operands, the result."""


class RuleText:
    """A rule as its fact writes it. `rule` is None where nobody can read it, and `problem` says why."""

    def __init__(self, fact: RuleAdded) -> None:
        read = rule_of(fact)
        self.rule: Rule | ComputedRule | None = None if isinstance(read, tuple) else read
        self.problem = "; ".join(map(str, read)) if isinstance(read, tuple) else ""
        self.variables: tuple[str, ...] = ()
        self.size = 0
        """Parts of all patterns and of the replacement: what checking one instance costs."""
        if isinstance(self.rule, ComputedRule):
            self.size = _PARTS_OF_A_COMPUTATION
        elif self.rule is not None:
            parts = [part for pattern in self.rule.patterns for part in _parts(pattern)]
            self.variables = tuple(dict.fromkeys(part.name for part in parts if isinstance(part, Variable)))
            self.size = len(parts) + sum(1 for _ in _parts(self.rule.replacement)) + len(self.rule.conditions)


def _parts(pattern: Pattern) -> Iterator[Pattern]:
    yield pattern
    if isinstance(pattern, Application):
        for child in pattern.children:
            yield from _parts(child)


def is_instance(pattern: Pattern, node: NodeId, bound: Bound, content_of: ContentOf) -> bool:
    """Tell whether the node is the pattern with its variables replaced, sign by sign."""
    if isinstance(pattern, Variable):
        return bound[pattern.name] == node
    content = content_of(node)
    return fits(pattern, content) and all(
        is_instance(part, child, bound, content_of)
        for part, child in zip(pattern.children, content.children, strict=True)
    )


def fits(pattern: Application, content: Content) -> bool:
    """Tell whether operator, number of children and colour are what the pattern asks for."""
    same = pattern.operator == content.operator and len(pattern.children) == len(content.children)
    return same and pattern.colour in (None, content.colour)


def replacement_of(rule: Rule, bound: Bound, matched: NodeId) -> NodeId | None:
    """Give the replacement under a substitution, in the colours of the rule's policy; None if they are forbidden.

    `matched` is the term of the first pattern, whose colour is inherited.
    """
    inherited = colour_of(matched)

    def build(pattern: Pattern) -> NodeId | None:
        if isinstance(pattern, Variable):
            return bound[pattern.name]
        children = []
        for part in pattern.children:
            child = build(part)
            if child is None:
                return None
            children.append(child)
        colour = _colour_of_new(rule.colour_policy, pattern.colour, inherited, children)
        return None if colour is None else node_id(pattern.operator, colour, children)

    return build(rule.replacement)


def _colour_of_new(
    policy: ColourPolicy, demanded: Colour | None, inherited: Colour, children: list[NodeId]
) -> Colour | None:
    """Give a demanded colour, else the policy's, where the children allow it; an inherited one gives way to GREEN."""
    by_policy = {ColourPolicy.RED: Colour.RED, ColourPolicy.BLUE: Colour.BLUE, ColourPolicy.GREEN: Colour.GREEN}
    wanted = demanded or by_policy.get(policy, inherited)
    if all(may_name(wanted, colour_of(child)) for child in children):
        return wanted
    may_give_way = demanded is None and policy is ColourPolicy.INHERIT
    return Colour.GREEN if may_give_way else None


def condition_holds(condition: Condition, bound: Bound, content_of: ContentOf) -> bool:
    """Tell whether a condition holds of the substitution alone."""
    match condition:
        case ColorMustBe(variable, colour):
            return bound[variable.name][0] >> 6 == colour
        case ColorNot(variable, colour):
            return bound[variable.name][0] >> 6 != colour
        case NotEqual(left, right):
            return bound[left.name] != bound[right.name]
        case ParentOf(parent, child):
            return bound[child.name] in content_of(bound[parent.name]).children
        case OperatorIs(variable, operators):
            return content_of(bound[variable.name]).operator in operators
        case OperatorNot(variable, operators):
            return content_of(bound[variable.name]).operator not in operators
        case _:
            operator = content_of(bound[condition.variable.name]).operator
            return any(operator.startswith(prefix) for prefix in condition.prefixes)
