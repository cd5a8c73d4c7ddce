"""The sink on a real Kafka: killed again and again, it shows every record once, and readers never meet a lock."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from analytics.catalog import CATALOG_NAME, store_dir
from schemas.records import (
    AgentHeartbeat,
    AgentLifecycle,
    ControlOrder,
    PhaseOrder,
    PhaseReport,
    TimelineEvent,
    decode_record,
)
from schemas.topics import CONTROL, DEAD_LETTERS, FACTS, TIMELINE, Topic
from streams.ports import LogRecord
from tests.integration.system import System, append_values
from tests.integration.test_agents import ingest, interleaved
from tests.integration.topics import append, make_topics_anew, read_all

pytestmark = pytest.mark.kafka

KILLS = 6
NO_FACT = b"no fact"
ARRIVALS = ("MessageReceived", "AckReceived")


def told_by(*kinds: type) -> Callable[[LogRecord], bool]:
    """Tell records of these kinds from others of the same topic."""
    return lambda record: isinstance(decode_record(record.value), kinds)


TABLES: dict[str, tuple[Topic, Callable[[LogRecord], bool]]] = {
    "facts": (FACTS, lambda record: record.value != NO_FACT),
    "events": (TIMELINE, told_by(TimelineEvent)),
    "heartbeats": (CONTROL, told_by(AgentHeartbeat)),
    "lifecycle": (CONTROL, told_by(AgentLifecycle, ControlOrder)),
    "phases": (CONTROL, told_by(PhaseOrder, PhaseReport)),
    "dead_letters": (DEAD_LETTERS, lambda record: True),
}
"""Of each table: its topic, and which of the topic's records are rows of it."""


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
                await append(broker, FACTS.name, [(number, NO_FACT)])
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
    assert sum(record.value == NO_FACT for record in log[FACTS]) == KILLS
    nobodys = {topic: {(record.partition, record.offset) for record in records} for topic, records in log.items()}
    for table, (topic, is_row) in TABLES.items():
        rows = shown(tmp_path, table)
        wanted = {(record.partition, record.offset) for record in log[topic] if is_row(record)}
        nobodys[topic] -= wanted
        assert len(rows) == len(set(rows)), f"{table} shows a record twice"
        assert set(rows) <= wanted, f"{table} shows what is none of its records"
        # Agents may have spoken once more after the sink's last flush. Tables of one topic are flushed one after the
        # other, so each is judged by its own newest row.
        unread = wanted - set(rows)
        assert len(unread) == 0 if topic is FACTS else len(unread) < 500
        assert not any(position < newest(rows, position[0]) for position in unread), f"{table} has a hole"
    assert {topic: len(left) for topic, left in nobodys.items() if left} == {FACTS: KILLS}, "records of no table"
    arrived = [told for record in log[TIMELINE] if (told := decode_record(record.value)).kind.value in ARRIVALS]
    for grain in ("second", "minute", "hour"):
        ((messages, size),) = ask(
            tmp_path, f"SELECT sum(messages), sum(bytes) FROM v_flow_buckets WHERE grain = '{grain}'"
        )
        assert len(arrived) - 500 < messages <= len(arrived), f"rollups per {grain} count messages twice, or lose them"
        assert size <= sum(item.bytes for item in arrived)


def newest(rows: list[tuple[int, int]], partition: int) -> tuple[int, int]:
    """The newest position of one partition, or a place before all."""
    return max([row for row in rows if row[0] == partition], default=(partition, -1))


async def everything(bootstrap: str) -> dict[Topic, list[LogRecord]]:
    """Every record of the topics behind the tables."""
    return {
        topic: [record for records in (await read_all(bootstrap, topic.name)).values() for record in records]
        for topic in {topic for topic, _ in TABLES.values()}
    }


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
