"""The e-graph at a cut: folds the records up to it into a view of the pure core.

Belongs here: making facts of stored rows, folding them, what is told of the view. Not here: which record a cut is at
(cut_reader.py), what it changed (cut_change.py). Of a derived equality the store keeps what it rests on, not its proof:
enough to decide whether it counts. Facts stored before this was written down are folded as if nothing failed them.
"""

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from analytics.cut_answers import ClassAtCut, GraphAtCut, GraphCounts, QuarantinedAtCut
from analytics.cut_change import NOT_TAKEN, Change, fold_telling
from analytics.cut_surroundings import told_change
from egraph.colours import Colour
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import EventId, NodeId
from egraph.reading import ReplicaView
from egraph.store import FactStore
from egraph.view import IncrementalView

PLAIN = 50_000
"""So many records are folded in plain Python while somebody waits; more by compiled loops (long_replay.py)."""
CAP = 1_000_000
"""So many records are folded while somebody waits; beyond it `egraph replay` is the tool."""
KEPT_S = 300.0
LISTED = 8
OPERATORS = 6
DERIVED = "rule "

UP_TO = """(appended_at <= make_timestamp(?) AND (appended_at < make_timestamp(?) OR partition < ?
OR (partition = ? AND "offset" <= ?)))"""
"""A record is up to a key; the bound on the time alone is what files are pruned by. Takes `bounds`."""

FACT_COLUMNS = """kind, event_id, hlc, operator, colour, children, left_id, right_id, target, why, graph, producer,
sequence, rule, round, premises"""
"""The columns of a row that `fact_of` reads."""

NOT_REFUSED = """NOT EXISTS (
  FROM dead_letters AS d WHERE d.source_topic = 'egraph.facts' AND d.source_partition = f.partition
  AND d.source_offset = f."offset")"""
"""A record of `facts AS f` that agents took; some that can be decoded are refused, and stand in both tables."""

_ROWS = f"""
SELECT {FACT_COLUMNS}, partition, "offset" FROM facts AS f WHERE {UP_TO} AND NOT {{after}} AND {NOT_REFUSED}
ORDER BY appended_at, partition, "offset"
"""

_TAKEN_TO_COUNT = f"""
SELECT count(*) FROM facts AS f
WHERE {UP_TO} AND kind = 'EqualityAsserted' AND why LIKE '{DERIVED}%' AND premises IS NULL AND {NOT_REFUSED}
"""

Ask = Callable[..., list[tuple[Any, ...]]]
Place = tuple[int, int, int]
"""(time of append in microseconds, partition, offset): the order of the log."""


def bounds(place: Place) -> list[int]:
    """Give the values of `UP_TO`."""
    at, partition, offset = place
    return [at, at, partition, partition, offset]


@dataclass(slots=True)
class _Folded:
    """A view, the cut it stands at, how many records of the store that was, and what the last of them changed."""

    place: Place = (-1, -1, -1)
    records: int = 0
    derived: int = 0
    view: ReplicaView = field(default_factory=lambda: IncrementalView(FactStore()))
    change: Change = NOT_TAKEN


class Long(Protocol):
    """Folds long logs (long_replay.py)."""

    def folded(self, place: Place) -> tuple[ReplicaView, Change]:
        """Give the view at a cut, and what its last record changed; good until the next call."""

    def why(self, fact: EqualityAsserted) -> str | None:
        """Give why an equality holds, where the fact does not say so itself."""

    def forget(self) -> None:
        """Give the memory back."""


class CutReplay:
    """Graphs at cuts. The last one is kept: going on from it folds only what came since. For several threads.

    Cuts of more than `plain` records are folded by `long`.
    """

    def __init__(self, ask: Ask, long: Long, cap: int = CAP, plain: int = PLAIN, kept_s: float = KEPT_S) -> None:
        self._ask = ask
        self._long = long
        self._cap, self._plain, self._kept_s = cap, plain, kept_s
        self._end_of_keeping: threading.Timer | None = None
        self._lock = threading.Lock()
        self._last = _Folded()

    def graph(self, at: str, place: Place, drawn: int) -> GraphAtCut:
        """Give the graph at a cut with `drawn` classes, or only its size if beyond the cap. Raises StoreUnreadable."""
        records = self._records(place)
        if records > self._cap:
            return GraphAtCut(
                at=at, records=records, cap=self._cap, counts=None, derived=0, agreeing=(), differing=(), largest=(),
                quarantined=(), change=None,
            )  # fmt: skip
        with self._lock:
            if records > self._plain:
                self._last = _Folded()
                view, change = self._long.folded(place)
                self._keep_for_a_while()
                ((derived,),) = self._ask(_TAKEN_TO_COUNT, *bounds(place))
                return self._told(at, _Folded(place, records, derived, view, change), drawn)
            folded = self._folded(place, records)
            return self._told(at, folded, drawn)

    def _keep_for_a_while(self) -> None:
        """A long log takes more than a gigabyte a million records, which nobody needs when nobody looks."""
        if self._end_of_keeping is not None:
            self._end_of_keeping.cancel()
        self._end_of_keeping = threading.Timer(self._kept_s, self._forget)
        self._end_of_keeping.daemon = True
        self._end_of_keeping.start()

    def _forget(self) -> None:
        with self._lock:
            self._long.forget()

    def _records(self, place: Place) -> int:
        ((found,),) = self._ask(f"SELECT count(*) FROM facts WHERE {UP_TO}", *bounds(place))
        return int(found)

    def _folded(self, place: Place, records: int) -> _Folded:
        last = self._last
        # The sink may have written, since then, records that belong before the place where the last view stands.
        goes_on = last.place <= place and (last.records == 0 or self._records(last.place) == last.records)
        start = last if goes_on else _Folded()
        # What fails half way must not stay as the view of some cut.
        self._last = _Folded()
        after, values = (UP_TO, bounds(start.place)) if start.records else ("false", [])
        rows = self._ask(_ROWS.format(after=after), *bounds(place), *values)
        if start.place != place:
            start.change = _fold_telling_last(start.view, rows, place)
        start.derived += sum(map(is_taken_to_count, rows))
        start.place, start.records = place, records
        self._last = start
        return start

    def _told(self, at: str, folded: _Folded, drawn: int) -> GraphAtCut:
        view, counts = folded.view, graph_counts(folded.view)
        reported = self._ask(
            "SELECT agent, bool_and(view_digest = ?) FROM heartbeats WHERE set_digest = ? "
            "GROUP BY agent ORDER BY agent",
            counts.view_digest,
            counts.set_digest,
        )
        return GraphAtCut(
            at=at,
            records=folded.records,
            cap=self._cap,
            counts=counts,
            derived=folded.derived,
            agreeing=tuple(agent for agent, same in reported if same),
            differing=tuple(agent for agent, same in reported if not same),
            largest=_largest(view),
            quarantined=_quarantined(view, self._long.why),
            change=told_change(view, folded.change, drawn),
        )


def _fold_telling_last(view: ReplicaView, rows: list[tuple[Any, ...]], place: Place) -> Change:
    """Fold records; give what the one at the place of the cut changed."""
    is_taken = bool(rows) and rows[-1][-2:] == place[1:]
    before = rows[:-1] if is_taken else rows
    view.fold_many([view.store.intern(fact_of(row)) for row in before])
    return fold_telling(view, fact_of(rows[-1])) if is_taken else NOT_TAKEN


def graph_counts(view: ReplicaView) -> GraphCounts:
    """Tell how much is in a view, and its digests."""
    return GraphCounts(
        **asdict(view.counts()),
        set_digest=view.set_digest().hex(),
        view_digest=view.view_digest().hex(),
    )


def fact_of(row: tuple[Any, ...]) -> Fact:
    """Give the fact of a row of `FACT_COLUMNS`, without proof."""
    kind, event_id, hlc, operator, colour, children, left, right, target, why, graph, producer, sequence = row[:13]
    envelope: dict[str, Any] = {
        "event_id": EventId(bytes.fromhex(event_id)), "graph": graph, "producer": producer, "sequence": sequence,
        "hlc": hlc,
    }  # fmt: skip
    if kind == "NodeAdded":
        ids = tuple(NodeId(bytes.fromhex(child)) for child in children)
        return NodeAdded(**envelope, operator=operator, colour=Colour[colour], children=ids)
    if kind == "EqualityAsserted":
        ends = NodeId(bytes.fromhex(left)), NodeId(bytes.fromhex(right))
        return EqualityAsserted(**envelope, left=ends[0], right=ends[1], why=_why(why, *row[13:16]))
    if kind == "FactRetracted":
        return FactRetracted(**envelope, target=EventId(bytes.fromhex(target)), why=why)
    return RuleAdded(**envelope, name=operator, pattern=why, replacement="")


def is_taken_to_count(row: tuple[Any, ...]) -> bool:
    """Tell whether the row of `FACT_COLUMNS` is a derived equality of which the store does not say what it rests on."""
    return bool(row[0] == "EqualityAsserted" and row[9].startswith(DERIVED) and row[15] is None)


def _why(text: str, rule: str | None, number: int | None, premises: list[str] | None) -> Derived | Stated:
    if rule is None or premises is None:
        return Stated(text)
    rests_on = tuple(EventId(bytes.fromhex(item)) for item in premises)
    return Derived(rule=rule, substitution=(), rule_set=b"", round=number or 0, premises=rests_on)


def _largest(view: ReplicaView) -> tuple[ClassAtCut, ...]:
    table, added = view.store.nodes, view.nodes.added
    named = [(-len(group), min(table.ids[number] for number in group), group) for group in view.merged_classes()]

    def operator(number: int) -> str | None:
        # The table may know what a node is from a later record.
        return table.operator_of(number) if number < len(added) and added[number] else None

    return tuple(
        ClassAtCut(
            name=name.hex(),
            nodes=-size,
            operators=tuple(
                (operator(number), Colour(table.colour[number]).name)
                for number in sorted(group, key=lambda number: table.ids[number])[:OPERATORS]
            ),
        )
        for size, name, group in sorted(named)[:LISTED]
    )


def _quarantined(view: ReplicaView, why: Callable[[EqualityAsserted], str | None]) -> tuple[QuarantinedAtCut, ...]:
    store = view.store
    found = [store.fact(number) for item in view.quarantined()[:LISTED] if (number := store.index_of(item)) is not None]
    return tuple(
        QuarantinedAtCut(
            event_id=fact.event_id.hex(),
            left_id=fact.left.hex(),
            right_id=fact.right.hex(),
            why=why(fact) or (fact.why.text if isinstance(fact.why, Stated) else f"{DERIVED}{fact.why.rule}"),
        )
        for fact in found
        if isinstance(fact, EqualityAsserted)
    )
