"""Facts with readable names, for examples: an equality called "e1" has the event id "e1" padded to 16 bytes.

Belongs here: building facts by hand. Not here: random ones (tests/properties/histories.py).
"""

from collections.abc import Iterable, Sequence

from egraph.colours import Colour
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import EventId, NodeId, node_id
from egraph.reading import View
from egraph.reference import ReferenceView
from egraph.store import FactStore
from egraph.view import IncrementalView

RED, BLUE, GREEN = Colour


def named(name: str) -> EventId:
    """Give the event id of a readable name."""
    return EventId(name.encode().ljust(16, b"."))


def names(ids: Iterable[EventId]) -> list[str]:
    """Give the readable names of event ids, in their order."""
    return [item.rstrip(b".").decode() for item in ids]


def node(operator: str, colour: Colour, *children: NodeId, at: int = 0) -> NodeAdded:
    """Give a node; its name is what it says."""
    label = f"{operator}{colour.name[0]}{b''.join(children).hex()[:12]}"[:16]
    return NodeAdded(
        event_id=named(label), graph="main", producer="p", sequence=0, hlc=at, operator=operator, colour=colour,
        children=children,
    )  # fmt: skip


def id_of(fact: NodeAdded) -> NodeId:
    """Give the node id that a fact adds."""
    return node_id(fact.operator, fact.colour, fact.children)


def equal(
    name: str, left: NodeAdded, right: NodeAdded, at: int, premises: Sequence[str] | None = None
) -> EqualityAsserted:
    """Give an equality: stated, or derived where premises are named."""
    why: Stated | Derived = Stated("example")
    if premises is not None:
        whole = tuple(named(item) for item in premises)
        why = Derived(rule="r", substitution=(), rule_set=b"", round=0, premises=whole)
    return EqualityAsserted(
        event_id=named(name), graph="main", producer="p", sequence=0, hlc=at, left=id_of(left), right=id_of(right),
        why=why,
    )  # fmt: skip


def retract(target: str, name: str = "") -> FactRetracted:
    """Give the tombstone of a fact."""
    identity = named(name or f"not {target}")
    return FactRetracted(
        event_id=identity, graph="main", producer="p", sequence=0, hlc=99, target=named(target), why=""
    )


def rule(name: str, at: int = 0) -> RuleAdded:
    """Give a rule."""
    return RuleAdded(
        event_id=named(name), graph="main", producer="p", sequence=0, hlc=at, name=name, pattern="x", replacement="y"
    )


def by_definition(facts: Sequence[Fact]) -> View:
    """Compute the view as egraph/reference.py defines it."""
    return ReferenceView(facts)


def fact_by_fact(facts: Sequence[Fact]) -> IncrementalView:
    """Fold in the given order."""
    view = IncrementalView(FactStore())
    for fact in facts:
        view.add(fact)
    return view


def backwards(facts: Sequence[Fact]) -> IncrementalView:
    """Fold the last fact first: tombstones and parents come before what they name."""
    return fact_by_fact(facts[::-1])


def read_after_each(facts: Sequence[Fact]) -> IncrementalView:
    """Fold in the given order and read after each: decisions are taken early and must be revised."""
    view = IncrementalView(FactStore())
    for fact in facts:
        view.add(fact)
        view.view_digest()
    return view


EVERY_WAY = (by_definition, fact_by_fact, backwards, read_after_each)
