"""One real Kafka for the whole session. Where it does not come up, tests that need it fail; they never skip."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.broker import find_broker
from launcher.child import stop_all
from tests.integration.topics import make_topics_anew


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a broker made of jars, or of the one that EGRAPH_TEST_BOOTSTRAP names."""
    lines: list[str] = []
    broker = find_broker(
        named=os.environ.get("EGRAPH_TEST_BOOTSTRAP"),
        work_dir=Path(tmp_path_factory.mktemp("broker")),
        topics={},
        say=lines.append,
        rungs=("jars",),
    )
    yield broker.bootstrap
    stop_all(broker.processes, 5.0)


@pytest.fixture
def broker(kafka_bootstrap: str) -> Iterator[str]:
    """The session's broker with all topics made anew, so that offsets begin at 0."""
    asyncio.run(make_topics_anew(kafka_bootstrap))
    yield kafka_bootstrap
    asyncio.run(make_topics_anew(kafka_bootstrap))
