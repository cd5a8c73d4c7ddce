"""The simulator notices defects: each one here, put into the agents on purpose, fails one of the first seeds.

A harness that cannot fail proves nothing. A defect that was really made and mended becomes a case of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from egraph.view import IncrementalView
from schemas.poison import Poison, Reason
from schemas.records import Range
from simulator.campaign import run_seeds
from streams.ports import LogRecord
from streams.processors import agent, conversation, gossip
from streams.processors.admission import Admission
from streams.processors.agent import AgentProcessor
from streams.processors.fact_log import FactLog
from streams.processors.neighbours import Neighbour
from streams.processors.snapshot import Snapshot, write_snapshot
from streams.runtimes.simulated_trace import SimulationFailed
from streams.runtimes.simulated_workers import Worker
from tests.simulation.runs import with_processor

SEEDS = range(60)


def first_failure(seeds: range, *, worker_class: type[Worker] = Worker) -> SimulationFailed | None:
    """Run seeds until one fails and give its failure, or None."""
    totals = run_seeds(seeds, worker_class=worker_class, stop_at_first=True)
    return totals.failures[0].failure if totals.failures else None


Patch = pytest.MonkeyPatch


def forgets_the_last_fact_of_a_range(patch: Patch) -> type[Worker]:
    """Deltas claim a range and leave its last fact out."""

    def pack(log: FactLog, wanted: Sequence[tuple[int, int]], version: Sequence[int]) -> tuple[tuple[Range, ...], int]:
        ranges, size = gossip.pack(log, wanted, version)
        return tuple(
            replace(item, offsets=item.offsets[:-1], appended_at=item.appended_at[:-1], facts=item.facts[:-1])
            for item in ranges
        ), size

    patch.setattr(conversation, "pack", pack)
    return Worker


def acknowledges_before_the_dead_letter(patch: Patch) -> type[Worker]:
    """A crash between the two loses the refusal."""
    return type("Hasty", (Worker,), {"waits_for_letters": False})


def saves_over_a_dead_letter(patch: Patch) -> type[Worker]:
    """The snapshot is past a refusal that has not arrived: its offsets are an acknowledgement, too."""
    return type("SavesOverLetters", (Worker,), {"saves_over_letters": True})


class OneTooFar(AgentProcessor):
    """Its snapshots claim one more offset of the home partition than was folded."""

    def snapshot(self) -> bytes:
        version = list(self.version)
        version[self.agent] += 1
        return write_snapshot(
            self.log,
            Snapshot(
                agent=self.agent,
                incarnation=self.incarnation,
                version=tuple(version),
                gossip_next=self.gossip_next,
                dead_letters=self.dead_letters,
                clock=self.clock,
                set_digest=self.view.set_digest(),
            ),
        )


def saves_an_offset_too_far(patch: Patch) -> type[Worker]:
    """After a restart one record is never read."""
    return with_processor(OneTooFar)


def calls_a_repetition_a_reuse(patch: Patch) -> type[Worker]:
    """A record that a producer sent twice is refused the second time."""

    def admit(self: Admission, record: LogRecord) -> int | Poison | None:
        admitted = original(self, record)
        return Poison(Reason.SEQUENCE_REUSE, "seen before") if admitted is None else admitted

    original = Admission.admit
    patch.setattr(Admission, "admit", admit)
    return Worker


class NoSkipping(AgentProcessor):
    """It folds redelivered records again."""

    def process(self, records: Sequence[LogRecord], now: int) -> Any:
        if records and records[0].offset < self.next_offset(records[0].topic):
            if records[0].topic == "egraph.facts":
                self._version[self.agent] = records[0].offset
            else:
                self.gossip_next = records[0].offset
        return super().process(records, now)


def folds_redelivered_records_again(patch: Patch) -> type[Worker]:
    """An agent goes back behind what it has told its neighbours."""
    return with_processor(NoSkipping)


class ArrivalOrder(IncrementalView):
    """It decides an equality when it comes, for ever."""

    def _decide_one(self, number: int) -> None:
        super()._decide_one(number)
        if not self._settled and number not in self._status:
            self._settled = True
            self._status[number] = "quarantined"


def decides_in_the_order_of_arrival(patch: Patch) -> type[Worker]:
    """Two agents that heard of facts in different orders show different classes."""
    patch.setattr(agent, "IncrementalView", ArrivalOrder)
    return Worker


def takes_a_range_behind_a_gap(patch: Patch) -> type[Worker]:
    """An agent claims offsets that it never received."""

    def unpack(log: FactLog, item: Range, at: int) -> gossip.Unpacked:
        return gossip.unpack(log, item, max(at, item.first))

    patch.setattr(agent, "unpack", unpack)
    return Worker


def forgets_used_sequences_at_a_restart(patch: Patch) -> type[Worker]:
    """A restarted agent admits what its former life would have refused."""
    patch.setattr(Admission, "resume", lambda self, until: None)
    return Worker


def believes_an_earlier_life(patch: Patch) -> type[Worker]:
    """What a neighbour held before it crashed is taken for what it holds now."""

    def hear(self: Neighbour, *message: Any) -> bool:
        known = self.known
        heard: bool = original(self, *message)
        self.known = [max(old, new) for old, new in zip(known, self.known, strict=True)]
        return heard

    original = Neighbour.hear
    patch.setattr(Neighbour, "hear", hear)
    return Worker


def takes_sent_for_known(patch: Patch) -> type[Worker]:
    """A neighbour is believed to hold what was sent to it, lost or not."""
    original = Neighbour.note_delta

    def note_delta(self: Neighbour, message_id: int, size: int, ranges: Mapping[int, int]) -> None:
        original(self, message_id, size, ranges)
        for partition, until in ranges.items():
            self.known[partition] = max(self.known[partition], until)

    patch.setattr(Neighbour, "note_delta", note_delta)
    return Worker


def never_sends_again(patch: Patch) -> type[Worker]:
    """A lost message is never made up for."""
    original = Neighbour.acknowledge

    def acknowledge(self: Neighbour, message_id: int) -> None:
        sent = list(self._sent)
        original(self, message_id)
        self._sent, self._read_until = sent, 0

    patch.setattr(Neighbour, "acknowledge", acknowledge)
    return Worker


def steps_over_a_gap_in_the_log(patch: Patch) -> type[Worker]:
    """Records that were skipped on the way are never read."""

    class Careless(AgentProcessor):
        def process(self, records: Sequence[LogRecord], now: int) -> Any:
            if records and records[0].topic == "egraph.facts":
                self._version[self.agent] = max(self._version[self.agent], records[0].offset)
            return super().process(records, now)

    return with_processor(Careless)


def trusts_a_damaged_snapshot(patch: Patch) -> type[Worker]:
    """A flipped bit in a snapshot is not noticed at loading."""

    def _from_snapshot(self: Worker, agent_number: int) -> AgentProcessor:
        processor = self._new(agent_number)
        data = self.world.snapshots._kept.get(agent_number)
        if data is not None:
            processor.restore(data)
        return processor

    return type("Trusting", (Worker,), {"_from_snapshot": _from_snapshot})


def speaks_without_end(patch: Patch) -> type[Worker]:
    """Every acknowledgement is acknowledged."""
    original = Neighbour.hear

    def hear(self: Neighbour, *message: Any) -> bool:
        heard: bool = original(self, *message)
        self.ack_due = True
        return heard

    patch.setattr(Neighbour, "hear", hear)
    return Worker


DEFECTS: tuple[Callable[[Patch], type[Worker]], ...] = (
    forgets_the_last_fact_of_a_range,
    acknowledges_before_the_dead_letter,
    saves_over_a_dead_letter,
    saves_an_offset_too_far,
    calls_a_repetition_a_reuse,
    folds_redelivered_records_again,
    decides_in_the_order_of_arrival,
    takes_a_range_behind_a_gap,
    forgets_used_sequences_at_a_restart,
    believes_an_earlier_life,
    takes_sent_for_known,
    never_sends_again,
    steps_over_a_gap_in_the_log,
    trusts_a_damaged_snapshot,
    speaks_without_end,
)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)
def test_a_seeded_defect_is_found(defect: Callable[[Patch], type[Worker]], monkeypatch: Patch) -> None:
    """The simulator would let a known kind of defect pass."""
    failure = first_failure(SEEDS, worker_class=defect(monkeypatch))
    assert failure is not None, f"{len(SEEDS)} seeds did not notice that an agent {defect.__name__}"
    broken = isinstance(failure.__cause__, TypeError | AttributeError | NameError)
    assert not broken, f"the defect no longer fits the code it is put into: {failure.__cause__}"
    print(str(failure).split("\nhits")[0])


def test_the_seeds_fail_for_the_defects_alone() -> None:
    """The cases above would fail for another reason than the defect put in."""
    assert first_failure(SEEDS) is None
