"""Which pairs to publish: few that make equal all that has become equal, each pair as near to each other as can be.

Belongs here: choosing pairs of nodes of the set. Not here: proving them (prove.py).

Every node of the set claims the terms nearest to it; where two regions touch there is a pair, as far apart as the way
through that place is long (as in Mehlhorn, A faster approximation algorithm for the Steiner problem in graphs, 1988).
Pairs are taken in the order in which they became equal, then by length, then by node ids, and a pair that follows by
congruence from those taken before it is left out: children come before their parents, which then need no fact.
"""

from collections import defaultdict
from collections.abc import Iterable
from heapq import heappop, heappush

from egraph.derive.replay import Replayed
from egraph.derive.staged import Pair, StagedClosure
from egraph.derive.terms import TermTable
from egraph.identifiers import EventId

_SAID = EventId(b"")


def spanning_pairs(replayed: Replayed, said: Iterable[Pair] = ()) -> list[Pair]:
    """Give pairs of nodes of the set that, with congruence, join all classes which have become one.

    The smaller id comes first, and pairs ascend.

    `said` are pairs of which the set of facts already says that they are equal, though that does not count now.
    """
    ids, closure, before = replayed.terms.ids, replayed.closure, replayed.before
    merged = _merged(replayed)
    owner, distance = _regions(replayed, merged)
    candidates: dict[Pair, tuple[int, int]] = {}
    for term in owner:
        for edge in closure.edges[term]:
            a, b = owner[edge.left], owner[edge.right]
            if a != b and closure.root(a, before) != closure.root(b, before):
                pair = (a, b) if ids[a] < ids[b] else (b, a)
                cost = distance[edge.left] + edge.cost + distance[edge.right]
                stage = closure.joined_at(*pair)
                assert stage is not None
                candidates[pair] = min((stage, cost), candidates.get(pair, (stage, cost)))
    published = _Published(replayed, said)
    ordered = sorted(candidates.items(), key=lambda item: (item[1], ids[item[0][0]], ids[item[0][1]]))
    chosen = [pair for pair, _ in ordered if published.join(*pair)]
    return sorted(chosen, key=lambda pair: (ids[pair[0]], ids[pair[1]]))


def _merged(replayed: Replayed) -> list[int]:
    """Give the nodes of the set in classes that hold several classes of before."""
    closure, terms = replayed.closure, replayed.terms
    nodes: defaultdict[int, list[int]] = defaultdict(list)
    for term in range(len(terms)):
        if terms.may_be_end(term):
            nodes[closure.root(term)].append(term)
    several = (group for group in nodes.values() if len(group) > 1)
    return [
        term for group in several if len({closure.root(item, replayed.before) for item in group}) > 1 for term in group
    ]


def _regions(replayed: Replayed, nodes: list[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Give for each term of these nodes' classes the nearest of the nodes, and how far it is (Dijkstra)."""
    ids, closure = replayed.terms.ids, replayed.closure
    owner: dict[int, int] = {}
    distance = dict.fromkeys(nodes, 0)
    heap = sorted((0, ids[node], ids[node], node, node) for node in nodes)
    while heap:
        cost, _, _, term, nearest = heappop(heap)
        if term in owner:
            continue
        owner[term], distance[term] = nearest, cost
        for edge in closure.edges[term]:
            other = edge.right if edge.left == term else edge.left
            if other not in owner and cost + edge.cost <= distance.get(other, cost + edge.cost):
                distance[other] = cost + edge.cost
                heappush(heap, (cost + edge.cost, ids[nearest], ids[other], other, nearest))
    return owner, distance


class _Published:
    """What a view of the set makes of the pairs taken so far: it knows the nodes that have arrived, and no others."""

    def __init__(self, replayed: Replayed, said: Iterable[Pair]) -> None:
        terms, closure = replayed.terms, replayed.closure
        table = TermTable()
        known = (term for term in range(len(terms)) if terms.in_set[term] or term in terms.chosen)
        self._number = {term: table.mention(terms.ids[term]) for term in known}
        for term, number in self._number.items():
            content = terms.content[term]
            if terms.arrived[term] and content is not None:
                table.define(table.ids[number], content.operator, [self._number[child] for child in content.children])
        before = [(term, closure.root(term, replayed.before)) for term in self._number]
        self._closure = StagedClosure(table)
        self._join([*before, *said], range(len(table)))

    def join(self, left: int, right: int) -> bool:
        """Take a pair; give False if it is equal already."""
        if self._closure.root(self._number[left]) == self._closure.root(self._number[right]):
            return False
        self._join([(left, right)])
        return True

    def _join(self, pairs: Iterable[Pair], entering: Iterable[int] = ()) -> None:
        ends = ((self._number[left], self._number[right]) for left, right in pairs)
        self._closure.close([(left, right, _SAID) for left, right in ends if left != right], entering)
