"""Ids and their numbers: the same that a dictionary would give, whatever the batches, the growth and the collisions."""

from random import Random

import numpy as np
import pytest

from schemas.columns import interning
from schemas.columns.compiling import compiled, plain
from schemas.columns.id_numbers import Array, IdNumbers
from tests.properties.column_rows import WAYS, each_way


def words(ids: list[bytes]) -> Array:
    """Give ids as rows of two words."""
    return np.frombuffer(b"".join(ids), np.uint64).reshape(-1, 2)


@each_way
def test_numbers_are_those_of_a_dictionary(way: str) -> None:
    """Two nodes would have one number, or one node two, in every view of the process."""
    random = Random(11)
    ids = [random.randbytes(16) for _ in range(60 if way == "plain" else 3000)]
    ids += [item[:8] + ids[0][8:] for item in ids[:20]] + [bytes(16), b"\xff" * 16]
    stream = [random.choice(ids) for _ in range(4 * len(ids))]
    numbers = IdNumbers(WAYS[way](), room=4)
    expected: dict[bytes, int] = {}
    at = 0
    while at < len(stream):
        batch = stream[at : at + random.randrange(50)]
        at += len(batch)
        assert numbers.number(words(batch)).tolist() == [expected.setdefault(item, len(expected)) for item in batch]
        assert len(numbers) == len(expected)
    assert numbers.ids_from(0).tobytes() == b"".join(expected)
    assert numbers.ids_from(len(expected) - 2).tobytes() == b"".join(list(expected)[-2:])


@each_way
def test_only_new_ids_get_numbers_together(way: str) -> None:
    """A batch with one known fact would leave numbers behind that stand for nothing, and hide others."""
    random = Random(5)
    ids = [random.randbytes(16) for _ in range(40)]
    numbers = IdNumbers(WAYS[way](), room=4)
    assert numbers.number_new(words(ids[:9]))
    for refused in ([*ids[9:], ids[0]], [ids[8], *ids[9:]], [*ids[9:], ids[9]]):
        assert not numbers.number_new(words(refused))
        assert len(numbers) == 9
        assert [numbers.find(item) for item in ids] == [*range(9), *[-1] * 31]
    assert numbers.number_new(words(ids[9:]))
    assert [numbers.find(item) for item in ids] == list(range(40))


def test_ids_that_all_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tag that fits would be taken for the id."""
    monkeypatch.setattr(interning, "tag_of_id", lambda low, high, secret: 5)
    ids = [bytes([at]) * 16 for at in range(40)]
    numbers = IdNumbers(plain(), room=8)

    assert numbers.number_new(words(ids[:20]))
    assert not numbers.number_new(words([*ids[20:], ids[0]]))
    assert [numbers.find(item) for item in ids] == [*range(20), *[-1] * 20]
    assert numbers.number(words(ids)).tolist() == list(range(40))
    assert numbers.number(words(ids[::-1])).tolist() == list(range(40))[::-1]


def test_the_hash_is_not_the_same_in_two_processes() -> None:
    """A producer could choose ids that fill one stretch of the table, and every look-up would walk through it."""
    same = [interning.tag_of_id(1, 2, secret) for secret in ([3, 4], [3, 4])]
    others = {interning.tag_of_id(1, 2, [secret, 4]) for secret in range(100)}

    assert same[0] == same[1]
    assert len(others) == 100
    assert (IdNumbers(compiled())._secret != IdNumbers(compiled())._secret).any()
