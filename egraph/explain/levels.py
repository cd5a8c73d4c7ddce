"""Congruence closure that remembers when: each two equal nodes know the round in which they became so.

Belongs here: the levelled closure and shortest paths in it. Not here: which nodes and equalities go in (prove.py,
blocked.py), proofs as data (proof.py).

Round 0 joins what equalities say, round k what is congruent after round k-1. A path for a pair of level k uses
equalities and congruences of at most that level, and the children of such a congruence have a level below it: so
explanations rest on each other without a circle. The forest is that of Nieuwenhuis and Oliveras (Proof-producing
congruence closure, RTA 2005), without path compression and joined by size, so its paths are logarithmic and its
levels ascend; it tells when, not why. Why is searched afterwards among all edges, which gives shorter proofs.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from egraph.colours import Colour
from egraph.identifiers import EventId, NodeId

_ALL_PAIRS_UP_TO = 64
"""In a larger group of congruent nodes each group is crossed once in a search: cheaper, perhaps not the shortest."""

Symbol = tuple[str, Colour]
Pair = tuple[NodeId, NodeId]


class Edge(NamedTuple):
    """An equality between two items."""

    left: NodeId
    right: NodeId
    event_id: EventId


class Application(NamedTuple):
    """A node seen as operator over items; `owner` is the item that it belongs to (itself, or its class)."""

    owner: NodeId
    node: NodeId
    symbol: Symbol
    children: tuple[NodeId, ...]


class Hop(NamedTuple):
    """One step between items: over an edge, or by a congruence of two applications."""

    source: NodeId
    target: NodeId
    edge: Edge | None
    congruent: tuple[Application, Application] | None


class Levels:
    """The closure of some edges over the applications that `uses` gives for each item that is joined."""

    def __init__(self, edges: Iterable[Edge], uses: Callable[[NodeId], Iterable[Application]]) -> None:
        self._uses = uses
        self._above: dict[NodeId, tuple[NodeId, int]] = {}
        self._members: dict[NodeId, list[NodeId]] = {}
        self._edges: defaultdict[NodeId, list[Hop]] = defaultdict(list)
        self._used: dict[NodeId, list[Application]] = {}
        self._first: dict[tuple[object, ...], Application] = {}
        pending = []
        for edge in edges:
            self._edges[edge.left].append(Hop(edge.left, edge.right, edge, None))
            self._edges[edge.right].append(Hop(edge.right, edge.left, edge, None))
            pending.append((edge.left, edge.right))
        level = 0
        while pending:
            touched = [item for left, right in pending for item in self._join(left, right, level)]
            pending = self._congruences(touched)
            level += 1
        self._applications: defaultdict[NodeId, list[Application]] = defaultdict(list)
        self._groups: defaultdict[tuple[object, ...], list[Application]] = defaultdict(list)
        for application in dict.fromkeys(item for several in self._used.values() for item in several):
            self._applications[application.owner].append(application)
            self._groups[self._signature(application)].append(application)

    def _join(self, left: NodeId, right: NodeId, level: int) -> list[NodeId]:
        """Join two classes; give the items whose applications have another signature now."""
        a, b = self._root(left), self._root(right)
        if a == b:
            return []
        into, moved = self._members.setdefault(a, [a]), self._members.setdefault(b, [b])
        if len(into) < len(moved):
            a, b, into, moved = b, a, moved, into
        touched = [*moved, *into] if len(into) == 1 else moved
        self._above[b] = (a, level)
        into.extend(moved)
        del self._members[b]
        return touched

    def _congruences(self, touched: list[NodeId]) -> list[Pair]:
        found = []
        for item in dict.fromkeys(touched):
            if item not in self._used:
                self._used[item] = list(self._uses(item))
            for application in self._used[item]:
                other = self._first.setdefault(self._signature(application), application)
                if self._root(other.owner) != self._root(application.owner):
                    found.append((other.owner, application.owner))
        return found

    def _root(self, item: NodeId, level: int | None = None) -> NodeId:
        """Give the root of an item's class, as it was after round `level` if one is named."""
        while (above := self._above.get(item)) is not None and (level is None or above[1] <= level):
            item = above[0]
        return item

    def _signature(self, application: Application, level: int | None = None) -> tuple[object, ...]:
        return (application.symbol, *[self._root(child, level) for child in application.children])

    def joined_at(self, left: NodeId, right: NodeId) -> int | None:
        """Give the round in which two items became equal: -1 for the same item, None for never."""
        reached = {left: -1}
        item, level = left, -1
        while (above := self._above.get(item)) is not None:
            item, level = above[0], max(level, above[1])
            reached[item] = level
        item, level = right, -1
        while item not in reached:
            if item not in self._above:
                return None
            item, at = self._above[item]
            level = max(level, at)
        return max(level, reached[item])

    def explain(self, left: NodeId, right: NodeId) -> list[tuple[Pair, list[Hop]]] | None:
        """Give a path for the pair and for every pair of children it rests on; what is rested on comes first."""
        if self.joined_at(left, right) is None:
            return None
        paths: dict[Pair, list[Hop]] = {}
        open_pairs = [(left, right)]
        while open_pairs:
            pair = open_pairs.pop()
            if pair in paths:
                continue
            paths[pair] = self._path(*pair)
            for hop in paths[pair]:
                if hop.congruent is not None:
                    open_pairs += differing(*hop.congruent)
        return sorted(paths.items(), key=lambda entry: (self._level(entry[0]), entry[0]))

    def _level(self, pair: Pair) -> int:
        level = self.joined_at(*pair)
        assert level is not None
        return level

    def _path(self, source: NodeId, target: NodeId) -> list[Hop]:
        """Give a cheapest path (Dijkstra): an equality costs one, a congruence one and what its children may need."""
        limit = self._level((source, target))
        cost_of, reached_by = {source: 0}, dict[NodeId, Hop]()
        crossed: set[tuple[object, ...]] = set()
        heap, pushed = [(0, 0, source)], 0
        while heap:
            cost, _, item = heappop(heap)
            if item == target:
                break
            if cost > cost_of[item]:
                continue
            for extra, hop in self._hops(item, limit, crossed):
                if cost + extra < cost_of.get(hop.target, cost + extra + 1):
                    cost_of[hop.target] = cost + extra
                    reached_by[hop.target] = hop
                    pushed += 1
                    heappush(heap, (cost + extra, pushed, hop.target))
        hops = []
        while target != source:
            hops.append(reached_by[target])
            target = reached_by[target].source
        return hops[::-1]

    def _hops(self, item: NodeId, limit: int, crossed: set[tuple[object, ...]]) -> Iterator[tuple[int, Hop]]:
        for hop in self._edges.get(item, ()):
            yield 1, hop
        for application in self._applications.get(item, ()):
            group = self._groups[self._signature(application)]
            then = self._signature(application, limit - 1)
            if len(group) > _ALL_PAIRS_UP_TO:
                if then in crossed:
                    continue
                crossed.add(then)
            for other in group:
                if other.owner != item and self._signature(other, limit - 1) == then:
                    cost = 1 + sum(1 + self._level(pair) for pair in differing(application, other))
                    yield cost, Hop(item, other.owner, None, (application, other))


def differing(left: Application, right: Application) -> list[Pair]:
    """Give the pairs of children that are not the same item."""
    return [(a, b) for a, b in zip(left.children, right.children, strict=True) if a != b]
