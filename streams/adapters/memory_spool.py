"""A spool in memory: for tests, and for producers that can give everything again.

Belongs here: the port's promises without a disk. Not here: a file (sqlite_spool.py).
"""

from collections.abc import Collection, Sequence

from streams.ingest.fact_stream import StreamPosition
from streams.outbox.spool import Identity, SpooledFact, Waiting


class MemorySpool:
    """Keeps facts as long as the object lives."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._position = StreamPosition((0,) * identity.partitions)
        self._kept: dict[int, SpooledFact] = {}

    @property
    def identity(self) -> Identity:
        """Give whose facts these are."""
        return self._identity

    def position(self) -> StreamPosition:
        """Give the producer's position after the last fact that was ever kept here."""
        return self._position

    def waiting(self) -> Sequence[Waiting]:
        """Give what is kept, by ascending number."""
        return [Waiting(n, fact.partition, len(fact.raw), fact.spooled_at) for n, fact in sorted(self._kept.items())]

    def keep(self, facts: Sequence[SpooledFact], position: StreamPosition) -> None:
        """Keep facts together with the position behind them."""
        self._kept.update((fact.number, fact) for fact in facts)
        self._position = position

    def read(self, numbers: Sequence[int]) -> Sequence[bytes]:
        """Give the bytes of facts, in the order asked."""
        return [self._kept[number].raw for number in numbers]

    def forget(self, numbers: Collection[int]) -> None:
        """Drop facts that the log has acknowledged."""
        for number in numbers:
            self._kept.pop(number, None)

    def close(self) -> None:
        """Nothing to do: nobody else can have it."""
