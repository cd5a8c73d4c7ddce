"""From a replayed trace to a short proof of one pair: which reasons, in which order.

Belongs here: paths. Not here: which pairs are worth a proof (spanning.py), writing it down (write.py), judging it.

A path for a pair of stage s uses reasons of at most that stage, so what such a reason rests on has a lower stage, and
lemmas in the order of their stages rest on earlier ones only. Paths are cheapest by Dijkstra's algorithm, where a
reason costs one and two more for each lemma it needs. That is a guess at the size of the whole, made cheaply.
"""

from heapq import heappop, heappush
from typing import NamedTuple

from egraph.derive.replay import Replayed
from egraph.derive.staged import Edge, Pair, RuleUse

STEPS_MAX = 1 << 14
"""A proof of more steps is given up: each takes four bytes at least, so it fits no fact."""


class Hop(NamedTuple):
    """One step of a path. Without an edge: the two are congruent."""

    source: int
    target: int
    edge: Edge | None


Chains = dict[Pair, list[Hop]]
"""A path for each pair that a proof needs; what a path rests on comes before it, the claim is last."""


class Prover:
    """Finds paths in one replayed trace; those of pairs that several proofs need are found once."""

    def __init__(self, replayed: Replayed) -> None:
        self._closure, self._ids = replayed.closure, replayed.terms.ids
        self._paths: Chains = {}

    def chains(self, left: int, right: int) -> Chains | None:
        """Give the paths that prove two equal terms equal; None if they have more than STEPS_MAX steps."""
        found: Chains = {}
        pending, steps = [(left, right)], 0
        while pending:
            pair = pending.pop()
            if pair in found:
                continue
            found[pair] = self._path(*pair)
            steps += len(found[pair])
            if steps > STEPS_MAX:
                return None
            pending += [needed for hop in found[pair] for needed in self._needs(hop)]
        return dict(sorted(found.items(), key=lambda item: self._place(item[0])))

    def _place(self, pair: Pair) -> tuple[int, bytes, bytes]:
        return self._stage(pair), self._ids[pair[0]], self._ids[pair[1]]

    def _stage(self, pair: Pair) -> int:
        stage = self._closure.joined_at(*pair)
        assert stage is not None, "a proof is asked for two terms that are not equal"
        return stage

    def _needs(self, hop: Hop) -> list[Pair]:
        if hop.edge is None:
            return list(self._closure.differing(hop.source, hop.target))
        why = hop.edge.why
        return [(a, b) for a, b in why.equal if a != b] if isinstance(why, RuleUse) else []

    def _path(self, left: int, right: int) -> list[Hop]:
        pair = left, right
        if pair not in self._paths:
            self._paths[pair] = _without_detours(self._cheapest(left, right, self._stage(pair)))
        return self._paths[pair]

    def _cheapest(self, source: int, target: int, stage: int) -> list[Hop]:
        cost_of, reached_by = {source: 0}, dict[int, Hop]()
        heap = [(0, self._ids[source], source)]
        while heap:
            cost, _, term = heappop(heap)
            if term == target:
                break
            if cost > cost_of[term]:
                continue
            for edge in self._closure.edges[term]:
                other = edge.right if edge.left == term else edge.left
                if edge.stage <= stage and cost + edge.cost < cost_of.get(other, cost + edge.cost + 1):
                    cost_of[other] = cost + edge.cost
                    reached_by[other] = Hop(term, other, None if edge.why is None else edge)
                    heappush(heap, (cost + edge.cost, self._ids[other], other))
        hops = []
        while target != source:
            hops.append(reached_by[target])
            target = reached_by[target].source
        return hops[::-1]


def _without_detours(hops: list[Hop]) -> list[Hop]:
    """Make one hop of congruent ones that follow each other: their first and last are congruent themselves."""
    shorter: list[Hop] = []
    for hop in hops:
        if hop.edge is None and shorter and shorter[-1].edge is None:
            shorter[-1] = Hop(shorter[-1].source, hop.target, None)
        else:
            shorter.append(hop)
    return shorter
