"""What an agent believes of one neighbour, and what it should send there.

Belongs here: known and sent versions, the window of unacknowledged messages, retransmission. Not here: bytes, facts.
A belief holds for one incarnation of the neighbour: one that restarted may have lost what it once acknowledged.

Nothing is sent again because time has passed; a neighbour that is merely slow would drown. An inbox keeps the order of
one sender, so an acknowledgement of message n says that everything up to n was read or is lost, and the version beside
it says what has become of it. What a neighbour lacks although nobody sent it here (another edge should have) is
offered after it has read all we sent during `retransmit_after`: patience is counted in its time, not in ours.

Where an edge has failed for good, such a wait at each hop for each fact would make the way round slow. So an edge that
had to help out once sends that partition at once for a while: it is grafted onto the tree, in the words of Plumtree
(Leitao, Pereira, Rodrigues: Epidemic Broadcast Trees, 2007). The lease ends early when the neighbour turns out to hold
what we did not send, which is the tree at work again; each lease that had to be renewed is longer than the one before.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from schemas.descent import GossipDescent
from streams.processors.peers import Beat

WINDOW_BYTES = 2 * 1024 * 1024
WINDOW_MESSAGES = 8
_PATIENCE_GROWTH = 8
"""Waiting times double from `retransmit_after` up to so many times that."""
_REMEMBERED_MESSAGES = 4096
_UNANSWERED = 4
"""Who sends more steps of exchanges than that between two rounds gets no answer to the oldest."""
_LEASE = 8
_LEASE_GROWTH = 8
"""A graft lasts so many times `retransmit_after`; the longest one so many times that."""


class _Unacknowledged(NamedTuple):
    message_id: int
    size: int
    ranges: Mapping[int, int]


class Patience:
    """How long to wait for something to move; doubles with each disappointment."""

    def __init__(self, first: int) -> None:
        self._first = self._wait = first
        self._since = 0

    def moved(self, now: int) -> None:
        """Begin anew."""
        self._since, self._wait = now, self._first

    def is_over(self, read_until: int, now: int) -> bool:
        """Tell whether the neighbour has read what was sent during the wait; a longer one begins then."""
        self._since = min(self._since, now)  # a clock that was set back must not prolong the wait
        if read_until - self._since <= self._wait:
            return False
        self._since, self._wait = now, min(2 * self._wait, _PATIENCE_GROWTH * self._first)
        return True


class Graft:
    """Until when a partition is sent along an edge that is not of its tree."""

    def __init__(self, first: int) -> None:
        self._first = self._next = first
        self._since = self._until = 0

    def renew(self, now: int) -> None:
        """Hold from now on, twice as long as the last time unless `end` came between."""
        self._since, self._until = now, now + self._next
        self._next = min(2 * self._next, _LEASE_GROWTH * self._first)

    def end(self) -> None:
        """Hold no longer."""
        self._next, self._until = self._first, 0

    def holds(self, now: int) -> bool:
        """Tell whether it holds. A clock that was set back ends it."""
        return self._since <= now < self._until


class Neighbour:
    """One neighbour. Times are microseconds; versions are next offsets per facts partition."""

    def __init__(self, agent: int, partitions: int, *, eager: frozenset[int], retransmit_after: int) -> None:
        self.agent = agent
        self.incarnation = 0
        self.known = [0] * partitions
        self.received_id = -1
        self.ack_due = False
        self.owed = 0
        """Deltas read and not acknowledged."""
        self.told: dict[int, Beat] = {}
        """Of each agent, the newest state that it and we have told each other in this life of it (peers.py)."""
        self.descent_id = -1
        """The newest message of an exchange about a difference (descent.py)."""
        self.descent_due = False
        self.unanswered: deque[GossipDescent] = deque(maxlen=_UNANSWERED)
        self._eager = eager
        self._sent = [0] * partitions
        self._rewound_at = [-1] * partitions
        self._newest_id = -1
        self._sent_at: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED_MESSAGES)
        self._read_until = 0
        self._unacknowledged: deque[_Unacknowledged] = deque()
        self._unacknowledged_bytes = 0
        self._patience = [Patience(retransmit_after) for _ in range(partitions)]
        self._grafts = [Graft(_LEASE * retransmit_after) for _ in range(partitions)]
        self._offered: set[int] = set()

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
            self.told.clear()
            self.forget_sent(now)
            return True
        for partition, new in enumerate(version):
            if new > self.known[partition]:
                if new > self._sent[partition]:
                    self._grafts[partition].end()
                self.known[partition] = new
                self._patience[partition].moved(now)
        return True

    def acknowledge(self, message_id: int) -> None:
        """Take in that the neighbour has read our messages up to this one. Call it after `hear` of the same message.

        What those messages carried and the neighbour still lacks is lost: it is sent anew from where it stands.
        """
        while self._sent_at and self._sent_at[0][0] <= message_id:
            self._read_until = self._sent_at.popleft()[1]
        while self._unacknowledged and self._unacknowledged[0].message_id <= message_id:
            read = self._unacknowledged.popleft()
            self._unacknowledged_bytes -= read.size
            for partition, until in read.ranges.items():
                # What was sent before the last rewinding proves nothing about what was sent after it.
                if until > self.known[partition] and read.message_id > self._rewound_at[partition]:
                    self._sent[partition] = self.known[partition]
                    self._rewound_at[partition] = self._newest_id
                    self._grafts[partition].end()  # it did not take it: no hurry helps

    def forget_sent(self, now: int) -> None:
        """Believe only what the neighbour states: it, or we, began a new life, and what is on its way is not heeded."""
        self._sent = list(self.known)
        self._rewound_at = [self._newest_id] * len(self.known)
        self._sent_at.clear()
        self._unacknowledged.clear()
        self._unacknowledged_bytes = 0
        for patience in self._patience:
            patience.moved(now)

    def note_message(self, message_id: int, now: int) -> None:
        """Remember when a message was sent, of whichever kind."""
        self._newest_id = message_id
        self._sent_at.append((message_id, now))

    def note_delta(self, message_id: int, size: int, ranges: Mapping[int, int]) -> None:
        """Count a delta into the window; `ranges` tells, per partition, the offset behind what it carries."""
        self._unacknowledged.append(_Unacknowledged(message_id, size, ranges))
        self._unacknowledged_bytes += size
        for partition, until in ranges.items():
            self._sent[partition] = until

    def has_room(self) -> bool:
        """Tell whether the window admits another message."""
        return self._unacknowledged_bytes < WINDOW_BYTES and len(self._unacknowledged) < WINDOW_MESSAGES

    def review(self, version: Sequence[int], now: int) -> None:
        """Notice what no edge brings, or lately none has brought; call it before each round of `wanted`."""
        self._offered.clear()
        for partition, mine in enumerate(version):
            patience = self._patience[partition]
            if mine <= self.known[partition] or partition == self.agent:
                patience.moved(now)
            elif not self._is_on_its_way(partition) and patience.is_over(self._read_until, now):
                self._sent[partition] = self.known[partition]
                self._offered.add(partition)
                self._grafts[partition].renew(now)
            elif self._grafts[partition].holds(now):
                self._offered.add(partition)

    def is_grafted(self, partition: int, now: int) -> bool:
        """Tell whether the edge helps out with a partition that is not of its tree."""
        return self._grafts[partition].holds(now)

    def wanted(self, version: Sequence[int]) -> list[tuple[int, int]]:
        """Give (partition, first offset) of what to send next, the longest backlog first.

        Along the tree of a partition's home everything is sent at once; on the other edges only what `review` offers.
        """
        out = []
        for partition, mine in enumerate(version):
            if partition == self.agent or not (partition in self._offered or partition in self._eager):
                continue
            first = max(self._sent[partition], self.known[partition])
            if mine > first:
                out.append((mine - first, partition, first))
        return [(partition, first) for _, partition, first in sorted(out, reverse=True)]

    def _is_on_its_way(self, partition: int) -> bool:
        return any(partition in message.ranges for message in self._unacknowledged)
