"""Which records of a facts partition become facts. A function of the partition's log alone.

Belongs here: the judgement of the home agent, in offset order. Not here: decoding (schemas), folding (egraph).
"""

from collections.abc import Sequence
from typing import NamedTuple

from schemas.poison import Poison, Reason
from streams.ports import DeadLetter, LogRecord
from streams.processors.fact_log import FactLog
from streams.processors.sequence_uses import SequenceUses


class Admitted(NamedTuple):
    """What became of a batch: the records that were admitted, the numbers of their facts, and what was not."""

    kept: Sequence[LogRecord]
    numbers: Sequence[int]
    refused: Sequence[DeadLetter] = ()
    repetitions: int = 0


class Admission:
    """Admits the records of one partition. Must see them in offset order, without gaps."""

    def __init__(self, log: FactLog, partition: int, graph: str) -> None:
        self._log = log
        self._partition = partition
        self._graph = graph
        self._used: dict[int, SequenceUses] = {}

    def resume(self, until: int) -> None:
        """Recall what the facts admitted below an offset have used: the state after a restore."""
        self._used.clear()
        sender, sequence = self._log.sender, self._log.sequence
        for number in self._log.partitions[self._partition].facts_between(0, until):
            used = self._used.get(sender[number])
            if used is None:
                used = self._used[sender[number]] = SequenceUses()
            used.take(sequence[number], number)

    def recall(self, number: int) -> None:
        """Recall what one admitted fact has used, which was lost and came back."""
        used = self._used.setdefault(self._log.sender[number], SequenceUses())
        if used.used_by(self._log.sequence[number]) is None:
            used.take(self._log.sequence[number], number)

    def admit_batch(self, records: Sequence[LogRecord]) -> Admitted:
        """Judge many records: all at once if nothing is to be said about any, else one after the other."""
        in_bulk = self.admit_all(records)
        if in_bulk is not None:
            return Admitted(records, in_bulk)
        kept: list[LogRecord] = []
        numbers: list[int] = []
        refused: list[DeadLetter] = []
        for record in records:
            admitted = self.admit(record)
            if isinstance(admitted, Poison):
                refused.append(DeadLetter(record, admitted.reason, admitted.detail))
            elif admitted is not None:
                kept.append(record)
                numbers.append(admitted)
        return Admitted(kept, numbers, refused, len(records) - len(kept) - len(refused))

    def admit_all(self, records: Sequence[LogRecord]) -> range | None:
        """Give the numbers of many records if each is a new fact and admitted; if not, `admit` tells of each."""
        numbers = self._log.prepare_records(records)
        if numbers is None:
            return None
        from streams.processors.column_facts import uses_by_sender  # loads numpy, which `prepare` has done

        senders, sequences = self._log.sender, self._log.sequence
        part = slice(numbers.start, numbers.stop)
        uses = uses_by_sender(senders[part], sequences[part], numbers.start)
        for sender, its in uses.items():
            used = self._used.get(sender)
            if used is None and self._log.senders[sender][0] != self._graph:
                return None
            if not (used or SequenceUses()).are_free(its.sequences, its.ascending):
                return None
        for sender, its in uses.items():
            self._used.setdefault(sender, SequenceUses()).take_all(its.sequences, its.facts, its.ascending)
        return numbers

    def admit(self, record: LogRecord) -> int | Poison | None:
        """Give the number of an admitted fact, the reason of a refusal, or None for a repetition of a fact."""
        number = self._log.intern(record.value)
        if isinstance(number, Poison):
            return number
        sender, sequence = self._log.sender[number], self._log.sequence[number]
        used = self._used.get(sender)
        if used is None:
            graph, _ = self._log.senders[sender]
            if graph != self._graph:
                return Poison(Reason.OTHER_GRAPH, f"graph {graph!r}; this system folds {self._graph!r}")
            used = self._used[sender] = SequenceUses()
        before = used.used_by(sequence)
        if before is None:
            used.take(sequence, number)
            return number
        if before == number:
            return None
        _, producer = self._log.senders[sender]
        return Poison(
            Reason.SEQUENCE_REUSE,
            f"producer {producer!r} used sequence {sequence} of this partition for the fact "
            f"{self._log.store.event_id(before).hex()} already",
        )
