"""Small worlds with rules, saturated by definition: sealed facts, a trace, and what is derived from it.

Belongs here: making such a world from a seed. Not here: judging it (test_derive_*.py).
"""

from dataclasses import dataclass, field
from random import Random

from egraph.colours import Colour, may_name
from egraph.derive.drafts import Derivation, Publisher, RulesInForce, Stamp, derive, rules_in_force
from egraph.facts import EqualityAsserted, Fact, NodeAdded, RuleAdded, Stated
from egraph.identifiers import EventId, NodeId, colour_of, node_id
from egraph.reference import ReferenceView
from egraph.rules.conditions import ColorMustBe, ColorNot, Condition, NotEqual, OperatorIs, OperatorNot, ParentOf
from egraph.rules.patterns import Application, Pattern, Variable, variables_of
from egraph.rules.rule_facts import draft_of
from egraph.rules.ruleset import ColourPolicy, Rule, RuleSet
from egraph.rules.validation import problems_of_rule
from schemas.codec import seal
from schemas.topics import FACT_BYTES_MAX
from tests.properties.brute_saturation import BruteSaturation

LEAVES, INNER = "abc", "fgh"
VARIABLES = tuple(map(Variable, "xyz"))
TERMS_MAX = 16
KNOWN_RULES = (
    ("(f ?x ?y)", "(f ?y ?x)"),
    ("(f ?x ?x)", "?x"),
    ("(g (g ?x))", "?x"),
    ("(f (g ?x) (g ?y))", "(g (f ?x ?y))"),
    ("(g (f ?x ?y))", "(f (g ?x) (g ?y))"),
    ("(f (f ?x ?y) ?z)", "(f ?x (f ?y ?z))"),
    ("(h ?x)", "(f ?x a)"),
    ("(f ?x a)", "?x"),
    ("(:all (f ?x ?y) (g ?x))", "(f ?y (g ?x))"),
    ("(:all ?x (h (g ?x)))", "(h ?x)"),
)
"""Rules that feed each other, so that proofs become long."""


def sealed(draft: Fact) -> Fact:
    """Give a draft with its event id."""
    return seal(draft).fact


def envelope(random: Random) -> dict[str, object]:
    """Give an envelope with a small clock."""
    return {"graph": "main", "producer": "world", "sequence": random.getrandbits(30), "hlc": random.randrange(8)}


def random_nodes(random: Random) -> list[NodeAdded]:
    """Give nodes over each other in legal colours, mostly GREEN; some that are named are missing."""
    made: list[tuple[NodeId, NodeAdded]] = []
    for _ in range(random.randint(4, 8)):
        known = [node for node, _ in made]
        children = tuple(random.choice(known) for _ in range(random.choice((0, 1, 2, 2)))) if known else ()
        allowed = [c for c in Colour if all(may_name(c, colour_of(child)) for child in children)]
        colour = Colour.GREEN if random.random() < 0.6 else random.choice(allowed)
        operator = ("f" if len(children) == 2 else random.choice("gh")) if children else random.choice(LEAVES)
        fact = NodeAdded(**envelope(random), operator=operator, colour=colour, children=children)  # type: ignore[arg-type]
        made.append((node_id(operator, colour, children), fact))
    return [fact for _, fact in made if random.random() < 0.95]


def random_pattern(random: Random, depth: int, variables: tuple[Variable, ...] = VARIABLES) -> Pattern:
    """Give a pattern over the operators of random nodes, now and then of one colour."""
    if depth == 0 or random.random() < 0.35:
        use_variable = variables and random.random() < 0.85
        return random.choice(variables) if use_variable else Application(random.choice(LEAVES))
    children = tuple(random_pattern(random, depth - 1, variables) for _ in range(random.choice((1, 1, 2))))
    colour = random.choice(list(Colour)) if random.random() < 0.1 else None
    return Application(random.choice(INNER), children, colour)


def random_condition(random: Random, bound: tuple[Variable, ...]) -> Condition:
    """Give a condition of any kind."""
    one, other, colour = random.choice(bound), random.choice(bound), random.choice(list(Colour))
    operators = tuple(random.sample(LEAVES + INNER, 3))
    conditions = (
        ColorMustBe(one, colour), ColorNot(one, colour), NotEqual(one, other), ParentOf(one, other),
        OperatorIs(one, operators), OperatorNot(one, operators),
    )  # fmt: skip
    return random.choice(conditions)


def random_rules(random: Random) -> list[RuleAdded]:
    """Give facts of valid rules of one or two patterns."""
    facts: list[RuleAdded] = []
    while len(facts) < 3:
        if random.random() < 0.6:
            pattern, replacement = random.choice(KNOWN_RULES)
            known = RuleAdded(**envelope(random), name=f"r{len(facts)}", pattern=pattern, replacement=replacement)  # type: ignore[arg-type]
            facts.append(sealed(known))  # type: ignore[arg-type]
            continue
        patterns = tuple(random_pattern(random, 2) for _ in range(random.choice((1, 1, 1, 2))))
        bound = tuple(dict.fromkeys(variable for pattern in patterns for variable in variables_of(pattern)))
        conditions = tuple(random_condition(random, bound) for _ in range(random.choice((0, 0, 0, 1)) if bound else 0))
        policy = random.choice([*ColourPolicy, ColourPolicy.INHERIT, ColourPolicy.INHERIT])
        rule = Rule(
            name=f"r{len(facts)}", patterns=patterns, replacement=random_pattern(random, 2, bound),
            conditions=conditions, colour_policy=policy,
        )  # fmt: skip
        if not problems_of_rule(rule):
            given = {name: value for name, value in envelope(random).items()}
            facts.append(sealed(draft_of(rule, **given)))  # type: ignore[arg-type]
    return facts


@dataclass
class World:
    """One world: the facts before saturation, what the saturation did, and what it lets us say."""

    random: Random
    facts: list[Fact]
    nodes: list[NodeAdded]
    rules: RulesInForce
    accepted: list[EqualityAsserted] = field(default_factory=list)
    brute: BruteSaturation = field(default_factory=lambda: BruteSaturation(RuleSet()))
    derivation: Derivation = field(default_factory=lambda: Derivation((), (), 0))
    derived: list[EqualityAsserted] = field(default_factory=list)
    """The derived facts, sealed."""

    @property
    def ids(self) -> list[NodeId]:
        """The node ids of the terms that the trace calls given."""
        return self.brute.ids[: self.brute.given]

    def holding(self, *also: Fact) -> "Held":
        """Give the world's facts, and some more, to look up."""
        return Held([*self.facts, *also])

    def saturate(self, rounds: int) -> list[EqualityAsserted]:
        """Saturate what is accepted now, and give the derived facts, sealed; they are not added to the facts."""
        view = ReferenceView(self.facts)
        by_id = {fact.event_id: fact for fact in self.facts if isinstance(fact, EqualityAsserted)}
        self.accepted = [by_id[item] for item in view.accepted()]
        self.brute = BruteSaturation(self.rules.rules)
        self.brute.begin(self.nodes, self.accepted)
        for _ in range(rounds):
            if not self.brute.round(self.random, TERMS_MAX):
                break
        self.derivation = derive(
            self.brute.trace(), self.ids, self.accepted, self.rules.facts, publisher(), inverses=self.rules.inverses
        )
        self.derived = [sealed(draft) for draft in self.derivation.drafts]  # type: ignore[misc]
        return self.derived


class Held:
    """Facts by event id, nodes by node id."""

    def __init__(self, facts: list[Fact]) -> None:
        self.facts: dict[EventId, Fact] = {fact.event_id: fact for fact in facts}
        self.nodes = {
            node_id(fact.operator, fact.colour, fact.children): fact for fact in facts if isinstance(fact, NodeAdded)
        }

    def fact(self, event_id: EventId) -> Fact | None:
        """Give the fact behind an event id."""
        return self.facts.get(event_id)

    def node(self, node: NodeId) -> NodeAdded | None:
        """Give the node behind a node id."""
        return self.nodes.get(node)


def publisher(bytes_max: int = FACT_BYTES_MAX) -> Publisher:
    """Give a producer whose clock is just beyond the premises."""
    return Publisher(
        graph="main",
        producer="saturation",
        stamp=lambda _, after: Stamp(0, after + 1),
        size=lambda draft: len(seal(draft).raw),
        bytes_max=bytes_max,
    )


def unsaturated(seed: int) -> World:
    """Give the world that a seed names, before anything is derived."""
    random = Random(seed)
    nodes = random_nodes(random)
    known = sorted({node_id(f.operator, f.colour, f.children) for f in nodes} | {c for f in nodes for c in f.children})
    stated = [
        EqualityAsserted(**envelope(random), left=random.choice(known), right=random.choice(known), why=Stated("so"))  # type: ignore[arg-type]
        for _ in range(random.randint(0, 3) if known else 0)
    ]
    rules = random_rules(random)
    return World(random, [sealed(fact) for fact in (*nodes, *stated)] + rules, nodes, rules_in_force(rules))


def world(seed: int) -> World:
    """Give the world that a seed names, saturated for up to three rounds."""
    found = unsaturated(seed)
    found.saturate(found.random.choice((1, 2, 3)))
    return found
