"""Which records of a facts partition become facts. A function of the partition's log alone.

Belongs here: the judgement of the home agent, in offset order. Not here: decoding (schemas), folding (egraph).
"""

from collections.abc import Sequence

from schemas.poison import Poison, Reason
from streams.ports import LogRecord
from streams.processors.fact_log import FactLog


class Admission:
    """Admits the records of one partition. Must see them in offset order, without gaps."""

    def __init__(self, log: FactLog, partition: int, graph: str) -> None:
        self._log = log
        self._partition = partition
        self._graph = graph
        self._used: dict[int, dict[int, int]] = {}

    def resume(self, until: int) -> None:
        """Recall what the facts admitted below an offset have used: the state after a restore."""
        self._used.clear()
        for number in self._log.partitions[self._partition].facts_between(0, until):
            self._used.setdefault(self._log.sender[number], {})[self._log.sequence[number]] = number

    def admit_all(self, records: Sequence[LogRecord]) -> range | None:
        """Give the numbers of many records if each is a new fact and admitted; if not, `admit` tells of each."""
        numbers = self._log.prepare([record.value for record in records])
        if numbers is None:
            return None
        uses = self._uses(numbers)
        for sender, by_sequence in uses.items():
            used = self._used.get(sender)
            is_free = (
                self._log.senders[sender][0] == self._graph if used is None else used.keys().isdisjoint(by_sequence)
            )
            if not is_free:
                return None
        if sum(map(len, uses.values())) < len(numbers):
            return None  # a sequence was used twice
        for sender, by_sequence in uses.items():
            self._used.setdefault(sender, {}).update(by_sequence)
        return numbers

    def _uses(self, numbers: range) -> dict[int, dict[int, int]]:
        """Give fact numbers by sequence by sender."""
        senders = self._log.sender[numbers.start : numbers.stop]
        sequences = self._log.sequence[numbers.start : numbers.stop]
        if senders.count(senders[0]) == len(senders):
            return {senders[0]: dict(zip(sequences, numbers, strict=True))}
        uses: dict[int, dict[int, int]] = {sender: {} for sender in senders}
        for sender, sequence, number in zip(senders, sequences, numbers, strict=True):
            uses[sender][sequence] = number
        return uses

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
            used = self._used[sender] = {}
        before = used.get(sequence)
        if before is None:
            used[sequence] = number
            return number
        if before == number:
            return None
        _, producer = self._log.senders[sender]
        return Poison(
            Reason.SEQUENCE_REUSE,
            f"producer {producer!r} used sequence {sequence} of this partition for the fact "
            f"{self._log.store.event_id(before).hex()} already",
        )
