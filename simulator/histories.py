"""Random histories of facts, small and dense in conflict: what producers of a simulated cluster say.

Belongs here: generating facts from a seed. Not here: who sends them where (workload.py), arrivals of the property
tests (tests/properties/histories.py). Everything follows from one integer.
"""

from dataclasses import replace
from hashlib import blake2b
from random import Random

from egraph.colours import Colour, may_name
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import EventId, NodeId, colour_of, node_id

ENVELOPE = {"graph": "main", "producer": "history"}


def _identity(random: Random, used: list[EventId]) -> EventId:
    event_id = EventId(blake2b(random.randbytes(16), digest_size=16).digest())
    used.append(event_id)
    return event_id


class HistoryMaker:
    """Builds one history: the facts, and the order and batches in which a replica gets them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.nodes: list[tuple[NodeId, NodeAdded]] = []
        self.facts: list[Fact] = []
        self.ids: list[EventId] = []
        self.withdrawable: list[EventId] = []

    def envelope(self) -> dict[str, object]:
        """Give the fields of an envelope. Few different clock values, so that ties are common."""
        return {
            **ENVELOPE,
            "sequence": len(self.ids),
            "hlc": self.random.randrange(12),
            "event_id": _identity(self.random, self.ids),
        }

    def node(self) -> None:
        """Add a node over known children; a colour that its children allow."""
        known = [item for item, _ in self.nodes]
        children = tuple(self.random.choice(known) for _ in range(self.random.choice((0, 1, 1, 2)))) if known else ()
        allowed = [c for c in Colour if all(may_name(c, colour_of(child)) for child in children)]
        colour = self.random.choice(allowed)
        operator = self.random.choice("abcdefg" if not children else "fg")
        fact = NodeAdded(**self.envelope(), operator=operator, colour=colour, children=children)  # type: ignore[arg-type]
        self.nodes.append((node_id(operator, colour, children), fact))
        self.facts.append(fact)
        if self.random.random() < 0.05:  # somebody else says the same
            self.facts.append(replace(fact, event_id=_identity(self.random, self.ids)))

    def equality(self) -> None:
        """Assert an equality between ids, stated or derived from facts that may or may not exist."""
        left, right = self.random.choice(self.nodes)[0], self.random.choice(self.nodes)[0]
        why: Stated | Derived = Stated("test")
        if self.random.random() < 0.3 and self.ids:
            count = self.random.choice((1, 1, 2))
            premises = tuple(self.random.choice(self.withdrawable or self.ids) for _ in range(count))
            why = Derived(rule="r", substitution=(), rule_set=b"", round=0, premises=premises)
        fact = EqualityAsserted(**self.envelope(), left=left, right=right, why=why)  # type: ignore[arg-type]
        if isinstance(why, Derived) and self.random.random() < 0.7:  # mostly later than its premises
            fact = replace(fact, hlc=fact.hlc + 6)
        self.facts.append(fact)
        self.withdrawable.append(fact.event_id)

    def rule(self) -> None:
        """Add a rule."""
        fact = RuleAdded(**self.envelope(), name="r", pattern="p", replacement="q")  # type: ignore[arg-type]
        self.facts.append(fact)
        self.withdrawable.append(fact.event_id)

    def retraction(self) -> None:
        """Withdraw something: mostly an equality or a rule, sometimes anything, sometimes nothing known."""
        pool = self.withdrawable if self.withdrawable and self.random.random() < 0.9 else self.ids
        target = self.random.choice(pool) if pool else EventId(self.random.randbytes(16))
        self.facts.append(FactRetracted(**self.envelope(), target=target, why="test"))  # type: ignore[arg-type]

    def arrival(self) -> list[Fact]:
        """Give the facts in the order of arrival: shuffled in part, some twice, some never."""
        facts = [fact for fact in self.facts if self.random.random() < 0.95]
        facts += [fact for fact in facts if self.random.random() < 0.1]
        if self.random.random() < 0.7:
            self.random.shuffle(facts)
        return facts
