"""Topics in memory for the simulator: dense offsets per partition, retention, and a hash of everything appended.

Belongs here: what a broker keeps and gives out. Not here: who reads and when, faults (simulated.py).
"""

from collections.abc import Mapping
from hashlib import blake2b

from streams.ports import LogRecord


class MemoryLog:
    """All topics of one simulated cluster. Nothing is ever reordered inside a partition."""

    def __init__(self, partitions: Mapping[str, int]) -> None:
        self._records: dict[str, list[list[LogRecord | None]]] = {
            topic: [[] for _ in range(count)] for topic, count in partitions.items()
        }
        self._hash = blake2b(digest_size=16)

    def append(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: tuple[tuple[str, bytes], ...],
        timestamp_ms: int,
    ) -> LogRecord:
        """Append a record and give it as it stands in the log."""
        into = self._records[topic][partition]
        offset = len(into)
        record = LogRecord(topic, partition, offset, timestamp_ms, key, value, headers)
        into.append(record)
        self._hash.update(f"{topic}/{partition}/{offset}/{timestamp_ms}/{headers}".encode())
        self._hash.update(value or b"")
        return record

    def expire(self, topic: str, partition: int, offset: int) -> None:
        """Forget a record as retention does: its offset stays used, readers jump over it."""
        self._records[topic][partition][offset] = None

    def read(self, topic: str, partition: int, first: int, until: int) -> list[LogRecord]:
        """Give the records that are still kept in [first, until)."""
        return [record for record in self._records[topic][partition][first:until] if record is not None]

    def read_all(self, topic: str) -> list[LogRecord]:
        """Give every record of a topic that is still kept, partition by partition."""
        return [record for kept in self._records[topic] for record in kept if record is not None]

    def end(self, topic: str, partition: int) -> int:
        """Give the offset of the next record to be appended."""
        return len(self._records[topic][partition])

    def digest(self) -> str:
        """Give the hash of all appends so far, in their order over all topics."""
        return self._hash.hexdigest()
