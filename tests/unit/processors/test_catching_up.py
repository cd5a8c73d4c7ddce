"""An agent that starts with nothing takes other homes from its process and the log, and is what gossip makes it."""

from collections import Counter

from schemas.records import GossipAck, GossipDelta, TimelineEvent, TimelineKind, encode_record
from schemas.topics import GOSSIP, TIMELINE
from streams.processors.agent import AgentProcessor, Host
from streams.processors.fact_log import FactLog
from streams.processors.gossip import pack
from streams.topology import named_topology
from tests.unit.processors.small_system import (
    NOW,
    SECOND,
    SETTINGS,
    Post,
    agent,
    decoded,
    home,
    homes,
    inbox,
    node,
    published,
    raw_of,
)

SIZE = 3


def in_process_of(log: FactLog, number: int, host: Host | None = None) -> AgentProcessor:
    """Give a fresh agent that shares what its process knows."""
    return AgentProcessor(
        agent=number, topology=named_topology("clique", SIZE), log=log, settings=SETTINGS, started=1, life=1, host=host
    )


def ack_of(sender: int, version: tuple[int, ...], incarnation: int, of: int) -> bytes:
    """Give an acknowledgement of everything by an agent that holds so much, for agent 0."""
    return encode_record(
        GossipAck(
            sender=sender,
            receiver=0,
            sender_incarnation=incarnation,
            receiver_incarnation=of,
            message_id=1 << 60,
            acknowledged=1 << 60,
            sent_at=NOW,
            clock=(0,) * SIZE,
            version=version,
            peers=(),
        )
    )


def test_reading_the_log_comes_to_what_gossip_comes_to() -> None:
    """A late joiner would hold other facts than the agents it joins: refused ones, or one under another position."""
    reuse = home(5, raw_of(node(2, "another")), 1)
    records = [*homes(5, partition=1), reuse, home(6, b"rubbish", 1), *homes(40, first=7, partition=1)]
    author, told, late = agent(1, size=SIZE), agent(0, size=SIZE), agent(2, size=SIZE)
    author.process(records, NOW)
    Post(author, told).rounds(4)
    late.catching_up.fold(records[:9])
    late.catching_up.fold(records[9:])
    assert late.digest() == told.digest()
    assert late.version == (0, 47, 0)
    assert late.view.fact_count == 45


def test_what_the_process_knows_is_taken_without_reading() -> None:
    """Each agent of a process would read the whole log for itself."""
    log = FactLog(SIZE)
    first, second = in_process_of(log, 0), in_process_of(log, 1)
    first.catching_up.fold(homes(50, partition=2))
    assert second.catching_up.take_shared() == {2: (0, 50)}
    assert second.digest() == first.digest()
    assert second.catching_up.spans({}, {0: 0, 1: 0, 2: 50}, 1) == {}
    assert second.catching_up.take_shared() == {}


def test_an_agent_reads_only_what_is_worth_it_and_whole() -> None:
    """Every start would read the log for a handful of facts; or its own home twice; or behind a beginning cut away."""
    late = agent(1, size=SIZE)
    late.catching_up.fold(homes(10, partition=0))
    ends = {0: 30, 1: 1000, 2: 19}
    assert late.catching_up.spans({}, ends, 20) == {0: (10, 30)}
    assert late.catching_up.spans({0: 11}, ends, 1) == {2: (0, 19)}


def test_records_behind_a_gap_and_of_the_home_are_left_alone() -> None:
    """An agent would believe that it holds what it has never seen, or record no refusal of its own home."""
    late = agent(1, size=SIZE)
    catching_up = late.catching_up
    assert catching_up.fold(homes(3, first=2, partition=0)) == 0
    assert catching_up.fold(homes(3, partition=1)) == 0
    assert catching_up.fold([]) == 0
    assert late.version == (0, 0, 0)
    assert catching_up.fold(homes(5, partition=0)) == 5
    assert catching_up.fold(homes(4, first=3, partition=0)) == 2, "what is known is skipped"
    assert late.version == (7, 0, 0)


def test_a_late_joiner_is_sent_only_the_tail() -> None:
    """Its neighbours would send it everything in deltas although it has read it."""
    records = homes(60, partition=0)
    author, late = agent(0, size=SIZE), agent(1, size=SIZE)
    author.process(records, NOW)
    late.catching_up.fold(records[:50])
    post = Post(author, late)
    post.rounds(4)
    assert late.version[0] == 60
    carried = [event for outcome in post.outcomes for event in published(outcome, GOSSIP.name) if event.partition == 1]
    assert b"p0n50" in b"".join(event.value for event in carried)
    assert b"p0n49" not in b"".join(event.value for event in carried)


def test_gossip_is_measured_as_if_each_agent_were_alone() -> None:
    """Facts that came from the process first would make every delta between its agents look like waste."""
    log = FactLog(SIZE)
    author, second, other = in_process_of(log, 0), in_process_of(log, 1), agent(2, size=SIZE)
    post = Post(author, second, other)
    now = post.rounds(2)
    post.carry_out(author.process(homes(3), now))
    post.carry_out(second.take_shared(now))
    assert second.version == author.version
    assert second.take_shared(now).effects == (), "there is nothing more"
    post.outcomes.clear()
    post.rounds(3, now)
    received = [
        (event.agent, event.facts, event.useful)
        for outcome in post.outcomes
        for event in decoded(outcome, TIMELINE.name)
        if isinstance(event, TimelineEvent) and event.kind is TimelineKind.MESSAGE_RECEIVED
    ]
    assert sorted(received) == [(1, 3, 3), (2, 3, 3)], "every edge of the tree has carried them, once"


def test_a_delta_that_tells_a_part_is_useful_for_that_part() -> None:
    """What a process brought would count as useful again with each delta, or never."""
    log = FactLog(SIZE)
    author, second, other = in_process_of(log, 0), in_process_of(log, 1), agent(0, size=SIZE)
    author.process(homes(10), NOW)
    other.process(homes(10), NOW)
    second.take_shared(NOW)
    told = []
    for first, until in ((0, 4), (2, 4), (3, 10), (0, 10)):
        ranges, _ = pack(other.log, [(0, first)], (until, 0, 0))
        delta = GossipDelta(
            sender=0, receiver=1, sender_incarnation=1, receiver_incarnation=1, message_id=1, sent_at=NOW,
            clock=(1, 0, 0), version=(until, 0, 0), ranges=ranges,
        )  # fmt: skip
        outcome = second.process([inbox(1, len(told), encode_record(delta))], NOW)
        told.append((outcome.counts["told"], outcome.counts["folded"]))
    assert told == [(4, 0), (0, 0), (6, 0), (0, 0)]


def test_who_lives_in_the_same_process_is_told_once_an_interval_and_others_at_once() -> None:
    """Deltas with what their receiver holds already would keep those waiting that carry news to other processes."""
    log, host = FactLog(SIZE), Host(agents=(0, 1))
    author, near, far = in_process_of(log, 0, host), in_process_of(log, 1, host), agent(2, size=SIZE)
    now = Post(author, near, far).rounds(2)
    told = Counter[int]()
    for number in range(20):
        now += SECOND // 20  # half a gossip interval
        outcome = author.process(homes(1, first=number), now)
        told.update(delta.receiver for delta in decoded(outcome, GOSSIP.name) if isinstance(delta, GossipDelta))
        for receiver in (near, far):
            version = (number + 1, 0, 0)
            ack = ack_of(receiver.agent, version, receiver.incarnation, author.incarnation)
            author.process([inbox(0, author.gossip_next, ack)], now)
    assert told == {1: 10, 2: 20}
