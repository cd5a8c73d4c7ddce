"""Defects of deltas: which ranges of the log are packed, and what a received range adds."""

from collections.abc import Sequence
from dataclasses import replace

from schemas.records import Range
from streams.processors import agent, conversation, gossip
from streams.processors.fact_log import FactLog
from tests.simulation.defects.catalogue import Patch, defect

Packed = tuple[tuple[Range, ...], int]


@defect
def forgets_the_last_fact_of_a_range(patch: Patch) -> None:
    """Deltas claim a range and leave its last fact out."""

    def pack(log: FactLog, wanted: Sequence[tuple[int, int]], version: Sequence[int]) -> Packed:
        ranges, size = gossip.pack(log, wanted, version)
        return tuple(
            replace(item, offsets=item.offsets[:-1], appended_at=item.appended_at[:-1], facts=item.facts[:-1])
            for item in ranges
        ), size

    patch.setattr(conversation, "pack", pack)


@defect
def claims_one_offset_more_than_it_packs(patch: Patch) -> None:
    """The receiver believes itself ahead of the log, and skips the next record."""

    def pack(log: FactLog, wanted: Sequence[tuple[int, int]], version: Sequence[int]) -> Packed:
        ranges, size = gossip.pack(log, wanted, version)
        return tuple(replace(item, next=item.next + 1) for item in ranges), size

    patch.setattr(conversation, "pack", pack)


@defect
def packs_from_the_offset_behind(patch: Patch) -> None:
    """The first fact that a neighbour lacks is left out of what is sent to it."""

    def pack(log: FactLog, wanted: Sequence[tuple[int, int]], version: Sequence[int]) -> Packed:
        ranges, size = gossip.pack(log, [(partition, first + 1) for partition, first in wanted], version)
        return tuple(replace(item, first=first) for item, (_, first) in zip(ranges, wanted, strict=False)), size

    patch.setattr(conversation, "pack", pack)


@defect
def packs_what_it_does_not_hold(patch: Patch) -> None:
    """What another agent of the process knows is sent as one's own, beyond the version that is stated."""

    def pack(log: FactLog, wanted: Sequence[tuple[int, int]], version: Sequence[int]) -> Packed:
        ends = [max(mine, partition.end) for mine, partition in zip(version, log.partitions, strict=True)]
        ranges, size = gossip.pack(log, wanted, ends)
        return tuple(replace(item, next=min(item.next, version[item.partition])) for item in ranges), size

    patch.setattr(conversation, "pack", pack)


@defect
def takes_a_range_behind_a_gap(patch: Patch) -> None:
    """An agent claims offsets that it never received."""

    def unpack(log: FactLog, item: Range, at: int) -> gossip.Unpacked:
        return gossip.unpack(log, item, max(at, item.first))

    patch.setattr(agent, "unpack", unpack)


@defect
def takes_only_what_the_process_did_not_know(patch: Patch) -> None:
    """Of two agents in one process only the first to hear of a range folds it."""

    def unpack(log: FactLog, item: Range, at: int) -> gossip.Unpacked:
        known = item.next <= log.partitions[item.partition].end
        unpacked = gossip.unpack(log, item, at)
        return gossip.Unpacked() if known and not unpacked.gap else unpacked

    patch.setattr(agent, "unpack", unpack)


@defect
def unpacks_from_the_start_of_the_range(patch: Patch) -> None:
    """A range that overlaps what is held is taken from the wrong place: its end is lost."""

    def unpack(log: FactLog, item: Range, at: int) -> gossip.Unpacked:
        unpacked = gossip.unpack(log, item, at)
        known = log.partitions[item.partition]
        overlap = known.position(at) - known.position(item.first)
        kept = len(unpacked.facts) - max(0, overlap)
        return replace(unpacked, facts=unpacked.facts[: max(0, kept)]) if overlap > 0 else unpacked

    patch.setattr(agent, "unpack", unpack)
