"""The way to a difference that version vectors cannot see: who looks, how many messages it takes, what is refused."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from egraph.digest import ids_by_bucket
from egraph.kernel.view import KernelView
from egraph.reading import MakeView
from egraph.view import IncrementalView
from schemas import descent as bounds
from schemas.descent import BucketIds, BucketSums, GossipDescent, PlacedFact
from schemas.poison import Poison, Reason
from schemas.records import GossipAck, PeerState, decode_record, encode_record
from schemas.topics import GOSSIP
from streams.ports import DeadLetter, Outcome
from streams.processors import descent
from streams.processors.agent import AgentProcessor
from streams.processors.descent import Shown, Suspicion
from streams.processors.fact_log import FactLog
from streams.topology import named_topology
from tests.unit.processors.small_system import NOW, SECOND, SETTINGS, Post, agent, decoded, homes, inbox, node, raw_of

FACTS = 60


class QuickPost(Post):
    """Delivers answers, and answers to those, before anybody wakes again."""

    def rounds(self, count: int, start: int = NOW) -> int:
        now = start
        for _ in range(count):
            now += SECOND
            for item in self.agents.values():
                self.carry_out(item.wake(now))
            while any(len(self.inboxes[number]) > item.gossip_next for number, item in self.agents.items()):
                for number, item in self.agents.items():
                    self.carry_out(item.process(self.inboxes[number][item.gossip_next :], now))
        return now


Level = tuple[AgentProcessor, AgentProcessor, Post, int]


def level(count: int = FACTS, make_view: MakeView = IncrementalView, post: type[Post] = QuickPost) -> Level:
    """Give two agents that hold all facts and know it, and the time."""
    one, other = (
        AgentProcessor(
            agent=number, topology=named_topology("clique", 2), log=FactLog(2), settings=SETTINGS, started=1, life=1,
            make_view=make_view,
        )
        for number in range(2)
    )  # fmt: skip
    letters = post(one, other)
    one.process(homes(count), NOW)
    other.process(homes(count // 2, partition=1), NOW)
    now = letters.rounds(4)
    assert one.digest() == other.digest()
    assert one.view.fact_count == count + count // 2
    letters.outcomes.clear()
    return one, other, letters, now


def lose(rotten: AgentProcessor, lost: Iterable[int], strange: Iterable[int] = ()) -> None:
    """Let an agent's state lack some of the facts that it holds, by their numbers, and hold others."""
    without = set(lost)
    held = [
        number
        for at, log in zip(rotten.version, rotten.log.partitions, strict=True)
        for number in log.facts_between(0, at)
    ]
    rotten.hold([*(number for number in held if number not in without), *strange])


def descents(post: Post) -> list[GossipDescent]:
    """Give the messages of exchanges, in the order of sending."""
    said = [item for outcome in post.outcomes for item in decoded(outcome, GOSSIP.name)]
    return [item for item in said if isinstance(item, GossipDescent)]


@pytest.mark.parametrize("make_view", [IncrementalView, KernelView])
@pytest.mark.parametrize("rotten", [0, 1])
def test_one_exchange_finds_and_mends_what_was_lost(rotten: int, make_view: MakeView) -> None:
    """A replica that lost a fact would be wrong for ever, since its version says that it lacks nothing."""
    agents = level(make_view=make_view)
    post, now = agents[2], agents[3]
    whole = agents[0].digest()
    lose(agents[rotten], [3, 40, 70])
    assert agents[rotten].digest() != whole

    post.rounds(5, now)

    assert agents[0].digest() == agents[1].digest() == whole
    asked, listed, *rest = descents(post)
    assert (len(asked.sums), asked.answers) == (1, -1)
    assert listed.answers == asked.message_id
    assert 1 <= len(listed.listed) <= 3, "ids of the buckets that differ, and of no others"
    assert len(rest) == (2 if rotten == 0 else 1), "who asked must also say what it wants"
    assert all(after.answers == before.message_id for before, after in pairwise(descents(post)))
    assert sum(len(item.facts) for item in rest) == 3


@pytest.mark.parametrize("rotten", [0, 1])
def test_one_exchange_ends_what_was_never_admitted(rotten: int) -> None:
    """A fact whose bytes were altered in memory would stay beside the others, and spread."""
    agents = level()
    post, now = agents[2], agents[3]
    whole = agents[0].digest()
    altered = agents[rotten].log.intern(raw_of(node(0, "altered")))
    assert isinstance(altered, int)
    lose(agents[rotten], [5], [altered])
    assert agents[rotten].view.fact_count == whole.facts

    post.rounds(5, now)

    assert agents[0].digest() == agents[1].digest() == whole
    assert len(descents(post)) <= 4
    assert agents[1 - rotten].log.store.index_of(agents[rotten].log.store.event_id(altered)) is None


def test_a_hole_in_the_log_of_a_process_is_filled_at_its_place() -> None:
    """What an agent passes on to others, and saves, would lack the fact for ever."""
    one, other, post, now = level()
    content = one.log.partitions[0]
    before = (list(content.offsets), list(content.appended_at), list(content.facts))
    number = content.facts[7]
    for column in (content.offsets, content.facts, content.appended_at):
        del column[7]
    lose(one, [number])

    post.rounds(5, now)

    assert one.digest() == other.digest()
    assert (list(content.offsets), list(content.appended_at), list(content.facts)) == before
    assert one._admission.admit(homes(8)[7]) is None, "the same record again is a repetition"


def test_a_sum_that_was_counted_wrong_is_noticed_by_who_counted() -> None:
    """Nobody lacks anything, and the agents would ask each other for ever."""
    one, other, post, now = level()
    view = one.view
    assert isinstance(view, IncrementalView)
    view._set_digest.buckets[9] += 1
    view._node_sum += 1  # which the digest that neighbours see shows

    post.rounds(5, now)

    assert one.digest() == other.digest()
    assert one.view.bucket_sums() == other.view.bucket_sums()
    assert one.view is not view


def test_an_exchange_is_not_begun_again_before_it_can_be_over() -> None:
    """A neighbour that is slow to answer would be asked with every heartbeat."""
    one, other, post, now = level(post=Post)  # takes a heartbeat for each message
    lose(one, [3])
    post.rounds(5, now)
    assert one.digest() == other.digest()
    assert sum(item.answers == -1 for item in descents(post)) == 1


def test_agents_that_agree_ask_seldom_and_are_not_answered() -> None:
    """Each heartbeat would cost an exchange, whether or not anything is wrong."""
    *_, post, now = level()
    post.rounds(20, now)
    assert [(item.sender, item.answers) for item in descents(post)] == [(0, -1), (1, -1)] * 2


@pytest.mark.parametrize("rotten", [0, 1])
def test_a_difference_that_shows_nowhere_is_found_in_its_turn(rotten: int) -> None:
    """Two agents of one view would hold different facts, until something is said about those."""
    agents = level()
    post, now = agents[2], agents[3]
    whole = agents[0].digest()
    altered = agents[rotten].log.intern(raw_of(replace(node(5, f"p{rotten}n5"), trace=bytes(16))))
    assert isinstance(altered, int)
    lose(agents[rotten], [5], [altered])
    shown = agents[rotten].digest()
    assert (shown.view_digest, shown.facts) == (whole.view_digest, whole.facts)
    assert shown.set_digest != whole.set_digest

    post.rounds(10, now)

    assert agents[0].digest() == agents[1].digest() == whole


def test_agents_on_their_way_exchange_nothing() -> None:
    """Facts that are still travelling would be taken for lost ones."""
    one, _, post, now = level()
    for step in range(10):
        one.process(homes(3, FACTS + 3 * step), now)
        now = post.rounds(1, now)
    post.rounds(3, now)
    assert [item for item in descents(post) if item.answers >= 0] == []


def test_what_has_no_room_in_one_message_is_mended_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large difference would be cut off, and the rest never found."""
    one, other, post, now = level(400)
    monkeypatch.setattr(descent, "IDS_MAX", 20)
    monkeypatch.setattr(descent, "FACTS_MAX", 30)
    lose(one, range(0, 400, 3))

    post.rounds(20, now)

    assert one.digest() == other.digest()
    assert max(len(item.facts) for item in descents(post)) == 30
    assert max(sum(len(bucket.ids) for bucket in item.listed) for item in descents(post)) <= 20 * 16


def test_a_bucket_too_large_to_list_is_descended_into(monkeypatch: pytest.MonkeyPatch) -> None:
    """From some millions of facts on a bucket would have no room in a message, and nothing in it were ever found."""
    one, other, post, now = level(400)
    fullest = max(other.view.ids_in([bytes((n,)) for n in range(256)]).values(), key=len)
    assert len(fullest) > 2
    monkeypatch.setattr(descent, "IDS_MAX", 2)
    number = one.log.store.index_of(fullest[0])
    assert number is not None
    lose(one, [number])

    post.rounds(8, now)

    assert one.digest() == other.digest()
    assert [len(item.sums) for item in descents(post)][:2] == [1, 1]
    assert {table.prefix for item in descents(post) for table in item.sums} == {b"", fullest[0][:1]}
    assert {bucket.prefix for item in descents(post) for bucket in item.listed} == {fullest[0][:2]}


# --- who is suspected


def ack(version: tuple[int, ...], beat: int, digest: bytes, sender: int = 1, incarnation: int = 7) -> GossipAck:
    """Give an acknowledgement that shows its sender's state as of a heartbeat."""
    state = PeerState(agent=sender, incarnation=7, beat=beat, facts=3, digest=digest)
    return GossipAck(
        sender=sender, receiver=0, sender_incarnation=incarnation, receiver_incarnation=0, message_id=0,
        acknowledged=0, sent_at=0, clock=version, version=version, peers=(state,),
    )  # fmt: skip


SHOWN = Shown((2, 2), 3, b"mine")


@pytest.mark.parametrize(
    ("acks", "suspected"),
    [
        ((ack((2, 2), 1, b"other"), ack((2, 2), 2, b"other")), True),
        ((ack((2, 2), 1, b"mine"), ack((2, 2), 2, b"mine")), False),
        ((ack((2, 2), 1, b"other"), ack((2, 2), 1, b"other")), False),
        ((ack((2, 1), 1, b"other"), ack((2, 2), 2, b"other")), False),
        ((ack((2, 2), 2, b"other"),), False),
        ((ack((2, 2), 1, b"other", 1, 8), ack((2, 2), 2, b"other", 1, 8)), False),
        ((ack((1, 1), 1, b"other"), ack((1, 1), 2, b"other")), False),
    ],
    ids=["differs", "agrees", "same heartbeat", "moved between", "first", "a former life", "another version"],
)
def test_only_who_shows_another_state_of_this_version_is_suspected(acks: Sequence[GossipAck], suspected: bool) -> None:
    """Exchanges would be begun for nothing, or not begun where one is due."""
    suspicion = Suspicion(0)
    assert [suspicion.falls_on(item, SHOWN) for item in acks][-1] is suspected


def test_one_of_two_asks() -> None:
    """Both would ask at once, and everything would be sent twice."""
    suspicion = Suspicion(2)
    assert [suspicion.falls_on(ack((2, 2), beat, b"other"), SHOWN) for beat in range(3)] == [False] * 3


# --- hostile messages


def message(**changes: object) -> GossipDescent:
    """Give a message of agent 1 for agent 0."""
    fields: dict[str, object] = {
        "sender": 1, "receiver": 0, "sender_incarnation": 10**18, "receiver_incarnation": 0, "message_id": 5,
        "answers": -1, "sent_at": NOW, "clock": (1, 1), "version": (2, 0),
    }  # fmt: skip
    return GossipDescent(**fields | changes)  # type: ignore[arg-type]


def told(said: GossipDescent, count: int = 2) -> tuple[AgentProcessor, Outcome]:
    """Let an agent with some facts at home read a message."""
    one = agent(0)
    one.process(homes(count), NOW)
    return one, one.process([inbox(0, 0, encode_record(said))], NOW + SECOND)


def refusals(outcome: Outcome) -> list[str]:
    """Give the reasons of the dead letters."""
    return [item.reason for item in outcome.effects if isinstance(item, DeadLetter)]


IDS = b"".join(sorted(Random(1).randbytes(16) for _ in range(4)))


@pytest.mark.parametrize(
    "changes",
    [
        {"sums": (BucketSums(prefix=b"", sums=bytes(4095)),)},
        {"sums": (BucketSums(prefix=b"", sums=bytes(8192)),)},
        {"sums": (BucketSums(prefix=b"ab", sums=bytes(4096)),)},
        {"sums": (BucketSums(prefix=b"", sums=bytes(4096)),) * (bounds.SUMS_MAX + 1)},
        {"listed": (BucketIds(prefix=b"", ids=IDS),)},
        {"listed": (BucketIds(prefix=b"abc", ids=b""),)},
        {"listed": (BucketIds(prefix=IDS[:1], ids=IDS[:15]),)},
        {"listed": (BucketIds(prefix=IDS[:1], ids=IDS[:16] * 2),)},
        {"listed": (BucketIds(prefix=b"\xff\xff", ids=IDS[:16]),)},
        {"wanted": bytes(17)},
        {"wanted": bytes(16 * (bounds.IDS_MAX + 1))},
        {"facts": (PlacedFact(partition=0, offset=0, appended_at=0, fact=b""),) * (bounds.FACTS_MAX + 1)},
    ],
)
def test_a_message_out_of_bounds_is_refused(changes: dict[str, object]) -> None:
    """One message could make an agent sum, sort and answer without end."""
    poison = decode_record(encode_record(message(**changes)))
    assert isinstance(poison, Poison)
    assert poison.reason is Reason.UNDECODABLE
    one, outcome = told(message(**changes))
    assert refusals(outcome) == ["undecodable"]
    assert one.view.fact_count == 2


def test_a_message_of_a_system_of_another_size_is_refused() -> None:
    """An agent of another system would be taken for a neighbour."""
    _, outcome = told(message(version=(2, 0, 0)))
    assert refusals(outcome) == ["not-gossip"]


def place(raw: bytes, partition: int = 0, offset: int = 1) -> tuple[PlacedFact, ...]:
    """Give a fact at a place, as a message has it."""
    return (PlacedFact(partition=partition, offset=offset, appended_at=1, fact=raw),)


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        (place(b"junk"), ["unknown-schema"]),
        (place(raw_of(node(9, "another"))), ["not-gossip"]),
        (place(raw_of(replace(node(9, "x"), graph="other"))), ["other-graph"]),
        (place(raw_of(node(9, "x")), 0, 2), []),
        (place(raw_of(node(9, "x")), 1, 0), []),
        (place(raw_of(node(9, "x")), 2, 0), []),
        (place(raw_of(node(9, "x")), -1, 0), []),
        (place(raw_of(node(9, "x")), 0, -1), []),
        (place(homes(2)[1].value or b""), []),
    ],
)
def test_what_cannot_stand_at_its_place_is_not_folded(facts: tuple[PlacedFact, ...], reasons: list[str]) -> None:
    """Anybody could put a fact into a replica that no home has admitted."""
    one, outcome = told(message(facts=facts))
    assert refusals(outcome) == reasons
    assert one.view.fact_count == 2
    assert list(one.log.partitions[0].offsets) == [0, 1]


def test_ids_that_nobody_holds_are_not_answered() -> None:
    """A question for what does not exist would end the agent, or make it send something else."""
    _, outcome = told(message(wanted=IDS))
    assert refusals(outcome) == []
    assert [item for item in decoded(outcome, GOSSIP.name) if isinstance(item, GossipDescent)] == []


def test_sums_of_another_version_are_left() -> None:
    """What is merely on its way would be listed and sent again."""
    sums = (BucketSums(prefix=b"", sums=bytes(4096)),)
    for version, answers in (((2, 1), 0), ((2, 0), 1)):
        _, outcome = told(message(version=version, sums=sums))
        assert len([item for item in decoded(outcome, GOSSIP.name) if isinstance(item, GossipDescent)]) == answers


def test_ids_fall_into_buckets_of_both_levels() -> None:
    """A walk over the facts would overlook those of the lower level, or mix the levels up."""
    ids = [bytes((a, b)) + bytes(14) for a in (3, 1) for b in (2, 0)]
    found = ids_by_bucket(ids, [b"\x01", b"\x03\x02", b"\x09"])  # type: ignore[arg-type]
    assert found == {b"\x01": [ids[3], ids[2]], b"\x03\x02": [ids[0]], b"\x09": []}
