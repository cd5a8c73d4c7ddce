"""The log at a cut: which record it is at, what was in the log by then, what agents and messages did around it.

Belongs here: questions about one moment of the log. Not here: which record an address names (log_places.py), the
e-graph at it (cut_replay.py), pages of records (log_reader.py).
"""

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics.answers import LoggedFact
from analytics.causal_reader import CausalReader
from analytics.current_store import CurrentStore
from analytics.cut_answers import AgentAtCut, Cut, CutPartition, Density, GraphAtCut
from analytics.cut_figures import figures_until
from analytics.cut_replay import CAP, PLAIN, UP_TO, CutReplay, Place, bounds
from analytics.heartbeat_window import health_of
from analytics.log_places import NEWEST_FIRST, ORDER, Log, LogPlaces
from analytics.log_reader import COLUMNS, logged_fact
from analytics.long_replay import LongReplay
from analytics.recent_answers import RecentGraph
from analytics.recent_graph import Beyond, RecentChanges

BUCKETS_MAX = 1000
HEARD_S = 60
AROUND = 6
WINDOW_S = 180
EVENTS = 130
EVENTS_MAX = 1000
DRAWN = 10
DRAWN_MAX = 40
"""So many classes are told around what a record changed."""
_SECOND = 1_000_000
_AFTER_LOG_S = 60
"""In time, the strip goes on after the newest record for so long, or for as long as the log took if that is more."""
_MILLISECOND = 1_000
"""The broker's clock tells no shorter times apart."""


@dataclass(slots=True)
class _Bucket:
    """A part of the log: when it begins, how long it lasts, what it holds."""

    began_us: int
    lasted_us: int
    facts: int = 0
    retractions: int = 0


class CutReader:
    """Answers about the log at one of its records. Safe to use from several threads."""

    def __init__(
        self, data_dir: Path, *, agents: int = 9, cap: int = CAP, plain: int = PLAIN, beyond: Beyond | None = None
    ) -> None:
        """`beyond` tells what changed last where the log has more records than `plain` (recent_graph.py)."""
        self._ask = CurrentStore(data_dir, agents=agents).ask
        # A store answers one question after the other: who only looks must not wait for who reads a long log.
        long = CurrentStore(data_dir, agents=agents)
        self._places = LogPlaces(self._ask)
        self._causal = CausalReader(data_dir, agents=agents)
        self._replay = CutReplay(self._ask, LongReplay(long.ask, long.ask_table), cap, plain)
        self._recent = RecentChanges(self._ask, min(cap, plain), beyond)

    def density(self, buckets: int = 240, *, by: str = "time") -> Density:
        """Give the whole log in at most so many buckets: even in time, or in records. Raises StoreUnreadable."""
        log = self._places.log()
        if log is None:
            return Density(
                by=by, total=0, oldest_us=None, newest_us=None, began_us=(), lasted_us=(), facts=(), marked=(),
                partitions=(),
            )  # fmt: skip
        if by == "records":
            newest, found = log.newest_us, self._by_records(log, buckets)
        else:
            on = max(_AFTER_LOG_S * _SECOND, log.newest_us - log.oldest_us)
            newest = min(self._newest_us(log), log.newest_us + on)
            found = self._by_time(log, newest, buckets)
        marked = [bucket.retractions for bucket in found]
        for (moment,) in self._ask("SELECT epoch_us(ts) FROM v_dead_letters"):
            marked[max(0, bisect_right(found, moment, key=lambda bucket: bucket.began_us) - 1)] += 1
        return Density(
            by=by,
            total=log.total,
            oldest_us=log.oldest_us,
            newest_us=newest,
            began_us=tuple(bucket.began_us for bucket in found),
            lasted_us=tuple(bucket.lasted_us for bucket in found),
            facts=tuple(bucket.facts for bucket in found),
            marked=tuple(marked),
            partitions=log.ends,
        )

    def _newest_us(self, log: Log) -> int:
        """Give when the last thing happened that the store knows of."""
        ((events,),) = self._ask("SELECT epoch_us(max(ts)) FROM events")
        return log.newest_us if events is None else max(log.newest_us, int(events))

    def _by_time(self, log: Log, newest_us: int, buckets: int) -> list[_Bucket]:
        width = (newest_us - log.oldest_us) // buckets + 1
        count = (newest_us - log.oldest_us) // width + 1
        found = [_Bucket(log.oldest_us + index * width, width) for index in range(count)]
        rows = self._ask(
            "SELECT (epoch_us(appended_at) - ?) // ? AS bucket, count(*), "
            "count(*) FILTER (WHERE kind = 'FactRetracted') FROM facts GROUP BY bucket",
            log.oldest_us,
            width,
        )
        for bucket, facts, retractions in rows:
            if 0 <= bucket < count:  # the store may have grown since the ends were read
                found[bucket].facts, found[bucket].retractions = facts, retractions
        return found

    def _by_records(self, log: Log, buckets: int) -> list[_Bucket]:
        width = (log.total - 1) // buckets + 1
        rows = self._ask(
            f"""
            SELECT epoch_us(min(appended_at)), epoch_us(max(appended_at)), count(*),
                   count(*) FILTER (WHERE kind = 'FactRetracted')
            FROM (SELECT kind, appended_at, row_number() OVER (ORDER BY {ORDER}) AS place FROM facts)
            WHERE place <= ? GROUP BY (place - 1) // ? ORDER BY min(place)
            """,
            log.total,
            width,
        )
        ends = [row[0] for row in rows[1:]] + [rows[-1][1]]
        return [
            _Bucket(row[0], max(_MILLISECOND, end - row[0]), facts=row[2], retractions=row[3])
            for row, end in zip(rows, ends, strict=True)
        ]

    def cut(self, at: str, *, step: int = 0, now: bool = False, window_s: int = WINDOW_S, events: int = EVENTS) -> Cut:
        """Give the cut at a record, or `step` records after it, at most at an end of the log.

        All else is told up to the moment of that record; up to the time that `at` names, where it names one; or, with
        `now` and at the end, up to the newest there is. `events` are so many of the newest of agents by then.
        Raises NoSuchCut, StoreUnreadable, ValueError for what `AT_PATTERN` does not match.
        """
        log = self._places.log()
        newest = 0 if log is None else self._newest_us(log)
        place = self._places.place(at, log, until_us=newest)
        assert log is not None
        moment = place[0]
        if step:
            place = self._stepped(place, step)
            moment = place[0]
        elif at[0] == "t":
            moment = int(at[1:])
        elif at == "end" and now:
            moment = newest
        upto = bounds(place)
        reached = self._ask(
            f'SELECT partition, kind, count(*), max("offset") FROM facts WHERE {UP_TO} GROUP BY partition, kind', *upto
        )
        by_kind: dict[str, int] = {}
        for _, kind, count, _ in reached:
            by_kind[kind] = by_kind.get(kind, 0) + count
        around = self._around(place)
        ((dead_letters,),) = self._ask("SELECT count(*) FROM v_dead_letters WHERE ts <= make_timestamp(?)", moment)
        return Cut(
            at=f"{place[1]}:{place[2]}",
            moment_us=moment,
            fact=next(fact for fact in around if (fact.partition, fact.offset) == place[1:]),
            position=sum(by_kind.values()),
            total=log.total,
            behind_us=max(0, newest - moment),
            by_kind=dict(sorted(by_kind.items())),
            dead_letters=dead_letters,
            partitions=_partitions(log, reached),
            around=around,
            agents=self._agents(moment),
            heard_s=HEARD_S,
            window=figures_until(self._ask, moment, window_s),
            space_time=self._causal.space_time(to_us=moment, limit=events, last_fact=place),
        )

    def graph(self, at: str, *, drawn: int = DRAWN) -> GraphAtCut:
        """Give the e-graph at a cut, `drawn` of its classes. Raises NoSuchCut, StoreUnreadable, ValueError."""
        place = self._places.place(at, self._places.log())
        return self._replay.graph(f"{place[1]}:{place[2]}", place, drawn)

    def recent(self, *, drawn: int = DRAWN) -> RecentGraph:
        """Give the classes that changed last as the log stands, `drawn` with those around. Raises StoreUnreadable."""
        return self._recent.recent(drawn)

    def _stepped(self, place: Place, step: int) -> Place:
        """Go so many records on, or back; where there are fewer, to the end of the log."""
        if step > 0:
            where, order, end, skip = f"NOT {UP_TO}", ORDER, NEWEST_FIRST, step - 1
        else:
            where, order, end, skip = UP_TO, NEWEST_FIRST, ORDER, -step
        found = self._places.first(where, *bounds(place), order=order, skip=skip)
        return found or self._places.first("true", order=end) or place

    def _around(self, place: Place) -> tuple[LoggedFact, ...]:
        before = self._ask(
            f"SELECT {COLUMNS} FROM facts WHERE {UP_TO} ORDER BY {NEWEST_FIRST} LIMIT {AROUND + 1}", *bounds(place)
        )
        after = self._ask(
            f"SELECT {COLUMNS} FROM facts WHERE NOT {UP_TO} ORDER BY {ORDER} LIMIT {AROUND}", *bounds(place)
        )
        return tuple(logged_fact(row) for row in [*reversed(before), *after])

    def _agents(self, now_us: int) -> tuple[AgentAtCut, ...]:
        rows = self._ask(
            """
            SELECT agent, role, epoch_us(appended_at), facts, classes, accepted, quarantined, view_digest, neighbours,
                   version
            FROM heartbeats WHERE appended_at <= make_timestamp(?) AND appended_at > make_timestamp(?)
            QUALIFY row_number() OVER (PARTITION BY agent ORDER BY "offset" DESC) = 1 ORDER BY agent
            """,
            now_us,
            max(0, now_us - HEARD_S * _SECOND),
        )
        join = [max(entries) for entries in zip(*(row[9] for row in rows), strict=False)]
        return tuple(
            AgentAtCut(
                agent=row[0],
                role=row[1],
                told_ms=(now_us - row[2]) // 1000,
                band=health_of((now_us - row[2]) / _SECOND)[1],
                lag=sum(join) - sum(row[9]),
                neighbours=tuple(row[8]),
                facts=row[3],
                classes=row[4],
                accepted=row[5],
                quarantined=row[6],
                view_digest=row[7],
            )
            for row in rows
        )


def _partitions(log: Log, reached: list[tuple[Any, ...]]) -> tuple[CutPartition, ...]:
    found = []
    for end in log.ends:
        rows = [row for row in reached if row[0] == end.partition]
        found.append(
            CutPartition(
                partition=end.partition,
                next_offset=max((row[3] + 1 for row in rows), default=end.first_offset),
                records=sum(row[2] for row in rows),
                last_offset=end.last_offset,
            )
        )
    return tuple(found)
