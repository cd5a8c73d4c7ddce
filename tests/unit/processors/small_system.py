"""A system of a few agents without a broker: records of a facts partition, and effects carried from agent to agent.

Belongs here: building records and delivering gossip by hand. Not here: faults and time (tests/simulation).
"""

from pathlib import Path

from egraph.colours import Colour
from egraph.facts import Fact, NodeAdded
from egraph.identifiers import NodeId
from schemas.codec import seal
from schemas.records import AnyRecord, decode_record
from schemas.topics import FACTS, GOSSIP
from streams.ports import LogRecord, Outcome, Publish
from streams.processors.agent import AgentProcessor
from streams.processors.fact_log import FactLog
from streams.settings import StreamSettings
from streams.topology import named_topology

NOW = 1_700_000_000_000_000
SECOND = 1_000_000
SETTINGS = StreamSettings(bootstrap="", data_dir=Path("unused"), gossip_interval=0.1)


def node(sequence: int, operator: str = "x", colour: Colour = Colour.GREEN, *children: NodeId) -> NodeAdded:
    """Give a draft of a node."""
    return NodeAdded(
        graph="main", producer="p", sequence=sequence, hlc=1_700_000_000_000 << 16, operator=operator, colour=colour,
        children=children,
    )  # fmt: skip


def raw_of(draft: Fact) -> bytes:
    """Give the bytes of a draft."""
    return seal(draft).raw


def home(offset: int, value: bytes | None, partition: int = 0, timestamp_ms: int = NOW // 1000) -> LogRecord:
    """Give a record of a facts partition."""
    return LogRecord(FACTS.name, partition, offset, timestamp_ms, b"main", value)


def homes(count: int, first: int = 0, partition: int = 0) -> list[LogRecord]:
    """Give records of distinct nodes."""
    return [home(at, raw_of(node(at, f"p{partition}n{at}")), partition) for at in range(first, first + count)]


def inbox(agent: int, offset: int, value: bytes | None) -> LogRecord:
    """Give a record of an agent's inbox."""
    return LogRecord(GOSSIP.name, agent, offset, NOW // 1000, b"0", value)


def agent(number: int, *, size: int = 2, topology: str = "clique", incarnation: int = 1) -> AgentProcessor:
    """Give a fresh agent with a log of its own, as in a process of its own."""
    return AgentProcessor(
        agent=number,
        topology=named_topology(topology, size),
        log=FactLog(size),
        settings=SETTINGS,
        started=incarnation,
        life=incarnation,
    )


def published(outcome: Outcome, topic: str) -> list[Publish]:
    """Give what an outcome appends to a topic."""
    return [item for item in outcome.effects if isinstance(item, Publish) and item.topic == topic]


def decoded(outcome: Outcome, topic: str) -> list[AnyRecord]:
    """Give the records that an outcome appends to a topic, read back."""
    records = [decode_record(item.value) for item in published(outcome, topic)]
    return records  # type: ignore[return-value]


class Post:
    """Delivers gossip between agents at once, in order, and keeps every outcome."""

    def __init__(self, *agents: AgentProcessor) -> None:
        self.agents = {item.agent: item for item in agents}
        self.inboxes: dict[int, list[LogRecord]] = {item.agent: [] for item in agents}
        self.outcomes: list[Outcome] = []

    def carry_out(self, outcome: Outcome) -> None:
        """Append the gossip of an outcome to the inboxes."""
        self.outcomes.append(outcome)
        for item in published(outcome, GOSSIP.name):
            if item.partition in self.inboxes:
                box = self.inboxes[item.partition]
                box.append(inbox(item.partition, len(box), item.value))

    def rounds(self, count: int, start: int = NOW) -> int:
        """Wake every agent and deliver, so many times; give the time afterwards."""
        now = start
        for _ in range(count):
            now += SECOND
            for item in self.agents.values():
                self.carry_out(item.wake(now))
            for number, item in self.agents.items():
                self.carry_out(item.process(self.inboxes[number][item.gossip_next :], now))
        return now
