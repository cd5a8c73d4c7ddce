"""Sends orders to agents and to the supervisor.

Belongs here: finding the life that an order is about, sending. Not here: carrying out (agent_host.py).
"""

import time
from collections.abc import Iterable

from schemas.records import ControlOrder, OrderKind, encode_record
from schemas.topics import CONTROL, GOSSIP
from streams.adapters.kafka_log import KafkaLog
from streams.adapters.kafka_producer import FactProducer, append_all
from streams.ports import Publish
from streams.runtimes.control_history import newest_lives, said_lately

_KEY = b"order"


class UnheardAgents(Exception):
    """Agents of which the log tells nothing lately. The message names them and says what to do."""


async def order_agents(bootstrap: str, kind: OrderKind, agents: Iterable[int], *, by: str, why: str) -> dict[int, int]:
    """Order something of agents in their newest lives; give these. Raises UnheardAgents before sending, BrokerError."""
    async with KafkaLog(bootstrap) as log:
        lives = newest_lives(await said_lately(log))
    wanted = dict.fromkeys(agents)
    unheard = sorted(set(wanted) - set(lives))
    if unheard:
        raise UnheardAgents(f"agents {unheard} were not heard lately; `egraph status` shows those that are")
    effects = []
    for agent in wanted:
        raw = encode_record(ControlOrder(order=kind, agent=agent, incarnation=lives[agent], at=_now(), by=by, why=why))
        effects += [Publish(CONTROL.name, 0, _KEY, raw), Publish(GOSSIP.name, agent, _KEY, raw)]
    await _send(bootstrap, effects)
    return {agent: lives[agent] for agent in wanted}


async def order_scale(bootstrap: str, workers: int, *, by: str, why: str) -> None:
    """Ask the supervisor for so many workers. Raises BrokerError."""
    raw = encode_record(ControlOrder(order=OrderKind.SCALE, workers=workers, at=_now(), by=by, why=why))
    await _send(bootstrap, [Publish(CONTROL.name, 0, _KEY, raw)])


async def _send(bootstrap: str, effects: list[Publish]) -> None:
    async with (
        FactProducer(bootstrap, topic=CONTROL.name) as control,
        FactProducer(bootstrap, topic=GOSSIP.name) as inboxes,
    ):
        await append_all(effects, {CONTROL.name: control, GOSSIP.name: inboxes})


def _now() -> int:
    return time.time_ns() // 1000
