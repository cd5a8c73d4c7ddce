"""Defects of snapshots: what is saved, what is believed at loading, what a restore forgets."""

from dataclasses import replace
from typing import Any

from streams.processors import agent
from streams.processors.agent import AgentProcessor
from streams.processors.fact_log import FactLog
from streams.processors.snapshot import Snapshot, SnapshotDraft, draft_snapshot
from streams.runtimes.simulated_workers import Worker
from tests.simulation.defects.catalogue import Patch, defect


def _changed(patch: Patch, **change: Any) -> None:
    """Let snapshots say something else: `change` maps a field to a function of the true snapshot."""

    def draft(log: FactLog, true: Snapshot) -> SnapshotDraft:
        return draft_snapshot(log, replace(true, **{name: told(true) for name, told in change.items()}))

    patch.setattr(agent, "draft_snapshot", draft)


@defect
def saves_an_offset_too_far(patch: Patch) -> None:
    """After a restart one record is never read."""
    _changed(
        patch,
        version=lambda true: tuple(at + (number == true.agent) for number, at in enumerate(true.version)),
    )


@defect
def saves_the_inbox_too_far(patch: Patch) -> None:
    """Messages that came while the agent was away are never read, nor what is bad among them recorded."""
    _changed(patch, gossip_next=lambda true: true.gossip_next + 3)


@defect
def saves_the_state_of_another_moment(patch: Patch) -> None:
    """Offsets and facts of a snapshot are not of one cut: it is torn."""
    before: dict[int, Snapshot] = {}

    def draft(log: FactLog, true: Snapshot) -> SnapshotDraft:
        older = before.get(true.agent, true)
        before[true.agent] = true
        return draft_snapshot(log, replace(true, set_digest=older.set_digest))

    patch.setattr(agent, "draft_snapshot", draft)


@defect
def leaves_the_last_partition_out(patch: Patch) -> None:
    """The facts of one partition are not in the snapshot although its offset is: they are gone after a restart."""

    def read(data: bytes, log: FactLog) -> Snapshot:
        ends = [partition.end for partition in log.partitions]
        found = true_read(data, log)
        last = log.partitions[-1]
        if ends[-1] == 0 and len(last.offsets):
            del last.offsets[:], last.facts[:], last.appended_at[:]
        return found

    true_read = agent.read_snapshot
    patch.setattr(agent, "read_snapshot", read)
    patch.setattr(Snapshot, "verify", lambda self, number, set_digest: None)


@defect
def trusts_a_damaged_snapshot(patch: Patch) -> type[Worker]:
    """A flipped bit in a snapshot is not noticed at loading."""

    def _from_snapshot(self: Worker, number: int, started: int, life: int) -> AgentProcessor:
        processor = self._new(number, started, life)
        data = self.world.snapshots._kept.get(number)
        if data is not None:
            processor.restore(data)
        return processor

    return type("Trusting", (Worker,), {"_from_snapshot": _from_snapshot})


@defect
def restores_half_of_the_facts(patch: Patch) -> None:
    """Another agent of the process has brought a partition, and the restored one folds too little of it."""

    def restore(self: AgentProcessor, data: bytes) -> None:
        true_load = self.view.load
        self.view.load = lambda numbers, _: true_load(numbers[1:] if len(numbers) > 3 else numbers)  # type: ignore
        try:
            original(self, data)
        finally:
            self.view.load = true_load  # type: ignore[method-assign]

    original = AgentProcessor.restore
    patch.setattr(AgentProcessor, "restore", restore)
    patch.setattr(Snapshot, "verify", lambda self, number, set_digest: None)


@defect
def restores_its_home_offset_as_nothing(patch: Patch) -> None:
    """A restored agent tells its neighbours that it has read nothing, and holds what it does not name."""

    def restore(self: AgentProcessor, data: bytes) -> None:
        original(self, data)
        self._version = [0 if number == self.agent else at for number, at in enumerate(self._version)]

    original = AgentProcessor.restore
    patch.setattr(AgentProcessor, "restore", restore)
