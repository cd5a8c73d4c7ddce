"""Ranges of the log as they travel: nothing twice, nothing left out, no message too large."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from egraph.errors import InvariantBroken
from schemas.poison import Poison
from schemas.records import GossipDelta, Range, encode_record
from schemas.topics import FACT_BYTES_MAX, GOSSIP_BYTES_MAX
from streams.processors import gossip
from streams.processors.fact_log import FactLog
from streams.processors.gossip import pack, unpack
from tests.unit.processors.small_system import node, raw_of


def filled(offsets: Sequence[int], until: int, partitions: int = 1, size: int = 1) -> FactLog:
    """Give a log with facts at these offsets of each partition, known up to `until`."""
    log = FactLog(partitions)
    for partition in range(partitions):
        raws = [raw_of(node(at, f"{partition}-{at}-" + "x" * size)) for at in offsets]
        numbers = [number for number in map(log.intern, raws) if not isinstance(number, Poison)]
        log.partitions[partition].extend(until, offsets, numbers, [1000 + at for at in offsets])
    return log


def raws_of(log: FactLog, numbers: Sequence[int]) -> list[bytes]:
    """Give the bytes behind fact numbers."""
    return [log.raws[number] for number in numbers]


@pytest.mark.parametrize("facts_at_once", [1, 2, 3, 100])
def test_ranges_join_without_gap_or_overlap(monkeypatch: pytest.MonkeyPatch, facts_at_once: int) -> None:
    """A replica would lack a fact, or hold a version that it has not earned."""
    monkeypatch.setattr(gossip, "DELTA_FACTS", facts_at_once)
    offsets, until = [0, 1, 4, 5, 9], 12
    source, target = filled(offsets, until), FactLog(1)
    at, received, messages = 0, [], 0
    while at < until:
        (item,), _ = pack(source, [(0, at)], [until])
        assert item.first == at < item.next
        assert all(item.first <= offset < item.next for offset in item.offsets)
        new = unpack(target, item, at)
        assert (new.gap, new.damaged) == (False, "")
        received += raws_of(target, new.facts)
        at, messages = item.next, messages + 1

    assert received == raws_of(source, source.partitions[0].facts)
    assert list(target.partitions[0].offsets) == offsets
    assert list(target.partitions[0].appended_at) == [1000 + offset for offset in offsets]
    assert (at, messages) == (until, -(-len(offsets) // facts_at_once))


def test_a_span_without_facts_still_moves_the_version() -> None:
    """A partition that ends with refused records would be asked for again for ever."""
    source, target = filled([0], 8), FactLog(1)

    (item,), _ = pack(source, [(0, 1)], [8])

    assert (item.first, item.next, item.facts) == (1, 8, ())
    target.partitions[0].extend(1, [], [], [])
    assert unpack(target, item, 1).facts[:] == target.partitions[0].facts[:0]
    assert target.partitions[0].end == 8


def test_nothing_behind_the_senders_version_is_sent() -> None:
    """An agent would pass on what another agent of its process knows, under a version that does not cover it."""
    (item,), _ = pack(filled([0, 1, 2, 3], 4), [(0, 1)], [3])

    assert (item.first, item.next, item.offsets) == (1, 3, (1, 2))


def test_several_partitions_share_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """One long backlog would make the message too large, or cut off a range without saying where it ends."""
    monkeypatch.setattr(gossip, "DELTA_FACTS", 4)
    log = filled([0, 1, 2], 3, partitions=3)

    ranges, _ = pack(log, [(2, 0), (0, 0), (1, 0)], [3, 3, 3])

    assert [(item.partition, item.first, item.next, len(item.facts)) for item in ranges] == [(2, 0, 3, 3), (0, 0, 1, 1)]


def test_the_largest_message_is_one_that_may_be_read() -> None:
    """A delta of large facts would be refused as oversized by every receiver, again and again."""
    size = FACT_BYTES_MAX - 200
    log = filled(range(30), 30, size=size)

    ranges, packed = pack(log, [(0, 0)], [30])

    delta = GossipDelta(
        sender=0, receiver=1, sender_incarnation=1, receiver_incarnation=1, message_id=1, sent_at=1, clock=(0,) * 9,
        version=(30,) * 9, ranges=ranges,
    )  # fmt: skip
    assert len(ranges[0].facts) > 1
    assert packed <= len(encode_record(delta)) + 24 * len(ranges[0].facts)
    assert len(encode_record(delta)) <= GOSSIP_BYTES_MAX


def received(**changes: object) -> Range:
    """Give the range [2, 6) of a log with facts at 2, 3 and 5."""
    log = filled([2, 3, 5], 6)
    whole = Range(
        partition=0, first=2, next=6, offsets=(2, 3, 5), appended_at=(7, 8, 9),
        facts=tuple(raws_of(log, log.partitions[0].facts)),
    )  # fmt: skip
    return replace(whole, **changes)  # type: ignore[arg-type]


def test_a_range_behind_a_gap_adds_nothing() -> None:
    """The facts in between would be counted as held."""
    target = FactLog(1)
    found = unpack(target, received(), 1)

    assert found.gap
    assert (list(found.facts), target.partitions[0].end, len(target.store)) == ([], 0, 0)


def test_of_an_overlapping_range_only_the_rest_is_new() -> None:
    """A repeated message would fold its facts again, or be thrown away with what is new in it."""
    target = filled([2], 3)

    found = unpack(target, received(), 3)

    assert list(found.appended_at) == [8, 9]
    assert raws_of(target, found.facts) == list(received().facts[1:])
    assert target.partitions[0].end == 6


def test_what_another_agent_of_the_process_brought_is_new_to_this_one() -> None:
    """The shared log would hide facts from the second agent."""
    target = filled([], 2)
    unpack(target, received(), 2)

    again = unpack(target, received(), 2)

    assert len(again.facts) == 3


def test_a_damaged_fact_adds_nothing_of_its_range() -> None:
    """Half a range would count as the whole, and the version would cover a fact that is not there."""
    target = filled([], 2)
    facts = received().facts

    found = unpack(target, received(facts=(facts[0], facts[1][:-1] + b"?", facts[2])), 2)

    assert found.damaged
    assert (list(found.facts), target.partitions[0].end) == ([], 2)
    assert len(unpack(target, received(), 2).facts) == 3, "the whole range can still come"


def test_a_range_that_contradicts_the_log_is_a_defect() -> None:
    """Two agents would admit differently and nobody would hear of it."""
    target = filled([2, 3], 4)
    facts = received().facts

    with pytest.raises(InvariantBroken, match="differ"):
        unpack(target, received(facts=(facts[0], facts[2], facts[1])), 4)
