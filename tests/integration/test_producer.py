"""Producers on a real Kafka: killed under load, cut off from their broker, and the adapter of the log.

Belongs here: the set check. What callers were told of is in the log, what the spool accepted arrives, each fact counts
once, sequences have no gaps. Not here: crash points one by one (tests/properties/test_producer_crashes.py).
"""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from egraph.identifiers import EventId
from schemas.codec import decode_fact
from schemas.poison import Poison
from schemas.topics import FACTS
from streams.adapters.broker_errors import TopicMisshaped
from streams.adapters.kafka_writer import kafka_writer
from streams.adapters.spool_files import read_status
from streams.processors.folder import LogFolder
from streams.producer import AddNode, Producer, Receipt
from tests.contracts.log_writers import keeps_its_promises
from tests.integration.conftest import SessionBroker
from tests.integration.producing import NAME
from tests.integration.system import EGRAPH
from tests.integration.topics import AGENTS, read_all

pytestmark = pytest.mark.kafka

KILLS = 3
DOCUMENT = Path(__file__).parents[2] / "docs" / "producers.md"


@contextmanager
def producing(bootstrap: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that produces; it is killed in the end, if not before."""
    process = subprocess.Popen((sys.executable, "-m", "tests.integration.producing", bootstrap, str(folder)))
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def told(folder: Path, name: str) -> list[EventId]:
    """The event ids that the program has written down; a line that a kill cut short was not told."""
    path = folder / name
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [EventId(bytes.fromhex(line.decode())) for line in lines]


async def judge(bootstrap: str, told_of: set[EventId], kept: set[EventId]) -> tuple[int, int]:
    """Check the whole facts topic against what callers know; give its facts and its records."""
    records = await read_all(bootstrap, FACTS.name)
    folder = LogFolder(AGENTS, "main")
    sequences: dict[tuple[str, int], list[int]] = {}
    ids: list[EventId] = []
    for partition, found in sorted(records.items()):
        folder.fold(found)
        seen: set[EventId] = set()
        for record in found:
            fact = decode_fact(record.value)
            assert not isinstance(fact, Poison)
            if fact.event_id not in seen:
                seen.add(fact.event_id)
                sequences.setdefault((fact.producer, partition), []).append(fact.sequence)
        ids += seen
    assert told_of - set(ids) == set(), "acknowledged to the caller, and not in the log"
    assert kept - set(ids) == set(), "accepted by the spool, and never arrived"
    assert not folder.dead_letters
    assert folder.view.counts().facts == len(ids) == len(set(ids)), "a fact counts twice"
    for key, found_sequences in sequences.items():
        assert found_sequences == list(range(len(found_sequences))), f"gaps or disorder in {key}"
    return len(ids), sum(map(len, records.values()))


def test_nothing_is_lost_when_the_producer_is_killed_under_load(broker: str, tmp_path: Path) -> None:
    """A producer that dies would lose what it accepted, send it under other ids, or reuse its sequences."""
    seed = time.time_ns()
    print(f"seed {seed}")
    random = Random(seed)
    for _ in range(KILLS):
        before = len(told(tmp_path, "acknowledged"))
        with producing(broker, tmp_path) as process:
            deadline = time.monotonic() + 60
            while len(told(tmp_path, "acknowledged")) < before + 200:
                assert process.poll() is None, "the producer ended"
                assert time.monotonic() < deadline, "the producer does not produce"
                time.sleep(0.02)
            time.sleep(random.random() / 5)
            process.kill()
    accepted, acknowledged = told(tmp_path, "accepted"), told(tmp_path, "acknowledged")
    left = read_status(tmp_path / f"{NAME}.spool")
    assert not left.in_use

    sent = subprocess.run(
        (*EGRAPH, "spool", "send", str(tmp_path), "--bootstrap", broker, "--json"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    (drained,) = json.loads(sent.stdout)["spools"]
    assert (drained["acknowledged"], drained["waiting"]) == (left.waiting, 0)
    assert read_status(tmp_path / f"{NAME}.spool").waiting == 0
    facts, records = asyncio.run(judge(broker, set(acknowledged), set(accepted)))
    assert facts == sum(left.sequences), "what was sealed and what is in the log differ"
    print(f"{facts} facts in {records} records, {len(accepted)} accepted, {len(acknowledged)} acknowledged")


def test_a_producer_outlives_its_broker(broker: str, session_broker: SessionBroker, tmp_path: Path) -> None:
    """A broker that is killed and comes back would end the producer, lose facts, or let them count twice."""
    receipts: list[Receipt] = []
    ending = threading.Event()

    def load() -> None:
        while not ending.is_set():
            receipts.extend(producer.send_many([AddNode(f"n{len(receipts)}-{n}") for n in range(20)]))
            ending.wait(0.05)

    def wait_for_calls(count: int) -> int:
        until = len(receipts) + 20 * count
        deadline = time.monotonic() + 60
        while len(receipts) < until:
            assert time.monotonic() < deadline, "nothing is accepted any more"
            time.sleep(0.01)
        return len(receipts)

    with Producer(broker, name="steady", spool=tmp_path, request_s=2.0) as producer:
        loading = threading.Thread(target=load)
        loading.start()
        try:
            wait_for_calls(5)
            session_broker.kill()
            away = wait_for_calls(5)
            assert not receipts[away - 1].acknowledged()
            session_broker.start()
            wait_for_calls(5)
        finally:
            ending.set()
            loading.join()
        assert producer.flush(60) == 0
        metrics = producer.metrics()
    assert metrics.connections_lost > 0
    ids = {receipt.event_id for receipt in receipts}
    facts, records = asyncio.run(judge(broker, ids, ids))
    assert facts == len(ids) == len({receipt.result(0) for receipt in receipts})
    print(f"{facts} facts in {records} records, {metrics.retried} sent again")


def test_the_documented_program_runs(broker: str, tmp_path: Path) -> None:
    """Whoever copies the first lines of the documentation would be greeted by an error."""
    text = DOCUMENT.read_text().partition("## The producer SDK")[2]
    block = "\n".join(text.split("\n\n")[1:3]).partition("\n\n")[0]
    program = "".join(line[4:] + "\n" for line in block.splitlines() if line.startswith("    "))
    program = program.replace("127.0.0.1:9092", broker).replace("/var/lib/billing", str(tmp_path))
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert "Position(partition=" in done.stdout
    facts, _ = asyncio.run(judge(broker, {EventId(bytes.fromhex(done.stdout.split()[0]))}, set()))
    assert facts == 7  # x, which is in the term too; x, f, y, g, the equality, its retraction


def test_kafka_keeps_the_promises_of_the_port(broker: str) -> None:
    """The courier would build on offsets and sizes that the real log does not grant."""

    async def work() -> None:
        async def read(partition: int) -> list[bytes]:
            found = (await read_all(broker, FACTS.name)).get(partition, [])
            return [record.value or b"" for record in found]

        async with kafka_writer(broker, graph="main", partitions=AGENTS) as log:
            await keeps_its_promises(log, read)
        with pytest.raises(TopicMisshaped, match="the spool was made for 8"):
            async with kafka_writer(broker, graph="main", partitions=8):
                pass

    asyncio.run(work())
