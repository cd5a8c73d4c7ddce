"""Two sides compared: positions, facts that one holds and the other does not, and the e-graphs of both.

Belongs here: questions about two sides at once. Not here: which records a side holds (compare_sides.py), what of their
graphs differs (compare_graphs.py), sentences (compare_words.py).
"""

import threading
from collections import Counter
from pathlib import Path
from typing import Any

from analytics import compare_words
from analytics.answers import LoggedFact
from analytics.compare_answers import Comparison, GraphComparison, OneSideFacts, PartitionOfSides, Sides
from analytics.compare_apart import Question, compared_apart, compared_here
from analytics.compare_sides import Side, SideFinder, Wanted
from analytics.current_store import CurrentStore
from analytics.cut_replay import NOT_REFUSED, Place
from analytics.log_places import ORDER, Log
from analytics.log_reader import COLUMNS, logged_fact

APART_CAP = 1_000_000
"""So many records between the sides are looked through fact by fact while somebody waits: 0.8 s of CPU, 0.3 GB."""
CAP = 1_000_000
"""So many records of both sides together are folded while somebody waits: 23 s of CPU, 1.8 GB, on a busy machine."""
COMPILED_FROM = 50_000
"""From so many records on, they are folded by compiled loops, which take some seconds to load."""
APART_FROM = 200_000
"""From so many records on, that is done in a process of its own."""
PRODUCERS = 12
_ALONE = f"""
WITH mine AS MATERIALIZED (
  SELECT event_id, min({{{{'at': epoch_us(appended_at), 'partition': partition, 'offset': "offset"}}}}) AS place,
         any_value(kind) AS kind, any_value(producer) AS producer
  FROM facts AS f WHERE {{mine}} AND NOT {{other}} AND {NOT_REFUSED} GROUP BY event_id
), shared AS (
  SELECT event_id FROM facts AS f WHERE {{other}} AND event_id IN (SELECT event_id FROM mine) AND {NOT_REFUSED}
)
SELECT kind, producer, count(*), min(place, {{limit}}) FROM mine
WHERE event_id NOT IN (SELECT event_id FROM shared) GROUP BY kind, producer
"""
"""Facts of one side that the other has nowhere, not even in another record: how many, and the first places of each
kind and producer. An id covers the whole fact, so records of one id say the same. Takes mine, other, other."""
_AT = f"""
SELECT {COLUMNS} FROM facts
WHERE appended_at BETWEEN make_timestamp(?) AND make_timestamp(?) AND (partition, "offset") IN ({{places}})
ORDER BY {ORDER}
"""


class TooLarge(Exception):
    """More records than are folded while somebody waits; the message says how many, and what to do."""


class CompareReader:
    """Answers about two sides. Safe to use from several threads; graphs are folded one at a time."""

    def __init__(
        self,
        data_dir: Path,
        *,
        agents: int = 9,
        cap: int = CAP,
        apart_cap: int = APART_CAP,
        compiled_from: int = COMPILED_FROM,
        apart_from: int = APART_FROM,
    ) -> None:
        self._data_dir, self._agents = data_dir, agents
        self._ask = CurrentStore(data_dir, agents=agents).ask
        # A store answers one question after the other: who only looks must not wait for who compares a long log.
        self._ask_long = CurrentStore(data_dir, agents=agents).ask
        self._finder = SideFinder(self._ask)
        self._cap = cap
        self._apart_cap = apart_cap
        self._compiled_from, self._apart_from = compiled_from, apart_from
        self._lock = threading.Lock()
        self._last: tuple[Any, GraphComparison] | None = None

    def sides(self) -> Sides:
        """Give what can be compared. Raises StoreUnreadable."""
        return self._finder.sides()

    def compare(self, left: Wanted, right: Wanted, *, limit: int = 20) -> Comparison:
        """Give what lies between two sides, with at most `limit` facts of each.

        Raises NoSuchCut, NoSuchAgent, StoreUnreadable, ValueError for an address that names no place.
        """
        log, found, other = self._found(left, right)
        partitions = _partitions(found, other, log)
        apart = [self._records_apart(found, other), self._records_apart(other, found)]
        only = None
        if sum(apart) <= self._apart_cap:
            mine, others = self._only(found, other, apart[0], limit), self._only(other, found, apart[1], limit)
            only = mine, others
        return Comparison(
            left=found.told,
            right=other.told,
            partitions=partitions,
            records_apart=sum(apart),
            cap=self._apart_cap,
            same_facts=None if only is None else not (only[0].count or only[1].count),
            left_only=None if only is None else only[0],
            right_only=None if only is None else only[1],
            told=compare_words.told(found.told, other.told, partitions, only, self._newest_told_us()),
        )

    def graphs(self, left: Wanted, right: Wanted, *, limit: int = 20) -> GraphComparison:
        """Give what differs between the e-graphs of two sides, with at most `limit` of each list.

        Raises TooLarge, TookTooLong, and what `compare` raises.
        """
        log, found, other = self._found(left, right)
        either = f"({found.condition} OR {other.condition})"
        ((records,),) = self._ask(f"SELECT count(*) FROM facts WHERE {either}", *found.values, *other.values)
        if records > self._cap:
            raise TooLarge(
                f"the sides hold {records:,} records, and at most {self._cap:,} are folded while somebody waits; "
                "`egraph replay --until PARTITION:OFFSET` folds any number and prints the digests"
            )
        published = found.told.published, other.told.published
        # The store may have grown behind a place since; then this is another question.
        key = found.values, other.values, published, None if log is None else log.total, limit
        with self._lock:
            if self._last is None or self._last[0] != key:
                question = Question(
                    self._data_dir, self._agents, found, other, records, limit, records >= self._compiled_from
                )
                self._last = key, compared_apart(question) if records >= self._apart_from else compared_here(question)
            return self._last[1]

    def _found(self, left: Wanted, right: Wanted) -> tuple[Log | None, Side, Side]:
        log = self._finder.log()
        return log, self._finder.find(left, log), self._finder.find(right, log)

    def _records_apart(self, side: Side, other: Side) -> int:
        ((found,),) = self._ask(
            f"SELECT count(*) FROM facts WHERE {side.condition} AND NOT {other.condition}", *side.values, *other.values
        )
        return int(found)

    def _only(self, side: Side, other: Side, records: int, limit: int) -> OneSideFacts:
        if not records:
            return OneSideFacts(count=0, by_kind={}, producers=(), producers_count=0, facts=())
        counted = self._ask_long(
            _ALONE.format(mine=side.condition, other=other.condition, limit=limit),
            *(*side.values, *other.values, *other.values),
        )
        by_kind: Counter[str] = Counter()
        by_producer: Counter[str] = Counter()
        for kind, producer, count, _ in counted:
            by_kind[kind] += count
            by_producer[producer] += count
        places = sorted((item["at"], item["partition"], item["offset"]) for row in counted for item in row[3])[:limit]
        return OneSideFacts(
            count=sum(by_kind.values()),
            by_kind=dict(sorted(by_kind.items())),
            producers=tuple(sorted(by_producer.items(), key=lambda item: (-item[1], item[0]))[:PRODUCERS]),
            producers_count=len(by_producer),
            facts=self._facts_at(places),
        )

    def _facts_at(self, places: list[Place]) -> tuple[LoggedFact, ...]:
        if not places:
            return ()
        listed = ", ".join(f"({partition}, {offset})" for _, partition, offset in places)
        rows = self._ask(_AT.format(places=listed), places[0][0], places[-1][0])
        return tuple(logged_fact(row) for row in rows)

    def _newest_told_us(self) -> int | None:
        ((found,),) = self._ask("SELECT epoch_us(max(appended_at)) FROM heartbeats")
        return None if found is None else int(found)


def _partitions(left: Side, right: Side, log: Log | None) -> tuple[PartitionOfSides, ...]:
    ends = {} if log is None else {end.partition: end for end in log.ends}
    found = []
    for partition in sorted({*left.next_offsets, *right.next_offsets}):
        end = ends.get(partition)
        first = 0 if end is None else end.first_offset
        found.append(
            PartitionOfSides(
                partition=partition,
                left_next=left.next_offsets.get(partition, first),
                right_next=right.next_offsets.get(partition, first),
                first_offset=first,
                last_offset=-1 if end is None else end.last_offset,
            )
        )
    return tuple(found)
