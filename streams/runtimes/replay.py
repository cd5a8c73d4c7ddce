"""The replay runtime: fold a log, from the topic or from a file, without Faust and without gossip.

Belongs here: driving a LogFolder over a whole log, and counting. Not here: admission and folding (streams/processors),
explaining (why.py).
The digests are those of every agent that holds the same offsets.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from egraph.reading import ViewCounts
from schemas.topics import FACTS
from streams.adapters.broker_errors import LogTruncated
from streams.adapters.kafka_log import KafkaLog
from streams.log_file import read_records, read_spans
from streams.ports import LogRecord
from streams.processors.folder import LogFolder
from streams.runtimes.views import KERNEL_FROM, decoder_for, view_for

_BATCH = 2000

OnReplayed = Callable[[int, int], None]
"""Called with the number of records replayed so far and the number there are."""


class NotReplayable(Exception):
    """What was asked for cannot be folded to a state: the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class FoldedLog:
    """A log folded up to a cut: the view with its positions (`folder`), and how many records were read."""

    folder: LogFolder
    records: int


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    """The state of a log at a cut. `cut` holds the next offset of each partition; `seconds` is wall time."""

    cut: tuple[int, ...]
    records: int
    set_digest: bytes
    view_digest: bytes
    counts: ViewCounts
    repetitions: int
    dead_letters: dict[str, int]
    seconds: float

    def document(self) -> dict[str, Any]:
        """Give the summary as a JSON-ready mapping."""
        return {
            "cut": list(self.cut),
            "records": self.records,
            "set_digest": self.set_digest.hex(),
            "view_digest": self.view_digest.hex(),
            **asdict(self.counts),
            "repetitions": self.repetitions,
            "dead_letters": self.dead_letters,
            "seconds": round(self.seconds, 3),
        }


def _silent(done: int, total: int) -> None:
    return


async def fold_topic(
    bootstrap: str, *, graph: str = "main", until: Mapping[int, int] | None = None, on_replayed: OnReplayed = _silent
) -> FoldedLog:
    """Fold the facts topic from its beginning to its present end, or to `until` where a partition is named there.

    Raises NotReplayable if the beginning is not kept or `until` lies behind the end, BrokerError.
    """
    async with KafkaLog(bootstrap) as log:
        cut = _cut(await log.end_offsets(FACTS.name), until or {})
        fold = _Fold(graph, cut, on_replayed)
        log.in_bulk = sum(cut.values()) >= KERNEL_FROM
        try:
            async for records in log.read_spans(FACTS.name, {p: (0, end) for p, end in cut.items()}):
                fold.take(records)
        except LogTruncated as error:
            raise NotReplayable(str(error)) from error
    return fold.folded()


def fold_file(
    path: Path, *, graph: str = "main", until: Mapping[int, int] | None = None, on_replayed: OnReplayed = _silent
) -> FoldedLog:
    """Fold an exported log in the same way. Raises NotReplayable, DamagedLogFile, FileNotFoundError."""
    spans = read_spans(path)
    if spans.topic != FACTS.name:
        raise NotReplayable(f"{path} holds {spans.topic}, not {FACTS.name}; export the facts")
    starts = {first for first, _ in spans.partitions.values()}
    if starts != {0} or sorted(spans.partitions) != list(range(len(spans.partitions))):
        raise NotReplayable(f"{path} does not begin at offset 0 of every partition; export the whole log")
    cut = _cut({p: end for p, (_, end) in spans.partitions.items()}, until or {})
    fold = _Fold(graph, cut, on_replayed)
    for batch in _batches(record for record in read_records(path) if record.offset < cut[record.partition]):
        fold.take(batch)
    return fold.folded()


def summarise(folded: FoldedLog, started: float) -> ReplaySummary:
    """Give digests and counts of a folded log. `started` is the monotonic time at which folding began."""
    folder, view = folded.folder, folded.folder.view
    return ReplaySummary(
        cut=folder.version,
        records=folded.records,
        set_digest=view.set_digest(),
        view_digest=view.view_digest(),
        counts=view.counts(),
        repetitions=folder.repetitions,
        dead_letters=dict(sorted(folder.dead_letters.items())),
        seconds=time.monotonic() - started,
    )


class _Fold:
    def __init__(self, graph: str, cut: Mapping[int, int], on_replayed: OnReplayed) -> None:
        facts = sum(cut.values())
        self._folder = LogFolder(len(cut), graph, view_for(facts), decoder_for(facts))
        self._done, self._total, self._on_replayed = 0, sum(cut.values()), on_replayed

    def take(self, records: Sequence[LogRecord]) -> None:
        self._folder.fold(records)
        self._done += len(records)
        self._on_replayed(self._done, self._total)

    def folded(self) -> FoldedLog:
        return FoldedLog(self._folder, self._done)


def _cut(ends: Mapping[int, int], until: Mapping[int, int]) -> dict[int, int]:
    for partition, offset in until.items():
        if partition not in ends:
            raise NotReplayable(f"there is no partition {partition}; the log has 0 to {len(ends) - 1}")
        if offset > ends[partition]:
            raise NotReplayable(
                f"partition {partition} ends at offset {ends[partition]}, not {offset}; name a smaller offset"
            )
    return {partition: until.get(partition, end) for partition, end in sorted(ends.items())}


def _batches(records: Iterable[LogRecord]) -> Iterator[list[LogRecord]]:
    for _, of_partition in groupby(records, key=lambda record: record.partition):
        while batch := list(islice(of_partition, _BATCH)):
            yield batch
