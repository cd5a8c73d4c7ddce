"""The timeline as it was told: events of a window page by page, and messages of one agent.

Belongs here: export of events. Not here: their order (causal_reader.py), figures (read_model.py).
"""

from pathlib import Path
from typing import Any

from analytics.current_store import CurrentStore
from analytics.log_reader import Key, beyond
from analytics.timeline_answers import Message, Messages, Timeline, TimelineEvent

_COLUMNS = """epoch_us(ts), partition, "offset", kind, agent, peer, incarnation, sequence, message_id,
epoch_us(sent_at), latency_us, bytes, facts, useful, held, colour, digest, clock"""
_MESSAGES = """
SELECT kind, epoch_us(ts), agent, peer, message_id, latency_us, bytes, facts, useful, count(*) OVER ()
FROM events
WHERE agent = ? AND kind IN ('MessageSent', 'AckSent', 'MessageReceived', 'AckReceived') AND ts >= make_timestamp(?)
ORDER BY ts DESC, "offset" DESC LIMIT ?
"""


class TimelineReader:
    """Answers about the store below a data directory as it stands. Safe to use from several threads."""

    def __init__(self, data_dir: Path, *, agents: int = 9) -> None:
        self._ask = CurrentStore(data_dir, agents=agents).ask

    def timeline(
        self, *, from_us: int | None = None, to_us: int | None = None, after: Key | None = None, limit: int = 1000
    ) -> Timeline:
        """Give events of a window in the order of time, both ends inclusive. Raises StoreUnreadable."""
        where, values = "true", []
        for condition, at in (("ts >= make_timestamp(?)", from_us), ("ts <= make_timestamp(?)", to_us)):
            if at is not None:
                where += f" AND {condition}"
                values.append(at)
        ((matching,),) = self._ask(f"SELECT count(*) FROM events WHERE {where}", *values)
        later, place = beyond("ts", after, newest_first=False)
        rows = self._ask(
            f'SELECT {_COLUMNS} FROM v_events WHERE {where} AND {later} ORDER BY ts, partition, "offset" LIMIT ?',
            *values,
            *place,
            limit + 1,
        )
        events = tuple(map(_event, rows[:limit]))
        more = len(rows) > limit
        return Timeline(
            events=events,
            matching=matching,
            next=str(Key((events[-1].at_us, events[-1].partition, events[-1].offset))) if more else None,
        )

    def messages(self, agent: int, *, since_us: int = 0, limit: int = 50) -> Messages:
        """Give the newest messages and acknowledgements that an agent sent or received. Raises StoreUnreadable."""
        rows = self._ask(_MESSAGES, agent, since_us, limit)
        return Messages(
            agent=agent,
            messages=tuple(
                Message(
                    kind=row[0],
                    at_us=row[1],
                    sender=row[2] if row[0].endswith("Sent") else row[3],
                    receiver=row[3] if row[0].endswith("Sent") else row[2],
                    message_id=row[4],
                    latency_us=row[5],
                    bytes=row[6],
                    facts=row[7],
                    useful=row[8],
                )
                for row in rows
            ),
            matching=rows[0][9] if rows else 0,
        )


def _event(row: tuple[Any, ...]) -> TimelineEvent:
    return TimelineEvent(
        at_us=row[0],
        partition=row[1],
        offset=row[2],
        kind=row[3],
        agent=row[4],
        peer=row[5],
        incarnation=row[6],
        sequence=row[7],
        message_id=row[8],
        sent_at_us=row[9],
        latency_us=row[10],
        bytes=row[11],
        facts=row[12],
        useful=row[13],
        held=row[14],
        colour=row[15],
        digest=row[16],
        clock=tuple(row[17]),
    )
