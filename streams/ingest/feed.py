"""Feed the log: read files, make facts, send them, tell the progress.

Belongs here: the I/O edge of ingest (files, clock, broker). Not here: the command line, and what the facts are.
The facts topic must exist; its number of partitions is the number of agents.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from egraph.facts import RuleAdded
from egraph.identifiers import EventId, NodeId, Position
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.ruleset import Rule
from schemas.topics import FACTS
from streams.adapters.kafka_log import FactProducer, KafkaLog
from streams.ingest.colouring import Colouring
from streams.ingest.enode import ENode
from streams.ingest.equalities import CONFLICT_TEXT, EqualityFinder
from streams.ingest.fact_stream import FactStream, RoutedFact, producer_name
from streams.ingest.python_files import python_files, standard_library
from streams.ingest.python_source import PythonReader, Unreadable
from streams.ingest.sexpr import SexprProblem, SexprReader

_BREATHE_EVERY = 500
"""Facts between two yields to the event loop, which others (a demo's console) share."""


@dataclass(slots=True)
class IngestProgress:
    """How far a feed is. The same object is given to the callback again and again."""

    files: int = 0
    files_total: int = 0
    expressions: int = 0
    nodes: int = 0
    equalities: int = 0


@dataclass(slots=True)
class IngestSummary:
    """What a feed did. `seconds` is wall time until the last acknowledgement."""

    producer: str
    files: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)
    problems: list[SexprProblem] = field(default_factory=list)
    expressions: int = 0
    nodes: int = 0
    equalities: int = 0
    conflicts_provoked: int = 0
    seconds: float = 0.0

    @property
    def facts(self) -> int:
        """Give the number of facts sent."""
        return self.nodes + self.equalities


OnProgress = Callable[[IngestProgress], None]


def _silent(_: IngestProgress) -> None:
    return


class Feed:
    """A connected producer of facts: `async with Feed.connect(...) as feed`. Leaving it flushes."""

    def __init__(self, producer: FactProducer, stream: FactStream) -> None:
        self._producer = producer
        self._stream = stream
        self._sent = 0

    @classmethod
    async def connect(cls, bootstrap: str, *, graph: str, source: str, producer: str | None = None) -> Self:
        """Connect a producer named `producer`, or by `source` and the time. Raises BrokerError."""
        async with KafkaLog(bootstrap) as log:
            agents = len(await log.partitions(FACTS.name))
        name = producer or producer_name(source, time.time_ns() // 1000)
        sender = FactProducer(bootstrap, key=graph.encode())
        await sender.start()
        return cls(sender, FactStream(graph=graph, producer=name, agents=agents))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                await self._producer.flush()
        finally:
            await self._producer.stop()

    @property
    def producer(self) -> str:
        """Give the producer's name as it stands in the facts."""
        return self._stream.producer

    async def send_node(self, enode: ENode) -> None:
        """Send one node, buffered."""
        await self._send(self._stream.node(enode, _now()))

    async def send_equality(self, left: NodeId, right: NodeId, why: str) -> None:
        """Send one stated equality, buffered."""
        await self._send(self._stream.equality(left, right, why, _now()))

    async def publish_node(self, enode: ENode) -> tuple[EventId, Position]:
        """Send one node at once; give its event id and where it stands."""
        return await self._publish(self._stream.node(enode, _now()))

    async def publish_equality(self, left: NodeId, right: NodeId, why: str) -> tuple[EventId, Position]:
        """Send one stated equality at once; give its event id and where it stands."""
        return await self._publish(self._stream.equality(left, right, why, _now()))

    async def publish_retraction(self, target: EventId, why: str) -> tuple[EventId, Position]:
        """Send one retraction at once; give its event id and where it stands."""
        return await self._publish(self._stream.retraction(target, why, _now()))

    async def publish_rule(self, rule: Rule | ComputedRule) -> tuple[RuleAdded, Position]:
        """Send one rule at once; give its fact and where it stands. Raises RulesRefused."""
        routed = self._stream.rule(rule, _now())
        _, position = await self._publish(routed)
        assert isinstance(routed.fact, RuleAdded)
        return routed.fact, position

    async def flush(self) -> None:
        """Wait until everything sent is acknowledged. Raises WriteFailed."""
        await self._producer.flush()

    async def _send(self, routed: RoutedFact) -> None:
        await self._producer.send(routed.raw, routed.partition)
        self._sent += 1
        if self._sent % _BREATHE_EVERY == 0:
            await asyncio.sleep(0)

    async def _publish(self, routed: RoutedFact) -> tuple[EventId, Position]:
        await self._producer.flush()
        return routed.fact.event_id, await self._producer.publish(routed.raw, routed.partition)


async def ingest_python(
    bootstrap: str,
    paths: Sequence[Path] = (),
    *,
    graph: str = "main",
    colouring: Colouring | None = None,
    limit: int | None = None,
    include_tests: bool | None = None,
    equalities: bool = False,
    producer: str | None = None,
    on_progress: OnProgress = _silent,
) -> IngestSummary:
    """Send every distinct expression of the Python files at `paths` (default: the standard library) as a node.

    `include_tests` decides about test folders; if it is None the standard library comes with its own, others without.
    `equalities` adds the demo's true equalities and conflicts. `limit` bounds the nodes taken from files.
    Unreadable files are skipped and listed. Raises FileNotFoundError for a missing path, BrokerError.
    """
    with_tests = not paths if include_tests is None else include_tests
    files = python_files(paths or [standard_library()], include_tests=with_tests)
    chosen = colouring or Colouring()
    reader, finder = PythonReader(chosen), EqualityFinder(chosen)
    progress = IngestProgress(files_total=len(files))

    async def run(feed: Feed, summary: IngestSummary) -> None:
        for file in files:
            # In a thread, because a large module takes seconds to parse.
            read = await asyncio.to_thread(_read_file, reader, file)
            if isinstance(read, Unreadable):
                summary.unreadable.append(read)
                read = []
            if limit is not None:
                room = limit - summary.nodes
                reader.seen.difference_update(enode.id for enode in read[room:])
                read = read[:room]
            for enode in read:
                await feed.send_node(enode)
                if equalities:
                    finder.observe(enode)
            summary.nodes += len(read)
            summary.files += 1
            if limit is not None and summary.nodes >= limit:
                progress.files_total = summary.files  # the rest is not read
            progress.files, progress.expressions, progress.nodes = summary.files, reader.expressions, summary.nodes
            on_progress(progress)
            if limit is not None and summary.nodes >= limit:
                break
        summary.expressions = reader.expressions
        if equalities:
            await _send_demo(feed, finder, reader.seen, summary)
            progress.nodes, progress.equalities = summary.nodes, summary.equalities
            on_progress(progress)

    return await _feed(bootstrap, graph, "python", producer, run)


async def ingest_sexpr(
    bootstrap: str,
    lines: Iterable[str],
    *,
    graph: str = "main",
    colouring: Colouring | None = None,
    producer: str | None = None,
    why: str = "stated in an S-expression file",
) -> IngestSummary:
    """Send the terms and equalities of S-expression lines. Wrong lines are skipped and listed. Raises BrokerError."""
    reader = SexprReader(colouring or Colouring())

    async def run(feed: Feed, summary: IngestSummary) -> None:
        for statement in reader.read(lines):
            if isinstance(statement, SexprProblem):
                summary.problems.append(statement)
                continue
            for enode in statement.nodes:
                await feed.send_node(enode)
            summary.nodes += len(statement.nodes)
            if statement.equality is not None:
                await feed.send_equality(*statement.equality, why)
                summary.equalities += 1
        summary.files = 1

    return await _feed(bootstrap, graph, "sexpr", producer, run)


async def _feed(
    bootstrap: str,
    graph: str,
    source: str,
    producer: str | None,
    run: Callable[[Feed, IngestSummary], Awaitable[None]],
) -> IngestSummary:
    started = time.monotonic()
    async with await Feed.connect(bootstrap, graph=graph, source=source, producer=producer) as feed:
        summary = IngestSummary(feed.producer)
        await run(feed, summary)
    summary.seconds = time.monotonic() - started
    return summary


async def _send_demo(feed: Feed, finder: EqualityFinder, seen: set[NodeId], summary: IngestSummary) -> None:
    demo = finder.propose()
    for enode in demo.nodes:
        if enode.id not in seen:
            await feed.send_node(enode)
            summary.nodes += 1
    for equality in demo.equalities:
        await feed.send_equality(*equality)
        summary.equalities += 1
        summary.conflicts_provoked += equality.why == CONFLICT_TEXT


def _read_file(reader: PythonReader, file: Path) -> list[ENode] | Unreadable:
    try:
        source = file.read_bytes()
    except OSError as error:
        return Unreadable(str(file), f"{type(error).__name__}: {error}")
    return reader.read(source, str(file))


def _now() -> int:
    return time.time_ns() // 1000
