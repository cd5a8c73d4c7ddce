"""Where facts of a folded log stand, who said them, what they rest on, and what withdrew them.

Belongs here: from event ids to `Source`s. Not here: which facts explain something (why.py), printing (cli/why_text.py).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from egraph.explain.known import Known
from egraph.explain.terms import term
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, RuleAdded
from egraph.identifiers import EventId, Position
from egraph.store import FACT_RETRACTED
from schemas.codec import decode_fact
from schemas.poison import Poison
from streams.processors.folder import LogFolder


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact stands, who said it and what it says. `hlc` is the raw clock.

    `premises` are those of a derived equality; `retracted_by` is the first fact, in the total order, that withdraws it.
    """

    event_id: EventId
    position: Position
    producer: str
    hlc: int
    text: str
    premises: tuple[EventId, ...] = ()
    retracted_by: EventId | None = None

    @property
    def time(self) -> str:
        """The clock's real time, UTC, to the millisecond. Every clock that is admitted lies before the year 6430."""
        return datetime.fromtimestamp((self.hlc >> 16) / 1000, UTC).isoformat(timespec="milliseconds")

    def document(self) -> dict[str, Any]:
        """Give it as a JSON-ready mapping."""
        return {
            "partition": self.position.partition,
            "offset": self.position.offset,
            "producer": self.producer,
            "hlc": self.hlc,
            "time": self.time,
            "text": self.text,
            "premises": [item.hex() for item in self.premises],
            "retracted_by": None if self.retracted_by is None else self.retracted_by.hex(),
        }


def fact_of(folder: LogFolder, event: EventId) -> Fact | None:
    """Give a fact that the view holds, decoded anew from the bytes of the log; None for an event it does not hold."""
    number = folder.log.store.index_of(event)
    if number is None or not folder.view.holds(event):
        return None
    fact = decode_fact(folder.log.raws[number])
    return None if isinstance(fact, Poison) else fact


def facts_behind(folder: LogFolder, events: Iterable[EventId]) -> dict[EventId, Fact]:
    """Give the facts of these events, then their premises, then what withdrew any of them; unknown ones are left out.

    Premises of premises are not followed: each of them can be asked for in turn.
    """
    facts: dict[EventId, Fact] = {}

    def take(several: Iterable[EventId]) -> None:
        for event in several:
            if event not in facts and (fact := fact_of(folder, event)) is not None:
                facts[event] = fact

    take(events)
    take([item for fact in facts.values() for item in _premises(fact)])
    take(_retractions(folder, facts).values())
    return facts


def _premises(fact: Fact) -> tuple[EventId, ...]:
    return fact.why.premises if isinstance(fact, EqualityAsserted) and isinstance(fact.why, Derived) else ()


def _retractions(folder: LogFolder, facts: Mapping[EventId, Fact]) -> dict[EventId, EventId]:
    """Give for each of the facts that was withdrawn the first fact, in the total order, that withdraws it."""
    store = folder.log.store
    found: dict[EventId, tuple[int, EventId]] = {}
    for number, kind in enumerate(store.kinds):
        if kind == FACT_RETRACTED and folder.view.holds(store.ids[number]):
            fact = store.fact(number)
            if isinstance(fact, FactRetracted) and isinstance(facts.get(fact.target), EqualityAsserted | RuleAdded):
                found[fact.target] = min(store.order(number), found.get(fact.target, store.order(number)))
    return {target: event for target, (_, event) in found.items()}


def places_of(folder: LogFolder, events: Iterable[EventId]) -> dict[EventId, Position]:
    """Give the first place of each event that stands in the log; one pass over the columns of the log."""
    wanted = {folder.log.store.index_of(event): event for event in events}
    places: dict[EventId, Position] = {}
    for number, position in positions_in(folder):
        if number in wanted:
            places.setdefault(wanted[number], position)
    return places


def sources_of(folder: LogFolder, known: Known, facts: Mapping[EventId, Fact]) -> dict[EventId, Source]:
    """Give the first place of each fact, in the order of partitions; one pass over the columns of the log."""
    retracted_by = _retractions(folder, facts)
    places = places_of(folder, facts)
    return {
        event: Source(
            event, places[event], fact.producer, fact.hlc, _text(known, fact), _premises(fact), retracted_by.get(event)
        )
        for event, fact in facts.items()
    }


def positions_in(folder: LogFolder) -> Iterator[tuple[int, Position]]:
    """Give the number and the place of every fact in the log; one that stands there twice comes twice."""
    for partition, columns in enumerate(folder.log.partitions):
        for number, offset in zip(columns.facts, columns.offsets, strict=True):
            yield number, Position(partition, offset)


def _text(known: Known, fact: Fact) -> str:
    """Give what a fact says about its reason."""
    if isinstance(fact, EqualityAsserted):
        if isinstance(fact.why, Derived):
            bound = ", ".join(f"{name} = {term(known, node)}" for name, node in fact.why.substitution)
            return f"rule {fact.why.rule}" + (f" with {bound}" if bound else "")
        return fact.why.text
    if isinstance(fact, RuleAdded):
        return f"rule {fact.name}: {fact.pattern} => {fact.replacement}"
    return fact.why if isinstance(fact, FactRetracted) else "node added"
