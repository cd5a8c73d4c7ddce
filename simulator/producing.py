"""Producers of facts: each keeps what it sends in a spool until it is acknowledged, and sends again when unsure.

Belongs here: sending, losing requests and acknowledgements, producers that end and begin again. Not here: what they
say (workload.py).
"""

from functools import partial

from simulator.workload import Fated, Workload
from streams.runtimes.simulated import Part, Simulation
from streams.runtimes.simulated_workers import MILLISECOND, SECOND

_ANSWER = (2 * MILLISECOND, 30 * MILLISECOND)
_AGAIN = 200 * MILLISECOND
_MARKED_EVERY = 4
"""A producer notes durably how far it is acknowledged after so many records; those since are sent again by its next
life."""


class Producers(Part):
    """One spool for each facts partition. Records of a spool are sent in order, one at a time."""

    def __init__(self, workload: Workload, partitions: int) -> None:
        self._spools = [workload.partition(number) for number in range(partitions)]
        self._at = [0] * partitions
        self._marked = [0] * partitions
        self.acknowledged: list[list[Fated]] = [[] for _ in range(partitions)]
        """What each spool's producer was told is in the log."""

    def begin(self, world: Simulation) -> None:
        """Send each record when its time comes."""
        self._world = world
        for partition in range(len(self._spools)):
            self._next(partition)

    def is_settled(self) -> bool:
        """Tell whether everything is acknowledged."""
        return all(at == len(spool) for at, spool in zip(self._at, self._spools, strict=True))

    def _next(self, partition: int) -> None:
        at, spool = self._at[partition], self._spools[partition]
        if at < len(spool):
            self._world.later(max(0, spool[at].at - self._world.now), partial(self._send, partition))

    def _send(self, partition: int) -> None:
        world = self._world
        item = self._spools[partition][self._at[partition]]
        if world.mischief.broker_is_away() or world.happens("lost_request"):
            world.later(_AGAIN, partial(self._send, partition))
            return
        world.append_fact(partition, item.value)
        if world.happens("producer_crash"):
            world.trace("producer of", partition, "ends; it begins again at", self._marked[partition])
            self._at[partition] = self._marked[partition]
            world.later(world.random.randint(_AGAIN, SECOND), partial(self._send, partition))
        elif world.happens("lost_ack"):
            world.later(_AGAIN, partial(self._send, partition))
        else:
            world.later(world.between(*_ANSWER), partial(self._answered, partition, item))

    def _answered(self, partition: int, item: Fated) -> None:
        self.acknowledged[partition].append(item)
        self._at[partition] += 1
        if self._at[partition] % _MARKED_EVERY == 0:
            self._marked[partition] = self._at[partition]
        self._next(partition)
