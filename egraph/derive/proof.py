"""The proof that a derived equality carries: plain data, numbers instead of repetitions.

Belongs here: what a proof says. Not here: making one (prove.py), judging one (check.py), bytes (schemas/codec.py).

A proof is a table of terms and a list of lemmas; the last lemma is the claim. A lemma is a chain of steps from its
start. Steps name terms by their place in the table, premises by their place in `Derived.premises`, and lemmas by
their place in the list, always an earlier one: so no proof rests on itself, what is needed twice is written once, and
however deep the terms are nothing nests. A term is a node id where the set of facts holds the node, and otherwise its
content, whose children stand earlier in the table; either way it has a node id, and only ids are compared.
"""

from dataclasses import dataclass

from egraph.colours import Colour
from egraph.identifiers import NodeId


@dataclass(frozen=True, slots=True)
class InlineTerm:
    """A term that is no node of the set. `children` are earlier places in the table of terms."""

    operator: str
    colour: Colour
    children: tuple[int, ...]


ProofTerm = NodeId | InlineTerm


@dataclass(frozen=True, slots=True)
class ByRule:
    """An instance of a rule: from that of its first pattern to that of its replacement, or back if not `forward`.

    `substitution` has the terms of the variables in the order of the rule's text. `target` is the term it leads to.
    A rule with more patterns asks that nodes for them are there. For each of these patterns, in the order of the
    text, `witnesses` names a node for each operator in it (for a pattern that is a variable: one node), and `lemmas`
    says for each child of such a node, in the same order, by which lemma it equals the variable's term or the next
    witness: None where it is the very same. A pattern that is a variable has one entry, for the node itself.
    """

    premise: int
    forward: bool
    substitution: tuple[int, ...]
    target: int
    witnesses: tuple[int, ...] = ()
    lemmas: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class ByPremise:
    """An equality says so, read from left to right if `forward`."""

    premise: int
    forward: bool


@dataclass(frozen=True, slots=True)
class ByCongruence:
    """The same operator and colour over equal children: for each child its lemma, or None for the very same term."""

    target: int
    children: tuple[int | None, ...]


ProofStep = ByRule | ByPremise | ByCongruence


@dataclass(frozen=True, slots=True)
class ProofLemma:
    """The term at `start` equals what the last step leads to."""

    start: int
    steps: tuple[ProofStep, ...]


@dataclass(frozen=True, slots=True)
class DerivationProof:
    """Terms, and lemmas of which each rests on earlier ones only; the last is the claim."""

    terms: tuple[ProofTerm, ...]
    lemmas: tuple[ProofLemma, ...]


NO_PROOF = DerivationProof((), ())
"""Proves nothing. A derived equality without a proof counts by its premises, and no checker accepts it."""
