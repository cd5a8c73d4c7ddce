"""What an agent's process tells of the agent's life, and which orders are about it.

Belongs here: records to and from bytes. Not here: judging agents (fleet.py), carrying orders out (agent_host.py).
"""

from collections.abc import Iterable

from schemas.records import AgentLifecycle, ControlOrder, Turn, decode_record, encode_record
from schemas.registry import HEADER_BYTES, load
from schemas.topics import CONTROL
from streams.ports import LogRecord, Publish


def told(turn: Turn, agent: int, incarnation: int, now: int, detail: str = "") -> Publish:
    """Give the record that tells of a turn in the life of an agent."""
    record = AgentLifecycle(turn=turn, agent=agent, incarnation=incarnation, at=now, detail=detail)
    return Publish(CONTROL.name, 0, str(agent).encode(), encode_record(record))


def orders_in(records: Iterable[LogRecord]) -> list[ControlOrder]:
    """Give the orders among the records of an inbox. Only what claims to be one is decoded."""
    header = load("control_order").header
    claims = [record.value for record in records if (record.value or b"")[:HEADER_BYTES] == header]
    return [order for order in map(decode_record, claims) if isinstance(order, ControlOrder)]
