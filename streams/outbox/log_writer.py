"""The port to the log: how a courier appends facts.

Belongs here: the promises that every adapter keeps (tests/contracts/log_writers.py). Not here: adapters
(streams/adapters/kafka_writer.py, streams/adapters/memory_log.py), when to append (streams/producer/courier.py).
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

UNKNOWN_OFFSET = -1


class LogWriter(Protocol):
    """A connection to the facts topic. Every method raises BrokerError alone, and within a deadline."""

    async def append(self, partition: int, facts: Sequence[bytes]) -> int:
        """Append facts side by side; give the offset of the first once all replicas that must have them do.

        After an error nobody knows whether they are there, or will be: the connection is given up.
        The offset is UNKNOWN_OFFSET where the log recognises a repetition and does not say where it stands.
        """


Connect = Callable[[], AbstractAsyncContextManager[LogWriter]]
"""Makes a connection when it is entered. Raises BrokerError then."""
