"""A log written by hand: terms, equalities and withdrawals, folded in this process or written to a file.

Belongs here: making real, sealed records at known positions. Fact n stands in partition n % 3 at offset n // 3.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from egraph.duck.palette import seeded
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import EventId, NodeId
from schemas.codec import seal
from schemas.topics import FACTS
from streams.ingest.colouring import Colouring
from streams.ingest.sexpr import SexprReader, Statement
from streams.log_file import LogFileWriter, LogSpans
from streams.ports import LogRecord
from streams.processors.folder import LogFolder

PARTITIONS = 3
START_MS = 1_700_000_000_000


class HandLog:
    """Builds one log; each method that adds a fact gives what names it."""

    def __init__(self, seed: int = 0, graph: str = "main") -> None:
        self.reader = SexprReader(Colouring(seeded(seed)))
        self.graph = graph
        self.records: list[LogRecord] = []
        self.places: dict[EventId, str] = {}

    def append(self, kind: type[Any], *, producer: str = "ann", hlc: int | None = None, **fields: Any) -> EventId:
        """Seal a fact and append it; its clock is that of its place unless one is given."""
        number = len(self.records)
        partition, offset = number % PARTITIONS, number // PARTITIONS
        clock = START_MS + number << 16 if hlc is None else hlc
        draft: Fact = kind(graph=self.graph, producer=producer, sequence=offset, hlc=clock, **fields)
        fact, raw = seal(draft)
        self.records.append(LogRecord(FACTS.name, partition, offset, START_MS, b"main", raw))
        self.places[fact.event_id] = f"{partition}:{offset}"
        return fact.event_id

    def term(self, text: str) -> NodeId:
        """Append the nodes of a term that are not there yet."""
        statement = self.reader.read_line(text)
        assert isinstance(statement, Statement), statement
        assert statement.root is not None
        for enode in statement.nodes:
            self.append(NodeAdded, operator=enode.operator, colour=enode.colour, children=enode.children)
        return statement.root

    def equate(
        self, left: NodeId, right: NodeId, why: str = "", *, premises: Sequence[EventId] | None = None, **envelope: Any
    ) -> EventId:
        """Append an equality: stated, or derived by the rule `why` where premises are named."""
        reason: Stated | Derived = Stated(why)
        if premises is not None:
            bound = (("x", left),)
            reason = Derived(rule=why, substitution=bound, rule_set=bytes(16), round=1, premises=tuple(premises))
        return self.append(EqualityAsserted, left=left, right=right, why=reason, **envelope)

    def retract(self, target: EventId, why: str = "changed my mind", **envelope: Any) -> EventId:
        """Append a withdrawal."""
        return self.append(FactRetracted, target=target, why=why, **envelope)

    def rule(self, name: str) -> EventId:
        """Append a rule."""
        return self.append(RuleAdded, name=name, pattern="(f ?x)", replacement="?x")

    def of_partition(self, partition: int) -> list[LogRecord]:
        """Give the records of one partition in offset order."""
        return [record for record in self.records if record.partition == partition]

    def folder(self, graph: str = "main") -> LogFolder:
        """Fold everything."""
        folder = LogFolder(PARTITIONS, graph)
        for partition in range(PARTITIONS):
            folder.fold(self.of_partition(partition))
        return folder

    def write(self, path: Path) -> Path:
        """Write a file as `egraph log export` does."""
        spans = {partition: (0, len(self.of_partition(partition))) for partition in range(PARTITIONS)}
        with LogFileWriter(path, LogSpans(FACTS.name, spans)) as file:
            for partition in range(PARTITIONS):
                file.write(self.of_partition(partition))
        return path
