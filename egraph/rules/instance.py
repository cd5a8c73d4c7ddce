"""What a match gives: the nodes of the replacement, coloured by the rule's policy, and the node that equals the root.

Belongs here: instantiating one match. Not here: which matches (matching.py), what is published, in what order.
"""

from typing import NamedTuple

from egraph.colours import Colour, may_name
from egraph.identifiers import NodeId, colour_of, node_id
from egraph.rules.matching import Match
from egraph.rules.patterns import Pattern, Variable
from egraph.rules.ruleset import ColourPolicy, Rule


class InstanceNode(NamedTuple):
    """A node that the replacement needs; it may exist already."""

    id: NodeId
    operator: str
    colour: Colour
    children: tuple[NodeId, ...]


class Instance(NamedTuple):
    """`root` equals the root of the match's first pattern; `nodes` stand children first, each once."""

    root: NodeId
    nodes: tuple[InstanceNode, ...]


class _ColourForbidden(Exception):
    """Inside this module only: a colour that is not ours to choose breaks the local rule."""


def instance_of(rule: Rule, match: Match) -> Instance | None:
    """Give the replacement under the match, or None where a demanded colour may not stand above a child."""
    bound = dict(match.substitution)
    nodes: dict[NodeId, InstanceNode] = {}
    inherited = colour_of(match.roots[0])

    def build(pattern: Pattern) -> NodeId:
        if isinstance(pattern, Variable):
            return bound[pattern.name]
        children = tuple(map(build, pattern.children))
        colour = _colour(rule, pattern.colour, inherited, children)
        identity = node_id(pattern.operator, colour, children)
        nodes.setdefault(identity, InstanceNode(identity, pattern.operator, colour, children))
        return identity

    try:
        root = build(rule.replacement)
    except _ColourForbidden:
        return None
    return Instance(root, tuple(nodes.values()))


def _colour(rule: Rule, demanded: Colour | None, inherited: Colour, children: tuple[NodeId, ...]) -> Colour:
    policy = rule.colour_policy
    free = demanded is None and policy is ColourPolicy.INHERIT
    chosen = inherited if policy is ColourPolicy.INHERIT else Colour[policy.name]
    wanted = chosen if demanded is None else demanded
    if all(may_name(wanted, colour_of(child)) for child in children):
        return wanted
    if free:
        return Colour.GREEN
    raise _ColourForbidden
