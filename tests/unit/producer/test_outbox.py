"""The outbox: what it refuses, how it fills batches, what it says of itself. Crashes: tests/properties."""

from typing import Any

import pytest

from egraph.colours import Colour
from egraph.errors import InvariantBroken
from egraph.facts import NodeAdded, RuleAdded
from egraph.identifiers import EventId, NodeId
from egraph.rules.reader import read_rules
from schemas.codec import decode_fact
from schemas.poison import Reason
from streams.ingest.fact_stream import StreamPosition
from streams.outbox.errors import FactRefused
from streams.outbox.intents import AddNode, AddRule, AssertEquality, Retract, TermRefused, Terms
from streams.outbox.outbox import BATCH_BYTES_MAX, BATCH_ROWS_MAX, Batch, Outbox, SpoolLimits
from streams.outbox.spool import Identity, Waiting

RED_LEAF, BLUE_LEAF = AddNode("r", Colour.RED), AddNode("b", Colour.BLUE)
TARGET = EventId(bytes(15) + b"\x01")


def outbox(waiting: list[Waiting] | None = None, **limits: int) -> Outbox:
    """Give an outbox of one partition."""
    return Outbox(Identity("p@1", "main", 1), StreamPosition((0,)), waiting or [], SpoolLimits(**limits))


def test_each_intent_becomes_its_fact() -> None:
    """A caller would say one thing and the log hold another."""
    rule = next(iter(read_rules("(rewrite r (f ?x) ?x)").rules))
    write = outbox().begin(1_000_000)
    facts = write.add(
        [RED_LEAF, AssertEquality(RED_LEAF.node, RED_LEAF.node, "same"), Retract(TARGET, "no"), AddRule(rule)]
    )

    assert facts is not None
    assert [decode_fact(kept.raw) for kept in write.facts] == list(facts)
    assert [kept.event_id for kept in write.facts] == [fact.event_id for fact in facts]
    assert [type(fact).__name__ for fact in facts] == ["NodeAdded", "EqualityAsserted", "FactRetracted", "RuleAdded"]
    assert isinstance(facts[0], NodeAdded)
    assert (facts[0].operator, facts[0].colour, facts[0].children) == ("r", Colour.RED, ())
    assert isinstance(facts[3], RuleAdded)
    assert facts[3].name == "r"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (AddNode("f", Colour.RED, (BLUE_LEAF.node,)), Reason.COLOUR_LOCAL),
        (AddNode("x" * 70_000), Reason.OVERSIZED),
        (AddNode("f", Colour.GREEN, (NodeId(bytes(16)),)), Reason.OUT_OF_DOMAIN),
        (AddNode("f", Colour.GREEN, (NodeId(b"short"),)), Reason.OUT_OF_DOMAIN),
        (AddNode("\ud800"), Reason.OUT_OF_DOMAIN),
        (AddNode(7), Reason.OUT_OF_DOMAIN),  # type: ignore[arg-type]
        (AddNode("f", "RED"), Reason.OUT_OF_DOMAIN),  # type: ignore[arg-type]
        (AssertEquality(RED_LEAF.node, NodeId(bytes(16)), "so"), Reason.OUT_OF_DOMAIN),
        (AssertEquality(RED_LEAF.node, RED_LEAF.node, None), Reason.OUT_OF_DOMAIN),  # type: ignore[arg-type]
        (Retract(EventId(b"12"), "no"), Reason.OUT_OF_DOMAIN),
        (Retract(None, "no"), Reason.OUT_OF_DOMAIN),  # type: ignore[arg-type]
    ],
    ids=repr,
)
def test_what_no_replica_would_admit_is_refused(wrong: Any, reason: Reason) -> None:
    """It would wait on disk, travel, and end as a dead letter that its producer never hears of."""
    write = outbox().begin(0)
    before = write.position

    with pytest.raises(FactRefused) as refused:
        write.add([RED_LEAF, wrong])

    assert (refused.value.reason, refused.value.index) == (reason, 1)
    assert write.facts == []
    assert write.position == before, "a refused call used up a sequence"


def test_a_dropped_write_uses_no_sequence() -> None:
    """A full disk would leave gaps in the sequences."""
    box = outbox()
    box.begin(0).add([RED_LEAF])
    write = box.begin(0)
    (fact,) = write.add([RED_LEAF]) or ()

    assert fact.sequence == 0


def test_several_callers_share_a_write() -> None:
    """Two callers of one step would get one sequence, or one number in the spool."""
    box = outbox()
    write = box.begin(0)
    write.add([RED_LEAF])
    with pytest.raises(FactRefused):
        write.add([AddNode("x" * 70_000)])
    write.add([BLUE_LEAF, RED_LEAF])
    box.spooled(write)

    assert [kept.number for kept in write.facts] == [0, 1, 2]
    assert box.take() == [Batch(0, (0, 1, 2))]
    assert box.position.sequences == (3,)


def test_no_room_leaves_all_as_it_was() -> None:
    """Back-pressure would let a part of a call through."""
    box = outbox(rows=2)
    write = box.begin(0)

    assert write.add([RED_LEAF]) is not None
    assert write.add([RED_LEAF, BLUE_LEAF]) is None
    assert len(write.facts) == 1
    assert write.add([BLUE_LEAF]) is not None


@pytest.mark.parametrize("limits", [{"rows": 1}, {"bytes": 60}], ids=str)
def test_what_could_never_fit_is_told_at_once(limits: dict[str, int]) -> None:
    """The caller would wait for room that never comes."""
    with pytest.raises(ValueError, match="never fit"):
        outbox(**limits).begin(0).add([RED_LEAF, BLUE_LEAF])


def test_batches_stay_within_what_the_log_takes() -> None:
    """A large backlog would make one request that the broker refuses for ever."""
    many = [Waiting(number, 0, 100, 0) for number in range(2 * BATCH_ROWS_MAX)]
    large = [Waiting(number, 0, BATCH_BYTES_MAX // 2, 0) for number in range(3)]
    huge = [Waiting(number, 0, 2 * BATCH_BYTES_MAX, 0) for number in range(2)]

    assert len(outbox(many).take()[0].numbers) == BATCH_ROWS_MAX
    assert outbox(large).take() == [Batch(0, (0, 1))]
    assert outbox(huge).take() == [Batch(0, (0,))]


def test_one_batch_of_a_partition_is_on_the_way_at_a_time() -> None:
    """A later batch could stand in the log before an earlier one that failed."""
    box = outbox([Waiting(number, 0, BATCH_BYTES_MAX, number) for number in (3, 4)])
    (first,) = box.take()

    assert box.take() == []
    assert box.acknowledged(first) == (3,)
    assert box.take() == [Batch(0, (4,))]
    assert (box.waiting(), box.oldest()) == (1, Waiting(4, 0, BATCH_BYTES_MAX, 4))
    with pytest.raises(InvariantBroken):
        box.acknowledged(first)


def test_what_is_acknowledged_takes_room_until_it_is_forgotten() -> None:
    """The disk would hold more than the limits say."""
    box = outbox([Waiting(0, 0, 10, 0)], rows=1)
    box.acknowledged(box.take()[0])

    assert (box.rows, box.bytes, box.waiting(), box.done(), box.has_room(1, 1)) == (1, 10, 0, (0,), False)
    box.forgotten(box.done())
    assert (box.rows, box.bytes, box.waiting(), box.done(), box.has_room(1, 1)) == (0, 0, 0, (), True)


def test_what_goes_again_is_counted() -> None:
    """Nobody would see that a broker takes everything twice."""
    box = outbox([Waiting(0, 0, 1, 0), Waiting(1, 0, 1, 0)])
    (taken,) = box.take()
    box.broken()  # it was taken, and never handed to the log
    (first,) = box.take()
    assert (taken, box.sending(first)) == (first, 0)
    box.broken()
    assert box.sending(*box.take()) == 2


def test_terms_give_their_nodes_once() -> None:
    """A term's nodes would be sent again and again, or its root be another node than it says."""
    terms = Terms()
    root, nodes = terms.add("(f x (g x))")

    assert [node.operator for node in nodes] == ["x", "g", "f"]
    assert nodes[-1].node == root
    assert terms.add("(f x (g x))") == (root, ())
    *new, equality = terms.equate("(g x)", "y", "because")
    assert new == [AddNode("y")]
    assert equality == AssertEquality(nodes[1].node, AddNode("y").node, "because")
    assert terms.read(["; nothing", "(= y z)"], "why") == (
        AddNode("z"),
        AssertEquality(AddNode("y").node, AddNode("z").node, "why"),
    )


@pytest.mark.parametrize("text", ["(f", "", "(= a b)", "#12"])
def test_what_is_no_term_is_refused(text: str) -> None:
    """A typing error would become a node."""
    with pytest.raises(TermRefused):
        Terms().add(text)
