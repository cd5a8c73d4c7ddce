"""What an inverse derives is an instance of its rule, read backward: the independent checker accepts it.

Reproduce a failure with EGRAPH_SEED=<seed in the message> EGRAPH_HISTORIES=1.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from random import Random, SystemRandom

from egraph.colours import Colour, may_name
from egraph.derive.check import check
from egraph.derive.proof import ByRule, DerivationProof, ProofLemma
from egraph.derive.rule_text import Content as ColouredContent
from egraph.derive.rule_text import RuleText
from egraph.derive.verdict import Sound
from egraph.facts import Derived, EqualityAsserted, RuleAdded
from egraph.identifiers import EventId, NodeId, colour_of, node_id
from egraph.rules.conditions import Content, holds
from egraph.rules.instance import Instance, instance_of
from egraph.rules.inverse import inverses_of
from egraph.rules.matching import Match
from egraph.rules.patterns import Application, Pattern, Variable, variables_of
from egraph.rules.printer import rule_set_hash
from egraph.rules.rule_facts import rule_of
from egraph.rules.ruleset import Rule, RuleSet
from egraph.rules.validation import problems_of_rule
from tests.properties.derived_worlds import LEAVES, random_rules

WORLDS = int(os.environ.get("EGRAPH_HISTORIES", "1000"))


def first_seed() -> int:
    """Give the seed of the first world."""
    named = os.environ.get("EGRAPH_SEED")
    return int(named) if named else SystemRandom().randrange(1 << 48)


@dataclass
class Held:
    """The nodes and the rule that a checker may look up."""

    rule: RuleAdded
    nodes: dict[NodeId, ColouredContent] = field(default_factory=dict)

    def fact(self, event_id: EventId) -> RuleAdded | None:
        """Give the rule."""
        return self.rule if event_id == self.rule.event_id else None

    def node(self, node: NodeId) -> ColouredContent | None:
        """Give the content of a node."""
        return self.nodes.get(node)

    def content(self, node: NodeId) -> Content | None:
        """Give what conditions ask about."""
        found = self.nodes.get(node)
        return None if found is None else Content(found.operator, found.children)

    def add(self, operator: str, colour: Colour, children: tuple[NodeId, ...]) -> NodeId:
        """Hold a node."""
        identity = node_id(operator, colour, children)
        self.nodes[identity] = ColouredContent(operator, colour, children)
        return identity


def some_instance(random: Random, pattern: Pattern, bound: dict[str, NodeId], held: Held) -> NodeId:
    """Give an instance of a pattern, in random legal colours where it demands none."""
    if isinstance(pattern, Variable):
        return bound[pattern.name]
    children = tuple(some_instance(random, part, bound, held) for part in pattern.children)
    wanted = [pattern.colour] if pattern.colour is not None else list(Colour)
    legal = [one for one in wanted if all(may_name(one, colour_of(child)) for child in children)]
    if not legal:
        raise IllegalColour
    return held.add(pattern.operator, random.choice(legal), children)


class IllegalColour(Exception):
    """No colour may stand above some children."""


def derived(held: Held, root: NodeId, instance: Instance, bound: dict[str, NodeId]) -> EqualityAsserted:
    """Give the equality of a match and its result, proved by the rule itself, read backward."""
    text = RuleText(held.rule)
    assert text.rule is not None
    terms = tuple(sorted({root, instance.root, *bound.values()}))
    step = ByRule(0, False, tuple(terms.index(bound[name]) for name in text.variables), terms.index(instance.root))
    why = Derived(
        rule=text.rule.name,
        substitution=tuple((name, bound[name]) for name in text.variables),
        rule_set=rule_set_hash(RuleSet((text.rule,))),
        round=1,
        premises=(held.rule.event_id,),
        proof=DerivationProof(terms, (ProofLemma(terms.index(root), (step,)),)),
    )
    return EqualityAsserted(graph="main", producer="blue", sequence=0, hlc=100, left=root, right=instance.root, why=why)


def match_of(random: Random, inverse: Rule, held: Held) -> tuple[NodeId, dict[str, NodeId]] | None:
    """Give a match of an inverse over nodes made for it, or None where colours or conditions forbid it."""
    leaves = [held.add(operator, colour, ()) for operator in LEAVES for colour in Colour]
    bound = {variable.name: random.choice(leaves) for variable in variables_of(inverse.patterns[0])}
    try:
        root = some_instance(random, inverse.patterns[0], bound, held)
    except IllegalColour:
        return None
    met = all(holds(item, lambda one: bound[one.name], held.content) for item in inverse.conditions)
    return (root, bound) if met else None


def test_the_checker_accepts_what_an_inverse_derives() -> None:
    """Agents that verify would retract what agents that apply rules backward publish."""
    base = first_seed()
    seen: Counter[str] = Counter()
    for seed in range(base, base + WORLDS):
        random = Random(seed)
        for fact in random_rules(random):
            rule = rule_of(fact)
            assert isinstance(rule, Rule)
            found = inverses_of(rule)
            for inverse in found if isinstance(found, tuple) else ():
                held = Held(fact)
                matched = match_of(random, inverse, held)
                if matched is None:
                    continue
                root, bound = matched
                instance = instance_of(inverse, Match((root,), tuple(bound.items())))
                if instance is None or instance.root == root:
                    continue
                for node in instance.nodes:
                    held.add(node.operator, node.colour, node.children)

                verdict = check(derived(held, root, instance, bound), held)

                assert isinstance(verdict, Sound), f"seed {seed}: {rule}: {verdict}"
                seen[f"{rule.colour_policy} {isinstance(inverse.patterns[0], Application)}"] += 1
                seen[colour_of(root).name] += 1
    assert WORLDS < 1000 or len(seen) == 11, seen


def test_an_inverse_is_a_valid_rule_and_its_inverse_has_the_sides_of_the_rule() -> None:
    """An invalid inverse would be refused by every reader; other sides would be another rule."""
    base = first_seed()
    turned = 0
    for seed in range(base, base + min(WORLDS, 300)):
        for fact in random_rules(Random(seed)):
            rule = rule_of(fact)
            assert isinstance(rule, Rule)
            found = inverses_of(rule)
            for inverse in found if isinstance(found, tuple) else ():
                if any(problem.kind != "never holds" for problem in problems_of_rule(inverse)):
                    raise AssertionError(f"seed {seed}: {problems_of_rule(inverse)}")
                again = inverses_of(inverse)
                for back in again if isinstance(again, tuple) else ():
                    sides = bare(rule.patterns[0]), bare(rule.replacement)
                    assert (bare(back.patterns[0]), bare(back.replacement)) == sides, f"seed {seed}"
                    turned += 1
    assert turned or WORLDS < 300


def bare(pattern: Pattern) -> Pattern:
    """Give a pattern without its colours."""
    if isinstance(pattern, Variable):
        return pattern
    return Application(pattern.operator, tuple(map(bare, pattern.children)))
