"""How an agent that lacks much takes it from the log, in place of delta after delta from its neighbours.

Belongs here: which spans of other agents' home partitions are worth reading, and folding what was read. Not here:
the home partition, where refusals are told (agent.py), reading (runtimes). docs/decisions/0017 says why.
"""

from collections.abc import Mapping, Sequence

from egraph.reading import ReplicaView
from streams.ports import LogRecord
from streams.processors.admission import Admission
from streams.processors.fact_log import FactLog
from streams.record_spans import offsets_of, timestamps_ms_of

Span = tuple[int, int]
"""Offsets [first, until)."""


class CatchingUp:
    """Folds other homes' records into one replica, before it takes part in the conversation."""

    def __init__(self, agent: int, log: FactLog, view: ReplicaView, version: list[int], graph: str) -> None:
        """`version` is the agent's own vector: it is moved forward in place."""
        self._agent, self._log, self.view, self._version, self._graph = agent, log, view, version, graph
        self._admissions: dict[int, Admission] = {}

    def take_shared(self) -> dict[int, Span]:
        """Take what other agents of this process know already; give what that was, by partition. It is the same log."""
        taken = {}
        for partition, content in enumerate(self._log.partitions):
            at = self._version[partition]
            if partition != self._agent and content.end > at:
                self.view.fold_many(content.facts_between(at, content.end))
                self._version[partition] = content.end
                taken[partition] = at, content.end
        return taken

    def spans(self, begins: Mapping[int, int], ends: Mapping[int, int], worth: int) -> dict[int, Span]:
        """Give what is worth reading of each other partition: where at least so many records are lacking, all of them.

        A partition whose beginning was cut away is left to gossip.
        """
        return {
            partition: (at, ends[partition])
            for partition, at in enumerate(self._version)
            if partition != self._agent
            and ends.get(partition, 0) - at >= max(1, worth)
            and begins.get(partition, 0) <= at
        }

    def fold(self, records: Sequence[LogRecord]) -> int:
        """Fold records of one partition, in order and without a gap; give how many facts were new.

        Admission is a function of the partition's log, so this admits what its home admits; that one tells of refusals.
        """
        if not records:
            return 0
        partition = records[0].partition
        at = self._version[partition]
        records = [record for record in records if record.offset >= at]
        if not records or partition == self._agent or records[0].offset > at:
            return 0
        admission = self._admissions.get(partition)
        if admission is None:
            admission = self._admissions[partition] = Admission(self._log, partition, self._graph)
            admission.resume(at)
        kept, numbers, _, _ = admission.admit_batch(records)
        until = records[-1].offset + 1
        content = self._log.partitions[partition]
        content.extend(until, offsets_of(kept), numbers, timestamps_ms_of(kept))
        self._version[partition] = until
        return self.view.fold_many(numbers)
