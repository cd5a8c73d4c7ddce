"""Defects of the process around agents: the order of reading, folding, sending, committing and saving."""

from collections.abc import Sequence

from schemas.topics import FACTS
from streams.adapters.snapshot_files import MemorySnapshots
from streams.ports import LogRecord
from streams.runtimes.simulated_workers import Seat, Worker
from tests.simulation.defects.catalogue import Patch, defect


@defect
def commits_what_it_has_only_fetched(patch: Patch) -> type[Worker]:
    """A crash between fetch and fold loses records for the consumer group."""

    def _handle(self: Worker, seat: Seat, topic: str, records: Sequence[LogRecord], until: int) -> None:
        seat.acked[topic] = max(seat.acked[topic], until + 1)
        original(self, seat, topic, records, until)

    original = Worker._handle
    return type("Eager", (Worker,), {"_handle": _handle})


@defect
def records_no_refusal_while_it_catches_up(patch: Patch) -> type[Worker]:
    """What was refused between the snapshot and the end of the log is never recorded by the life that reads it."""

    def _read(self: Worker, seat: Seat, first: int, until: int, *, may_end: bool = False) -> bool:
        if first < until:
            self._step(seat, self.world.log.read(FACTS.name, seat.agent, first, until))
        return True

    return type("Mute", (Worker,), {"_read": _read})


@defect
def starts_where_the_group_has_committed(patch: Patch) -> type[Worker]:
    """Committed offsets are trusted over the snapshot, and records between the two are never read."""

    def start(self: Worker, agent: int, *, after: Seat | None = None, about: int = 0) -> bool:
        started = original(self, agent, after=after, about=about)
        seat = self.seats.get(agent)
        if started and seat is not None:
            at = self.world.committed[FACTS.name, agent]
            seat.processor._version[agent] = max(at + 1, seat.processor.version[agent])
        return started

    original = Worker.start
    return type("Trustful", (Worker,), {"start": start})


@defect
def lets_a_zombie_overwrite_its_successor(patch: Patch) -> None:
    """The older snapshot stands where the newer one was, and every restart goes back."""

    def save(self: MemorySnapshots, agent: int, data: bytes) -> None:
        self._kept[agent] = data

    patch.setattr(MemorySnapshots, "save", save)


@defect
def drops_a_batch_when_it_is_busy(patch: Patch) -> type[Worker]:
    """Records fetched while a refusal is on its way are acknowledged and never folded."""

    def _handle(self: Worker, seat: Seat, topic: str, records: Sequence[LogRecord], until: int) -> None:
        if seat.letters_on_the_way and topic == FACTS.name:
            seat.acked[topic] = until
            seat.processor._version[seat.agent] = until
            return
        original(self, seat, topic, records, until)

    original = Worker._handle
    return type("Dropping", (Worker,), {"_handle": _handle})


@defect
def falls_silent_behind_a_gap(patch: Patch) -> type[Worker]:
    """Work that begins on records read again is never done, nor any work after it; found by a seed, mended since."""

    def _read(self: Worker, seat: Seat, first: int, until: int, *, may_end: bool = False) -> bool:
        sending, self._carry_out = self._carry_out, lambda seat, outcome, then=None: None  # type: ignore[method-assign]
        try:
            return original(self, seat, first, until, may_end=may_end)
        finally:
            self._carry_out = sending  # type: ignore[method-assign]

    original = Worker._read
    return type("Silent", (Worker,), {"_read": _read})
