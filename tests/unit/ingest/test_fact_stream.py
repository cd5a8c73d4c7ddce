"""Envelopes: sequences, clock, partitions."""

import pytest

from egraph.colours import Colour
from egraph.facts import EqualityAsserted, FactRetracted, NodeAdded
from egraph.identifiers import EventId
from schemas.codec import decode_fact
from streams.hybrid_clock import HybridClock
from streams.ingest.enode import make_enode
from streams.ingest.fact_stream import FactStream, StreamPosition, home_partition, producer_name

NODES = [make_enode(f"n{number}", Colour.GREEN, ()) for number in range(200)]


def test_sequences_count_from_zero_in_each_partition() -> None:
    """A number used twice is refused as reuse; a producer that counted over all partitions would leave gaps."""
    stream = FactStream(graph="main", producer="p", agents=9)
    numbers: dict[int, list[int]] = {}
    for enode in NODES:
        routed = stream.node(enode, 1_000_000)
        numbers.setdefault(routed.partition, []).append(routed.fact.sequence)

    assert set(range(9)) == set(numbers)
    assert all(found == list(range(len(found))) for found in numbers.values())


def test_a_stream_goes_on_where_another_stopped() -> None:
    """Who keeps one producer name would use a sequence twice, or step back in time, after every restart."""
    former = FactStream(graph="main", producer="p", agents=3)
    sent = [former.node(enode, 5_000_000) for enode in NODES]
    stream = FactStream(graph="main", producer="p", agents=3, start=former.position)
    routed = stream.node(NODES[0], 1_000_000)

    assert routed.fact.sequence == sum(each.partition == routed.partition for each in sent)
    assert routed.fact.hlc > max(each.fact.hlc for each in sent)
    with pytest.raises(ValueError, match="2 start sequences for 3"):
        FactStream(graph="main", producer="p", agents=3, start=StreamPosition((1, 2)))


def test_what_is_sealed_decodes_to_the_same_fact() -> None:
    """The bytes are all that the system sees."""
    stream = FactStream(graph="g", producer="p", agents=4)
    left, right = NODES[0].id, NODES[1].id
    for routed, kind in (
        (stream.node(NODES[0], 1), NodeAdded),
        (stream.equality(left, right, "because", 2), EqualityAsserted),
        (stream.retraction(EventId(bytes(16)), "wrong", 3), FactRetracted),
    ):
        assert isinstance(routed.fact, kind)
        assert decode_fact(routed.raw) == routed.fact


def test_an_equality_goes_where_its_left_node_goes() -> None:
    """The home agent of a node sees the equalities about it first."""
    stream = FactStream(graph="main", producer="p", agents=9)
    for enode in NODES[:20]:
        node, equality = stream.node(enode, 1), stream.equality(enode.id, NODES[0].id, "why", 1)
        assert node.partition == equality.partition == home_partition(enode.id, 9)


def test_partitions_are_used_evenly() -> None:
    """A skewed choice would make one agent do the work of nine."""
    used = [0] * 9
    for number in range(9000):
        used[home_partition(make_enode(str(number), Colour.GREEN, ()).id, 9)] += 1

    assert min(used) > 850


def test_clock_follows_time_and_never_goes_back() -> None:
    """The order of equalities is the order of these readings: a step back would reorder one producer's words."""
    clock = HybridClock()
    readings = [clock.tick(now) for now in (5_000_000, 5_000_000, 5_000_900, 4_000_000, 6_000_000)]

    assert readings == sorted(set(readings))
    assert readings[0] == 5000 << 16
    assert readings[-1] == 6000 << 16


def test_clock_passes_what_it_is_told_to_come_after() -> None:
    """A derived equality that is not later than its premises never counts."""
    clock = HybridClock()

    assert clock.tick(1_000, after=7_000 << 16) == (7_000 << 16) + 1
    assert clock.tick(1_000) == (7_000 << 16) + 2


def test_two_runs_have_two_names() -> None:
    """A second run that took the first one's name would reuse its sequences and be refused."""
    assert producer_name("python", 1) != producer_name("python", 2)
