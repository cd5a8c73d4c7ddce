"""What happened before what: a window of the timeline, and the causal cone of one of its events.

Belongs here: questions about order. Not here: single facts (log_reader.py), figures (read_model.py), the definition of
the order (queries/views.sql). Windows are bounded by a number of events, whatever times are asked for.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analytics.current_store import CurrentStore
from analytics.cut_replay import UP_TO, Place, bounds
from analytics.timeline_answers import Cone, SpaceTime, TimedEvent, TimedFact

SENDS = ("MessageSent", "AckSent")
RECEIPTS = ("MessageReceived", "AckReceived")
_COLUMNS = """partition, "offset", epoch_us(ts), kind, agent, peer, sequence, message_id, epoch_us(sent_at), latency_us,
bytes, facts, useful, clock"""
_RELATION = "causal_relation(agent, sequence, clock, ?, ?, ?::BIGINT[])"
_ENDS = "SELECT epoch_us(min(ts)), epoch_us(max(ts)), count(*) FROM events"
_BOUND = """SELECT epoch_us({end}(ts)) FROM (
  SELECT ts FROM events WHERE ts {beyond} make_timestamp(?) AND {kept} ORDER BY ts {order} LIMIT ?)"""
# As causal_relation says it, but over the whole store: of each clock only the entry that decides is read.
_CONE = """
WITH told AS (
  SELECT agent, sequence,
         CASE WHEN agent = ? AND sequence = ? THEN 'itself'
              WHEN happened_before(agent, sequence, ?::BIGINT[]) THEN 'before'
              WHEN ? <= vc{agent:d} THEN 'after'
              ELSE 'concurrent' END AS relation
  FROM events
)
SELECT agent, count(*) FILTER (WHERE relation = 'before'), count(*) FILTER (WHERE relation = 'after'),
       count(*) FILTER (WHERE relation = 'concurrent'), max(sequence) FILTER (WHERE relation = 'before'),
       min(sequence) FILTER (WHERE relation = 'after')
FROM told GROUP BY agent
"""
_FACTS = """
SELECT partition, "offset", epoch_us(appended_at), kind, coalesce(operator, left_id, target, ''), count(*) OVER ()
FROM facts WHERE appended_at BETWEEN make_timestamp(?) AND make_timestamp(?) AND {by_then}
ORDER BY appended_at DESC, partition DESC, "offset" DESC LIMIT ?
"""


class CausalReader:
    """Answers about the store below a data directory as it stands. Safe to use from several threads."""

    def __init__(self, data_dir: Path, *, agents: int = 9) -> None:
        self._ask = CurrentStore(data_dir, agents=agents).ask
        self._agents = agents

    def space_time(
        self,
        event: tuple[int, int] | None = None,
        *,
        from_us: int | None = None,
        to_us: int | None = None,
        limit: int = 200,
        only_facts: bool = False,
        last_fact: Place | None = None,
    ) -> SpaceTime | None:
        """Give a window: the one asked for, or `limit` events around the event, or the newest.

        `event` is a partition and an offset of the timeline. None if the store does not hold it. With `only_facts`,
        only messages that carry facts, and the event itself. With `last_fact`, facts up to it in the order of the log,
        also where no event was shown; else those of the time of the events shown. Raises StoreUnreadable.
        """
        apex = None
        if event is not None:
            apex = _first(self._events('partition = ? AND "offset" = ?', *event))
            if apex is None:
                return None
        ((oldest, newest, total),) = self._ask(_ENDS)
        kept = _kept(apex) if only_facts else "true"
        low, high = self._window(apex, (from_us, to_us), newest, limit, kept)
        shown, matching = self._shown(apex, low, high, limit, kept)
        shown_low, shown_high = (low, high) if len(shown) == matching else (shown[0].at_us, shown[-1].at_us)
        beside = (shown_low, shown_high) if last_fact is None else (shown_low if shown else 0, high)
        facts = self._facts(*beside, limit, last_fact)
        return SpaceTime(
            agents=self._agents,
            events=shown,
            matching=matching,
            total=total,
            facts=tuple(
                TimedFact(partition=row[0], offset=row[1], appended_at_us=row[2], kind=row[3], summary=row[4])
                for row in facts
            ),
            facts_matching=facts[0][5] if facts else 0,
            from_us=low,
            to_us=high,
            shown_from_us=shown_low,
            shown_to_us=shown_high,
            oldest_us=oldest,
            newest_us=newest,
            cone=None if apex is None else self._cone(apex),
        )

    def _window(
        self,
        apex: TimedEvent | None,
        asked: tuple[int | None, int | None],
        newest: int | None,
        limit: int,
        kept: str,
    ) -> tuple[int | None, int | None]:
        """Give the ends that were asked for; where one was not, that of as many events as are shown."""
        from_us, to_us = asked
        if from_us is not None and to_us is not None:
            return from_us, to_us
        if from_us is not None:
            return from_us, self._bound(from_us, limit, kept, later=True)
        if to_us is not None:
            return self._bound(to_us, limit, kept, later=False), to_us
        if apex is not None:
            half = limit // 2
            return self._bound(apex.at_us, half, kept, later=False), self._bound(apex.at_us, half, kept, later=True)
        return (None, None) if newest is None else (self._bound(newest, limit, kept, later=False), newest)

    def _bound(self, at_us: int, count: int, kept: str, *, later: bool) -> int:
        """Give the time of the last of `count` events from a time on, later ones or earlier ones."""
        question = _BOUND.format(
            end="max" if later else "min",
            beyond=">=" if later else "<=",
            order="ASC" if later else "DESC",
            kept=kept,
        )
        ((found,),) = self._ask(question, at_us, max(count, 1))
        return at_us if found is None else int(found)

    def _shown(
        self, apex: TimedEvent | None, low: int | None, high: int | None, limit: int, kept: str
    ) -> tuple[tuple[TimedEvent, ...], int]:
        """Give events of a window in the order of time, and how many it holds."""
        if low is None or high is None:
            return (), 0
        window = f"ts BETWEEN make_timestamp(?) AND make_timestamp(?) AND {kept}"
        ((matching,),) = self._ask(f"SELECT count(*) FROM events WHERE {window}", low, high)
        relation, order = ("NULL", "ts DESC") if apex is None else (_RELATION, f"abs(epoch_us(ts) - {apex.at_us})")
        rows = self._ask(
            f"SELECT {_COLUMNS}, {relation} FROM v_events WHERE {window} "
            f'ORDER BY {order}, partition, "offset" DESC LIMIT ?',
            *([] if apex is None else _standing(apex)),
            low,
            high,
            limit,
        )
        return tuple(sorted(map(_event, rows), key=lambda item: (item.at_us, item.agent, item.sequence))), matching

    def _facts(self, low: int | None, high: int | None, limit: int, last: Place | None = None) -> list[tuple[Any, ...]]:
        """Give the newest facts of a window, with how many it holds."""
        if low is None or high is None:
            return []
        by_then, values = ("true", []) if last is None else (UP_TO, bounds(last))
        return self._ask(_FACTS.format(by_then=by_then), low, high, *values, limit)

    def _cone(self, apex: TimedEvent) -> Cone:
        by_agent = self._ask(_CONE.format(agent=apex.agent), *_standing(apex), apex.sequence)
        known = [(row[0], row[4]) for row in by_agent if row[4] is not None and row[0] != apex.agent]
        reached = [(row[0], row[5]) for row in by_agent if row[5] is not None and row[0] != apex.agent]
        sent, arrived = self._message(apex)
        return Cone(
            event=apex,
            before=sum(row[1] for row in by_agent),
            after=sum(row[2] for row in by_agent),
            concurrent=sum(row[3] for row in by_agent),
            reached=self._numbered(apex, reached),
            known_of=self._numbered(apex, known),
            sent=sent,
            arrived=arrived,
        )

    def _message(self, apex: TimedEvent) -> tuple[TimedEvent | None, TimedEvent | None]:
        """Give the ends of the message of a send or a receipt. The number of a message is that of its send."""
        if apex.kind in SENDS:
            received = "kind IN (?, ?) AND peer = ? AND message_id = ?"
            return apex, _first(self._events(received, *RECEIPTS, apex.agent, apex.message_id))
        if apex.kind in RECEIPTS:
            sent = "kind IN (?, ?) AND agent = ? AND sequence = ?"
            return _first(self._events(sent, *SENDS, apex.peer, apex.message_id)), apex
        return None, None

    def _numbered(self, apex: TimedEvent, numbers: Iterable[tuple[int, int]]) -> tuple[TimedEvent, ...]:
        """Give the events of agents with these numbers, in the order of time."""
        wanted = dict(numbers)
        rows = self._ask(
            f"SELECT {_COLUMNS}, {_RELATION} FROM v_events WHERE list_contains(?::BIGINT[], sequence)",
            *_standing(apex),
            list(wanted.values()),
        )
        found = {item.agent: item for item in map(_event, rows) if wanted.get(item.agent) == item.sequence}
        return tuple(sorted(found.values(), key=lambda item: (item.at_us, item.agent)))

    def _events(self, where: str, *values: Any) -> tuple[TimedEvent, ...]:
        rows = self._ask(f'SELECT {_COLUMNS}, NULL FROM v_events WHERE {where} ORDER BY ts, "offset" LIMIT 1', *values)
        return tuple(map(_event, rows))


def _kept(apex: TimedEvent | None) -> str:
    """Give the condition for messages with facts. All of it is ours: no text of a caller, only numbers."""
    own = "" if apex is None else f' OR (partition = {apex.partition:d} AND "offset" = {apex.offset:d})'
    return f"(kind IN ('MessageSent', 'MessageReceived'){own})"


def _standing(apex: TimedEvent) -> tuple[int, int, list[int]]:
    return apex.agent, apex.sequence, list(apex.clock)


def _first(found: tuple[TimedEvent, ...]) -> TimedEvent | None:
    return found[0] if found else None


def _event(row: tuple[Any, ...]) -> TimedEvent:
    return TimedEvent(
        partition=row[0],
        offset=row[1],
        at_us=row[2],
        kind=row[3],
        agent=row[4],
        peer=row[5] if row[5] >= 0 else None,
        sequence=row[6],
        message_id=row[7] if row[7] >= 0 else None,
        sent_at_us=row[8],
        latency_us=row[9],
        bytes=row[10],
        facts=row[11],
        useful=row[12],
        clock=tuple(row[13]),
        relation=row[14],
    )
