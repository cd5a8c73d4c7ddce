"""Gossip as messages: which ranges of the log go into a delta, and what a received range adds.

Belongs here: packing and unpacking of ranges. Not here: when to send (agent.py), to whom (neighbours.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.poison import Poison
from schemas.records import Range
from streams.processors.fact_log import FactLog

DELTA_BYTES = 384 * 1024
DELTA_FACTS = 2048
_OVERHEAD = 24  # bytes that a fact costs in a delta besides itself: offset, time, length


def pack(log: FactLog, wanted: Sequence[tuple[int, int]], version: Sequence[int]) -> tuple[tuple[Range, ...], int]:
    """Give ranges for the wanted (partition, first offset), within one message's limits, and the bytes they take."""
    ranges = []
    room_bytes, room_facts = DELTA_BYTES, DELTA_FACTS
    for partition, first in wanted:
        if room_facts <= 0 or room_bytes <= 0:
            break
        content = log.partitions[partition]
        start = content.position(first)
        limit = content.position(version[partition])
        stop = start
        while stop < limit and room_facts > 0 and room_bytes > 0:
            room_bytes -= len(log.raws[content.facts[stop]]) + _OVERHEAD
            room_facts -= 1
            stop += 1
        ranges.append(
            Range(
                partition=partition,
                first=first,
                next=version[partition] if stop == limit else content.offsets[stop],
                offsets=tuple(content.offsets[start:stop]),
                appended_at=tuple(content.appended_at[start:stop]),
                facts=tuple(log.raws[number] for number in content.facts[start:stop]),
            )
        )
    return tuple(ranges), DELTA_BYTES - room_bytes


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What a range adds to a replica: fact numbers and their append times, or why it adds nothing."""

    facts: Sequence[int] = ()
    appended_at: Sequence[int] = ()
    gap: bool = False
    damaged: str = ""


def unpack(log: FactLog, item: Range, at: int) -> Unpacked:
    """Take a range into the log and give what is new to a replica whose version of the partition is `at`."""
    if item.first > at:
        return Unpacked(gap=True)
    content = log.partitions[item.partition]
    if item.next > content.end:  # otherwise another agent of this process has brought it already
        numbers = log.intern_all(item.facts)
        if isinstance(numbers, Poison):
            return Unpacked(damaged=f"{numbers.reason}: {numbers.detail}")
        content.extend(item.next, item.offsets, numbers, item.appended_at)
    start, stop = content.position(at), content.position(item.next)
    return Unpacked(content.facts[start:stop], content.appended_at[start:stop])
