"""How facts travelled, told by the gossip topic alone: hops, messages, and what came twice.

Belongs here: from the records of all inboxes to counts. Not here: what a graph promises (topology_measures.py), how
deltas are made (processors/gossip.py), reading the log (adapters).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.records import GossipAck, GossipDelta, Range, decode_record
from streams.ports import LogRecord

Fact = tuple[int, int]
"""Facts partition and offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Travel:
    """What gossip did for some facts."""

    facts: int
    deltas: int
    """Messages that carried any of them, received or not."""
    carried: int
    """Facts in inboxes, each as often as it lies there."""
    useful: int
    """Those that the owner of the inbox did not hold, and could take in."""
    hops_mean: float | None
    """Over the agents that a fact came to, its home (no hop) included; None where there were no facts."""
    hops_max: int

    @property
    def redundancy(self) -> float:
        """Facts in inboxes, by those that were of use there: 1 where nothing comes twice."""
        return self.carried / self.useful if self.useful else 1.0


class Inboxes:
    """The inboxes of all agents, read in their order. What is no gossip is left out; `acks` counts the answers."""

    def __init__(self, agents: int) -> None:
        self._versions = [[0] * agents for _ in range(agents)]
        self._came_from: list[dict[Fact, int]] = [{} for _ in range(agents)]
        self._deltas: list[GossipDelta] = []
        self.acks = 0

    def read(self, records: Iterable[LogRecord]) -> None:
        """Take in records of the gossip topic, those of one inbox in order."""
        for record in records:
            message = decode_record(record.value)
            if isinstance(message, GossipAck):
                self.acks += 1
            elif isinstance(message, GossipDelta):
                self._deltas.append(message)
                for item in message.ranges:
                    self._take(record.partition, message.sender, item)

    def travel(self, facts: Mapping[int, range], dead: Sequence[int] = ()) -> Travel:
        """Give how the facts at these offsets of each partition travelled; inboxes of dead agents are of no use."""
        living = [agent for agent in range(len(self._versions)) if agent not in dead]
        chosen = [(partition, offset) for partition, offsets in facts.items() for offset in offsets]
        hops = [
            found
            for agent in living
            for fact in chosen
            if (found := 0 if fact[0] == agent else self._hops(agent, fact)) is not None
        ]
        carried = [_of_these(delta, facts) for delta in self._deltas]
        return Travel(
            facts=len(chosen),
            deltas=sum(count > 0 for count in carried),
            carried=sum(carried),
            useful=sum(fact in self._came_from[agent] for agent in living for fact in chosen),
            hops_mean=sum(hops) / len(hops) if hops else None,
            hops_max=max(hops, default=0),
        )

    def _take(self, receiver: int, sender: int, item: Range) -> None:
        """Do what an agent does with a range: take what goes on from where it stands, leave anything else."""
        version = self._versions[receiver]
        if item.partition == receiver or not 0 <= item.partition < len(version):
            return  # it reads its home from the log
        at = version[item.partition]
        if item.first > at or item.next <= at:
            return
        version[item.partition] = item.next
        for offset in item.offsets:
            if offset >= at:
                self._came_from[receiver][item.partition, offset] = sender

    def _hops(self, agent: int, fact: Fact) -> int | None:
        """Count the agents that handed the fact on until it came here, or give None if it did not come."""
        hops = 0
        while agent != fact[0]:
            sender = self._came_from[agent].get(fact)
            if sender is None or hops == len(self._versions):  # a sender that had restarted may have it from us
                return None
            agent, hops = sender, hops + 1
        return hops


def _of_these(delta: GossipDelta, facts: Mapping[int, range]) -> int:
    return sum(
        offset in facts[item.partition] for item in delta.ranges if item.partition in facts for offset in item.offsets
    )
