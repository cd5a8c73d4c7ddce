"""Instances of rules, spelt out: the two terms that a firing joins, and the nodes that let it happen.

Belongs here: from a rule, a substitution and the classes of the moment to terms. Not here: when (replay.py), proofs.

A firing does not say which members of the classes below the root were matched. Any term is good there that is
congruent to a member: it has the operator of the pattern over the variables' own terms. Its colour is that of a
member. For a rule's further patterns congruence is not enough: they ask whether nodes are there, so nodes of the set
are named, and the pairs of terms that must be equal for them to match.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from egraph.colours import Colour, may_name
from egraph.derive.staged import Pair, RuleUse, StagedClosure
from egraph.rules.instance import instance_of
from egraph.rules.matching import Match
from egraph.rules.patterns import Pattern, Variable
from egraph.rules.ruleset import Rule

Reason = tuple[int, int, RuleUse]
"""The instance of the pattern, that of the replacement, and why they are equal."""
Bound = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Spelling:
    """A part of a pattern with its variables replaced; not interned yet."""

    operator: str
    colour: Colour
    children: "tuple[Spelt, ...]"


Spelt: TypeAlias = "int | Spelling"


class Witnesses(NamedTuple):
    """Nodes that a pattern matches, in the order of its text, and what must be equal for that. `target`: the first."""

    target: int
    nodes: tuple[int, ...]
    equal: tuple[Pair, ...]


class Instances:
    """Spells out instances of rules over the classes as they are now."""

    def __init__(
        self, closure: StagedClosure, rules: tuple[Rule, ...], inverses: Mapping[int, Rule] = MappingProxyType({})
    ) -> None:
        self._closure, self._terms, self._rules = closure, closure.terms, rules
        self._inverses = inverses
        self._applied = tuple(inverses.get(number, rule) for number, rule in enumerate(rules))
        self._variables = [rule.variables for rule in self._applied]

    def reason(self, number: int, substitution: tuple[int, ...], root: int) -> Reason | None:
        """Give what a firing joins; None if it cannot be spelt, or a node that it asks for is not in the set.

        For the firing of an inverse it is the instance of the rule itself: its pattern's side first.
        """
        rule = self._applied[number]
        bound = dict(zip(self._variables[number], substitution, strict=True))
        left = self._left(rule.patterns[0], root, bound)
        if left is None:
            return None
        ids = self._terms.ids
        named = tuple((name, ids[term]) for name, term in bound.items())
        instance = instance_of(rule, Match((ids[left],), named))
        witnessed = self._witnessed(rule.patterns[1:], bound)
        if instance is None or witnessed is None:
            return None
        for node in instance.nodes:
            self._terms.intern(node.operator, node.colour, [self._terms.of(child) for child in node.children])
        right = self._terms.of(instance.root)
        if number in self._inverses:
            return self._turned(number, left, right, bound)
        return left, right, RuleUse(number, substitution, witnessed.nodes, witnessed.equal)

    def _turned(self, number: int, matched: int, result: int, bound: Bound) -> Reason | None:
        """Give the instance of the rule that an inverse's match is; None if the rule would have made another node."""
        rule, ids = self._rules[number], self._terms.ids
        substitution = tuple(bound[name] for name in rule.variables)
        named = tuple((name, ids[bound[name]]) for name in rule.variables)
        instance = instance_of(rule, Match((ids[result],), named))
        if instance is None or instance.root != ids[matched]:
            return None
        return result, matched, RuleUse(number, substitution, (), ())

    # --- the first pattern

    def _left(self, pattern: Pattern, root: int, bound: Bound) -> int | None:
        if isinstance(pattern, Variable):
            return bound[pattern.name]
        content = self._terms.content[root]
        if content is None or content.operator != pattern.operator or len(content.children) != len(pattern.children):
            return None
        children = []
        for part, child in zip(pattern.children, content.children, strict=True):
            spelt = self._spellings(part, bound).get(self._closure.root(child))
            if spelt is None or not may_name(content.colour, self._colour(spelt)):
                return None
            children.append(spelt)
        return self._intern(Spelling(content.operator, content.colour, tuple(children)))

    def _spellings(self, pattern: Pattern, bound: Bound) -> dict[int, Spelt]:
        """Give for each class that holds an instance of the pattern one such instance: the first colour that does."""
        if isinstance(pattern, Variable):
            term = bound[pattern.name]
            return {self._closure.root(term): term}
        found: dict[int, Spelt] = {}
        for parts in product(*(self._spellings(part, bound).items() for part in pattern.children)):
            classes, spelt = tuple(item[0] for item in parts), tuple(item[1] for item in parts)
            for colour in Colour if pattern.colour is None else (pattern.colour,):
                there = self._closure.congruent(pattern.operator, colour, classes)
                if there and all(may_name(colour, self._colour(part)) for part in spelt):
                    found.setdefault(self._closure.root(there[0]), Spelling(pattern.operator, colour, spelt))
        return found

    def _colour(self, spelt: Spelt) -> Colour:
        return spelt.colour if isinstance(spelt, Spelling) else Colour(self._terms.ids[spelt][0] >> 6)

    def _intern(self, spelt: Spelt) -> int:
        if isinstance(spelt, int):
            return spelt
        return self._terms.intern(spelt.operator, spelt.colour, [self._intern(child) for child in spelt.children])

    # --- further patterns

    def _witnessed(self, patterns: tuple[Pattern, ...], bound: Bound) -> Witnesses | None:
        """Give nodes of the set for all further patterns together, the smallest first; None if some are missing."""
        nodes: tuple[int, ...] = ()
        equal: tuple[Pair, ...] = ()
        for pattern in patterns:
            if isinstance(pattern, Variable):
                term = bound[pattern.name]
                found = [Witnesses(term, (term,), ((term, term),))] if self._is_there(term) else []
            else:
                found = list(self._matching(pattern, bound).values())
            if not found:
                return None
            best = min(found, key=lambda item: self._terms.ids[item.target])
            nodes, equal = nodes + best.nodes, equal + best.equal
        return Witnesses(-1, nodes, equal)

    def _matching(self, pattern: Pattern, bound: Bound) -> dict[int, Witnesses]:
        """Give for each class the smallest node of the set in it that matches; for a variable its own term."""
        root, ids = self._closure.root, self._terms.ids
        if isinstance(pattern, Variable):
            term = bound[pattern.name]
            return {root(term): Witnesses(term, (), ())}
        found: dict[int, Witnesses] = {}
        for parts in product(*(self._matching(part, bound).items() for part in pattern.children)):
            classes, below = tuple(item[0] for item in parts), tuple(item[1] for item in parts)
            for colour in Colour if pattern.colour is None else (pattern.colour,):
                nodes = filter(self._is_there, self._closure.congruent(pattern.operator, colour, classes))
                node = min(nodes, key=lambda item: ids[item], default=None)
                if node is not None and (root(node) not in found or ids[node] < ids[found[root(node)].target]):
                    found[root(node)] = self._over(node, below)
        return found

    def _over(self, node: int, below: tuple[Witnesses, ...]) -> Witnesses:
        nodes: tuple[int, ...] = (node,)
        equal: tuple[Pair, ...] = ()
        for child, part in zip(self._terms.children(node), below, strict=True):
            nodes, equal = nodes + part.nodes, (*equal, (child, part.target), *part.equal)
        return Witnesses(node, nodes, equal)

    def _is_there(self, term: int) -> bool:
        return self._terms.arrived[term]
