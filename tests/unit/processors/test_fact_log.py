"""What a process knows of the facts topic: each position once, nothing rewritten, every fact decoded once."""

from array import array

import pytest

from egraph.errors import InvariantBroken
from schemas.poison import Poison, Reason
from streams.processors.fact_log import FactLog, PartitionLog
from streams.runtimes.views import column_decoder
from tests.unit.processors.small_system import node, raw_of


def columns(content: PartitionLog) -> list[tuple[int, int, int]]:
    """Give the admitted facts with their positions."""
    return list(zip(content.offsets, content.facts, content.appended_at, strict=True))


def test_what_is_known_grows_at_its_end() -> None:
    """Positions would be doubled, or refused offsets would be taken for facts."""
    content = PartitionLog()
    content.extend(3, [0, 2], [10, 12], [100, 102])
    content.extend(3, [], [], [])
    content.extend(7, [4, 6], [14, 16], [104, 106])
    content.extend(9, [], [], [])

    assert columns(content) == [(0, 10, 100), (2, 12, 102), (4, 14, 104), (6, 16, 106)]
    assert content.end == 9


def test_an_overlap_is_checked_and_not_written_again() -> None:
    """Two agents of one process read the same facts; each would append them."""
    content = PartitionLog()
    content.extend(5, [0, 2, 4], [10, 12, 14], [100, 102, 104])

    content.extend(7, [2, 4, 6], [12, 14, 16], [0, 0, 106])
    content.extend(3, [0, 2], [10, 12], [0, 0])

    assert columns(content) == [(0, 10, 100), (2, 12, 102), (4, 14, 104), (6, 16, 106)]
    assert content.end == 7, "an older reading does not take back what is known"


@pytest.mark.parametrize(("offsets", "facts"), [([2], [99]), ([1], [12]), ([3], [12]), ([0, 2], [12, 10])], ids=str)
def test_two_readings_of_one_offset_that_differ_are_a_defect(offsets: list[int], facts: list[int]) -> None:
    """The log would have changed under the agents, and nobody would notice."""
    content = PartitionLog()
    content.extend(4, [0, 2], [10, 12], [100, 102])

    with pytest.raises(InvariantBroken, match="differ"):
        content.extend(4, offsets, facts, [0] * len(facts))
    assert columns(content) == [(0, 10, 100), (2, 12, 102)]


@pytest.mark.parametrize(
    ("first", "until", "expected"),
    [(0, 9, [10, 13, 17]), (0, 3, [10]), (0, 4, [10, 13]), (1, 7, [13]), (3, 3, []), (4, 7, []), (7, 8, [17])],
)
def test_facts_between_two_offsets(first: int, until: int, expected: list[int]) -> None:
    """A delta would carry a fact too many or too few."""
    content = PartitionLog()
    content.extend(9, [0, 3, 7], [10, 13, 17], [0, 0, 0])

    assert list(content.facts_between(first, until)) == expected


def test_equal_bytes_have_one_number_and_poison_has_none() -> None:
    """A fact would be folded twice under two numbers; or a refused record would take a number."""
    log = FactLog(1)
    raws = [raw_of(node(at)) for at in range(3)]
    assert [log.intern(raw) for raw in raws] == [0, 1, 2]

    refused = log.intern(raws[0] + b"\0")

    assert isinstance(refused, Poison)
    assert refused.reason is Reason.NOT_CANONICAL, "the event id of a known fact in front of other bytes is no fact"
    assert [log.intern(bytes(bytearray(raw))) for raw in raws] == [0, 1, 2]
    assert list(log.raws) == raws
    assert len(log.store) == 3


MESSAGES = [raw_of(node(number)) for number in range(40)]
LENGTHS = [len(raw) for raw in MESSAGES]


@pytest.mark.parametrize(
    "lengths",
    [
        LENGTHS,
        [*LENGTHS[:-1], LENGTHS[-1] + 1],
        LENGTHS[:-1],
        [*LENGTHS[:2], -1, LENGTHS[2] + 1, *LENGTHS[3:]],
        [-LENGTHS[0], 2 * LENGTHS[0], *LENGTHS[1:]],
        [1 << 62, 1 << 62, 1 << 62, 1 << 62, *LENGTHS],
        [1 << 40, *LENGTHS[1:-1], LENGTHS[0] + LENGTHS[-1] - (1 << 40)],
        [0, *LENGTHS],
        [sum(LENGTHS), *[0] * 39],
    ],
    ids=[
        "right", "one-more", "some-left", "negative", "backwards", "overflow", "far-off", "an-empty-one", "all-in-one"
    ],
)  # fmt: skip
def test_messages_end_to_end_are_taken_by_whatever_lengths_somebody_wrote(lengths: list[int]) -> None:
    """A snapshot with a wrong length would make compiled loops read what is not theirs, or give other facts in bulk."""
    block = b"".join(MESSAGES)
    found = []
    for log in (FactLog(1), FactLog(1, column_decoder)):
        numbers = log.intern_joined(block, array("q", lengths))
        found.append((numbers if isinstance(numbers, Poison) else list(numbers), list(log.raws)[: len(MESSAGES)]))
    assert found[0][0] == found[1][0]
    if lengths == LENGTHS:
        assert found[0] == found[1] == (list(range(40)), MESSAGES)


def test_a_few_behind_many_do_not_make_a_dictionary_of_all_and_get_the_same_numbers() -> None:
    """A worker that has just caught up would stop for half a second, with the first small batch, at half a million."""
    raws = [raw_of(node(number)) for number in range(3000)]
    singly, log = FactLog(1), FactLog(1, column_decoder)
    expected = [singly.intern(raw) for raw in raws]
    assert list(log.intern_all(raws[:2000])) == expected[:2000]  # type: ignore[arg-type]
    calls = 0
    while log.store.column.unindexed and calls < 100:
        few = raws[2000 + 5 * calls : 2005 + 5 * calls]
        assert list(log.intern_all(few)) == expected[2000 + 5 * calls : 2005 + 5 * calls]  # type: ignore[arg-type]
        calls += 1
    assert 5 < calls < 20, "the dictionary is made when calls for a few have cost as much"
    assert [log.intern(raw) for raw in raws] == expected
    assert list(log.raws) == list(singly.raws)
    assert isinstance(log.intern_all([raws[0], b"no fact"]), Poison)
