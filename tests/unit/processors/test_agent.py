"""One agent, and two of them: order of effects, gaps, strays in the inbox, restarts, the timeline's clocks."""

import pytest

from schemas.records import GossipAck, GossipDelta, Range, TimelineEvent, TimelineKind, encode_record
from schemas.topics import CONTROL, FACTS, GOSSIP, TIMELINE
from streams.ports import NOTHING, DeadLetter, Outcome, Publish, ReadAgain
from streams.processors.agent import AgentProcessor
from streams.processors.snapshot import SnapshotDamaged
from tests.unit.processors.small_system import (
    NOW,
    SECOND,
    Post,
    agent,
    decoded,
    home,
    homes,
    inbox,
    node,
    raw_of,
)


def letters(outcome: Outcome) -> list[tuple[int, str]]:
    """Give offset and reason of the dead letters."""
    return [(item.source.offset, item.reason) for item in outcome.effects if isinstance(item, DeadLetter)]


def acquainted() -> tuple[AgentProcessor, AgentProcessor, Post, int]:
    """Give two agents that know each other, and the time."""
    one, other = agent(0), agent(1)
    post = Post(one, other)
    return one, other, post, post.rounds(3)


# --- the home partition


def test_a_dead_letter_comes_before_any_word_of_progress() -> None:
    """A crash between the two would lose the refused record: the others would already hold a version beyond it."""
    one, _, _, now = acquainted()
    records = [*homes(2), home(2, b"junk"), home(3, raw_of(node(0, "reuse"))), *homes(1, first=4)]

    outcome = one.process(records, now + SECOND)

    assert letters(outcome) == [(2, "unknown-schema"), (3, "sequence-reuse")]
    kinds = [type(item) for item in outcome.effects]
    assert Publish in kinds, "the outcome tells the neighbour how far this agent has come"
    assert kinds.index(Publish) > max(at for at, kind in enumerate(kinds) if kind is DeadLetter)
    assert one.version == (5, 0)
    assert one.dead_letters == 2


def test_a_refused_record_is_refused_once() -> None:
    """Reading a span again after a restart of the consumer would fill the dead letters."""
    one = agent(0)
    records = [home(0, b"junk"), *homes(1, first=1)]
    assert letters(one.process(records, NOW)) == [(0, "unknown-schema")]

    again = one.process(records, NOW + SECOND)

    assert letters(again) == []
    assert again.counts["skipped"] == 2
    assert one.view.fact_count == 1


def test_a_gap_is_read_again_and_nothing_behind_it_is_folded() -> None:
    """Records that were lost on the way would be lost for ever, under a version that covers them."""
    one = agent(0)
    log = homes(8)
    outcome = one.process([*log[:2], *log[5:]], NOW)

    assert [item for item in outcome.effects if isinstance(item, ReadAgain)] == [ReadAgain(FACTS.name, 0, 2, 5)]
    assert (one.version, one.view.fact_count, one.next_offset(FACTS.name)) == ((2, 0), 2, 2)
    assert letters(one.process(log[2:5], NOW)) == []
    assert one.process([*log[:2], *log[5:]], NOW).counts["folded"] == 3
    straight = agent(0)
    straight.process(log, NOW)
    assert one.digest() == straight.digest()


def test_nothing_in_gives_nothing_out() -> None:
    """An idle agent would speak."""
    assert agent(0).process([], NOW) == NOTHING


def test_an_agent_reads_two_topics() -> None:
    """A wrong subscription would silently start at some offset."""
    with pytest.raises(ValueError, match=TIMELINE.name):
        agent(0).next_offset(TIMELINE.name)


# --- the inbox


def delta(**changes: object) -> bytes:
    """Give a delta of agent 0 for agent 1 that carries the facts [0, 2) of partition 0."""
    raws = tuple(raw_of(node(at, f"p0n{at}")) for at in range(2))
    whole = Range(partition=0, first=0, next=2, offsets=(0, 1), appended_at=(5, 6), facts=raws)
    fields: dict[str, object] = {
        "sender": 0, "receiver": 1, "sender_incarnation": 1, "receiver_incarnation": 1, "message_id": 1,
        "sent_at": NOW, "clock": (1, 0), "version": (2, 0), "ranges": (whole,),
    }  # fmt: skip
    return encode_record(GossipDelta(**fields | changes))  # type: ignore[arg-type]


def test_a_delta_brings_its_facts() -> None:
    """Gossip would not spread facts."""
    one = agent(1)
    outcome = one.process([inbox(1, 0, delta())], NOW)

    assert (one.version, one.view.fact_count, outcome.counts["folded"]) == ((2, 0), 2, 2)
    again = one.process([inbox(1, 1, delta(message_id=2))], NOW)
    assert (one.view.fact_count, again.counts["folded"]) == (2, 0)


def test_strays_in_the_inbox_are_dead_letters_and_nothing_more() -> None:
    """One bad message would stop the agent, or vanish without a trace."""
    one = agent(1)
    beat = next(item.value for item in agent(0).wake(NOW).effects if isinstance(item, Publish))
    messages = [None, b"junk", delta()[:-1], raw_of(node(0)), beat, delta()]

    outcome = one.process([inbox(1, at, value) for at, value in enumerate(messages)], NOW)

    assert letters(outcome) == [
        (0, "empty"), (1, "unknown-schema"), (2, "undecodable"), (3, "unknown-schema"), (4, "not-gossip"),
    ]  # fmt: skip
    assert (one.gossip_next, one.view.fact_count) == (6, 2)


def test_the_home_partition_is_never_taken_from_gossip() -> None:
    """Refusals of the home partition would go unrecorded, and a neighbour could put facts into it."""
    raws = (raw_of(node(0)),)
    own = Range(partition=1, first=0, next=1, offsets=(0,), appended_at=(5,), facts=raws)
    beyond = Range(partition=7, first=0, next=1, offsets=(0,), appended_at=(5,), facts=raws)
    one = agent(1)

    one.process([inbox(1, 0, delta(ranges=(own, beyond)))], NOW)

    assert (one.version, one.view.fact_count) == ((0, 0), 0)


def test_a_gap_in_gossip_is_told_and_filled() -> None:
    """A lost message would leave a hole under the version, or stay lost."""
    raws = (raw_of(node(9)),)
    late = Range(partition=0, first=5, next=6, offsets=(5,), appended_at=(5,), facts=raws)
    one = agent(1)

    outcome = one.process([inbox(1, 0, delta(ranges=(late,), version=(6, 0)))], NOW)

    assert one.version == (0, 0)
    acks = [item for item in decoded(outcome, GOSSIP.name) if isinstance(item, GossipAck)]
    assert [ack.version for ack in acks] == [(0, 0)]


@pytest.mark.parametrize("changes", [{"sender": 5}, {"version": (2,)}, {"clock": (1, 2, 3)}, {"sender": 1}], ids=str)
def test_a_message_that_does_not_fit_this_system_is_not_believed(changes: dict[str, object]) -> None:
    """An agent of another system would crash this one, or shift its clock."""
    one = agent(1)
    one.process([inbox(1, 0, delta(**changes, ranges=()))], NOW)

    assert one.clock[0] == 0
    assert one.gossip_next == 1


# --- two agents


def test_two_agents_come_to_hold_the_same() -> None:
    """Replicas would differ though every message arrives."""
    one, other, post, now = acquainted()
    post.carry_out(one.process(homes(5), now))
    post.carry_out(other.process([*homes(3, partition=1), home(3, b"junk", 1)], now))

    post.rounds(4, now)

    assert one.digest() == other.digest()
    assert one.version == (5, 4)
    assert one.view.fact_count == 8
    told = [event for outcome in post.outcomes for event in decoded(outcome, TIMELINE.name)]
    assert {event.agent for event in told if event.kind is TimelineKind.CONVERGENCE_DETECTED} == {0, 1}  # type: ignore[union-attr]


def test_a_heartbeat_says_what_the_agent_is() -> None:
    """The console would show another state than the agent's."""
    one = agent(0)
    one.process([*homes(3), home(3, b"junk")], NOW)

    (beat,) = decoded(one.wake(NOW + SECOND), CONTROL.name)

    assert (beat.version, beat.facts, beat.nodes, beat.dead_letters) == ((4, 0), 3, 3, 1)  # type: ignore[union-attr]
    assert (beat.set_digest, beat.view_digest) == (one.view.set_digest(), one.view.view_digest())  # type: ignore[union-attr]


def timeline(post: Post) -> list[TimelineEvent]:
    """Give every event that was told, in the order of telling."""
    records = (record for outcome in post.outcomes for record in decoded(outcome, TIMELINE.name))
    return [record for record in records if isinstance(record, TimelineEvent)]


def talk() -> Post:
    """Let two agents exchange some facts."""
    one, _, post, now = acquainted()
    post.carry_out(one.process(homes(5), now))
    post.rounds(3, now)
    return post


def test_an_agents_own_events_are_ordered_by_its_own_entry() -> None:
    """Two events would share a number, and happened-before would be no order."""
    for number in (0, 1):
        events = [event for event in timeline(talk()) if event.agent == number]
        sequences = [event.sequence for event in events]
        assert len(sequences) > 5
        assert sequences == sorted(set(sequences))
        assert [event.clock[number] for event in events] == sequences


def test_sending_happens_before_receiving() -> None:
    """The timeline would show a message as concurrent with its own arrival."""
    events = timeline(talk())
    arrivals = (TimelineKind.MESSAGE_RECEIVED, TimelineKind.ACK_RECEIVED)
    sent = {(event.agent, event.message_id): event for event in events if event.kind.endswith("Sent")}
    received = [event for event in events if event.kind in arrivals]
    assert len(received) > 5
    for event in received:
        cause = sent[event.peer, event.message_id]
        assert cause.sequence <= event.clock[cause.agent]


def test_receiving_does_not_happen_before_sending() -> None:
    """Effects would seem to precede their causes."""
    events = timeline(talk())
    sent = {(event.agent, event.message_id): event for event in events if event.kind.endswith("Sent")}
    for event in events:
        if event.kind in (TimelineKind.MESSAGE_RECEIVED, TimelineKind.ACK_RECEIVED):
            assert event.sequence > sent[event.peer, event.message_id].clock[event.agent]


# --- restarts


def test_a_restored_agent_is_the_one_that_was_saved() -> None:
    """A restart would change the state, read a record twice, or admit what was refused."""
    before, _, post, now = acquainted()
    post.carry_out(before.process([*homes(3), home(3, b"junk")], now))
    post.rounds(2, now)
    after = agent(0, incarnation=2)

    after.restore(before.snapshot())

    assert after.digest() == before.digest()
    assert (after.version, after.gossip_next) == (before.version, before.gossip_next)
    assert after.dead_letters == before.dead_letters == 1
    assert after.clock[0] > before.clock[0], "events since the snapshot must not share numbers with new"
    assert after.clock[1] == before.clock[1]
    assert letters(after.process([home(4, raw_of(node(0, "reuse")))], now)) == [(4, "sequence-reuse")]


def test_a_snapshot_of_another_agent_is_refused() -> None:
    """Two agents would speak under one number."""
    other = agent(1)
    other.process(homes(2, partition=1), NOW)
    with pytest.raises(SnapshotDamaged, match="agent 1, not of 0"):
        agent(0).restore(other.snapshot())


def test_after_a_loss_of_state_a_neighbour_brings_everything_back() -> None:
    """An agent that starts from nothing would miss for ever what it had acknowledged in its former life."""
    one, _, post, now = acquainted()
    post.carry_out(one.process(homes(5), now))
    now = post.rounds(3, now)
    reborn = agent(1, incarnation=2)
    reborn.gossip_next = len(post.inboxes[1])
    post.agents[1] = reborn

    post.rounds(5, now)

    assert reborn.digest() == one.digest()
    assert reborn.view.fact_count == 5


def test_what_the_pace_holds_back_is_due_when_the_pace_is_over() -> None:
    """Facts that come just after a round would wait for the next batch, or the gossip interval, at each hop."""
    one, other = agent(0), agent(1)
    now = Post(one, other).rounds(2) + SECOND // 2
    one.wake(now)
    assert one.next_wake() == now + SECOND // 10
    held_back = one.process(homes(1), now + 1000)
    assert not decoded(held_back, GOSSIP.name)
    assert one.next_wake() == now + SECOND // 50
    sent = decoded(one.wake(one.next_wake()), GOSSIP.name)
    assert [type(message) for message in sent] == [GossipDelta]
