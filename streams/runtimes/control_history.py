"""The last records of the control topic: what somebody who comes late must know.

Belongs here: reading back. Not here: reading on (adapters/control_tail.py), what the records mean.
"""

from collections.abc import Iterator
from typing import NamedTuple

from schemas.poison import Poison
from schemas.records import AgentHeartbeat, AgentLifecycle, AnyRecord, Turn, decode_record
from schemas.topics import CONTROL
from streams.adapters.kafka_log import KafkaLog

RECORDS_BACK = 20_000
"""About half an hour of nine agents' heartbeats."""


class Said(NamedTuple):
    """A record, and how long before the newest one it was appended, in microseconds of the broker's clock."""

    record: AnyRecord
    age: int


async def said_lately(log: KafkaLog, records: int = RECORDS_BACK) -> list[Said]:
    """Give the last records of the control topic, oldest first. What is no record of ours is left out."""
    begin = (await log.begin_offsets(CONTROL.name))[0]
    end = (await log.end_offsets(CONTROL.name))[0]
    first = max(begin, end - records)
    read = [item async for part in log.read(CONTROL.name, 0, first, end) for item in part] if first < end else []
    return [Said(record, age) for record, age in _decoded((item.timestamp_ms, item.value) for item in read)]


def newest_lives(said: list[Said]) -> dict[int, int]:
    """Give the newest incarnation of each agent that was heard."""
    lives: dict[int, int] = {}
    for record, _ in said:
        if isinstance(record, AgentHeartbeat | AgentLifecycle) and record.agent >= 0:
            lives[record.agent] = max(lives.get(record.agent, 0), record.incarnation)
    return lives


def parked_agents(said: list[Said]) -> dict[int, str]:
    """Give the agents that are parked, each with the reason."""
    parked: dict[int, str] = {}
    for record, _ in said:
        if isinstance(record, AgentLifecycle):
            if record.turn is Turn.PARKED:
                parked[record.agent] = record.detail
            elif record.turn is Turn.RELEASED:
                parked.pop(record.agent, None)
    return parked


def _decoded(read: Iterator[tuple[int, bytes | None]]) -> Iterator[tuple[AnyRecord, int]]:
    found = list(read)
    newest = max((timestamp for timestamp, _ in found), default=0)
    for timestamp, value in found:
        record = decode_record(value)
        if not isinstance(record, Poison):
            yield record, (newest - timestamp) * 1000
