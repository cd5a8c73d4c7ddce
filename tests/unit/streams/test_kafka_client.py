"""Starting and stopping clients of a broker that is away, or goes away meanwhile."""

import asyncio
from typing import Any

import pytest

from streams.adapters import kafka_client
from streams.adapters.broker_errors import BrokerUnreachable
from streams.adapters.kafka_client import stop_client, wait_for_broker


class ClosesBadly:
    """A client whose close lets out what happened inside, as aiokafka's does while its fetches fail."""

    def __init__(self, *, waits: bool = False) -> None:
        self._waits = waits

    async def stop(self) -> None:
        """Close."""
        if self._waits:
            await asyncio.sleep(60)
        inner = asyncio.ensure_future(asyncio.sleep(60))
        await asyncio.sleep(0)
        inner.cancel()
        await inner


def test_a_cancellation_inside_a_client_does_not_end_the_process() -> None:
    """The orchestrator ended with a traceback each time its broker was killed, instead of waiting for it."""

    async def run() -> str:
        await stop_client(ClosesBadly())
        return "went on"

    assert asyncio.run(run()) == "went on"


def test_a_cancellation_from_outside_goes_on() -> None:
    """Ctrl-C would be swallowed while a client closes."""

    async def run() -> None:
        closing = asyncio.create_task(stop_client(ClosesBadly(waits=True)))
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing

    asyncio.run(run())


def test_a_cancellation_that_comes_with_a_failure_is_heeded() -> None:
    """A producer that is closed while its broker is away would try to connect for ever, and its caller would hang."""
    gate: asyncio.Future[None]

    class Refused:
        async def start(self) -> None:
            await gate

        async def stop(self) -> None:
            pass

    async def run() -> None:
        nonlocal gate
        gate = asyncio.get_running_loop().create_future()
        starting = asyncio.create_task(kafka_client.start_client(Refused(), "127.0.0.1:1", 60.0))
        await asyncio.sleep(0.01)
        gate.set_exception(OSError("refused"))
        await asyncio.sleep(0)  # the client has failed, and nobody has been told yet
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

    asyncio.run(run())


def away_for(times: int) -> tuple[Any, list[float]]:
    """A start of clients that fails so often, and the time limits it was given."""
    limits: list[float] = []

    async def start(client: Any, bootstrap: str, timeout_s: float) -> None:
        limits.append(timeout_s)
        if len(limits) <= times:
            raise BrokerUnreachable("no broker answers", "refused", "start one")

    return start, limits


def test_a_broker_that_comes_back_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker away for minutes would make its supervisor give the whole system up."""
    start, limits = away_for(3)
    monkeypatch.setattr(kafka_client, "start_client", start)
    monkeypatch.setattr(kafka_client, "_AGAIN_S", 0.01)
    asyncio.run(wait_for_broker("127.0.0.1:1", 60.0))
    assert len(limits) == 4


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process with a wrong address would wait for ever and say nothing."""
    start, limits = away_for(1 << 30)
    monkeypatch.setattr(kafka_client, "start_client", start)
    monkeypatch.setattr(kafka_client, "_AGAIN_S", 0.01)
    with pytest.raises(BrokerUnreachable):
        asyncio.run(wait_for_broker("127.0.0.1:1", 0.1))
    assert limits
    monkeypatch.setattr(kafka_client, "_AGAIN_S", 0.09)  # now most of the patience is slept away
    with pytest.raises(BrokerUnreachable):
        asyncio.run(wait_for_broker("127.0.0.1:1", 0.1))
    asyncio.run(wait_for_broker("127.0.0.1:1", 0.0))
