"""Defects of an agent: offsets, and what is skipped, refused or claimed."""

from collections.abc import Sequence
from typing import Any

from schemas.records import GossipDelta
from schemas.topics import FACTS
from streams.ports import DeadLetter, LogRecord, Outcome
from streams.processors.agent import AgentProcessor
from streams.processors.gossip import unpack
from streams.runtimes.simulated_workers import Worker
from tests.simulation.defects.catalogue import Patch, defect, with_processor


@defect
def folds_redelivered_records_again(patch: Patch) -> type[Worker]:
    """An agent goes back behind what it has told its neighbours."""

    class NoSkipping(AgentProcessor):
        def process(self, records: Sequence[LogRecord], now: int) -> Outcome:
            if records and records[0].offset < self.next_offset(records[0].topic):
                if records[0].topic == FACTS.name:
                    self._version[self.agent] = records[0].offset
                else:
                    self.gossip_next = records[0].offset
            return super().process(records, now)

    return with_processor(NoSkipping)


@defect
def steps_over_a_gap_in_the_log(patch: Patch) -> type[Worker]:
    """Records that were skipped on the way are never read."""

    class Careless(AgentProcessor):
        def process(self, records: Sequence[LogRecord], now: int) -> Outcome:
            if records and records[0].topic == FACTS.name:
                self._version[self.agent] = max(self._version[self.agent], records[0].offset)
            return super().process(records, now)

    return with_processor(Careless)


@defect
def claims_its_home_one_offset_too_far(patch: Patch) -> type[Worker]:
    """Neighbours are told that an agent holds a fact which it has not read."""

    class Boaster(AgentProcessor):
        @property
        def version(self) -> tuple[int, ...]:
            return tuple(at + (number == self.agent and at > 2) for number, at in enumerate(self._version))

    return with_processor(Boaster)


@defect
def refuses_in_silence(patch: Patch) -> type[Worker]:
    """A record that is refused is gone: nobody can tell its producer."""

    class Silent(AgentProcessor):
        def process(self, records: Sequence[LogRecord], now: int) -> Outcome:
            outcome = super().process(records, now)
            kept = tuple(effect for effect in outcome.effects if not isinstance(effect, DeadLetter))
            return Outcome(kept, outcome.counts)

    return with_processor(Silent)


@defect
def moves_on_before_it_has_folded(patch: Patch) -> None:
    """A delta's range is counted as held although its facts were not folded."""

    def fold(self: AgentProcessor, delta: GossipDelta, *rest: Any) -> None:
        for item in delta.ranges:
            if item.partition != self.agent and item.first <= self._version[item.partition] < item.next - 1:
                unpack(self.log, item, self._version[item.partition])
                self._version[item.partition] = item.next
        original(self, delta, *rest)

    original = AgentProcessor._fold_delta
    patch.setattr(AgentProcessor, "_fold_delta", fold)


@defect
def takes_its_own_partition_from_neighbours(patch: Patch) -> None:
    """An agent skips what its log says because a neighbour had it, and records none of the refusals in between."""

    def fold(self: AgentProcessor, delta: GossipDelta, *rest: Any) -> None:
        home = self.agent
        if delta.version[home] > self._version[home]:
            for item in delta.ranges:
                if item.partition == home and item.first <= self._version[home] < item.next:
                    self.view.fold_many(unpack(self.log, item, self._version[home]).facts)
                    self._version[home] = item.next
            self._version[home] = max(self._version[home], min(delta.version[home], self.log.partitions[home].end))
        original(self, delta, *rest)

    original = AgentProcessor._fold_delta
    patch.setattr(AgentProcessor, "_fold_delta", fold)


@defect
def leaves_the_last_record_of_a_batch(patch: Patch) -> type[Worker]:
    """The newest fact is folded only when another one comes."""

    class Lazy(AgentProcessor):
        def process(self, records: Sequence[LogRecord], now: int) -> Outcome:
            cut = records[:-1] if len(records) > 2 and records[0].topic == FACTS.name else records
            return super().process(cut, now)

    return with_processor(Lazy)
