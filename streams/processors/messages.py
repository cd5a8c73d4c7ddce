"""The bytes of admitted facts by number: spans of the buffers that they came in, cut out when asked for.

Belongs here: keeping and cutting. Not here: what a message says, which one is kept (fact_log.py).
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload


@dataclass(frozen=True, slots=True)
class ChosenMessages:
    """Where chosen messages stand. Joining them may be left to another thread: nothing of this changes any more."""

    lengths: bytes
    """Of each message, 8 bytes, little endian."""
    _buffers: list[bytes]
    _pieces: tuple[Any, Any, Any] | None
    """Buffers, starts, ends."""

    def joined(self) -> bytes:
        """Give the messages end to end."""
        if self._pieces is None:
            return b""
        buffers, pieces = self._buffers, zip(*(column.tolist() for column in self._pieces), strict=True)
        return b"".join([buffers[buffer][start:end] for buffer, start, end in pieces])


class Messages(Sequence[bytes]):
    """Grows at its end alone. A buffer stays as long as one message of it is kept."""

    def __init__(self) -> None:
        self._buffers: list[bytes] = []
        self._buffer = array("i")
        self._starts = array("i")
        self._ends = array("i")

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, number: int) -> bytes: ...
    @overload
    def __getitem__(self, number: slice) -> list[bytes]: ...
    def __getitem__(self, number: int | slice) -> bytes | list[bytes]:
        if isinstance(number, slice):
            return [self[item] for item in range(*number.indices(len(self)))]
        return self._buffers[self._buffer[number]][self._starts[number] : self._ends[number]]

    def __iter__(self) -> Iterator[bytes]:
        return map(self.__getitem__, range(len(self)))

    def choose(self, numbers: "array[int]") -> ChosenMessages:
        """Choose messages by their numbers. Neighbours in one buffer become one piece."""
        import numpy as np  # most processes keep messages and never choose many

        if not numbers:
            return ChosenMessages(b"", self._buffers, None)
        chosen = np.frombuffer(numbers, np.int32)
        buffers, starts, ends = (
            np.frombuffer(part, np.int32)[chosen] for part in (self._buffer, self._starts, self._ends)
        )
        firsts = np.flatnonzero(np.append(True, (buffers[1:] != buffers[:-1]) | (starts[1:] != ends[:-1])))
        lasts = np.append(firsts[1:], len(chosen)) - 1
        pieces = buffers[firsts], starts[firsts], ends[lasts]
        return ChosenMessages((ends - starts).astype("<i8").tobytes(), self._buffers, pieces)

    def append(self, message: bytes) -> None:
        """Keep one more message."""
        self._buffer.append(len(self._buffers))
        self._starts.append(0)
        self._ends.append(len(message))
        self._buffers.append(message)

    def extend(self, buffer: bytes, starts: "array[int]", ends: "array[int]") -> None:
        """Keep messages that stand in a buffer."""
        self._buffer.extend(array("i", (len(self._buffers),)) * len(starts))
        self._starts.extend(starts)
        self._ends.extend(ends)
        self._buffers.append(buffer)
