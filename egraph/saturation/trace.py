"""What a saturation did: the terms it holds, and the firings that made terms or merged classes.

Belongs here: the record, and reading it. Not here: making it (saturation.py), proofs from it.

Terms are numbered. The first `given` are the nodes handed in, ascending by node id, with those that are only named as
children; then those created, in the order of their creation. The children of a created term have smaller numbers.
A number stands for this one node for ever, whatever is merged later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from egraph.colours import Colour

NOT_ARRIVED = -1
"""The operator number of a given term that is named as a child, but was not handed in: its content is not known."""

NO_FIRING = -1


class TermRow(NamedTuple):
    """The content of one term. `operator` is None for one that is named but was not handed in."""

    operator: str | None
    colour: Colour
    children: tuple[int, ...]


class Firing(NamedTuple):
    """One application of a rule that had an effect.

    `round` counts from 1. `rule` is the rule's place in `RuleSet.rules`. `substitution` has the terms of the variables
    in the order of `Program.variables`. `root` is the node that the first pattern matched. `right` is the instance of
    the replacement: the variable's own term; or a node of the replacement's operator and colour whose children are,
    place by place, equal to the instance's. A node that this firing created has exactly the children that its parts
    have (variables' own terms, or the nodes found or made for inner operators); a node that was found may name other
    members of the same classes.
    All equalities used, on the left and on the right, held when the round began: they follow by congruence from the
    equalities handed in and the firings of earlier rounds.

    A negative `rule` is -1 - k for what the k-th analysis concluded: no substitution, `root` is the smallest term of a
    class, `right` the leaf that it equals. Analyses conclude after the rules of a round, from all before them; what
    they conclude before the first round has round 0.
    """

    round: int
    rule: int
    substitution: tuple[int, ...]
    root: int
    right: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Columns of terms; `terms[number]` gives one.

    The children of n are `children[first_child[n] : first_child[n + 1]]`.
    """

    operators: tuple[str, ...]
    """Operator numbers are places in this."""
    operator: Sequence[int]
    colour: Sequence[int]
    first_child: Sequence[int]
    children: Sequence[int]

    def __len__(self) -> int:
        return len(self.operator)

    def __getitem__(self, number: int) -> TermRow:
        if not 0 <= number < len(self):
            raise IndexError(f"term {number}: there are {len(self)}, counted from 0")
        operator = self.operator[number]
        begin, end = self.first_child[number], self.first_child[number + 1]
        return TermRow(
            None if operator == NOT_ARRIVED else self.operators[operator],
            Colour(self.colour[number]),
            tuple(self.children[begin:end]),
        )


@dataclass(frozen=True, slots=True)
class Firings:
    """Columns of firings in the order in which they took effect; `firings[number]` gives one.

    The substitution of n is `substitution[first_variable[n] : first_variable[n + 1]]`.
    """

    round: Sequence[int]
    rule: Sequence[int]
    root: Sequence[int]
    right: Sequence[int]
    first_variable: Sequence[int]
    substitution: Sequence[int]

    def __len__(self) -> int:
        return len(self.round)

    def __getitem__(self, number: int) -> Firing:
        if not 0 <= number < len(self):
            raise IndexError(f"firing {number}: there are {len(self)}, counted from 0")
        begin, end = self.first_variable[number], self.first_variable[number + 1]
        return Firing(
            self.round[number],
            self.rule[number],
            tuple(self.substitution[begin:end]),
            self.root[number],
            self.right[number],
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that proofs of what was derived need.

    `firings` holds each firing whose `root` and `right` were in different classes before it (effective unions). A
    firing that creates a node is always among them. `created_by[number - given]` is the firing that created a term, or
    NO_FIRING where an analysis made it without merging anything.
    """

    given: int
    terms: Terms
    created_by: Sequence[int]
    firings: Firings

    def creator(self, term: int) -> int:
        """Give the number of the firing that created a term, or NO_FIRING for one that was handed in."""
        return NO_FIRING if term < self.given else self.created_by[term - self.given]
