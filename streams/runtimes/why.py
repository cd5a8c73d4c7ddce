"""Explains two nodes of a folded log: a checked proof, or what blocks one.

Belongs here: from a log and two texts to an `Explanation`. Not here: finding and judging proofs (egraph/explain),
what names a node (node_names.py), where facts stand (fact_sources.py), folding (replay.py), printing (cli).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from egraph.errors import InvariantBroken
from egraph.explain.blocked import Blocked, why_not
from egraph.explain.check import check
from egraph.explain.known import KnownToView
from egraph.explain.proof import Asserted, Proof, Step
from egraph.explain.prove import why
from egraph.explain.terms import term
from egraph.facts import EqualityAsserted, Fact
from egraph.identifiers import EventId, NodeId
from streams.ingest.colouring import Colouring
from streams.processors.folder import LogFolder
from streams.runtimes.fact_sources import Source, fact_of, facts_behind, sources_of
from streams.runtimes.node_names import NodeNames


@dataclass(frozen=True, slots=True)
class Explanation:
    """Two nodes and why they are equal (a proof that the checker accepted), or what blocks that."""

    left: NodeId
    right: NodeId
    proof: Proof | None
    blocked: tuple[Blocked, ...]
    terms: Mapping[NodeId, str]
    sources: Mapping[EventId, Source]

    def document(self) -> dict[str, Any]:
        """Give it as a JSON-ready mapping."""
        return {
            "left": self.left.hex(),
            "right": self.right.hex(),
            "equal": self.proof is not None,
            "checked": self.proof is not None,
            "proof": None if self.proof is None else self.proof.document(),
            "blocked": [item.document() for item in self.blocked],
            "facts": {event.hex(): source.document() for event, source in self.sources.items()},
            "terms": {node.hex(): text for node, text in self.terms.items()},
        }


def explain(folder: LogFolder, left: str, right: str, *, colouring: Colouring | None = None) -> Explanation:
    """Explain two nodes named by id, prefix or term. Raises UnclearNode, UnknownNode.

    Raises InvariantBroken if the checker refuses the proof: a defect of ours that nobody may take for an answer.
    """
    known = KnownToView(folder.view)
    return explain_named(folder, known, NodeNames(folder.view, known, colouring or Colouring()), left, right)


def explain_named(folder: LogFolder, known: KnownToView, names: NodeNames, left: str, right: str) -> Explanation:
    """Do as `explain` does, with what was looked up for other questions about the same state of the log."""
    a, b = names.node(left), names.node(right)
    proof = why(folder.view, known, a, b)
    blocked = why_not(folder.view, known, a, b) if proof is None else ()
    if proof is not None:
        _expect_sound(proof, folder, a, b)
    facts = facts_behind(folder, _events_of(proof, blocked))
    nodes = {a, b, *(proof.nodes() if proof else ()), *(end for item in blocked for end in (item.left, item.right))}
    for fact in facts.values():
        if isinstance(fact, EqualityAsserted):
            nodes |= {fact.left, fact.right}
    terms = {node: term(known, node) for node in sorted(nodes)}
    return Explanation(a, b, proof, blocked, terms, sources_of(folder, known, facts))


def _events_of(proof: Proof | None, blocked: Iterable[Blocked]) -> dict[EventId, None]:
    """Give the facts that an explanation names, each once, in the order of their first use."""
    steps = [step for lemma in proof.lemmas for step in lemma.steps] if proof else []
    events = [event for step in steps for event in _events_of_step(step)]
    return dict.fromkeys([*events, *(event for item in blocked for event in (item.event_id, *item.because))])


def _events_of_step(step: Step) -> tuple[EventId, ...]:
    return (step.event_id,) if isinstance(step, Asserted) else (step.left_added, step.right_added)


def _expect_sound(proof: Proof, folder: LogFolder, left: NodeId, right: NodeId) -> None:
    accepted = set(folder.view.accepted())

    def lookup(event: EventId) -> Fact | None:
        fact = fact_of(folder, event)
        return None if isinstance(fact, EqualityAsserted) and event not in accepted else fact

    wrong = check(proof, lookup)
    if wrong is not None or (proof.claim.start, proof.claim.end) != (left, right):
        raise InvariantBroken(f"the checker refuses the proof: {wrong or 'it proves something else'}; export the log")
