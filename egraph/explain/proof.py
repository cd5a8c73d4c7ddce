"""Proofs that two nodes are equal: plain data, canonical JSON.

Belongs here: what a proof says. Not here: finding one (prove.py), judging one (check.py).

A proof is a list of lemmas, the last of which is what it proves. A lemma is a flat sequence of steps
a0 = a1 = ... = an. A congruence step points at the lemmas for its children by their place, always an earlier one:
so no proof can rest on itself, a lemma needed twice is written once, and however deep the terms are nothing nests.
"""

import json
from dataclasses import dataclass
from typing import Any

from egraph.identifiers import EventId, NodeId


@dataclass(frozen=True, slots=True)
class Asserted:
    """A fact says so. `left` and `right` are the fact's; the step reads it from left to right if `forward`."""

    event_id: EventId
    left: NodeId
    right: NodeId
    forward: bool

    @property
    def source(self) -> NodeId:
        """The side the step starts from."""
        return self.left if self.forward else self.right

    @property
    def target(self) -> NodeId:
        """The side the step leads to."""
        return self.right if self.forward else self.left


@dataclass(frozen=True, slots=True)
class Congruence:
    """Same operator and colour over equal children. `left_added` and `right_added` are the facts that hold the nodes.

    `children` names for each pair of children the lemma that proves it, or None where both are the same node.
    """

    left: NodeId
    right: NodeId
    left_added: EventId
    right_added: EventId
    children: tuple[int | None, ...]

    @property
    def source(self) -> NodeId:
        """The side the step starts from."""
        return self.left

    @property
    def target(self) -> NodeId:
        """The side the step leads to."""
        return self.right


Step = Asserted | Congruence


@dataclass(frozen=True, slots=True)
class Lemma:
    """`start` equals `end`, step by step. No steps: both are the same node."""

    start: NodeId
    end: NodeId
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """Lemmas, each resting on earlier ones only; the last one is the claim."""

    lemmas: tuple[Lemma, ...]

    @property
    def claim(self) -> Lemma:
        """What is proved."""
        return self.lemmas[-1]

    def equalities(self) -> tuple[EventId, ...]:
        """Give the asserted equalities it rests on, each once, in the order of their first use."""
        steps = (step for lemma in self.lemmas for step in lemma.steps)
        return tuple(dict.fromkeys(step.event_id for step in steps if isinstance(step, Asserted)))

    def nodes(self) -> frozenset[NodeId]:
        """Give every node that a step names."""
        return frozenset(item for lemma in self.lemmas for step in lemma.steps for item in (step.left, step.right))

    @property
    def size(self) -> tuple[int, int]:
        """How much there is to believe and to read: equalities it rests on, then steps of all lemmas."""
        return len(self.equalities()), sum(len(lemma.steps) for lemma in self.lemmas)

    def document(self) -> dict[str, Any]:
        """Give the proof as a JSON-ready mapping."""
        return {
            "left": self.claim.start.hex(),
            "right": self.claim.end.hex(),
            "lemmas": [
                {"start": lemma.start.hex(), "end": lemma.end.hex(), "steps": [_step(step) for step in lemma.steps]}
                for lemma in self.lemmas
            ],
        }

    def canonical_json(self) -> str:
        """Give the one text of this proof: sorted keys, no blanks."""
        return json.dumps(self.document(), sort_keys=True, separators=(",", ":"))


def _step(step: Step) -> dict[str, Any]:
    if isinstance(step, Asserted):
        direction = "forward" if step.forward else "backward"
        return {
            "by": "asserted",
            "event": step.event_id.hex(),
            "left": step.left.hex(),
            "right": step.right.hex(),
            "direction": direction,
        }
    return {
        "by": "congruence",
        "left": step.left.hex(),
        "right": step.right.hex(),
        "left_added": step.left_added.hex(),
        "right_added": step.right_added.hex(),
        "children": list(step.children),
    }
