"""Folds a whole log into one view, without agents and gossip: what replay prints and tests compare with."""

from collections import Counter
from collections.abc import Sequence

from egraph.reading import MakeView
from egraph.view import IncrementalView
from streams.ports import DeadLetter, LogRecord
from streams.processors.admission import Admission
from streams.processors.fact_log import FactLog, MakeDecoder
from streams.record_spans import offsets_of, timestamps_ms_of


class LogFolder:
    """One view over all partitions. Feed each partition in offset order; partitions may interleave in any way."""

    def __init__(
        self, partitions: int, graph: str, make_view: MakeView = IncrementalView, in_bulk: MakeDecoder | None = None
    ) -> None:
        self.log = FactLog(partitions, in_bulk)
        self.view = make_view(self.log.store)
        self.dead_letters: Counter[str] = Counter()
        self.repetitions = 0
        self._admissions = [Admission(self.log, partition, graph) for partition in range(partitions)]

    @property
    def version(self) -> tuple[int, ...]:
        """The next offset of each partition."""
        return tuple(partition.end for partition in self.log.partitions)

    def fold(self, records: Sequence[LogRecord]) -> list[DeadLetter]:
        """Fold a batch of one partition and give the records that were refused."""
        if not records:
            return []
        partition = records[0].partition
        kept, numbers, refused, repetitions = self._admissions[partition].admit_batch(records)
        self.repetitions += repetitions
        self.dead_letters.update(letter.reason for letter in refused)
        self.log.partitions[partition].extend(
            records[-1].offset + 1,
            offsets_of(kept),
            numbers,
            timestamps_ms_of(kept),
        )
        self.view.fold_many(numbers)
        return list(refused)
