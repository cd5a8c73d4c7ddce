"""Used sequences: whatever order they come in, singly or at once, each is known, and the fact that used it."""

from array import array
from random import Random

import pytest

from streams.processors.sequence_uses import SequenceUses


def is_ascending(values: list[int]) -> bool:
    """Tell whether each value is higher than the one before."""
    return values == sorted(set(values))


@pytest.mark.parametrize("seed", range(20))
def test_uses_are_those_of_a_dictionary(seed: int) -> None:
    """A sequence would be used twice for two facts, or a good fact be refused."""
    random = Random(seed)
    uses = SequenceUses()
    expected: dict[int, int] = {}
    for fact in range(0, 400, 4):
        base = fact if random.random() < 0.8 else random.randrange(400)
        wanted = [base + random.randrange(6) if random.random() < 0.3 else base + step for step in range(4)]
        ascending = is_ascending(wanted)
        is_free = len(set(wanted)) == 4 and not expected.keys() & set(wanted)
        assert uses.are_free(wanted, ascending) == is_free
        if is_free:
            uses.take_all(array("q", wanted), array("i", range(fact, fact + 4)), ascending)
            expected |= zip(wanted, range(fact, fact + 4), strict=True)
        for sequence in range(-1, 410):
            assert uses.used_by(sequence) == expected.get(sequence)
    assert len(expected) > 100


def test_the_columns_are_the_same_whether_taken_singly_or_at_once() -> None:
    """An agent that recalls its state would compare unequal to its former life."""
    sequences, facts = array("q", [1, 5, 9, 3, 12]), array("i", [10, 11, 12, 13, 14])
    at_once, singly = SequenceUses(), SequenceUses()
    at_once.take_all(sequences[:3], facts[:3], ascending=True)
    at_once.take_all(sequences[3:], facts[3:], ascending=True)
    for sequence, fact in zip(sequences, facts, strict=True):
        singly.take(sequence, fact)

    assert at_once == singly
    assert (at_once.late, list(at_once.sequences)) == ({3: 13}, [1, 5, 9, 12])
