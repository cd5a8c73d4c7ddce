"""What an agent's process tells of the agent's life, and which orders are about it.

Belongs here: records to and from bytes. Not here: judging agents (fleet.py), carrying orders out (agent_host.py).
"""

from collections.abc import Iterable

from schemas.records import AgentLifecycle, ControlOrder, OrderKind, Turn, decode_record, encode_record
from schemas.registry import HEADER_BYTES, load
from schemas.topics import CONTROL
from streams.ports import LogRecord, Publish


def told(turn: Turn, agent: int, incarnation: int, now: int, detail: str = "") -> Publish:
    """Give the record that tells of a turn in the life of an agent."""
    record = AgentLifecycle(turn=turn, agent=agent, incarnation=incarnation, at=now, detail=detail)
    return Publish(CONTROL.name, 0, str(agent).encode(), encode_record(record))


def is_about(order: ControlOrder, first: int, current: int) -> bool:
    """Tell whether an order is about a life that began with the name `first` and has the name `current` now.

    One about an earlier life is void: it came twice, or too late. A restart about a later one counts: who ordered it
    believes in a life on a faster clock, and only a name behind that one's will be heard. An end must name this life:
    one for a life on a faster clock stands in the inbox for ever, and would end every life that reads it anew.
    """
    if order.order is OrderKind.KILL:
        return order.incarnation in (first, current)
    return order.incarnation >= first


def orders_in(records: Iterable[LogRecord]) -> list[ControlOrder]:
    """Give the orders among the records of an inbox. Only what claims to be one is decoded."""
    header = load("control_order").header
    claims = [record.value for record in records if (record.value or b"")[:HEADER_BYTES] == header]
    return [order for order in map(decode_record, claims) if isinstance(order, ControlOrder)]
