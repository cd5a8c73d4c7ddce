"""How long the host of agents rests between two looks at what is due.

Belongs here: the wait alone. Not here: what is done then (processors), a real log (tests/integration/test_host.py).
"""

import asyncio
import time
from pathlib import Path

import pytest

from streams.adapters.broker_errors import BrokerUnreachable
from streams.adapters.kafka_log import KafkaLog
from streams.adapters.snapshot_files import MemorySnapshots
from streams.ports import Publish
from streams.runtimes.agent_host import AgentHost
from streams.settings import StreamSettings
from streams.topology import named_topology
from tests.unit.processors.small_system import agent

_LONG_S = 30.0


class Away(KafkaLog):
    """A log whose broker can be away."""

    away = True

    async def end_offsets(self, topic: str) -> dict[int, int]:
        """Give the ends of two partitions, or raise."""
        if self.away:
            raise BrokerUnreachable("no answer", "nobody is there", "wait")
        return {0: 7, 1: 7}


def idle_host(reader: KafkaLog | None = None) -> AgentHost:
    """Give a host without agents that sends nothing."""

    async def send(effect: Publish) -> asyncio.Future[object]:
        raise AssertionError(f"nothing is sent here: {effect}")

    return AgentHost(
        settings=StreamSettings(bootstrap="", data_dir=Path()),
        topology=named_topology("clique", 2),
        snapshots=MemorySnapshots(),
        reader=reader or KafkaLog(""),
        send=send,
    )


def test_what_is_due_ends_the_rest() -> None:
    """Facts held back by the pace would wait for the next tick, at every agent on their way."""

    async def rest() -> None:
        host = idle_host()
        host.agents[0] = agent(0)  # it has never spoken: its first heartbeat is due
        await asyncio.wait_for(host.until_due(_LONG_S), _LONG_S / 2)

    asyncio.run(rest())


def test_a_batch_brings_the_end_of_the_rest_forward() -> None:
    """The rest is measured before the batch comes: what it holds back would wait as if it were not there."""

    async def rest() -> None:
        host = idle_host()
        host.agents[0] = late = agent(0)
        late.wake(time.time_ns() // 1000 + int(_LONG_S * 4e6))  # its clock is ahead: nothing is due for long
        resting = asyncio.create_task(host.until_due(_LONG_S))
        await asyncio.sleep(0.01)
        assert not resting.done()
        host.agents[0] = agent(0)
        await host.handle(0, ())
        await asyncio.wait_for(resting, _LONG_S / 2)

    asyncio.run(rest())


def test_nobody_is_stuck_while_the_broker_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers would end themselves while a broker restarts, and begin its return by reading their snapshots."""
    reader = Away("")
    host = idle_host(reader)
    host.agents[0] = agent(0)
    began = time.monotonic()

    def complaint(after_s: float) -> str | None:
        with monkeypatch.context() as patch:
            patch.setattr(time, "monotonic", lambda: began + after_s)
            return host.stuck(lambda _: 7)

    assert complaint(0) is None
    assert complaint(60) is not None
    assert not asyncio.run(host.broker_answers())
    assert complaint(61) is None, "it has only just been seen"
    reader.away = False
    assert complaint(121) is not None, "a consumer that stays silent is stuck"
    assert asyncio.run(host.broker_answers())
    assert complaint(122) is not None


def test_a_batch_that_makes_nothing_due_wakes_nobody() -> None:
    """At a hundred facts a second a thousand batches a second would each end the rest, and all agents be asked."""

    async def rest() -> None:
        host = idle_host()
        host.agents[0] = late = agent(0)
        late.wake(time.time_ns() // 1000 + int(_LONG_S * 4e6))
        resting = asyncio.create_task(host.until_due(_LONG_S))
        await asyncio.sleep(0.01)
        asked = []
        late.next_wake = lambda: asked.append(1) or 1 << 62  # type: ignore[method-assign, func-returns-value]
        await host.handle(0, ())
        await asyncio.sleep(0.01)
        assert not resting.done()
        assert len(asked) == 1, "the batch asks once, and the rest goes on"
        resting.cancel()

    asyncio.run(rest())
