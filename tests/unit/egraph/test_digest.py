"""Digests: equal for equal sets whatever the order, different where something differs, and able to say where."""

from itertools import permutations
from random import Random

import pytest

from egraph.digest import BUCKETS, FACT_KINDS, SetDigest, id_sum, view_digest

RANDOM = Random(5)
IDS = [RANDOM.randbytes(16) for _ in range(60)]
NOTHING = {"nodes": 0, "classes": (), "rules": 0, "accepted": 0, "quarantined": 0, "suspended": 0}


def digest_of(facts: list[tuple[int, bytes]]) -> SetDigest:
    """Sum facts in this order."""
    digest = SetDigest()
    for kind, event_id in facts:
        digest.add(kind, event_id)
    return digest


def test_order_does_not_matter() -> None:
    """Two replicas with the same facts would look different."""
    facts = [(number % len(FACT_KINDS), event_id) for number, event_id in enumerate(IDS[:6])]
    assert len({digest_of(list(order)).value() for order in permutations(facts)}) == 1


def test_each_fact_counts() -> None:
    """A replica that lacks a fact, or holds it as another kind, would look equal."""
    facts = [(0, event_id) for event_id in IDS]
    whole = digest_of(facts).value()
    lacking = {digest_of(facts[:at] + facts[at + 1 :]).value() for at in range(len(facts))}
    otherwise = {digest_of([*facts[:at], (1, facts[at][1]), *facts[at + 1 :]]).value() for at in range(len(facts))}

    assert len(lacking | otherwise | {whole}) == 2 * len(facts) + 1


def test_two_copies_do_not_cancel() -> None:
    """With XOR a fact counted twice would look like one never seen."""
    once, twice, never = (digest_of([(0, IDS[0])] * times).value() for times in (1, 2, 0))
    assert len({once, twice, never}) == 3


def test_the_sums_wrap_at_128_bits() -> None:
    """Large sums would raise, or carry into the next kind."""
    top = b"\xff" * 16
    digest = digest_of([(0, top)] * 2 + [(1, IDS[0])])
    assert len(digest.value()) == 16
    assert digest_of([(0, top), (0, b"\x01" + bytes(15))]).value() == digest_of([]).value()
    assert digest.value() != digest_of([(0, top)] * 2 + [(2, IDS[0])]).value()


def test_buckets_locate_a_difference() -> None:
    """Two replicas that disagree would have to compare everything."""
    facts = [(0, event_id) for event_id in IDS]
    missing = IDS[17]
    one, other = digest_of(facts), digest_of([fact for fact in facts if fact[1] != missing])

    assert len(one.buckets) == BUCKETS
    assert [at for at in range(BUCKETS) if one.buckets[at] != other.buckets[at]] == [missing[0]]


def test_id_sum_is_little_endian() -> None:
    """Digests of other implementations of the documented sum would differ."""
    assert id_sum([b"\x01" + bytes(15), b"\x00\x02" + bytes(14)]) == 1 + 2 * 256


@pytest.mark.parametrize("part", list(NOTHING))
def test_every_part_of_a_view_counts(part: str) -> None:
    """A view could differ there and look equal."""
    digests = {name: view_digest(**NOTHING | {name: ((5, 2),) if name == "classes" else 5}) for name in NOTHING}

    assert digests.pop(part) not in [view_digest(**NOTHING), *digests.values()]


def test_classes_are_more_than_the_sum_of_their_members() -> None:
    """{a, d} {b, c} would look like {a, b} {c, d} when all ids are summed alike."""
    a, b, c, d = (int.from_bytes(item, "little") for item in IDS[:4])
    ways = [[(a + b, 2), (c + d, 2)], [(a + c, 2), (b + d, 2)], [(a + b + c + d, 4)], [(a + b + c + d, 3)]]
    assert len({view_digest(**NOTHING | {"classes": way}) for way in ways}) == len(ways)
    assert view_digest(**NOTHING | {"classes": ways[0]}) == view_digest(**NOTHING | {"classes": ways[0][::-1]})
