"""The e-graph as the log stands, followed: each look folds what the store has got since the last one, and no more.

Belongs here: following, and which classes changed last. Not here: the graph at a cut (cut_replay.py), what is told of a
class (cut_surroundings.py). In the order of partitions: a view is the same whatever the order its facts come in.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from analytics.cut_change import Change, Group, groups_of, regrouped
from analytics.cut_replay import FACT_COLUMNS, NOT_REFUSED, PLAIN, Ask, fact_of
from analytics.cut_surroundings import classes_around
from analytics.recent_answers import NEW, ChangedClass, QuarantinedPlace, RecentGraph
from egraph.facts import EqualityAsserted, Fact, NodeAdded
from egraph.identifiers import EventId, NodeId
from egraph.reading import ReplicaView
from egraph.store import FactStore
from egraph.view import IncrementalView

Beyond = Callable[[int, bool], RecentGraph | None]
"""Gives so many classes, or None; told whether it may read the log for that if nobody else has had it read."""
READ_UNASKED = 1_000_000
"""A log of so many records is read because somebody looks at what changed; a longer one, when somebody asks of it."""
CHANGED = 2
"""So many classes that changed last stand in the middle."""
PLACES = 200
"""So many places of quarantined equalities are told."""
TOGETHER_US = 6_000_000
"""Of changes that came within this time the merged classes come before new nodes, of which there are many more."""
_TOLD_APART = 8
"""Of a log that is read for the first time, so many of the newest equalities are looked at for what they changed."""
_BEYOND = '"offset" >= coalesce(list_extract(?, partition + 1), 0)'
_ROWS = f"""
SELECT {FACT_COLUMNS}, partition, "offset", epoch_us(appended_at) FROM facts AS f
WHERE {_BEYOND} AND {NOT_REFUSED} ORDER BY appended_at, partition, "offset"
"""
_TAKEN = f"SELECT count(*) FROM facts AS f WHERE NOT {_BEYOND} AND {NOT_REFUSED}"


class Changed(NamedTuple):
    """A node whose class changed, when, and what became of the class."""

    at_us: int
    node: NodeId
    word: str


@dataclass(slots=True)
class _Followed:
    """A view, how far into each partition it reaches, and what changed last in it."""

    version: list[int] = field(default_factory=list)
    records: int = 0
    view: IncrementalView = field(default_factory=lambda: IncrementalView(FactStore()))
    groups: frozenset[Group] = frozenset()
    changed: tuple[Changed, ...] = ()
    places: dict[EventId, QuarantinedPlace] = field(default_factory=dict)


class RecentChanges:
    """What changed last in the graph of a log. Safe to use from several threads.

    `beyond` is asked where the log has more than `cap` records: it gives the answer once it has the graph at hand.
    """

    def __init__(self, ask: Ask, cap: int = PLAIN, beyond: Beyond | None = None) -> None:
        self._ask = ask
        self._cap = cap
        self._beyond = beyond
        self._lock = threading.Lock()
        self._last = _Followed()

    def recent(self, drawn: int) -> RecentGraph:
        """Give the classes that changed last and what is around them, `drawn` in all. Raises StoreUnreadable."""
        with self._lock:
            ((records,),) = self._ask("SELECT count(*) FROM facts")
            if records > self._cap:
                self._last = _Followed()
                cap = self._cap if self._beyond is None else READ_UNASKED
                found = self._beyond(drawn, records <= cap) if self._beyond is not None else None
                return found or RecentGraph(
                    records=records, cap=cap, is_folded=False, classes=(), around_count=0, classes_count=0,
                    nodes_count=0, changed=(), quarantined=(), quarantined_count=0,
                )  # fmt: skip
            followed = self._follow()
            return self._told(followed, drawn)

    def _follow(self) -> _Followed:
        last, self._last = self._last, _Followed()  # what fails half way must not stay
        rows = self._ask(_ROWS, last.version)
        version = _reached(last.version, rows)
        # Agents may have refused since what had been folded.
        ((taken,),) = self._ask(_TAKEN, version)
        if taken != last.records + len(rows):
            last = _Followed()
            rows = self._ask(_ROWS, [])
            version = _reached([], rows)
        _fold(last, rows)
        last.version = version
        self._last = last
        return last

    def _told(self, followed: _Followed, drawn: int) -> RecentGraph:
        view = followed.view
        places = sorted((followed.places[event] for event in view.quarantined()), key=lambda place: place.at_us)
        return told_graph(view, followed.changed, places, followed.records, drawn, cap=self._cap)


def told_graph(
    view: ReplicaView, changed: Iterable[Changed], quarantined: Sequence[QuarantinedPlace], records: int, drawn: int,
    *, cap: int = PLAIN,
) -> RecentGraph:  # fmt: skip
    """Tell the classes of what changed, newest first, with those around, `drawn` in all; places come by time."""
    counts = view.counts()
    latest: dict[NodeId, Changed] = {}
    for item in changed:
        latest.setdefault(view.class_of(item.node), item)
    shown = list(latest.items())[:CHANGED]
    change = Change(kind=None, outcome="", nodes=tuple(item.node for _, item in shown))
    classes, around_count = classes_around(view, change, drawn)
    words = {name.hex(): item for name, item in shown}
    return RecentGraph(
        records=records,
        cap=cap,
        is_folded=True,
        classes=tuple(replace(item, change=words[item.name].word) if item.name in words else item for item in classes),
        around_count=around_count,
        classes_count=counts.classes,
        nodes_count=counts.nodes,
        changed=tuple(ChangedClass(name=name, at_us=item.at_us) for name, item in words.items()),
        quarantined=tuple(quarantined[-PLACES:]),
        quarantined_count=len(quarantined),
    )


def _reached(version: list[int], rows: Iterable[tuple[Any, ...]]) -> list[int]:
    """Give the offsets after the last record of each partition."""
    found = list(version)
    for row in rows:
        partition, offset = row[-3], row[-2]
        found.extend([0] * (partition + 1 - len(found)))
        found[partition] = max(found[partition], offset + 1)
    return found


def _fold(followed: _Followed, rows: list[tuple[Any, ...]]) -> None:
    """Fold records, and tell which of the classes that stand now they changed."""
    if not rows:
        return
    begins = followed.records == 0
    facts = [(fact_of(row), row[-1]) for row in rows]
    followed.places |= {
        fact.event_id: QuarantinedPlace(partition=row[-3], offset=row[-2], at_us=at_us)
        for (fact, at_us), row in zip(facts, rows, strict=True)
        if isinstance(fact, EqualityAsserted)
    }
    followed.records += len(rows)
    if begins:
        told = _newest_equalities(facts)
        _take(followed.view, facts[:told])
        followed.groups = groups_of(followed.view)
        facts = facts[told:]
    new = _take(followed.view, facts)
    groups = groups_of(followed.view)
    found = [*_regrouped(followed, groups, facts), *new, *followed.changed]
    newest = max((item.at_us for item in found), default=0)
    found.sort(key=lambda item: (item.at_us > newest - TOGETHER_US and item.word != NEW, item.at_us), reverse=True)
    followed.changed = tuple(found[: 8 * CHANGED])
    followed.groups = groups


def _newest_equalities(facts: list[tuple[Fact, int]]) -> int:
    """Give where the newest equalities begin."""
    places = [number for number, (fact, _) in enumerate(facts) if isinstance(fact, EqualityAsserted)]
    return places[-_TOLD_APART:][0] if places else max(0, len(facts) - _TOLD_APART)


def _take(view: IncrementalView, facts: list[tuple[Fact, int]]) -> list[Changed]:
    """Fold facts; give the newest of the nodes that they added."""
    view.fold_many([view.store.intern(fact) for fact, _ in facts])
    added = [(fact, at_us) for fact, at_us in facts[-CHANGED:] if isinstance(fact, NodeAdded)]
    table = view.store.nodes
    return [
        Changed(at_us, table.ids[view.store.node[number]], NEW)
        for fact, at_us in reversed(added)
        if (number := view.store.index_of(fact.event_id)) is not None
    ]


def _regrouped(followed: _Followed, groups: frozenset[Group], facts: list[tuple[Fact, int]]) -> list[Changed]:
    """Give the classes that stand now and did not before; when: of the newest equality about them, else of any."""
    gone, come = regrouped(followed.groups, groups)
    if not come:
        return []
    change = Change(kind=None, outcome="", before=gone, after=come)
    table, moments = followed.view.store.nodes, {}
    for fact, at_us in facts:
        if isinstance(fact, EqualityAsserted):
            moments[table.index.get(fact.left)] = moments[table.index.get(fact.right)] = at_us
    newest = facts[-1][1]
    found = []
    for group in set(come.values()):
        word, _ = change.of_class(group)
        at_us = max((moments[node] for node in group if node in moments), default=newest)
        found.append(Changed(at_us, min(table.ids[node] for node in group), word or NEW))
    return sorted(found, key=lambda item: (-item.at_us, item.node))
