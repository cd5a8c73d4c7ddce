"""The polarity of operators: the direction in which a set of rules moves them.

Belongs here: inference from rules. Not here: rules (egraph/rules), the use that a palette makes of it (palette.py).

A rule, run forward, takes a term that its first pattern matches and gives the replacement. Per rule an operator is
*consumed* as often as it stands in the first pattern more often than in the replacement, and *produced* as often as it
is the other way round. Further patterns are conditions: they consume nothing. Summed over all rules,

    consumed > produced   forward, RED     rules run forward start from it
    consumed < produced   inverse, BLUE    rules run forward arrive at it; to start from it a rule must be run backwards
    consumed = produced   neutral, GREEN   moved both ways alike, or not at all

So a commuted or a two-way rule (`birewrite`) moves nothing, and turning all rules round exchanges RED and BLUE.
The order and the names of the rules do not matter, nor do priorities, colours and conditions in them.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from egraph.colours import Colour
from egraph.rules.patterns import Application, Pattern, walk
from egraph.rules.ruleset import Rule


@dataclass(frozen=True, slots=True)
class Polarity:
    """How often rules consume and produce an operator, and which do, by name, ascending."""

    operator: str
    consumed: int
    produced: int
    consumers: tuple[str, ...]
    producers: tuple[str, ...]

    @property
    def colour(self) -> Colour:
        """RED forward, BLUE inverse, GREEN neutral."""
        if self.consumed == self.produced:
            return Colour.GREEN
        return Colour.RED if self.consumed > self.produced else Colour.BLUE

    def __str__(self) -> str:
        word = {Colour.RED: "forward", Colour.BLUE: "inverse", Colour.GREEN: "neutral"}[self.colour]
        by = f" ({_names(self.consumers)})" if self.consumers else ""
        of = f" ({_names(self.producers)})" if self.producers else ""
        return f"{word}: rules consume it {self.consumed} times{by} and produce it {self.produced} times{of}"


def polarities(rules: Iterable[Rule]) -> dict[str, Polarity]:
    """Give the polarity of every operator in a first pattern or a replacement, operators ascending."""
    consumed: dict[str, Counter[str]] = {}
    produced: dict[str, Counter[str]] = {}
    operators: set[str] = set()
    for rule in rules:
        before, after = _operators(rule.patterns[0]), _operators(rule.replacement)
        operators |= before.keys() | after.keys()
        for operator, times in (before - after).items():
            consumed.setdefault(operator, Counter())[rule.name] += times
        for operator, times in (after - before).items():
            produced.setdefault(operator, Counter())[rule.name] += times
    nothing: Counter[str] = Counter()
    return {
        operator: Polarity(
            operator,
            consumed.get(operator, nothing).total(),
            produced.get(operator, nothing).total(),
            tuple(sorted(consumed.get(operator, nothing))),
            tuple(sorted(produced.get(operator, nothing))),
        )
        for operator in sorted(operators)
    }


def _operators(pattern: Pattern) -> Counter[str]:
    return Counter(part.operator for part in walk(pattern) if isinstance(part, Application))


def _names(rules: tuple[str, ...]) -> str:
    shown = ", ".join(rules[:3])
    return f"{shown} and {len(rules) - 3} more" if len(rules) > 3 else shown
