"""Why two nodes are equal: a short proof over the accepted equalities of a view.

Belongs here: which part of the graph matters, and making a proof of it small. Not here: closure and paths
(levels.py), judging (check.py).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from egraph.explain.known import Known
from egraph.explain.levels import Application, Edge, Levels, Pair
from egraph.explain.proof import Asserted, Congruence, Lemma, Proof, Step
from egraph.identifiers import NodeId
from egraph.reading import View

_REDUCE_UP_TO = 64
"""A proof that rests on more equalities is not thinned out: each removal tried costs a closure over its nodes."""

Uses = Callable[[NodeId], Iterable[Application]]


def why(view: View, known: Known, left: NodeId, right: NodeId) -> Proof | None:
    """Give a proof that two nodes are equal, or None if they are not. The same facts give the same proof.

    No equality in it can be left out, unless it rests on very many. It is short, not always the shortest there is:
    that is an NP-hard question. Who asks about many pairs of one view uses an `Explainer`.
    """
    return Explainer(view, known).why(left, right)


class Explainer:
    """Explains pairs of one view. The first proof reads all accepted equalities; valid until the next fold."""

    def __init__(self, view: View, known: Known) -> None:
        self._view, self._known = view, known
        self._edges: defaultdict[NodeId, list[tuple[int, Edge]]] | None = None

    def why(self, left: NodeId, right: NodeId) -> Proof | None:
        """Give a proof that two nodes are equal, or None if they are not, as the function `why` does."""
        if left == right:
            return Proof((Lemma(left, right, ()),))
        direct = self._direct(left, right)
        if direct is not None:
            return Proof((Lemma(left, right, (direct,)),))
        if right not in self._view.members(left):
            return None
        part = _Part(self._view, self._known, left)
        proof = _prove(self._edges_between(part.nodes()), part.uses, self._known, left, right)
        assert proof is not None, "a class of the view that its accepted equalities do not explain"
        return _thinned(proof, self._known)

    def _direct(self, left: NodeId, right: NodeId) -> Step | None:
        """Give the first equality that says it outright: the cheapest proof there is, found without a closure."""
        edges = self._edges_at()
        said = [entry for entry in (*edges.get(left, ()), *edges.get(right, ())) if {left, right} == {*entry[1][:2]}]
        return _asserted(left, min(said)[1]) if said else None

    def _edges_between(self, nodes: Iterable[NodeId]) -> list[Edge]:
        """Give the accepted equalities that begin at these nodes, whole classes, in their order."""
        edges = self._edges_at()
        found = [entry for node in nodes for entry in edges.get(node, ())]
        return [edge for _, edge in sorted(found)]

    def _edges_at(self) -> Mapping[NodeId, list[tuple[int, Edge]]]:
        """Give the accepted equalities by their left ends, each with its place in their order."""
        if self._edges is None:
            self._edges = defaultdict(list)
            for number, event_id in enumerate(self._view.accepted()):
                fact = self._known.equality(event_id)
                self._edges[fact.left].append((number, Edge(fact.left, fact.right, event_id)))
        return self._edges


class _Part:
    """The classes that matter for one class: itself, and those of children by which members are congruent."""

    def __init__(self, view: View, known: Known, start: NodeId) -> None:
        self._view, self._known = view, known
        self._class_of: dict[NodeId, NodeId] = {}
        self._using: defaultdict[NodeId, list[Application]] = defaultdict(list)
        self._relevant: dict[NodeId, None] = {}
        pending = [start]
        while pending:
            name = self._class(pending.pop())
            if name not in self._relevant:
                self._relevant[name] = None
                pending += self._children_that_matter(name)

    def _class(self, node: NodeId) -> NodeId:
        if node not in self._class_of:
            members = self._view.members(node)
            self._class_of.update(dict.fromkeys(members, members[0]))
        return self._class_of[node]

    def _children_that_matter(self, name: NodeId) -> list[NodeId]:
        groups: defaultdict[tuple[object, ...], list[Application]] = defaultdict(list)
        for member in self._view.members(name):
            application = as_application(self._known, member)
            if application is not None and application.children:
                classes = [self._class(child) for child in application.children]
                groups[application.symbol, *classes].append(application)
        matter: dict[NodeId, None] = {}
        for group in groups.values():
            if len(group) > 1:
                for application in group:
                    for child in dict.fromkeys(application.children):
                        self._using[child].append(application)
                        matter[child] = None
        return list(matter)

    def uses(self, node: NodeId) -> list[Application]:
        """Give the applications over a node that may be congruent to another."""
        return self._using.get(node, [])

    def nodes(self) -> Iterator[NodeId]:
        """Give the members of these classes."""
        for name in self._relevant:
            yield from self._view.members(name)


def as_application(known: Known, node: NodeId) -> Application | None:
    """Give an added node as an application over its own children."""
    content = known.node(node)
    return None if content is None else Application(node, node, (content.operator, content.colour), content.children)


def _thinned(proof: Proof, known: Known) -> Proof:
    """Leave out equalities, the last used first, as long as the rest proves the same over the same nodes."""
    facts = proof.equalities()
    if len(facts) > _REDUCE_UP_TO:
        return proof
    using: defaultdict[NodeId, list[Application]] = defaultdict(list)
    for node in sorted(proof.nodes()):
        application = as_application(known, node)
        for child in dict.fromkeys(application.children if application else ()):
            assert application is not None
            using[child].append(application)
    if proof.nodes().isdisjoint(using):
        return proof  # a path alone: without congruence among its nodes each of its equalities is needed
    best = proof
    for candidate in reversed(facts):
        kept = [item for item in best.equalities() if item != candidate]
        if len(kept) == len(best.equalities()):
            continue
        edges = [Edge(fact.left, fact.right, fact.event_id) for fact in map(known.equality, kept)]
        shorter = _prove(edges, lambda node: using.get(node, ()), known, proof.claim.start, proof.claim.end)
        best = best if shorter is None else shorter
    return best


def _prove(edges: Iterable[Edge], uses: Uses, known: Known, left: NodeId, right: NodeId) -> Proof | None:
    explained = Levels(edges, uses).explain(left, right)
    if explained is None:
        return None
    place = {pair: number for number, (pair, _) in enumerate(explained)}
    return Proof(
        tuple(
            Lemma(*pair, tuple(_step(hop.source, hop.edge, hop.congruent, known, place) for hop in hops))
            for pair, hops in explained
        )
    )


def _step(
    source: NodeId,
    edge: Edge | None,
    congruent: tuple[Application, Application] | None,
    known: Known,
    place: Mapping[Pair, int],
) -> Step:
    if edge is not None:
        return _asserted(source, edge)
    assert congruent is not None
    left, right = congruent
    children = tuple(None if a == b else place[a, b] for a, b in zip(left.children, right.children, strict=True))
    return Congruence(left.node, right.node, known.added_by(left.node), known.added_by(right.node), children)


def _asserted(source: NodeId, edge: Edge) -> Asserted:
    return Asserted(edge.event_id, edge.left, edge.right, forward=edge.left == source)
