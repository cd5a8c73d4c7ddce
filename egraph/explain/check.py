"""The checker of proofs. It shares no code with what finds them: a defect there must not be believed here.

Belongs here: judging a proof against the facts it names. Not here: finding one (prove.py).
Imports facts, identifiers and the shape of proofs, nothing of the engine. Reads each step once; nothing recurses.
"""

from collections.abc import Callable
from dataclasses import dataclass

from egraph.explain.proof import Asserted, Congruence, Lemma, Proof, Step
from egraph.facts import EqualityAsserted, Fact, NodeAdded
from egraph.identifiers import EventId, NodeId, node_id

Lookup = Callable[[EventId], Fact | None]
"""Gives the fact behind an event id, or None where no proof may rest on it (unknown, or not accepted)."""


@dataclass(frozen=True, slots=True)
class WrongStep:
    """The first step that does not hold. `step` is None where the lemma as a whole is wrong; both count from 0."""

    lemma: int
    step: int | None
    detail: str

    def __str__(self) -> str:
        place = f"lemma {self.lemma}" if self.step is None else f"lemma {self.lemma}, step {self.step}"
        return f"{place}: {self.detail}"


def check(proof: Proof, lookup: Lookup) -> WrongStep | None:
    """Give None if every step of every lemma holds, otherwise the first that does not.

    What is proved then is `proof.claim`: the caller compares its two ends with what was asked.
    """
    if not proof.lemmas:
        return WrongStep(0, None, "a proof without lemmas proves nothing")
    for number, lemma in enumerate(proof.lemmas):
        here = lemma.start
        for place, step in enumerate(lemma.steps):
            problem = _problem(step, here, number, proof.lemmas, lookup)
            if problem is not None:
                return WrongStep(number, place, problem)
            here = step.target
        if here != lemma.end:
            return WrongStep(number, None, f"its steps end at {here.hex()}, not at {lemma.end.hex()}")
    return None


def _problem(step: Step, here: NodeId, number: int, lemmas: tuple[Lemma, ...], lookup: Lookup) -> str | None:
    if step.source != here:
        return f"it starts from {step.source.hex()}, but the step before it ends at {here.hex()}"
    if isinstance(step, Asserted):
        return _asserted_problem(step, lookup)
    return _congruence_problem(step, number, lemmas, lookup)


def _asserted_problem(step: Asserted, lookup: Lookup) -> str | None:
    fact = lookup(step.event_id)
    if not isinstance(fact, EqualityAsserted) or fact.event_id != step.event_id:
        return f"{step.event_id.hex()} is no equality that counts"
    if (fact.left, fact.right) != (step.left, step.right):
        return f"{step.event_id.hex()} says {fact.left.hex()} = {fact.right.hex()}, something else"
    return None


def _congruence_problem(step: Congruence, number: int, lemmas: tuple[Lemma, ...], lookup: Lookup) -> str | None:
    left, right = lookup(step.left_added), lookup(step.right_added)
    for fact, added, node in ((left, step.left_added, step.left), (right, step.right_added, step.right)):
        if not isinstance(fact, NodeAdded) or fact.event_id != added:
            return f"{added.hex()} adds no node"
        if node_id(fact.operator, fact.colour, fact.children) != node:
            return f"{added.hex()} adds another node than {node.hex()}"
    assert isinstance(left, NodeAdded)
    assert isinstance(right, NodeAdded)
    if (left.operator, left.colour) != (right.operator, right.colour):
        return f"{left.operator} {left.colour.name} and {right.operator} {right.colour.name} differ"
    if not len(left.children) == len(right.children) == len(step.children):
        return "the nodes and the step differ in their number of children"
    for place, (a, b, lemma) in enumerate(zip(left.children, right.children, step.children, strict=True)):
        if lemma is None:
            if a != b:
                return f"child {place}: two nodes, and no lemma says that they are equal"
        elif not 0 <= lemma < number:
            return f"child {place}: lemma {lemma} does not come before this one"
        elif (lemmas[lemma].start, lemmas[lemma].end) != (a, b):
            return f"child {place}: lemma {lemma} is about other nodes"
    return None
