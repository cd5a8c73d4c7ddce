"""Gossip as checks read it: each message is decoded once, however many checks look at it, sent and received.

Belongs here: from steps to messages. Not here: what is checked.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from schemas.descent import GossipDescent
from schemas.records import GossipAck, GossipDelta, decode_record
from schemas.topics import GOSSIP
from streams.ports import LogRecord, Outcome, Publish

Message = GossipDelta | GossipAck | GossipDescent

_REMEMBERED = 4096


@lru_cache(_REMEMBERED)
def message_of(raw: bytes | None) -> Message | None:
    """Give the message that agents exchange as these bytes, or None for anything else."""
    said = decode_record(raw)
    return said if isinstance(said, GossipDelta | GossipAck | GossipDescent) else None


def said_in(outcome: Outcome) -> Iterator[Message]:
    """Give what a step sends to other agents."""
    for effect in outcome.effects:
        if isinstance(effect, Publish) and effect.topic == GOSSIP.name:
            message = message_of(effect.value)
            if message is not None:
                yield message


def heard_in(records: Sequence[LogRecord]) -> Iterator[Message]:
    """Give what other agents say in the records of a step; nothing where those are facts."""
    if records and records[0].topic == GOSSIP.name:
        for record in records:
            message = message_of(record.value)
            if message is not None:
                yield message
