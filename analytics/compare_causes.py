"""Why two nodes are equal on one side and not on the other: the facts of a proof that fail there.

Belongs here: finding those facts, and what is told of facts and nodes of two sides. Not here: which classes differ
(compare_graphs.py), proofs (egraph/explain).

A proof of the side where they are equal rests on equalities and, where it uses congruence, on nodes. Were all of them
good on the other side, the proof would hold there too; so at least one is not, and that is the cause.
"""

from functools import cached_property
from typing import NamedTuple, Protocol

from analytics.compare_answers import (
    ACCEPTED,
    MISSING,
    QUARANTINED,
    RETRACTED,
    SUSPENDED,
    Apart,
    Cause,
    FactOfSides,
    NodeOfSides,
)
from egraph.colours import Colour
from egraph.explain.known import KnownToView
from egraph.explain.proof import Congruence
from egraph.explain.prove import Explainer
from egraph.facts import FactRetracted
from egraph.identifiers import EventId, NodeId
from egraph.reading import ReplicaView
from egraph.store import FACT_RETRACTED, NODE_ADDED

CAUSES = 6
TERM_DEPTH = 2
TERM_CHILDREN = 4
Group = frozenset[int]


class SeenFact(NamedTuple):
    """Where the log has a fact first, and what its row says of it."""

    partition: int
    offset: int
    kind: str
    producer: str
    why: str | None

    @property
    def place(self) -> str:
        """Give its address."""
        return f"{self.partition}:{self.offset}"


class SeenFacts(Protocol):
    """Where the log has facts first, by their numbers in the store."""

    def __getitem__(self, number: int, /) -> SeenFact:
        """Give that of one."""


class CauseFinder:
    """Tells causes, facts and nodes of two views over one store; valid until either folds another fact."""

    def __init__(self, left: ReplicaView, right: ReplicaView, seen: SeenFacts) -> None:
        self._left = _Judged(left)
        self._right = _Judged(right)
        self._store = left.store
        self._seen = seen

    def equal_on_left(self, left: tuple[Group, ...], right: tuple[Group, ...]) -> Apart | None:
        """Give two nodes that are in one class of the left and in two of the right, and why; None if there are none."""
        return self._apart(left, right, self._left, self._right)

    def equal_on_right(self, left: tuple[Group, ...], right: tuple[Group, ...]) -> Apart | None:
        """Give two nodes that are in one class of the right and in two of the left, and why; None if there are none."""
        return self._apart(right, left, self._right, self._left)

    def cause(self, event_id: EventId, there: ReplicaView) -> Cause:
        """Tell what a fact is on a side."""
        judged = self._left if there is self._left.view else self._right
        return Cause(fact=self.fact(event_id), there=judged.status(event_id), by=self._retracted_by(event_id, judged))

    def order(self, event_id: EventId) -> tuple[int, EventId]:
        """Give where a fact stands in the order in which equalities are decided."""
        return self._store.order(self._number(event_id))

    def nodes(self, numbers: Group, most: int) -> tuple[NodeOfSides, ...]:
        """Tell at most so many nodes, by id."""
        ids = self._store.nodes.ids
        return tuple(self._node(number) for number in sorted(numbers, key=lambda item: ids[item])[:most])

    def fact(self, event_id: EventId) -> FactOfSides:
        """Tell a fact that is held on some side."""
        number = self._number(event_id)
        seen, store = self._seen[number], self._store
        ends = (store.node[number],) if store.kinds[number] == NODE_ADDED else (store.left[number], store.right[number])
        return FactOfSides(
            event_id=event_id.hex(),
            kind=seen.kind,
            partition=seen.partition,
            offset=seen.offset,
            producer=seen.producer,
            nodes=tuple(self._node(end) for end in ends if end >= 0),
            why=seen.why,
        )

    def _apart(
        self, whole: tuple[Group, ...], parts: tuple[Group, ...], here: "_Judged", there: "_Judged"
    ) -> Apart | None:
        part_of = {number: index for index, group in enumerate(parts) for number in group}
        ids = self._store.nodes.ids
        for group in whole:
            one, *others = sorted(group, key=lambda number: ids[number])
            other = next((number for number in others if part_of[number] != part_of[one]), None)
            if other is not None:
                causes = self._causes(NodeId(ids[one]), NodeId(ids[other]), here, there)
                return Apart(
                    one=self._node(one), other=self._node(other), causes=tuple(causes[:CAUSES]),
                    causes_count=len(causes),
                )  # fmt: skip
        return None

    def _causes(self, one: NodeId, other: NodeId, here: "_Judged", there: "_Judged") -> list[Cause]:
        proof = here.explainer.why(one, other)
        assert proof is not None, "two nodes of one class that nothing explains"
        failing = [item for item in proof.equalities() if there.status(item) != ACCEPTED]
        steps = [step for lemma in proof.lemmas for step in lemma.steps if isinstance(step, Congruence)]
        used = dict.fromkeys(node for step in steps for node in (step.left, step.right))
        index = self._store.nodes.index
        missing = [here.known.added_by(node) for node in used if not there.adds(index[node])]
        return [
            *(self.cause(item, there.view) for item in failing),
            *(Cause(fact=self.fact(item), there=MISSING, by=None) for item in missing),
        ]

    def _retracted_by(self, event_id: EventId, there: "_Judged") -> str | None:
        if there.status(event_id) != RETRACTED:
            return None
        return min(self._seen[number] for number in there.retractions[event_id]).place

    def _node(self, number: int) -> NodeOfSides:
        table = self._store.nodes
        is_known = table.operator_of(number) is not None
        return NodeOfSides(
            id=table.ids[number].hex(),
            term=self._term(number, TERM_DEPTH) if is_known else None,
            colour=Colour(table.colour[number]).name if is_known else None,
            on_left=self._left.adds(number),
            on_right=self._right.adds(number),
        )

    def _term(self, number: int, depth: int) -> str:
        """Give a node as an S-expression, of which so many levels are written out."""
        table = self._store.nodes
        operator = table.operator_of(number)
        if operator is None:
            return f"#{table.ids[number].hex()[:8]}"
        children = table.children_of(number)
        if not children:
            return operator
        if not depth:
            return f"({operator} …)"
        shown = [self._term(child, depth - 1) for child in children[:TERM_CHILDREN]]
        return f"({' '.join([operator, *shown, *(['…'] if len(children) > TERM_CHILDREN else [])])})"

    def _number(self, event_id: EventId) -> int:
        number = self._store.index_of(event_id)
        assert number is not None, "a fact that was never folded"
        return number


class _Judged:
    """One side: its view, and what it decided of each equality."""

    def __init__(self, view: ReplicaView) -> None:
        self.view = view
        self._status = dict.fromkeys(view.accepted(), ACCEPTED)
        self._status |= dict.fromkeys(view.quarantined(), QUARANTINED)
        self._status |= dict.fromkeys(view.suspended(), SUSPENDED)

    @cached_property
    def known(self) -> KnownToView:
        """What the side holds, for proofs."""
        return KnownToView(self.view)

    @cached_property
    def explainer(self) -> Explainer:
        """Gives proofs on this side."""
        return Explainer(self.view, self.known)

    @cached_property
    def retractions(self) -> dict[EventId, list[int]]:
        """The retractions that the side holds, by their target."""
        found: dict[EventId, list[int]] = {}
        store = self.view.store
        for number, event_id in enumerate(store.ids):
            if store.kinds[number] == FACT_RETRACTED and self.view.holds(event_id):
                fact = store.fact(number)
                assert isinstance(fact, FactRetracted)
                found.setdefault(fact.target, []).append(number)
        return found

    def status(self, event_id: EventId) -> str:
        """Tell what an equality is here."""
        return self._status.get(event_id) or (RETRACTED if self.view.holds(event_id) else MISSING)

    def adds(self, number: int) -> bool:
        """Tell whether a fact of this side adds the node."""
        added = self.view.nodes.added
        return number < len(added) and bool(added[number])
