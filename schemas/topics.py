"""The one table of topics. Names are persistent literals: never derive them, never change them.

Belongs here: name, key, partitions, retention and cleanup of every topic. Not here: clients, consumer groups.
"""

from dataclasses import dataclass
from types import MappingProxyType

HOUR_MS = 3_600_000
FOR_EVER_MS = -1
PER_AGENT = 0
"""Partition count that stands for "one partition per agent"."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: partitions is a count, or PER_AGENT; retention in milliseconds, -1 keeps for ever."""

    name: str
    key: str
    partitions: int
    retention_ms: int
    max_message_bytes: int

    def partition_count(self, agents: int) -> int:
        """Give the number of partitions in a system of that many agents."""
        return self.partitions or agents

    def config(self) -> dict[str, str]:
        """Give the broker settings of this topic. Offsets stay dense: no compaction, no transactions."""
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": "LogAppendTime",
        }


FACT_BYTES_MAX = 64 * 1024
"""A longer fact is refused (dead letter `oversized`); the topic admits more so that the refusal can be recorded."""

GOSSIP_BYTES_MAX = 768 * 1024

_MIB = 1024 * 1024

FACTS = Topic("egraph.facts", "graph", PER_AGENT, FOR_EVER_MS, _MIB)
GOSSIP = Topic("egraph.gossip", "sender", PER_AGENT, 6 * HOUR_MS, _MIB)
CONTROL = Topic("egraph.control", "agent", 1, 7 * 24 * HOUR_MS, _MIB)
TIMELINE = Topic("egraph.timeline", "agent", PER_AGENT, 3 * 24 * HOUR_MS, _MIB)
DEAD_LETTERS = Topic("egraph.dead-letters", "reason", 1, FOR_EVER_MS, 2 * _MIB)

TOPICS = MappingProxyType({topic.name: topic for topic in (FACTS, GOSSIP, CONTROL, TIMELINE, DEAD_LETTERS)})

# Names that Faust and Kafka persist. Moving code must not change them.
AGENTS_GROUP = "egraph-agents"
AGENT_FOLD_FACTS = "egraph.fold-facts"
AGENT_FOLD_GOSSIP = "egraph.fold-gossip"
