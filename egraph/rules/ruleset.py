"""Rules, the operators they may use, and sets of them with a name that follows from their content.

Belongs here: the objects. Not here: whether they make sense (validation.py), text (reader.py, printer.py).
"""

from dataclasses import dataclass, field
from enum import StrEnum

from egraph.rules.computed_rule import ComputedRule
from egraph.rules.conditions import Condition
from egraph.rules.patterns import Pattern, size_of, variables_of
from egraph.rules.problems import Place


class ColourPolicy(StrEnum):
    """The colour of new nodes whose pattern names none.

    INHERIT: that of the node which the first pattern matched, or GREEN where a child forbids it.
    The others: that colour; a match whose children forbid it gives nothing.
    """

    INHERIT = "inherit"
    RED = "red"
    BLUE = "blue"
    GREEN = "green"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where all patterns match and all conditions hold, the first pattern's node equals the replacement."""

    name: str
    patterns: tuple[Pattern, ...]
    replacement: Pattern
    conditions: tuple[Condition, ...] = ()
    colour_policy: ColourPolicy = ColourPolicy.INHERIT
    priority: int = 0
    place: Place | None = field(default=None, compare=False, repr=False)

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables in the order in which the patterns name them first: that of substitutions."""
        return tuple(dict.fromkeys(item.name for pattern in self.patterns for item in variables_of(pattern)))

    @property
    def complexity(self) -> int:
        """The number of variables, operators and conditions: a cheap guess at what matching costs."""
        return sum(map(size_of, self.patterns)) + size_of(self.replacement) + len(self.conditions)

    @property
    def schedule_key(self) -> tuple[int, int, str]:
        """Rules run in ascending order of this: high priority first, then the simple ones, then by name."""
        return -self.priority, self.complexity, self.name


@dataclass(frozen=True, slots=True, order=True)
class Declaration:
    """An operator that rules may use. `arity` -1 means any number of children.

    `prefix` declares every operator that begins so, such as all `Constant:int:`.
    """

    operator: str
    arity: int
    prefix: bool = False
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in the order in which they run. The order they were given in does not matter, nor that of declarations.

    Without declarations any operator may have any arity. `computed` are rules without a pattern; what matches
    patterns, or writes code of them, reads `rules` alone.
    """

    rules: tuple[Rule, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    computed: tuple[ComputedRule, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(sorted(self.rules, key=lambda rule: rule.schedule_key)))
        object.__setattr__(self, "declarations", tuple(sorted(self.declarations)))
        object.__setattr__(self, "computed", tuple(sorted(self.computed, key=lambda rule: rule.name)))

    @property
    def all_rules(self) -> tuple[Rule | ComputedRule, ...]:
        """Give everything that becomes a fact of its own: the rules in their order, then the computed rules."""
        return (*self.rules, *self.computed)
