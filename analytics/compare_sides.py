"""Sides of a comparison: which records of the log each of them holds, and what its agent published.

Belongs here: finding a side by its address and its agent. Not here: what lies between two sides (compare_reader.py).

A cut holds the records up to one of them, in the order of the log. An agent holds, of each partition, the records
below the offset that it published; which agent at which cut means its last heartbeat by then.
"""

from dataclasses import dataclass
from typing import Any

from analytics.compare_answers import ComparedSide, Published, Sides
from analytics.cut_replay import UP_TO, Ask, bounds
from analytics.log_places import Log, LogPlaces

NOW = "end"
_READ = 'coalesce("offset" < list_extract(?::BIGINT[], partition + 1), false)'
_PUBLISHED = """
SELECT agent, role, epoch_us(appended_at), version, facts, nodes, classes, accepted, quarantined, suspended, retracted,
       set_digest, view_digest
FROM heartbeats WHERE {} QUALIFY row_number() OVER (PARTITION BY agent ORDER BY "offset" DESC) = 1 ORDER BY agent
"""

_REFUSED_SPAN = """
SELECT source_partition, min(source_offset), max(source_offset)
FROM dead_letters WHERE source_topic = 'egraph.facts' GROUP BY source_partition
"""
"""Refused records were read too, though most of them are no rows of the table of facts."""


class NoSuchAgent(Exception):
    """The agent told nothing by then; the message says who did."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user asks for: an address of the log as of time travel, and an agent or None for the log itself."""

    at: str = NOW
    agent: int | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """A side that was found: the condition that its records meet, and what is told of it."""

    told: ComparedSide
    condition: str
    values: tuple[Any, ...]
    next_offsets: dict[int, int]


class SideFinder:
    """Finds sides. Safe to use from several threads if `ask` is."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._places = LogPlaces(ask)

    def sides(self) -> Sides:
        """Give what can be compared. Raises StoreUnreadable."""
        log = self._places.log()
        at = None if log is None else self._places.place(NOW, log)
        agents = self._published("true")
        return Sides(
            at=None if at is None else f"{at[1]}:{at[2]}",
            total=0 if log is None else log.total,
            oldest_us=None if log is None else log.oldest_us,
            newest_us=None if log is None else log.newest_us,
            newest_told_us=max((item.told_at_us for item in agents), default=None),
            agents=agents,
        )

    def log(self) -> Log | None:
        """Give what the store holds of the log. Raises StoreUnreadable."""
        return self._places.log()

    def find(self, wanted: Wanted, log: Log | None) -> Side:
        """Give a side. Raises NoSuchCut, NoSuchAgent, StoreUnreadable, ValueError."""
        return self._cut(wanted, log) if wanted.agent is None else self._agent(wanted, wanted.agent, log)

    def _cut(self, wanted: Wanted, log: Log | None) -> Side:
        place = self._places.place(wanted.at, log)
        assert log is not None
        values = tuple(bounds(place))
        reached = {
            row[0]: (row[1], row[2] + 1)
            for row in self._ask(
                f'SELECT partition, count(*), max("offset") FROM facts WHERE {UP_TO} GROUP BY partition', *values
            )
        }
        at, live = f"{place[1]}:{place[2]}", wanted.at == NOW
        return Side(
            ComparedSide(
                name="the log now" if live else f"the log up to {at}",
                asked=wanted.at,
                live=live,
                at=at,
                at_us=place[0],
                records=sum(count for count, _ in reached.values()),
                unstored=0,
                published=None,
            ),
            UP_TO,
            values,
            {end.partition: reached.get(end.partition, (0, end.first_offset))[1] for end in log.ends},
        )

    def _agent(self, wanted: Wanted, agent: int, log: Log | None) -> Side:
        live = wanted.at == NOW
        place = None if live else self._places.place(wanted.at, log)
        by_then = "true" if place is None else "appended_at <= make_timestamp(?)"
        heard = self._published(by_then, *([] if place is None else [place[0]]))
        told = next((item for item in heard if item.agent == agent), None)
        at = None if place is None else f"{place[1]}:{place[2]}"
        if told is None:
            names = ", ".join(str(item.agent) for item in heard) or "nobody"
            when = "" if at is None else f" by {at}"
            raise NoSuchAgent(f"agent {agent} was not heard{when}; heard were: {names}")
        next_offsets = dict(enumerate(told.next_offsets))
        ((records,),) = self._ask(f"SELECT count(*) FROM facts WHERE {_READ}", list(told.next_offsets))
        return Side(
            ComparedSide(
                name=f"agent {agent}" if at is None else f"agent {agent} at {at}",
                asked=wanted.at,
                live=live,
                at=at,
                at_us=told.told_at_us,
                records=records,
                unstored=self._unstored(next_offsets, log),
                published=told,
            ),
            _READ,
            (list(told.next_offsets),),
            next_offsets,
        )

    def _published(self, where: str, *values: Any) -> tuple[Published, ...]:
        return tuple(
            Published(
                agent=row[0],
                role=row[1],
                told_at_us=row[2],
                next_offsets=tuple(row[3]),
                facts=row[4],
                nodes=row[5],
                classes=row[6],
                accepted=row[7],
                quarantined=row[8],
                suspended=row[9],
                retracted=row[10],
                set_digest=row[11],
                view_digest=row[12],
            )
            for row in self._ask(_PUBLISHED.format(where), *values)
        )

    def _unstored(self, next_offsets: dict[int, int], log: Log | None) -> int:
        """Count records that were read and lie outside of what the store holds of their partition."""
        held = {} if log is None else {end.partition: (end.first_offset, end.last_offset) for end in log.ends}
        for partition, first, last in self._ask(_REFUSED_SPAN):
            known = held.get(partition, (first, last))
            held[partition] = min(first, known[0]), max(last, known[1])
        missing = 0
        for partition, following in next_offsets.items():
            first, last = held.get(partition, (0, -1))
            missing += min(following, first) + max(0, following - last - 1)
        return missing
