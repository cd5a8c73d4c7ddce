"""Watches the agents from outside, through their heartbeats: who holds how much, and whether they agree.

Belongs here: reading egraph.control. Not here: processes, progress bars.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.records import AgentHeartbeat
from schemas.topics import FACTS
from streams.adapters.control_tail import ControlTail
from streams.adapters.kafka_client import REQUEST_TIMEOUT_S
from streams.adapters.kafka_log import KafkaLog


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the agents are from holding everything and agreeing about it."""

    agents: int
    beats: Mapping[int, AgentHeartbeat]
    ends: tuple[int, ...]
    silent_s: Mapping[int, float] = field(default_factory=dict)
    """How long ago each agent was heard last, by this process's clock."""

    @property
    def facts_held(self) -> int:
        """The log positions that the agents have passed, summed over agents."""
        return sum(sum(beat.version) for beat in self.beats.values())

    @property
    def facts_to_hold(self) -> int:
        """What `facts_held` will be when every agent has read everything."""
        return sum(self.ends) * self.agents

    @property
    def digests(self) -> set[tuple[bytes, bytes]]:
        """The different (set digest, view digest) pairs."""
        return {(beat.set_digest, beat.view_digest) for beat in self.beats.values()}

    def missing(self) -> str | None:
        """Say what is still missing, or None when all agents hold everything and agree."""
        silent = sorted(set(range(self.agents)) - set(self.beats))
        if silent:
            return f"agents {silent} have not been heard"
        one_sided = self._one_sided()
        if one_sided is not None:
            agent, peer = one_sided
            return (
                f"agent {agent} gossips with agent {peer}, but not the other way round; start every worker with the "
                "same --topology and --agents"
            )
        behind = sorted(agent for agent, beat in self.beats.items() if beat.version != self.ends)
        if behind:
            return f"agents {behind} do not hold all {sum(self.ends)} records yet"
        if len(self.digests) != 1:
            return f"{len(self.digests)} different digests among {self.agents} agents that hold everything"
        return None

    def _one_sided(self) -> tuple[int, int] | None:
        """Give an edge that one of its ends does not know: their workers were given different topologies."""
        for agent, beat in sorted(self.beats.items()):
            for peer in beat.neighbours:
                if peer not in self.beats or agent not in self.beats[peer].neighbours:
                    return agent, peer
        return None


class Watcher:
    """Reads heartbeats from the moment it starts. Use `async with`."""

    def __init__(self, bootstrap: str, agents: int, *, timeout_s: float = REQUEST_TIMEOUT_S) -> None:
        self._agents = agents
        self._tail = ControlTail(bootstrap, timeout_s=timeout_s)
        self._log = KafkaLog(bootstrap, timeout_s=timeout_s)
        self._beats: dict[int, AgentHeartbeat] = {}
        self._heard: dict[int, float] = {}

    async def __aenter__(self) -> "Watcher":
        await self._tail.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._tail.__aexit__()
        await self._log.close()

    async def look(self) -> Agreement:
        """Take in new heartbeats and give where things stand. Takes about a fifth of a second."""
        now = asyncio.get_running_loop().time
        for record in await self._tail.read():
            if isinstance(record, AgentHeartbeat):
                self._beats[record.agent] = record
                self._heard[record.agent] = now()
        ends = await self._log.end_offsets(FACTS.name)
        silent = {agent: now() - heard for agent, heard in self._heard.items()}
        return Agreement(self._agents, dict(self._beats), tuple(ends[partition] for partition in sorted(ends)), silent)

    async def until_agreed(self, deadline_s: float) -> Agreement:
        """Wait until the agents agree; give where things stand then, or at the deadline."""
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline_s
        while True:
            standing = await self.look()
            if standing.missing() is None or loop.time() > end:
                return standing
