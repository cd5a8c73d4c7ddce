"""A worker process from its start to its end, with an app and a host that only note what is asked of them."""

import asyncio
import logging
from pathlib import Path
from typing import Any, cast

import faust
import pytest
from aiokafka.errors import KafkaConnectionError

from streams.runtimes.agent_host import AgentHost
from streams.runtimes.faust_runtime import EXIT_OPERATING_FAULT
from streams.runtimes.worker import run_until
from streams.settings import StreamSettings

SETTINGS = StreamSettings(bootstrap="nowhere:1", data_dir=Path("nowhere"), snapshot_interval=0.01, gossip_interval=0.01)
DEADLINE_S = 10.0


class App:
    """A Faust app whose start lasts until it is let go, and that ends when it is told to."""

    crash_reason = "the test said so"

    def __init__(self, fault: Exception | None = None) -> None:
        self.go_on = asyncio.Event()
        self.end = asyncio.Event()
        self.consumer = None
        self._fault = fault

    async def start(self) -> None:
        """Start, or fail."""
        await self.go_on.wait()
        if self._fault is not None:
            raise self._fault

    async def wait_until_stopped(self) -> None:
        """Wait for the end."""
        await self.end.wait()


class Host:
    """Notes ticks and saves."""

    def __init__(self) -> None:
        self.ticked = asyncio.Event()
        self.saved = asyncio.Event()

    async def until_due(self, longest: float) -> None:
        """Rest."""
        await asyncio.sleep(longest)

    async def tick(self) -> None:
        """Note it."""
        self.ticked.set()

    def stuck(self, end_offset: Any) -> None:
        """Nothing is."""

    async def save_snapshots(self) -> None:
        """Note it."""
        self.saved.set()


def running(app: App, host: Host, stop: asyncio.Event) -> asyncio.Task[int]:
    """Run a worker over both."""
    return asyncio.create_task(run_until(stop, cast(faust.App, app), cast(AgentHost, host), SETTINGS))


def test_agents_are_heard_and_saved_while_others_are_still_restored_and_a_stop_does_not_wait() -> None:
    """A start of a minute would end in restarts for silence; a kill in it would cost all that it had read."""

    async def go() -> int:
        app, host, stop = App(), Host(), asyncio.Event()
        worker = running(app, host, stop)
        await asyncio.wait_for(host.ticked.wait(), DEADLINE_S)
        await asyncio.wait_for(host.saved.wait(), DEADLINE_S)
        assert not app.go_on.is_set()
        stop.set()
        return await asyncio.wait_for(worker, DEADLINE_S)

    assert asyncio.run(go()) == 0


@pytest.mark.parametrize("started", [False, True])
def test_an_app_that_ends_by_itself_ends_the_worker(started: bool, caplog: pytest.LogCaptureFixture) -> None:
    """A process without agents would stand there for ever, and no supervisor would start another."""

    async def go() -> int:
        app, stop = App(), asyncio.Event()
        worker = running(app, Host(), stop)
        if started:
            app.go_on.set()
            await asyncio.sleep(0.05)
        app.end.set()
        return await asyncio.wait_for(worker, DEADLINE_S)

    with caplog.at_level(logging.CRITICAL, "egraph.worker"):
        assert asyncio.run(go()) == EXIT_OPERATING_FAULT
    assert "the test said so" in caplog.text


def test_a_start_without_a_broker_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    """Who forgot the broker would read a traceback."""

    async def go() -> int:
        app = App(KafkaConnectionError("nobody there"))
        app.go_on.set()
        return await asyncio.wait_for(running(app, Host(), asyncio.Event()), DEADLINE_S)

    with caplog.at_level(logging.CRITICAL, "egraph.worker"):
        assert asyncio.run(go()) == EXIT_OPERATING_FAULT
    assert "nowhere:1" in caplog.text
    assert "start it" in caplog.text
