"""Defects of catching up: what an agent that starts far behind takes from its process and from the log."""

from collections.abc import Sequence

from schemas.poison import Poison
from streams.ports import LogRecord
from streams.processors import catching_up
from streams.processors.admission import Admission
from streams.processors.catching_up import CatchingUp
from tests.simulation.defects.catalogue import Patch, defect


@defect
def catches_up_on_what_its_home_refuses(patch: Patch) -> None:
    """Whoever reads a home from the log admits what that home's agent refuses: replicas hold different facts."""

    class Lenient(Admission):
        def admit_all(self, records: Sequence[LogRecord]) -> range | None:
            return None

        def admit(self, record: LogRecord) -> int | Poison | None:
            return self._log.intern(record.value)

    patch.setattr(catching_up, "Admission", Lenient)


@defect
def catches_up_without_what_was_used_before(patch: Patch) -> None:
    """Whoever goes on from a snapshot does not recall which sequences are used, and admits a second body of one."""

    class Forgetful(Admission):
        def resume(self, until: int) -> None:
            pass

    patch.setattr(catching_up, "Admission", Forgetful)


@defect
def catches_up_on_all_but_the_last_record(patch: Patch) -> None:
    """The newest fact of what was read is passed over, and never asked for again."""
    true = CatchingUp.fold

    def fold(self: CatchingUp, records: Sequence[LogRecord]) -> int:
        taken = true(self, records[:-1])
        if records and records[0].partition != self._agent:
            self._version[records[0].partition] = records[-1].offset + 1
        return taken

    patch.setattr(CatchingUp, "fold", fold)


@defect
def takes_the_offsets_of_its_process_without_the_facts(patch: Patch) -> None:
    """An agent believes that it holds what another agent of its process holds."""

    def take_shared(self: CatchingUp) -> dict[int, tuple[int, int]]:
        for partition, content in enumerate(self._log.partitions):
            if partition != self._agent:
                self._version[partition] = max(self._version[partition], content.end)
        return {}

    patch.setattr(CatchingUp, "take_shared", take_shared)
