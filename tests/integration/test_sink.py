"""The sink on a real Kafka: killed again and again, it shows every record once, and readers never meet a lock."""

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from analytics.catalog import CATALOG_NAME, store_dir
from schemas.topics import CONTROL, DEAD_LETTERS, FACTS, TIMELINE
from tests.integration.system import System, append_values
from tests.integration.test_agents import ingest, interleaved
from tests.integration.topics import append, make_topics_anew, read_all

pytestmark = pytest.mark.kafka

KILLS = 6
TABLES = {
    ("facts",): FACTS,
    ("events",): TIMELINE,
    ("heartbeats", "lifecycle", "phases"): CONTROL,
    ("dead_letters",): DEAD_LETTERS,
}
"""The tables in which the records of a topic are: each record in one of them."""


def ask(data_dir: Path, statement: str) -> list[tuple[Any, ...]]:
    """Ask the catalog as anyone would: read-only, from another process than the sink's."""
    with duckdb.connect(str(store_dir(data_dir) / CATALOG_NAME), read_only=True) as connection:
        return connection.execute(statement).fetchall()


def shown(data_dir: Path, table: str) -> list[tuple[int, int]]:
    """The log positions that a table shows."""
    rows = ask(data_dir, f'SELECT partition, "offset" FROM {table} ORDER BY ALL')
    return [(int(partition), int(offset)) for partition, offset in rows]


@pytest.mark.timeout(200)
def test_a_sink_killed_again_and_again_shows_every_record_once(broker: str, tmp_path: Path) -> None:
    """A row lost or shown twice makes every figure of the console and of ad-hoc SQL wrong."""
    ingest(broker, 6000)
    facts = interleaved(asyncio.run(read_all(broker, FACTS.name)))
    asyncio.run(make_topics_anew(broker))
    random = Random(11)

    async def run() -> None:
        async with System(broker, tmp_path, workers=1, sink=True) as system:
            for number in range(KILLS):
                await append_values(broker, facts[number::KILLS])
                await append(broker, FACTS.name, [(number, b"no fact")])
                await asyncio.sleep(random.uniform(1.5, 4.0))
                await system.kill("sink")
            await asyncio.sleep(5.0)  # the longest back-off
            await system.agreed()
            assert system.supervisor.processes["sink"].restarts == KILLS
            await shown_up_to_the_end_of_the_facts()

    async def shown_up_to_the_end_of_the_facts() -> None:
        async with asyncio.timeout(30):
            while len(await asyncio.to_thread(shown, tmp_path, "facts")) < len(facts):
                await asyncio.sleep(0.2)

    asyncio.run(run())
    log = asyncio.run(everything(broker))
    refused = {(record.partition, record.offset) for record in log[FACTS.name] if record.value == b"no fact"}
    assert len(refused) == KILLS
    for names, topic in TABLES.items():
        rows = [row for name in names for row in shown(tmp_path, name)]
        there = {(record.partition, record.offset) for record in log[topic.name]}
        assert len(rows) == len(set(rows)), f"{names} show a record twice"
        wanted = there - refused if topic is FACTS else there
        # Stopped cleanly, the sink has flushed all it read; agents may have spoken once more meanwhile.
        unread = wanted - set(rows)
        assert set(rows) <= wanted
        assert len(unread) == 0 if topic is FACTS else len(unread) < 500
        assert not any(position < max(shown_of(rows, position[0])) for position in unread), f"{names} have a hole"


def shown_of(rows: list[tuple[int, int]], partition: int) -> list[tuple[int, int]]:
    """The positions of one partition, or a place before all."""
    return [row for row in rows if row[0] == partition] or [(partition, -1)]


async def everything(bootstrap: str) -> dict[str, list[Any]]:
    """Every record of the topics behind the tables."""
    found = {}
    for topic in TABLES.values():
        found[topic.name] = [
            record for records in (await read_all(bootstrap, topic.name)).values() for record in records
        ]
    return found


@pytest.mark.timeout(120)
def test_sql_is_answered_while_the_sink_writes(broker: str, tmp_path: Path) -> None:
    """People who ask ad hoc would meet locks, or numbers that go back."""

    converged = "SELECT agent FROM events WHERE kind = 'ConvergenceDetected'"

    async def run() -> list[int]:
        counts = []
        async with System(broker, tmp_path, workers=1, sink=True) as system:
            feeding = asyncio.create_task(asyncio.to_thread(ingest, broker, 5000))
            async with asyncio.timeout(40):
                while not (store_dir(tmp_path) / CATALOG_NAME).exists():
                    await asyncio.sleep(0.1)
            for _ in range(60):
                counts.append(len(await asyncio.to_thread(shown, tmp_path, "facts")))
                await asyncio.sleep(0.05)
            await feeding
            await system.agreed()
            async with asyncio.timeout(30):
                while not await asyncio.to_thread(ask, tmp_path, converged):
                    await asyncio.sleep(0.2)
        return [*counts, len(shown(tmp_path, "facts"))]

    counts = asyncio.run(run())
    assert counts == sorted(counts)
    assert counts[-1] >= 5000
