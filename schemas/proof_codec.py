"""The proof of a derived equality as Avro fields and back.

Belongs here: spelling, and the domain of its numbers. Not here: whether a proof holds (egraph/derive/check.py).
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from egraph.colours import Colour
from egraph.derive.proof import (
    ByCongruence,
    ByPremise,
    ByRule,
    DerivationProof,
    InlineTerm,
    ProofLemma,
    ProofStep,
    ProofTerm,
)
from egraph.identifiers import NodeId

_SAME = -1
"""A child that needs no lemma."""
_INT_END = 1 << 31
_NODE_ID = "egraph.NodeId"


def proof_fields(proof: DerivationProof) -> dict[str, Any]:
    """Give the fields of a proof, as the schema names them."""
    return {
        "terms": [_term_fields(term) for term in proof.terms],
        "lemmas": [
            {"start": lemma.start, "steps": [_step_fields(step) for step in lemma.steps]} for lemma in proof.lemmas
        ],
    }


def proof_of(fields: dict[str, Any]) -> DerivationProof:
    """Give the proof behind decoded fields."""
    return DerivationProof(
        terms=tuple(_term(name, term) for name, term in fields["terms"]),
        lemmas=tuple(
            ProofLemma(lemma["start"], tuple(_step(name, step) for name, step in lemma["steps"]))
            for lemma in fields["lemmas"]
        ),
    )


def proof_outside_domain(fields: dict[str, Any]) -> str | None:
    """Say what in decoded fields no proof may hold, or None: ids that are none, places outside 0 to 2^31 - 1."""
    for name, term in fields["terms"]:
        if name == _NODE_ID:
            if not term[0] >> 6:
                return "a term of the proof is no node id: its top bits are 00"
        elif not _are_places(term["children"]):
            return "a child of a term of the proof is no place: places are 32 bits and never negative"
    for lemma in fields["lemmas"]:
        if not _are_places(chain((lemma["start"],), *(_places(*step) for step in lemma["steps"]))):
            return "a step of the proof names no place: places are 32 bits and never negative, but -1 where no lemma is"
    return None


def _are_places(numbers: Iterable[int]) -> bool:
    return all(0 <= number < _INT_END for number in numbers)


def _places(name: str, step: dict[str, Any]) -> Iterator[int]:
    """Give the places that a step names, with those of lemmas moved up by one, so that none is 0."""
    for field, value in step.items():
        if field == "lemmas" or (field == "children" and name == "egraph.ByCongruence"):
            yield from (number + 1 if number < _INT_END - 1 else number for number in value)
        elif isinstance(value, list):
            yield from value
        elif field != "forward":
            yield value


def _term_fields(term: ProofTerm) -> tuple[str, bytes | dict[str, Any]]:
    if isinstance(term, InlineTerm):
        fields = {"operator": term.operator, "colour": term.colour.name, "children": term.children}
        return "egraph.InlineTerm", fields
    return _NODE_ID, term


def _term(name: str, term: Any) -> ProofTerm:
    if name == _NODE_ID:
        return NodeId(term)
    return InlineTerm(term["operator"], Colour[term["colour"]], tuple(term["children"]))


def _step_fields(step: ProofStep) -> tuple[str, dict[str, Any]]:
    match step:
        case ByRule():
            return "egraph.ByRule", {
                "premise": step.premise,
                "forward": step.forward,
                "substitution": step.substitution,
                "target": step.target,
                "witnesses": step.witnesses,
                "lemmas": _numbers(step.lemmas),
            }
        case ByPremise():
            return "egraph.ByPremise", {"premise": step.premise, "forward": step.forward}
        case ByCongruence():
            return "egraph.ByCongruence", {"target": step.target, "children": _numbers(step.children)}


def _step(name: str, fields: dict[str, Any]) -> ProofStep:
    match name:
        case "egraph.ByRule":
            return ByRule(
                premise=fields["premise"],
                forward=fields["forward"],
                substitution=tuple(fields["substitution"]),
                target=fields["target"],
                witnesses=tuple(fields["witnesses"]),
                lemmas=_lemmas(fields["lemmas"]),
            )
        case "egraph.ByPremise":
            return ByPremise(fields["premise"], fields["forward"])
        case _:
            return ByCongruence(fields["target"], _lemmas(fields["children"]))


def _numbers(lemmas: Iterable[int | None]) -> list[int]:
    return [_SAME if lemma is None else lemma for lemma in lemmas]


def _lemmas(numbers: Iterable[int]) -> tuple[int | None, ...]:
    return tuple(None if number == _SAME else number for number in numbers)
