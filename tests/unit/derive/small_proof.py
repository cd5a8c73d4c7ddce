"""One derived equality by hand, small enough to follow: (g (f a)) = (g b), by a rule, a statement and congruence.

Belongs here: the facts of that example, sealed. Not here: judging them.
"""

from dataclasses import dataclass, replace
from typing import Any

from egraph.colours import Colour
from egraph.derive.proof import ByCongruence, ByPremise, ByRule, DerivationProof, ProofLemma
from egraph.facts import Derived, EqualityAsserted, Fact, NodeAdded, RuleAdded, Stated
from egraph.identifiers import EventId, NodeId, node_id
from egraph.rules.printer import rule_set_hash
from egraph.rules.rule_facts import rule_of
from egraph.rules.ruleset import Rule, RuleSet
from schemas.codec import seal

ENVELOPE: dict[str, Any] = {"graph": "main", "producer": "hand", "sequence": 0}


def sealed(draft: Fact) -> Any:
    """Give a draft with its event id."""
    return seal(draft).fact


def node(operator: str, *children: NodeAdded, colour: Colour = Colour.GREEN) -> NodeAdded:
    """Give a node over others."""
    names = tuple(id_of(child) for child in children)
    return sealed(NodeAdded(**ENVELOPE, hlc=0, operator=operator, colour=colour, children=names))  # type: ignore[no-any-return]


def id_of(fact: NodeAdded) -> NodeId:
    """Give the node id of a node."""
    return node_id(fact.operator, fact.colour, fact.children)


def rule(pattern: str, replacement: str, *conditions: str, name: str = "drop", policy: str = "") -> RuleAdded:
    """Give a rule."""
    draft = RuleAdded(
        **ENVELOPE, hlc=1, name=name, pattern=pattern, replacement=replacement, conditions=conditions,
        colour_policy=policy,
    )  # fmt: skip
    return sealed(draft)  # type: ignore[no-any-return]


def hash_of(*rules: RuleAdded) -> bytes:
    """Give the hash of rules."""
    read = [rule_of(fact) for fact in rules]
    return rule_set_hash(RuleSet(tuple(item for item in read if isinstance(item, Rule))))


A, B = node("a"), node("b")
F_A, G_B = node("f", A), node("g", B)
G_F_A = node("g", F_A)
DROP = rule("(f ?x)", "?x")
STATED = sealed(EqualityAsserted(**ENVELOPE, hlc=2, left=id_of(B), right=id_of(A), why=Stated("so")))
PREMISES = tuple(sorted((DROP.event_id, STATED.event_id)))
BY_DROP, BY_STATED = PREMISES.index(DROP.event_id), PREMISES.index(STATED.event_id)
PROOF = DerivationProof(
    terms=(id_of(F_A), id_of(A), id_of(G_F_A), id_of(G_B)),
    lemmas=(
        ProofLemma(0, (ByRule(BY_DROP, True, (1,), 1), ByPremise(BY_STATED, False))),
        ProofLemma(2, (ByCongruence(3, (0,)),)),
    ),
)
DERIVED: EqualityAsserted = sealed(
    EqualityAsserted(
        **ENVELOPE, hlc=3, left=id_of(G_F_A), right=id_of(G_B),
        why=Derived(
            rule="drop", substitution=(("x", id_of(A)),), rule_set=hash_of(DROP), round=1, premises=PREMISES,
            proof=PROOF,
        ),
    )
)  # fmt: skip
FACTS: tuple[Fact, ...] = (A, B, F_A, G_B, G_F_A, DROP, STATED)


def saying(**change: Any) -> EqualityAsserted:
    """Give the example with other fields in `why`."""
    return replace(DERIVED, why=replace(DERIVED.why, **change))


def proving(*lemmas: ProofLemma, terms: tuple[Any, ...] = PROOF.terms, **change: Any) -> EqualityAsserted:
    """Give the example with another proof."""
    return saying(proof=DerivationProof(terms, lemmas or PROOF.lemmas), **change)


@dataclass
class Lookup:
    """Some facts, to look up."""

    facts: tuple[Fact, ...] = FACTS

    def fact(self, event_id: EventId) -> Fact | None:
        """Give a fact."""
        return next((fact for fact in self.facts if fact.event_id == event_id), None)

    def node(self, wanted: NodeId) -> NodeAdded | None:
        """Give a node."""
        return next((fact for fact in self.facts if isinstance(fact, NodeAdded) and id_of(fact) == wanted), None)
