"""One topology in a real run: agents on a broker, a seeded load, some agents killed, more load.

Belongs here: the order of steps and the figures, told by the topics alone. Not here: the same in virtual time
(simulator/comparing.py), how facts travelled (streams/gossip_paths.py), flags and printing (cli).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from egraph.colours import Colour
from egraph.facts import NodeAdded
from launcher.local_system import LocalPlan, LocalSystem, SystemFailed
from launcher.watch import Agreement, Watcher
from schemas.codec import seal
from schemas.records import AgentLifecycle, OrderKind, Turn
from schemas.topics import FACTS, GOSSIP
from streams.adapters.control_tail import ControlTail
from streams.adapters.kafka_log import FactProducer, KafkaLog
from streams.gossip_paths import Inboxes
from streams.runtimes.order import order_agents
from streams.topology import Topology
from streams.topology_measures import heard_by

_KILL_SECONDS = 20.0
_HLC = 1_700_000_000_000 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class RealPlan:
    """What to run. `topology_text` is what workers are told: a name, or the path of a file."""

    topology: Topology
    topology_text: str
    data_dir: Path
    rungs: tuple[str, ...]
    workers: int = 2
    facts: int = 300
    seconds: float = 6.0
    killed: tuple[int, ...] = ()
    seed: int = 1
    deadline_s: float = 120.0


def draw_killed(seed: int, agents: int, count: int) -> tuple[int, ...]:
    """Give the agents to kill, the same for every topology of so many agents."""
    return tuple(sorted(Random(f"killed {seed}").sample(range(agents), count)))


def draw_load(seed: int | str, partitions: Sequence[int], facts: int) -> list[tuple[int, bytes]]:
    """Give a partition and the bytes of each fact. No two seeds give the same facts."""
    random = Random(f"load {seed}")
    sequences = dict.fromkeys(partitions, 0)
    load = []
    for number in range(facts):
        partition = random.choice(partitions)
        draft = NodeAdded(
            graph="main", producer=f"compare-{seed}", sequence=sequences[partition], hlc=_HLC + number,
            operator=f"n{seed}.{number}", colour=Colour.GREEN,
        )  # fmt: skip
        sequences[partition] += 1
        load.append((partition, seal(draft).raw))
    return load


class RealRun:
    """One run: `prepare`, then `run`, and `stop` in any case. Raises SystemFailed and the launcher's errors."""

    def __init__(self, plan: RealPlan, say: Callable[[str], None]) -> None:
        self.plan = plan
        self._say = say
        self.system = LocalSystem(
            LocalPlan(
                data_dir=plan.data_dir,
                keep=False,
                agents=plan.topology.size,
                workers=plan.workers,
                topology=plan.topology_text,
                console_port=None,
                rungs=plan.rungs,
                agents_only=True,
                gossip_alone=True,
            ),
            say,
        )

    async def run(self) -> dict[str, Any]:
        """Measure with all agents alive, then with some killed, within the deadline."""
        await self.system.start()
        watching = asyncio.create_task(self.system.supervise())
        try:
            async with asyncio.timeout(self.plan.deadline_s):
                measuring = asyncio.create_task(self._measure())
                await asyncio.wait((measuring, watching), return_when=asyncio.FIRST_COMPLETED)
                if not measuring.done():
                    measuring.cancel()
                    await watching  # a process that cannot stay up ends the run with its message
                return await measuring
        except TimeoutError:
            raise SystemFailed(
                f"{self.plan.topology.name}: no figures within {self.plan.deadline_s:.0f} s; its logs are in "
                f"{self.plan.data_dir / 'logs'}; raise --timeout, or lower --facts"
            ) from None
        finally:
            watching.cancel()

    async def _measure(self) -> dict[str, Any]:
        plan, broker = self.plan, self.system.broker
        everyone = range(plan.topology.size)
        async with Watcher(broker.bootstrap, plan.topology.size) as watcher, KafkaLog(broker.bootstrap) as log:
            await _until(watcher, lambda standing: standing.missing() is None)  # all agents are heard
            begun = await log.end_offsets(FACTS.name)
            await self._load("calm", everyone)
            await _until(watcher, lambda standing: standing.missing() is None)
            calm_end = await log.end_offsets(FACTS.name)
            found = {
                "broker": broker.rung,
                "seconds": plan.seconds,
                "calm": await self._travel(log, begun, calm_end),
            }
            if not plan.killed:
                return found
            await self._kill()
            living = [agent for agent in everyone if agent not in plan.killed]
            await self._load("killed", living)
            end = await log.end_offsets(FACTS.name)
            promised = reach_of_graph(plan.topology, {home: end[home] - calm_end[home] for home in living})
            standing = await _until(watcher, lambda standing: reached(standing, calm_end, plan.killed) >= promised)
            found["killed"] = {
                "agents": list(plan.killed),
                "reach": round(reached(standing, calm_end, plan.killed), 4),
                "reach_of_the_graph": round(promised, 4),
                **await self._travel(log, calm_end, end, plan.killed),
            }
            return found

    async def _load(self, name: str, partitions: Sequence[int]) -> None:
        """Append the facts of a part of the run, evenly over its seconds."""
        plan = self.plan
        self._say(f"{plan.topology.name}: {plan.facts} facts over {plan.seconds:g} s ({name})")
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with FactProducer(self.system.broker.bootstrap) as producer:
            for number, (partition, raw) in enumerate(draw_load(f"{plan.seed}-{name}", partitions, plan.facts)):
                await asyncio.sleep(max(0.0, began + number * plan.seconds / plan.facts - loop.time()))
                await producer.send(raw, partition)

    async def _kill(self) -> None:
        """Have agents killed, and wait until each of them is."""
        bootstrap, left = self.system.broker.bootstrap, set(self.plan.killed)
        async with ControlTail(bootstrap) as tail:
            await order_agents(bootstrap, OrderKind.KILL, self.plan.killed, by="egraph topology", why="to be measured")
            async with asyncio.timeout(_KILL_SECONDS):
                while left:
                    for record in await tail.read():
                        if isinstance(record, AgentLifecycle) and record.turn is Turn.KILLED:
                            left.discard(record.agent)

    async def _travel(
        self, log: KafkaLog, first: Mapping[int, int], until: Mapping[int, int], dead: Sequence[int] = ()
    ) -> dict[str, Any]:
        inboxes = Inboxes(self.plan.topology.size)
        begin, end = await log.begin_offsets(GOSSIP.name), await log.end_offsets(GOSSIP.name)
        async for records in log.read_spans(GOSSIP.name, {agent: (begin[agent], end[agent]) for agent in end}):
            inboxes.read(records)
        travel = inboxes.travel({partition: range(first[partition], until[partition]) for partition in until}, dead)
        figures = asdict(travel)
        figures["hops_mean"] = None if travel.hops_mean is None else round(travel.hops_mean, 3)
        return figures | {
            "deltas_per_fact": round(travel.deltas / max(1, travel.facts), 3),
            "redundancy": round(travel.redundancy, 3),
        }


def reached(standing: Agreement, since: Mapping[int, int], killed: Sequence[int]) -> float:
    """Give the share of pairs (fact, living agent other than its home) in which the agent says that it holds it.

    The facts are those from the offsets `since` to the ends of the log, in partitions of living agents.
    """
    living = [agent for agent in range(standing.agents) if agent not in killed]
    wanted = held = 0
    for home in living:
        sent = standing.ends[home] - since[home]
        wanted += sent * (len(living) - 1)
        for agent in living:
            if agent != home and agent in standing.beats:
                held += min(sent, max(0, standing.beats[agent].version[home] - since[home]))
    return held / wanted if wanted else 1.0


def reach_of_graph(topology: Topology, sent: Mapping[int, int]) -> float:
    """Give what `reached` comes to where the graph parts nobody else; `sent` tells the facts of each living home."""
    failed = set(range(topology.size)) - set(sent)
    wanted = sum(sent.values()) * (len(sent) - 1)
    return (
        sum(count * len(heard_by(topology, home, failed)) for home, count in sent.items()) / wanted if wanted else 1.0
    )


async def _until(watcher: Watcher, holds: Callable[[Agreement], bool]) -> Agreement:
    """Look until something holds. The deadline is that of the run."""
    while not holds(standing := await watcher.look()):
        pass
    return standing
