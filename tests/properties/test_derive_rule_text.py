"""The checker reads rules for itself, sharing no code with saturation, and agrees with what defines it."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random

from egraph.colours import Colour
from egraph.derive.rule_text import Content, RuleText, condition_holds, is_instance, replacement_of
from egraph.facts import RuleAdded
from egraph.identifiers import NodeId, colour_of
from egraph.rules import conditions
from egraph.rules.instance import instance_of
from egraph.rules.matching import Match, Term, matches
from egraph.rules.patterns import Variable, variables_of
from egraph.rules.rule_facts import draft_of
from egraph.rules.ruleset import ColourPolicy, Rule
from egraph.rules.validation import problems_of_rule
from tests.properties.derived_worlds import INNER, LEAVES, random_condition, random_pattern

RULES = 3000


def random_term(random: Random, depth: int) -> Term:
    """Give a tree of nodes in any colours: what is forbidden side by side must be told apart as well."""
    arity = random.choice((1, 2, 2)) if depth else 0
    children = tuple(random_term(random, random.randrange(depth)) for _ in range(arity))
    return Term(random.choice(INNER if children else LEAVES), random.choice(list(Colour)), children)


def contents_of(*terms: Term) -> dict[NodeId, Content]:
    """Give the contents of trees."""
    found: dict[NodeId, Content] = {}
    pending = list(terms)
    while pending:
        term = pending.pop()
        found[term.id] = Content(term.operator, term.colour, tuple(child.id for child in term.children))
        pending += term.children
    return found


def random_rule(random: Random) -> Rule | None:
    """Give a rule with conditions, of any policy; None where the dice give one that makes no sense."""
    pattern = random_pattern(random, 2)
    bound = variables_of(pattern)
    rule = Rule(
        name="r", patterns=(pattern,), replacement=random_pattern(random, 2, bound),
        conditions=tuple(random_condition(random, bound) for _ in range(2)) if bound else (),
        colour_policy=random.choice(list(ColourPolicy)),
    )  # fmt: skip
    return None if problems_of_rule(rule) else rule


def read_back(rule: Rule) -> RuleText:
    """Read a rule as the checker does."""
    fact: RuleAdded = draft_of(rule, graph="main", producer="p", sequence=0, hlc=0)
    return RuleText(fact)


def spelt(rule: Rule, random: Random) -> tuple[Term, Mapping[str, Term]]:
    """Give a tree that may be an instance of the pattern, and what the variables may stand for."""
    bound = {variable.name: random_term(random, 1) for variable in variables_of(rule.patterns[0])}

    def build(pattern: object) -> Term:
        if isinstance(pattern, Variable):
            return bound[pattern.name] if random.random() < 0.95 else random_term(random, 1)
        colour = getattr(pattern, "colour", None) or random.choice(list(Colour))
        if random.random() < 0.05:
            colour = random.choice(list(Colour))
        operator = getattr(pattern, "operator", "")
        return Term(operator, colour, tuple(map(build, getattr(pattern, "children", ()))))

    return build(rule.patterns[0]), bound


def test_the_checker_reads_rules_as_they_are_defined() -> None:
    """The checker would refuse what saturation rightly derives, or believe what no rule gives."""
    seen = {"instance": 0, "no instance": 0, "holds": 0, "fails": 0, "replaced": 0, "forbidden": 0}
    for seed in range(RULES):
        random = Random(seed)
        rule = random_rule(random)
        if rule is None:
            continue
        text = read_back(rule)
        tree, bound = spelt(rule, random)
        contents = contents_of(tree, *bound.values())
        ids = {name: term.id for name, term in bound.items()}
        assert text.rule == replace(rule, place=None)
        assert text.variables == tuple(variable.name for variable in variables_of(rule.patterns[0]))

        same = is_instance(rule.patterns[0], tree.id, ids, contents.__getitem__)
        assert same is (matches(rule.patterns[0], tree) == dict(bound)), f"seed {seed}"
        seen["instance" if same else "no instance"] += 1

        def known(node: NodeId, held: dict[NodeId, Content] = contents) -> conditions.Content:
            return conditions.Content(held[node].operator, held[node].children)

        for condition in rule.conditions:
            holds = conditions.holds(condition, lambda variable, named=ids: named[variable.name], known)  # type: ignore[misc]
            assert condition_holds(condition, ids, contents.__getitem__) is holds, f"seed {seed}: {condition}"
            seen["holds" if holds else "fails"] += 1

        instance = instance_of(rule, Match((tree.id,), tuple(ids.items())))
        made = replacement_of(rule, ids, tree.id)
        assert made == (None if instance is None else instance.root), f"seed {seed}: {colour_of(tree.id)}"
        seen["forbidden" if instance is None else "replaced"] += 1
    assert min(seen.values()) > RULES // 60, seen
