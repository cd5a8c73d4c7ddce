"""`egraph up`: scaled while it runs, stopped, started again, with everything it held.

Belongs here: the process as a user starts it. Not here: single agents (test_orchestrator.py), the demo (test_demo.py).
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import build_app
from egraph.colours import Colour
from egraph.facts import NodeAdded
from launcher import jar_kafka
from launcher.child import stop_all
from launcher.ports import free_port
from launcher.watch import Agreement, Watcher
from schemas.codec import seal
from schemas.topics import FACTS, TOPICS
from streams.adapters.kafka_log import KafkaLog
from tests.integration.system import EGRAPH, digests
from tests.integration.topics import AGENTS, append, read_all

pytestmark = pytest.mark.kafka


@contextmanager
def up(bootstrap: str, data_dir: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run it; at the end stop it as Ctrl-C does, which must end it with 0."""
    words = (*EGRAPH, "up", "--bootstrap", bootstrap, "--data-dir", str(data_dir), "--port", str(free_port()))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EGRAPH_")}
    process = subprocess.Popen((*words, "--processes", "2"), env=environment, start_new_session=True)
    try:
        yield process
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait(10)


async def agreed(bootstrap: str, workers: int) -> Agreement:
    """Wait until all agents agree, spread over so many workers."""
    async with Watcher(bootstrap, AGENTS) as watcher, asyncio.timeout(90):
        while True:
            standing = await watcher.look()
            if standing.missing() is None and len({beat.worker for beat in standing.beats.values()}) == workers:
                return standing


def egraph(*words: str) -> None:
    """Run a command."""
    result = CliRunner().invoke(build_app(), list(words))
    assert result.exit_code == 0, result.output


def test_it_is_scaled_stopped_and_goes_on(broker: str, tmp_path: Path) -> None:
    """Somebody's system would begin anew at each start, or show something else after agents have moved."""
    with up(broker, tmp_path):
        egraph("ingest", "demo", "--limit", "2000", "--bootstrap", broker)
        first = asyncio.run(agreed(broker, 2))
        for workers in (4, 1):
            egraph("scale", str(workers), "--bootstrap", broker)
            assert digests(asyncio.run(agreed(broker, workers))) == digests(first)
    with up(broker, tmp_path):
        assert digests(asyncio.run(agreed(broker, 2))) == digests(first)
    assert (tmp_path / "store").exists()


def test_a_kept_broker_goes_on_with_its_log(tmp_path: Path) -> None:
    """The log is the truth: a restart of the machine would be the end of it."""
    draft = NodeAdded(graph="main", producer="p", sequence=1, hlc=1, operator="x", colour=Colour.GREEN)
    raw = seal(draft).raw

    async def make(bootstrap: str) -> None:
        async with KafkaLog(bootstrap) as log:
            await log.create_topics(TOPICS.values(), AGENTS)
        await append(bootstrap, FACTS.name, [(3, raw)])

    process, bootstrap = jar_kafka.start(tmp_path, print, keep=True)
    try:
        asyncio.run(make(bootstrap))
        stop_all([process], 20)
        process, again = jar_kafka.start(tmp_path, print, keep=True)
        assert again == bootstrap, "whoever knew its address would look for it in vain"
        assert [record.value for record in asyncio.run(read_all(again, FACTS.name))[3]] == [raw]
    finally:
        stop_all([process], 5)
