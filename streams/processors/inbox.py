"""What an agent's inbox may hold, and what in it is refused.

Belongs here: judging a record of an inbox. Not here: what a message does (agent.py, conversation.py, phases.py).
"""

from collections.abc import Iterable

from schemas.descent import GossipDescent
from schemas.poison import Poison, Reason
from schemas.records import ControlOrder, GossipAck, GossipDelta, PhaseOrder, decode_record
from streams.ports import DeadLetter, LogRecord

Message = GossipDelta | GossipAck | GossipDescent | PhaseOrder | ControlOrder


def heard(record: LogRecord, partitions: int) -> Message | DeadLetter:
    """Give the message that a record is, in a system of so many facts partitions, or the record's refusal."""
    match decode_record(record.value):
        case Poison(reason=reason, detail=detail):
            return DeadLetter(record, reason, detail)
        case PhaseOrder(cut=cut) if len(cut) != partitions:
            detail = f"a cut of {len(cut)} partitions; this system has {partitions}"
            return DeadLetter(record, Reason.NOT_GOSSIP, detail)
        case GossipDescent(version=version, clock=clock) if not len(version) == len(clock) == partitions:
            detail = f"a descent at a version of {len(version)} partitions; this system has {partitions}"
            return DeadLetter(record, Reason.NOT_GOSSIP, detail)
        case GossipDelta() | GossipAck() | GossipDescent() | PhaseOrder() | ControlOrder() as message:
            return message
        case other:
            return DeadLetter(record, Reason.NOT_GOSSIP, f"a {type(other).__name__} in an inbox")


def refused_of(records: Iterable[LogRecord], partitions: int) -> list[DeadLetter]:
    """Give the refusals among the records of an inbox whose agent is not here to give them."""
    return [found for record in records if isinstance(found := heard(record, partitions), DeadLetter)]
