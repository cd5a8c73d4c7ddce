"""From e-nodes and statements to sealed facts with producer, sequence, clock and partition.

Belongs here: the envelope. Not here: sending (feed.py), encoding (schemas/codec.py). Pure: time comes in.

Sequences. The contract is: a number is used once per (producer, partition). A producer that dies in between cannot
know which numbers reached the log, so a name is never used twice: `producer_name` puts the start of the run into it.
That costs nothing (the fold ignores producers) and needs no file to keep. Who goes on under one name keeps the
`position` durably before sending, as streams/producer does, and gives it as `start`.
"""

from hashlib import blake2b
from typing import NamedTuple

from egraph.colours import Colour
from egraph.facts import EqualityAsserted, Fact, FactRetracted, NodeAdded, Stated
from egraph.identifiers import EventId, NodeId
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.rule_facts import draft_of
from egraph.rules.ruleset import Rule
from schemas.codec import seal
from streams.hybrid_clock import HybridClock
from streams.ingest.enode import ENode


def producer_name(source: str, run: int) -> str:
    """Give a name no other run has: the source and the run's start in microseconds since the Unix epoch."""
    return f"{source}@{run:x}"


def home_partition(identity: bytes, agents: int) -> int:
    """Give the partition for a fact about this id.

    The first eight bytes, big endian, modulo the number of agents; the two colour bits on top would otherwise skew
    nothing, because a modulo by a number that is no power of two mixes all bits in, and for a power of two the low
    ones decide.
    """
    return int.from_bytes(identity[:8], "big") % agents


class StreamPosition(NamedTuple):
    """How far a producer has come: its next sequence in each partition, and its last HLC (0 before the first)."""

    sequences: tuple[int, ...]
    hlc: int = 0


class RoutedFact(NamedTuple):
    """A sealed fact, its bytes, and the partition of the facts topic it goes to."""

    partition: int
    raw: bytes
    fact: Fact


class FactStream:
    """Seals the facts of one producer of one graph, in the order they are asked for."""

    def __init__(self, *, graph: str, producer: str, agents: int, start: StreamPosition | None = None) -> None:
        start = start or StreamPosition((0,) * agents)
        self.producer = producer
        self._graph = graph
        self._agents = agents
        self._next = [*start.sequences]
        self._clock = HybridClock(start.hlc)
        if len(self._next) != agents:
            raise ValueError(f"{len(self._next)} start sequences for {agents} partitions; give one for each")

    @property
    def position(self) -> StreamPosition:
        """Give how far this stream has come; another one that starts there goes on where this one stopped."""
        return StreamPosition(tuple(self._next), self._clock.last)

    def node(self, enode: ENode, now_us: int) -> RoutedFact:
        """Give the fact that an e-node exists."""
        partition = home_partition(enode.id, self._agents)
        return self._seal(
            partition,
            NodeAdded(
                graph=self._graph,
                producer=self.producer,
                sequence=self._next[partition],
                hlc=self._clock.tick(now_us),
                operator=enode.operator,
                colour=Colour(enode.colour),
                children=enode.children,
            ),
        )

    def equality(self, left: NodeId, right: NodeId, why: str, now_us: int) -> RoutedFact:
        """Give the fact that somebody states two nodes to be equal."""
        partition = home_partition(left, self._agents)
        return self._seal(
            partition,
            EqualityAsserted(
                graph=self._graph,
                producer=self.producer,
                sequence=self._next[partition],
                hlc=self._clock.tick(now_us),
                left=left,
                right=right,
                why=Stated(why),
            ),
        )

    def retraction(self, target: EventId, why: str, now_us: int) -> RoutedFact:
        """Give the fact that withdraws an equality or a rule."""
        partition = home_partition(target, self._agents)
        return self._seal(
            partition,
            FactRetracted(
                graph=self._graph,
                producer=self.producer,
                sequence=self._next[partition],
                hlc=self._clock.tick(now_us),
                target=target,
                why=why,
            ),
        )

    def rule(self, rule: Rule | ComputedRule, now_us: int) -> RoutedFact:
        """Give the fact that adds a rule. Raises RulesRefused where the rule makes no sense."""
        partition = home_partition(blake2b(rule.name.encode(), digest_size=16).digest(), self._agents)
        draft = draft_of(
            rule,
            graph=self._graph,
            producer=self.producer,
            sequence=self._next[partition],
            hlc=self._clock.tick(now_us),
        )
        return self._seal(partition, draft)

    def _seal(self, partition: int, draft: Fact) -> RoutedFact:
        self._next[partition] += 1
        fact, raw = seal(draft)
        return RoutedFact(partition, raw, fact)
