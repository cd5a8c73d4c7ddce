"""The documented producer, which has none of our code, feeds the system."""

import ast
import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from egraph.identifiers import EventId, NodeId
from schemas.topics import FACTS, TOPICS
from streams.adapters.kafka_log import KafkaLog
from streams.processors.folder import LogFolder

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "plain_producer.py"
OURS = {"egraph", "schemas", "streams", "analytics", "dash_app", "launcher", "cli"}


async def fold_everything(bootstrap: str) -> LogFolder:
    """Fold the whole facts topic."""
    async with KafkaLog(bootstrap) as log:
        ends = await log.end_offsets(FACTS.name)
        folder = LogFolder(len(ends), "main")
        async for records in log.read_spans(FACTS.name, {p: (0, end) for p, end in ends.items()}):
            folder.fold(records)
    return folder


async def create_topics(bootstrap: str) -> None:
    """Create what is missing; other tests may have been here before."""
    async with KafkaLog(bootstrap) as log:
        await log.create_topics(TOPICS.values(), 9)


def test_the_example_imports_nothing_of_ours() -> None:
    """With one import of ours the example would prove nothing about other languages."""
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(EXAMPLE.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    assert imported
    assert OURS.isdisjoint(name.partition(".")[0] for name in imported)


@pytest.mark.kafka
def test_its_facts_are_folded(kafka_bootstrap: str) -> None:
    """Whoever follows the documentation must not end in the dead letters."""
    asyncio.run(create_topics(kafka_bootstrap))
    before = asyncio.run(fold_everything(kafka_bootstrap))
    done = subprocess.run(
        [sys.executable, "-I", str(EXAMPLE), kafka_bootstrap], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)
    after = asyncio.run(fold_everything(kafka_bootstrap))
    left, right = (NodeId(bytes.fromhex(node)) for node in sent["nodes"][2:])

    assert after.dead_letters == before.dead_letters
    assert after.view.counts().facts == before.view.counts().facts + 5
    assert EventId(bytes.fromhex(sent["equality"])) in after.view.accepted()
    assert after.view.class_of(left) == after.view.class_of(right)
