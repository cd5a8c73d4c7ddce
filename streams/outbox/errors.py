"""What can go wrong between a caller, its spool and the log, by whose fault.

Belongs here: types and their meaning. Not here: raising them. Errors of the broker are streams/adapters/broker_errors.

    ProducerError               root; never raised itself
      FactRefused               the caller's: every replica would refuse this fact; nothing was spooled
      SpoolFull                 back-pressure: the log takes facts more slowly than they come; nothing was spooled
      ProducerStopped           the producer is closed, or gave up; facts in the spool stay there
      SpoolError                operating: the spool cannot be used
        SpoolInUse              another process holds this spool
        SpoolMismatch           the spool belongs to another graph, or has another number of partitions
        SpoolDamaged            the file is no spool, or its bytes are not what was written
        SpoolWriteFailed        the disk took nothing: full, read-only, broken; nothing half-written is left
"""

from schemas.poison import Reason


class ProducerError(Exception):
    """Root of the producer's errors. Each message gives the fact, the detail, and what to do."""


class FactRefused(ProducerError):
    """A fact that no replica would admit. `reason` is the one its dead letter would have; `index` its place."""

    def __init__(self, reason: Reason, detail: str, index: int) -> None:
        super().__init__(f"fact {index} is refused ({reason}): {detail}; mend it, nothing of this call was spooled")
        self.reason, self.detail, self.index = reason, detail, index


class SpoolFull(ProducerError):
    """There is no room before the deadline. Nothing was spooled; the same call can be made again."""


class ProducerStopped(ProducerError):
    """The producer takes no facts any more. What its spool holds is sent by the next one that opens it."""


class SpoolError(ProducerError):
    """Root of the operating errors of a spool."""


class SpoolInUse(SpoolError):
    """Another process holds the spool. Two of them would use the same sequences."""


class SpoolMismatch(SpoolError):
    """The spool was made for another graph or another number of partitions."""


class SpoolDamaged(SpoolError):
    """The file is no spool, or holds other bytes than were written. Nothing of it is sent."""


class SpoolWriteFailed(SpoolError):
    """The disk did not take it. What was there before is there still; nothing half-written is left."""
