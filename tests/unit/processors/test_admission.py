"""Admission: which records of a partition become facts, and the reason of each that does not."""

from dataclasses import replace

import pytest

from egraph.colours import Colour
from egraph.facts import EqualityAsserted, Fact, FactRetracted, Stated
from egraph.identifiers import EventId, NodeId, node_id
from schemas.poison import Poison, Reason
from schemas.topics import FACT_BYTES_MAX
from streams.processors.admission import Admission
from streams.processors.fact_log import FactLog
from streams.processors.folder import LogFolder
from tests.properties.sealed_records import FIELDS, write
from tests.unit.processors.small_system import home, node, raw_of

BLUE_LEAF = node_id("b", Colour.BLUE, ())
RED_LEAF = node_id("r", Colour.RED, ())
NO_ID = NodeId(b"\x01" * 16)
GOOD = raw_of(node(0))
ID = slice(10, 26)


def flipped(raw: bytes, at: int) -> bytes:
    """Change one bit of one byte."""
    return raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]


def of_size(size: int) -> bytes:
    """Give a fact whose encoding has exactly so many bytes."""
    spare = size - len(raw_of(node(0, "x" * 60_000)))
    raw = raw_of(node(0, "x" * (60_000 + spare)))
    assert len(raw) == size
    return raw


def equality(left: NodeId, right: NodeId) -> bytes:
    """Give an equality of two ids."""
    why = Stated("test")
    return raw_of(EqualityAsserted(graph="main", producer="p", sequence=0, hlc=1, left=left, right=right, why=why))


REFUSED = [
    (None, Reason.EMPTY),
    (b"", Reason.EMPTY),
    (of_size(FACT_BYTES_MAX + 1), Reason.OVERSIZED),
    (bytes(FACT_BYTES_MAX + 1), Reason.OVERSIZED),
    (b"{}", Reason.UNKNOWN_SCHEMA),
    (flipped(GOOD, 5), Reason.UNKNOWN_SCHEMA),
    (GOOD[:9], Reason.UNKNOWN_SCHEMA),
    (GOOD[:10], Reason.UNDECODABLE),
    (GOOD[:-1], Reason.UNDECODABLE),
    (GOOD + b"\0", Reason.NOT_CANONICAL),
    (flipped(GOOD, 10), Reason.WRONG_EVENT_ID),
    (flipped(GOOD, 25), Reason.WRONG_EVENT_ID),
    (GOOD[:10] + raw_of(node(1))[ID] + GOOD[26:], Reason.WRONG_EVENT_ID),
    (raw_of(node(0, "f", Colour.GREEN, NO_ID)), Reason.OUT_OF_DOMAIN),
    (equality(NO_ID, RED_LEAF), Reason.OUT_OF_DOMAIN),
    (equality(RED_LEAF, NO_ID), Reason.OUT_OF_DOMAIN),
    (write("equality_asserted", FIELDS["equality_asserted"] | {"sequence": -1}), Reason.OUT_OF_DOMAIN),
    (write("equality_asserted", FIELDS["equality_asserted"] | {"hlc": -1}), Reason.OUT_OF_DOMAIN),
    (raw_of(node(0, "f", Colour.RED, BLUE_LEAF)), Reason.COLOUR_LOCAL),
    (raw_of(node(0, "f", Colour.BLUE, RED_LEAF)), Reason.COLOUR_LOCAL),
    (raw_of(node(0, "f", Colour.RED, RED_LEAF, BLUE_LEAF)), Reason.COLOUR_LOCAL),
    (raw_of(replace(node(0), graph="other")), Reason.OTHER_GRAPH),
]


@pytest.fixture
def admission() -> Admission:
    """The admission of a partition that has seen nothing."""
    return Admission(FactLog(1), 0, "main")


@pytest.mark.parametrize(("value", "reason"), REFUSED, ids=[f"{n}-{reason}" for n, (_, reason) in enumerate(REFUSED)])
def test_what_is_refused_has_its_reason(admission: Admission, value: bytes | None, reason: Reason) -> None:
    """A bad record would become a fact, or its producer would be told a wrong reason."""
    found = admission.admit(home(0, value))

    assert isinstance(found, Poison)
    assert found.reason is reason
    assert found.detail, "the detail is for people"


@pytest.mark.parametrize(
    "value",
    [
        of_size(FACT_BYTES_MAX),
        raw_of(node(0, "f", Colour.RED, RED_LEAF, node_id("g", Colour.GREEN, ()))),
        raw_of(node(0, "f", Colour.GREEN, RED_LEAF, BLUE_LEAF)),
        raw_of(replace(node(0), trace=bytes(16), causes=(EventId(bytes(16)),))),
        equality(RED_LEAF, BLUE_LEAF),
    ],
    ids=["just small enough", "RED over RED and GREEN", "GREEN over all", "with a trace", "RED equals BLUE"],
)
def test_what_is_admitted(admission: Admission, value: bytes) -> None:
    """A good fact would be refused."""
    assert isinstance(admission.admit(home(0, value)), int)


TRACED = [
    replace(node(0), trace=b"short"),
    FactRetracted(graph="main", producer="p", sequence=0, hlc=1, trace=b"short", target=EventId(bytes(16)), why="test"),
]


@pytest.mark.parametrize("draft", TRACED, ids=lambda draft: type(draft).__name__)
def test_a_trace_id_has_sixteen_bytes_in_every_kind_of_fact(admission: Admission, draft: Fact) -> None:
    """One kind of fact would smuggle in what the others are refused for."""
    found = admission.admit(home(0, raw_of(draft)))

    assert isinstance(found, Poison)
    assert found.reason is Reason.OUT_OF_DOMAIN


def test_a_repetition_is_neither_a_fact_nor_a_fault(admission: Admission) -> None:
    """A producer that sends again after a lost acknowledgement would fill the dead letters."""
    assert admission.admit(home(0, GOOD)) == 0

    assert admission.admit(home(1, GOOD)) is None
    assert admission.admit(home(2, GOOD)) is None


def test_one_sequence_for_two_facts_is_refused(admission: Admission) -> None:
    """A producer that lost its counter would go unnoticed, and its facts would depend on the order of arrival."""
    admission.admit(home(0, GOOD))

    found = admission.admit(home(1, raw_of(node(0, "another"))))

    assert isinstance(found, Poison)
    assert found.reason is Reason.SEQUENCE_REUSE
    assert GOOD[ID].hex() in found.detail, "the message names the fact that has it"
    assert admission.admit(home(2, GOOD)) is None, "the first one stands"
    assert isinstance(admission.admit(home(3, raw_of(replace(node(0, "another"), producer="q")))), int)


def test_a_refused_record_uses_no_sequence(admission: Admission) -> None:
    """The producer could not send the corrected fact under the same number."""
    for bad in (raw_of(node(0, "f", Colour.RED, BLUE_LEAF)), raw_of(replace(node(0), graph="other"))):
        assert isinstance(admission.admit(home(0, bad)), Poison)

    assert isinstance(admission.admit(home(1, GOOD)), int)


def test_sequences_count_per_partition() -> None:
    """A producer that writes to two partitions would have to share one counter between them (decision 0002)."""
    log = FactLog(2)

    assert isinstance(Admission(log, 0, "main").admit(home(0, GOOD)), int)
    assert isinstance(Admission(log, 1, "main").admit(home(0, raw_of(node(0, "another")), 1)), int)


def test_after_a_restore_sequences_are_remembered() -> None:
    """A restarted agent would admit what it refused before, and differ from the others."""
    log = FactLog(1)
    before = Admission(log, 0, "main")
    numbers = [before.admit(home(at, raw_of(node(at)))) for at in range(3)]
    log.partitions[0].extend(3, [0, 1, 2], [number for number in numbers if isinstance(number, int)], [0, 0, 0])
    after = Admission(log, 0, "main")

    after.resume(2)

    assert after.admit(home(5, raw_of(node(1)))) is None
    reuse = after.admit(home(6, raw_of(node(1, "another"))))
    assert isinstance(reuse, Poison)
    assert reuse.reason is Reason.SEQUENCE_REUSE
    assert isinstance(after.admit(home(7, raw_of(node(2, "behind the cut")))), int), "only what lies below the offset"


def test_a_tombstone_for_nothing_is_held() -> None:
    """A retraction that overtakes its target would be refused, and the target would count for ever."""
    target = EqualityAsserted(
        graph="main", producer="p", sequence=1, hlc=1, left=RED_LEAF, right=BLUE_LEAF, why=Stated("test")
    )
    raw = raw_of(target)
    tombstone = FactRetracted(graph="main", producer="q", sequence=0, hlc=2, target=EventId(raw[ID]), why="test")
    folder = LogFolder(1, "main")

    assert folder.fold([home(0, raw_of(tombstone))]) == []
    assert folder.view.counts().tombstones_held == 1
    assert folder.fold([home(1, raw)]) == []
    counts = folder.view.counts()
    assert (counts.tombstones_held, counts.retracted, counts.accepted) == (0, 1, 0)


def test_the_folder_counts_what_it_left_out() -> None:
    """Replay would report another number of refusals than the agents."""
    folder = LogFolder(1, "main")
    records = [home(0, GOOD), home(1, b"junk"), home(2, GOOD), home(3, None), home(4, raw_of(node(1)))]

    refused = folder.fold(records)

    assert [(letter.source.offset, letter.reason) for letter in refused] == [(1, "unknown-schema"), (3, "empty")]
    assert dict(folder.dead_letters) == {"unknown-schema": 1, "empty": 1}
    assert (folder.repetitions, folder.view.fact_count, folder.version) == (1, 2, (5,))
