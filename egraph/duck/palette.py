"""A palette: the colour of every operator, under a policy, a seed and rules.

Belongs here: finding the colour, telling why, branching. Not here: its sources (draw.py, policy.py, polarity.py).
A palette has a colour for every text there is; it is a function, and holds no table of operators.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from egraph.colours import Colour, may_name
from egraph.duck.draw import branch_seed, check_seed, drawn_colour
from egraph.duck.explain import Explanation, Source
from egraph.duck.polarity import Polarity, polarities
from egraph.duck.policy import Above, Otherwise, Policy
from egraph.duck.problems import PolicyProblem, PolicyProblemKind, PolicyRefused
from egraph.rules.patterns import Application, walk
from egraph.rules.ruleset import Rule


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of operators; make one with `make_palette`, which checks that the policy can hold.

    `branches` is the way from the first palette, a branch number per fork. Equal palettes colour alike.
    """

    policy: Policy
    polarity: Mapping[str, Polarity] = field(default_factory=dict)
    branches: tuple[int, ...] = ()

    @property
    def seed(self) -> int:
        """The seed of this palette, 64 bits, signed."""
        return self.policy.seed

    def colour(self, operator: str) -> Colour:
        """Give the colour of an operator where its children allow it."""
        return self.explain(operator).preferred

    def colour_over(self, operator: str, children: Iterable[Colour]) -> Colour:
        """Give the colour of a node with this operator over such children, GREEN where one forbids its own."""
        return self.explain(operator, children).colour

    def explain(self, operator: str, children: Iterable[Colour] = ()) -> Explanation:
        """Tell which colour an operator has over such children, and which entry, rules or seed say so."""
        policy = self.policy
        preferred, source, detail = Colour.GREEN, Source.POLARITY, "neutral: no rule consumes or produces it"
        prefix = policy.prefix_of(operator)
        if operator in policy.operators:
            preferred, source, detail = policy.operators[operator], Source.OPERATOR, f"operators.{operator!r}"
        elif prefix is not None:
            preferred, source, detail = policy.prefixes[prefix], Source.PREFIX, f"prefixes.{prefix!r}"
        elif isinstance(policy.default, Colour):
            preferred, source, detail = policy.default, Source.DEFAULT, "default"
        elif policy.default is Otherwise.SEED:
            preferred, source, detail = drawn_colour(operator, policy.seed), Source.SEED, f"seed {policy.seed}"
        elif operator in self.polarity:
            its = self.polarity[operator]
            preferred, detail = its.colour, str(its)
        forbidding = next((child for child in children if not may_name(preferred, child)), None)
        colour = preferred if forbidding is None else Colour.GREEN
        return Explanation(operator, colour, preferred, source, detail, forbidding)

    def fork(self, branch: int) -> "Palette":
        """Give the palette of a branch, from 0: its drawn colours are independent of this one's and of other branches'.

        What the policy or the rules say stays. The same branch of the same palette is the same palette, everywhere.
        """
        policy = replace(self.policy, seed=branch_seed(self.policy.seed, branch))
        return replace(self, policy=policy, branches=(*self.branches, branch))


def make_palette(policy: Policy, rules: Iterable[Rule] | None = None) -> Palette:
    """Give the palette of a policy, and of rules where there are some.

    Raises PolicyRefused where the policy can never hold: it asks for polarity without rules, or names RED for an
    operator and BLUE for one that stands directly below it, in a rule or in the policy's own `above`.
    """
    ruled = () if rules is None else tuple(rules)
    problems = [] if rules is not None or policy.default is not Otherwise.POLARITY else [_NEEDS_RULES]
    problems += conflicts(policy, policy.above, "above says so")
    for rule in ruled:
        problems += conflicts(policy, _nested(rule), f"rule {rule.name} says so")
    if problems:
        raise PolicyRefused(problems)
    return Palette(policy, polarities(ruled))


def seeded(seed: int) -> Palette:
    """Give the palette that draws every colour by a seed, 64 bits. Raises InvalidSeed outside them."""
    check_seed(seed)
    return make_palette(Policy(seed=seed))


def conflicts(policy: Policy, pairs: Iterable[Above], why: str) -> Iterator[PolicyProblem]:
    """Give a problem for each pair of operators whose colours, as the policy names them, may never stand so."""
    for pair in dict.fromkeys(pairs):
        parent, child = policy.demanded(pair.parent), policy.demanded(pair.child)
        if parent is not None and child is not None and not may_name(parent, child):
            yield PolicyProblem(
                kind=PolicyProblemKind.NEVER_HOLDS,
                fact="the policy can never hold",
                detail=f"{pair.parent} is {parent.name} and stands above {pair.child}, which is {child.name} ({why})",
                remedy="make one of the two green, or leave its colour open",
                place=pair.place,
            )


_NEEDS_RULES = PolicyProblem(
    kind=PolicyProblemKind.NEEDS_RULES,
    fact="there are no rules to infer a polarity from",
    detail='default = "polarity"',
    remedy='give rules, or write default = "seed" or a colour',
    path="default",
)


def _nested(rule: Rule) -> Iterator[Above]:
    """Give the operators that stand directly above each other in a rule where it does not say the colours itself."""
    for side in (*rule.patterns, rule.replacement):
        for part in walk(side):
            if isinstance(part, Application) and part.colour is None:
                for child in part.children:
                    if isinstance(child, Application) and child.colour is None:
                        yield Above(part.operator, child.operator, child.place)
