"""One real Kafka for the whole session. Where it does not come up, tests that need it fail; they never skip."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import jar_kafka
from launcher.broker import find_broker
from launcher.child import stop_all
from tests.integration.topics import make_topics_anew


class SessionBroker:
    """A broker made of jars that can be killed and started again with its log, or one that is named and cannot."""

    def __init__(self, work_dir: Path, named: str | None) -> None:
        self._work_dir = work_dir
        broker = find_broker(named=named, work_dir=work_dir, topics={}, say=lambda _: None, rungs=("jars",))
        self.bootstrap, self._processes = broker.bootstrap, broker.processes

    def kill(self) -> None:
        """Kill the broker without warning."""
        assert self._processes, f"{self.bootstrap} is no broker of ours to kill; unset EGRAPH_TEST_BOOTSTRAP"
        for process in self._processes:
            process.kill()
            process.wait(10)

    def start(self) -> None:
        """Start it again where it was. To be called from the main thread: the broker ends with its starter."""
        process, bootstrap = jar_kafka.start(self._work_dir, lambda _: None, keep=True)
        self._processes = (process,)
        assert bootstrap == self.bootstrap

    def stop(self) -> None:
        """End it for good."""
        stop_all(self._processes, 5.0)


@pytest.fixture(scope="session")
def session_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionBroker]:
    """The one broker of the session: made of jars, or the one that EGRAPH_TEST_BOOTSTRAP names."""
    session = SessionBroker(Path(tmp_path_factory.mktemp("broker")), os.environ.get("EGRAPH_TEST_BOOTSTRAP"))
    yield session
    session.stop()


@pytest.fixture(scope="session")
def kafka_bootstrap(session_broker: SessionBroker) -> str:
    """The address of the session's broker."""
    return session_broker.bootstrap


@pytest.fixture
def broker(kafka_bootstrap: str) -> Iterator[str]:
    """The session's broker with all topics made anew, so that offsets begin at 0."""
    asyncio.run(make_topics_anew(kafka_bootstrap))
    yield kafka_bootstrap
    asyncio.run(make_topics_anew(kafka_bootstrap))
