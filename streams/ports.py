"""What processors exchange with the world: log records in, effects out. And the ports that runtimes implement.

Belongs here: plain data and small Protocols. Not here: any client library.
Times are integers: microseconds since the Unix epoch, unless the name says milliseconds.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol


class LogRecord(NamedTuple):
    """One record of a topic as read from the log."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Publish:
    """Effect: append a record. The runtime awaits its acknowledgement before the source record is acked."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Effect: put a refused record into the dead-letter topic, awaited before the source record is acked."""

    source: LogRecord
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """Effect: the records [first, until) of a topic-partition were skipped; read them from the log and process them.

    The processor has not advanced past `first`; the batch that revealed the gap must be processed again after them.
    """

    topic: str
    partition: int
    first: int
    until: int


@dataclass(frozen=True, slots=True)
class Compute:
    """Effect: call `task`, which takes long and reads nothing that changes, and give what it returns to `done`.

    The runtime does so beside the records, if it can; facts that `done` asks to publish are in the log before the
    effects behind them are carried out. Tasks of equal keys give equal results, so one of them is called for all;
    no key is equal to no key.
    """

    task: Callable[[], Any]
    key: Hashable = None


Effect = Publish | DeadLetter | ReadAgain | Compute


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step of a processor asks of its runtime. Nothing to do is the empty outcome."""

    effects: tuple[Effect, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


NOTHING = Outcome()


class SnapshotStore(Protocol):
    """Keeps the newest snapshot of each agent. `save` is atomic: afterwards `load` gives the old or the new one."""

    def save(self, agent: int, snapshot: bytes) -> None:
        """Replace the agent's snapshot. Never replaces one that covers larger offsets (fences a zombie)."""

    def load(self, agent: int) -> bytes | None:
        """Give the newest intact snapshot, or None. A damaged one is set aside, never given."""
