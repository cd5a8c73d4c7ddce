"""How facts travelled, from inboxes written by hand."""

import pytest

from schemas.records import GossipAck, GossipDelta, Range, encode_record
from schemas.topics import GOSSIP
from streams.gossip_paths import Inboxes
from streams.ports import LogRecord

AGENTS = 4
NONE = (0,) * AGENTS


def delta(sender: int, receiver: int, *ranges: tuple[int, int, int]) -> LogRecord:
    """One delta with ranges (partition, first, next), each offset of which is a fact."""
    columns = tuple(
        Range(
            partition=partition,
            first=first,
            next=until,
            offsets=tuple(range(first, until)),
            appended_at=(0,) * (until - first),
            facts=tuple(b"fact" for _ in range(first, until)),
        )
        for partition, first, until in ranges
    )
    message = GossipDelta(
        sender=sender, receiver=receiver, sender_incarnation=1, receiver_incarnation=1, message_id=0, sent_at=0,
        clock=NONE, version=NONE, ranges=columns,
    )  # fmt: skip
    return LogRecord(GOSSIP.name, receiver, 0, 0, b"", encode_record(message))


def test_hops_follow_who_brought_a_fact_first() -> None:
    """A topology would be judged by paths that no fact took."""
    inboxes = Inboxes(AGENTS)
    # The inbox of 3 is read before that of 2: the order of partitions is not that of time.
    inboxes.read([delta(2, 3, (0, 0, 2)), delta(1, 3, (0, 0, 2)), delta(1, 2, (0, 0, 2)), delta(0, 1, (0, 0, 2))])
    found = inboxes.travel({0: range(2)})
    assert (found.facts, found.deltas, found.carried, found.useful) == (2, 4, 8, 6)
    assert (found.hops_mean, found.hops_max) == (1.5, 3)
    assert found.redundancy == pytest.approx(8 / 6)


def test_what_does_not_go_on_where_the_agent_stands_is_of_no_use() -> None:
    """A range behind a gap would count as held, although the agent throws it away."""
    inboxes = Inboxes(AGENTS)
    inboxes.read([delta(0, 1, (0, 2, 4)), delta(0, 1, (0, 0, 3)), delta(0, 1, (0, 2, 5))])
    assert (found := inboxes.travel({0: range(5)})).useful == 5
    assert found.carried == 8
    assert inboxes.travel({0: range(3, 5)}).deltas == 2, "only messages with a fact of those that are asked about"


def test_an_agent_takes_nothing_of_its_home_from_gossip() -> None:
    """An echo of its own facts would look like gossip that was of use."""
    inboxes = Inboxes(AGENTS)
    inboxes.read([delta(0, 1, (1, 0, 2), (7, 0, 1))])
    found = inboxes.travel({1: range(2)})
    assert (found.useful, found.hops_mean, found.carried) == (0, 0.0, 2)


def test_the_dead_receive_nothing() -> None:
    """Messages in the inbox of a killed agent would count as facts that came to it."""
    inboxes = Inboxes(AGENTS)
    inboxes.read([delta(0, 1, (0, 0, 1)), delta(0, 2, (0, 0, 1))])
    found = inboxes.travel({0: range(1)}, dead=(2,))
    assert (found.carried, found.useful, found.hops_mean) == (2, 1, 0.5)


def test_acknowledgements_are_counted_and_rubbish_is_not() -> None:
    """One damaged record would end a comparison of minutes."""
    ack = GossipAck(
        sender=0, receiver=1, sender_incarnation=1, receiver_incarnation=1, message_id=0, acknowledged=0, sent_at=0,
        clock=NONE, version=NONE, peers=(),
    )  # fmt: skip
    inboxes = Inboxes(AGENTS)
    inboxes.read([LogRecord(GOSSIP.name, 1, n, 0, b"", raw) for n, raw in enumerate((encode_record(ack), b"?", None))])
    assert inboxes.acks == 1
    assert inboxes.travel({}).hops_mean is None
