"""The port of the spool: where sealed facts are kept from before they are sent until the log has acknowledged them.

Belongs here: the promises that every adapter keeps (tests/contracts/test_spool.py). Not here: adapters
(streams/adapters/sqlite_spool.py, streams/adapters/memory_spool.py), when to send (outbox.py).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from egraph.identifiers import EventId
from streams.ingest.fact_stream import StreamPosition


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose facts a spool keeps: the producer as it stands in the facts, the graph, the number of partitions."""

    producer: str
    graph: str
    partitions: int


class SpooledFact(NamedTuple):
    """A sealed fact in the spool. Numbers ascend in the order of sealing; `spooled_at` in microseconds."""

    number: int
    partition: int
    event_id: EventId
    spooled_at: int
    raw: bytes


class Waiting(NamedTuple):
    """What is remembered of a spooled fact while its bytes stay in the spool. `size` in bytes."""

    number: int
    partition: int
    size: int
    spooled_at: int


class Spool(Protocol):
    """Keeps facts and the producer's position. One thread at a time calls it; one process at a time has it open.

    Every method raises SpoolError alone. Writing is atomic: after an error, or a kill at any instant, everything of
    a call is there or nothing is.
    """

    @property
    def identity(self) -> Identity:
        """Give whose facts these are."""

    def position(self) -> StreamPosition:
        """Give the producer's position after the last fact that was ever kept here, sent or not."""

    def waiting(self) -> Sequence[Waiting]:
        """Give what is kept, by ascending number."""

    def keep(self, facts: Sequence[SpooledFact], position: StreamPosition) -> None:
        """Keep facts together with the position behind them, in one step. Raises SpoolWriteFailed."""

    def read(self, numbers: Sequence[int]) -> Sequence[bytes]:
        """Give the bytes of facts as they were kept, in the order asked. Raises SpoolDamaged for any other bytes."""

    def forget(self, numbers: Collection[int]) -> None:
        """Drop facts that the log has acknowledged; those not here are ignored. Raises SpoolWriteFailed."""

    def close(self) -> None:
        """Let another process open it. Closing twice is harmless."""
