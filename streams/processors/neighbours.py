"""What an agent believes of one neighbour, and what it should send there.

Belongs here: known and sent versions, the window of unacknowledged messages, retransmission. Not here: bytes, facts.
A belief holds for one incarnation of the neighbour: one that restarted may have lost what it once acknowledged.
"""

from collections import deque
from collections.abc import Sequence

WINDOW_BYTES = 2 * 1024 * 1024
WINDOW_MESSAGES = 8


class Neighbour:
    """One neighbour. Times are microseconds; versions are next offsets per facts partition."""

    def __init__(self, agent: int, partitions: int, *, eager: frozenset[int], retransmit_after: int) -> None:
        self.agent = agent
        self.incarnation = 0
        self.known = [0] * partitions
        self.sent = [0] * partitions
        self.received_id = -1
        self.ack_due = False
        self.gap = False
        self._eager = eager
        self._retransmit_after = retransmit_after
        self._unacknowledged: deque[tuple[int, int]] = deque()
        self._unacknowledged_bytes = 0
        self._moved_at = 0

    @property
    def is_known(self) -> bool:
        """Tell whether the neighbour was ever heard of; nothing but greetings is sent before."""
        return self.incarnation > 0

    def hear(self, incarnation: int, version: Sequence[int], now: int) -> bool:
        """Take in the version that a message of the neighbour states. Gives False for a message of a former life."""
        if incarnation < self.incarnation:
            return False
        if incarnation > self.incarnation:
            self.incarnation = incarnation
            self.known = list(version)
            self.received_id = -1
            self.ack_due = True
            self.forget_sent(now)
        elif any(new > old for new, old in zip(version, self.known, strict=True)):
            self.known = [max(old, new) for old, new in zip(self.known, version, strict=True)]
            self._moved_at = now
        return True

    def acknowledge(self, message_id: int) -> None:
        """Close the window up to a message that this incarnation of ours sent."""
        while self._unacknowledged and self._unacknowledged[0][0] <= message_id:
            self._unacknowledged_bytes -= self._unacknowledged.popleft()[1]

    def forget_sent(self, now: int) -> None:
        """Believe only what the neighbour states: what is on its way may be lost."""
        self.sent = list(self.known)
        self._unacknowledged.clear()
        self._unacknowledged_bytes = 0
        self._moved_at = now

    def note_sent(self, message_id: int, size: int, now: int) -> None:
        """Count a message into the window."""
        if not self._unacknowledged:
            self._moved_at = now
        self._unacknowledged.append((message_id, size))
        self._unacknowledged_bytes += size

    def has_room(self) -> bool:
        """Tell whether the window admits another message."""
        return self._unacknowledged_bytes < WINDOW_BYTES and len(self._unacknowledged) < WINDOW_MESSAGES

    def wanted(self, version: Sequence[int], now: int) -> list[tuple[int, int]]:
        """Give (partition, first offset) of what to send next, the longest waiting backlog first.

        Along the tree of a partition's home everything is sent at once. On the other edges, and again on the tree,
        only what the neighbour still lacks after it has not moved for `retransmit_after`.
        """
        if not any(mine > theirs for mine, theirs in zip(version, self.known, strict=True)):
            self._moved_at = now
            return []
        standing = now - self._moved_at > self._retransmit_after
        if standing:
            self.forget_sent(now)
        out = []
        for partition, mine in enumerate(version):
            if partition == self.agent or not (standing or partition in self._eager):
                continue
            first = max(self.sent[partition], self.known[partition])
            if mine > first:
                out.append((mine - first, partition, first))
        return [(partition, first) for _, partition, first in sorted(out, reverse=True)]
