"""Explanations of the kernel as proofs over facts, which anybody can check (egraph/explain/check.py).

Belongs here: naming nodes and equalities. Not here: what an explanation is (explaining.py).
"""

from typing import TYPE_CHECKING

import numpy as np

from egraph.explain.proof import Asserted, Congruence, Lemma, Proof, Step
from egraph.facts import EqualityAsserted
from egraph.identifiers import EventId, NodeId
from egraph.kernel.acceptance import Acceptance
from egraph.kernel.engine import Kernel
from egraph.kernel.explaining import children_of, lemmas
from egraph.kernel.loops import CONGRUENT
from egraph.store import FactStore

if TYPE_CHECKING:
    from egraph.kernel.gathering import NodeColumns


def proof(
    kernel: Kernel, acceptance: Acceptance, nodes: "NodeColumns", store: FactStore, left: NodeId, right: NodeId
) -> Proof | None:
    """Give a proof over the accepted equalities and the nodes added, or None if the two are not equal."""
    if left == right:
        return Proof((Lemma(left, right, ()),))
    ends = nodes.number_of(left), nodes.number_of(right)
    if min(ends) < 0 or len(set(kernel.class_of(ends).tolist())) > 1:
        return None
    found = lemmas(kernel, *ends)
    place = {(a, b): number for number, (a, b, _) in enumerate(found)}
    numbers = sorted({item for _, _, edges in found for edge in edges for item in edge[:2]} | set(ends))
    named = dict(zip(numbers, nodes.ids_of(np.array(numbers, np.int32)), strict=True))

    def added_by(number: int) -> EventId:
        return nodes.added_by(store.nodes.index[named[number]], store)

    def step(source: int, target: int, why: int) -> Step:
        if why != CONGRUENT:
            event_id = EventId(acceptance.equalities[why].order[1])
            number = store.index_of(event_id)
            assert number is not None
            fact = store.fact(number)
            assert isinstance(fact, EqualityAsserted)
            return Asserted(event_id, fact.left, fact.right, forward=fact.left == named[source])
        pairs = zip(children_of(kernel, source), children_of(kernel, target), strict=True)
        children = tuple(None if a == b else place[a, b] for a, b in pairs)
        return Congruence(named[source], named[target], added_by(source), added_by(target), children)

    return Proof(
        tuple(
            Lemma(named[a], named[b], tuple(step(source, target, why) for source, target, why, _ in edges))
            for a, b, edges in found
        )
    )
