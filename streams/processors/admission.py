"""Which records of a facts partition become facts. A function of the partition's log alone.

Belongs here: the judgement of the home agent, in offset order. Not here: decoding (schemas), folding (egraph).
"""

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
