"""Congruence closure that remembers in which stage each two terms became equal, and every reason that was seen.

Belongs here: joining, stages, reasons. Not here: what is joined (replay.py), short proofs (prove.py).

A stage joins a batch of edges; the next one what has become congruent by it. An edge of stage s needs only pairs that
were joined before s: the children of congruent terms, what a rule's further patterns matched. So a proof for a pair
of stage s may use edges of at most that stage, and never rests on itself. The forest is that of Nieuwenhuis and
Oliveras (Proof-producing congruence closure, RTA 2005) joined by size and not compressed: it tells when. Why is
searched among all edges.

Batches, groups and ties are ordered by node ids, never by numbers: equal facts give equal edges in equal stages,
however terms are numbered.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from egraph.colours import Colour
from egraph.derive.terms import TermTable
from egraph.identifiers import EventId

Pair = tuple[int, int]
Signature = tuple[str, Colour, tuple[int, ...]]

_COST_OF_A_LEMMA = 2


class RuleUse(NamedTuple):
    """An instance of a rule. `equal` are the pairs that its further patterns ask for, with the nodes they matched."""

    rule: int
    substitution: tuple[int, ...]
    witnesses: tuple[int, ...]
    equal: tuple[Pair, ...]


class Edge(NamedTuple):
    """A reason why two terms are equal: an equality, a rule from left to right, or None for congruence."""

    left: int
    right: int
    why: EventId | RuleUse | None
    cost: int
    stage: int


class StagedClosure:
    """Classes of terms. `edges[n]` has every reason that was seen at term n, the earliest stages first."""

    def __init__(self, terms: TermTable) -> None:
        self.terms = terms
        self.stage = 0
        """The stage of what is joined next."""
        self.edges: defaultdict[int, list[Edge]] = defaultdict(list)
        self._above: dict[int, tuple[int, int]] = {}
        self._size: defaultdict[int, int] = defaultdict(lambda: 1)
        self._uses: defaultdict[int, list[int]] = defaultdict(list)
        self._entered: set[int] = set()
        self._signature_of: dict[int, Signature] = {}
        self._groups: dict[Signature, list[int]] = {}

    # --- joining

    def close(self, reasons: Iterable[tuple[int, int, EventId | RuleUse]], entering: Iterable[int] = ()) -> None:
        """Take in terms and reasons of one stage, and all that follows by congruence."""
        edges = [Edge(a, b, why, 1 + _COST_OF_A_LEMMA * _lemmas(why), self.stage) for a, b, why in reasons]
        pending = self._enter(entering)
        while edges or pending:
            touched = [term for edge in edges for term in self._join(edge)]
            self.stage += 1
            edges = self._congruences([*pending, *touched])
            pending = []

    def _enter(self, terms: Iterable[int]) -> list[int]:
        """Give those whose content is known now and was not when, if ever, they entered before."""
        known = (term for term in dict.fromkeys(terms) if self.terms.content[term] is not None)
        new = [term for term in known if term not in self._entered]
        self._entered.update(new)
        for term in new:
            for child in dict.fromkeys(self.terms.children(term)):
                self._uses[self.root(child)].append(term)
        return new

    def _join(self, edge: Edge) -> list[int]:
        """Join two classes; give the terms that have another signature now."""
        self.edges[edge.left].append(edge)
        self.edges[edge.right].append(edge)
        kept, moved = self.root(edge.left), self.root(edge.right)
        if kept == moved:
            return []
        ids = self.terms.ids
        if (self._size[kept], ids[moved]) < (self._size[moved], ids[kept]):
            kept, moved = moved, kept
        self._above[moved] = kept, edge.stage
        self._size[kept] += self._size.pop(moved, 1)
        touched = self._uses.pop(moved, [])
        self._uses[kept] += touched
        return touched

    def _congruences(self, touched: list[int]) -> list[Edge]:
        """Give an edge from the smallest id of a group of congruent terms to each that has come to the group."""
        arrivals: defaultdict[Signature, list[int]] = defaultdict(list)
        for term in dict.fromkeys(touched):
            signature = self._signature(term)
            if self._signature_of.get(term) != signature:
                self._signature_of[term] = signature
                arrivals[signature].append(term)
        ids = self.terms.ids
        edges = []
        for signature, new in arrivals.items():
            group = self._groups.setdefault(signature, [])  # the smallest id stands first
            former, size = group[:1], len(group)
            group += new
            first = min((0, *range(size, len(group))), key=lambda place: ids[group[place]])
            group[0], group[first] = group[first], group[0]
            edges += [self._congruence(group[0], term) for term in (*former, *new) if term != group[0]]
        return sorted(edges, key=lambda edge: (ids[edge.left], ids[edge.right]))

    def _congruence(self, left: int, right: int) -> Edge:
        return Edge(left, right, None, 1 + _COST_OF_A_LEMMA * len(self.differing(left, right)), self.stage)

    def _signature(self, term: int) -> Signature:
        content = self.terms.content[term]
        assert content is not None
        return content.operator, content.colour, tuple(map(self.root, content.children))

    # --- reading

    def root(self, term: int, before: int | None = None) -> int:
        """Give the representative of a term's class, as it is now or as it was before a stage."""
        while (above := self._above.get(term)) is not None and (before is None or above[1] < before):
            term = above[0]
        return term

    def congruent(self, operator: str, colour: Colour, classes: tuple[int, ...]) -> list[int]:
        """Give the terms of this operator and colour whose children are in these classes, named by representatives."""
        return self._groups.get((operator, colour, classes), [])

    def joined_at(self, left: int, right: int) -> int | None:
        """Give the stage in which two terms became equal: -1 for the same term, None for never."""
        reached = {left: -1}
        term, stage = left, -1
        while (above := self._above.get(term)) is not None:
            term, stage = above[0], max(stage, above[1])
            reached[term] = stage
        term, stage = right, -1
        while term not in reached:
            if term not in self._above:
                return None
            term, at = self._above[term]
            stage = max(stage, at)
        return max(stage, reached[term])

    def differing(self, left: int, right: int) -> tuple[Pair, ...]:
        """Give the pairs of children of two congruent terms that are not the same term."""
        pairs = zip(self.terms.children(left), self.terms.children(right), strict=True)
        return tuple((a, b) for a, b in pairs if a != b)


def _lemmas(why: EventId | RuleUse) -> int:
    return sum(a != b for a, b in why.equal) if isinstance(why, RuleUse) else 0
