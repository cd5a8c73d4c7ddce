"""Columns say what the scalar codec says, row by row: of facts, of hostile bytes, of every edge.

Belongs here: both decoders on the same bytes, compiled, compiled with bounds checks, and un-compiled behind arrays
that refuse every index outside. Not here: what is right (test_codec_*.py). EGRAPH_SEED sets the seed of the mutants.
"""

import os
from collections import Counter
from dataclasses import replace
from random import Random, SystemRandom
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egraph.facts import Fact
from schemas.codec import seal
from schemas.columns import decode
from schemas.columns.programs import Programs, programs
from tests.interop.random_facts import FACTS
from tests.properties.column_rows import agree, decoder, each_way
from tests.properties.sealed_records import BODY, FIELDS, reseal, write
from tests.properties.test_codec_boundaries import ALL, EDGES, NONSENSE, SPELLINGS, padded, swap
from tests.properties.test_codec_domain import OUTSIDE
from tests.properties.test_codec_mutants import mutants, some_fact, some_messages

MUTANTS = {"compiled": 20_000, "bounds checked": 5_000, "plain": 400}
BATCH = {"compiled": 1000, "bounds checked": 500, "plain": 40}
EXAMPLES = {"compiled": 300, "bounds checked": 100, "plain": 40}


@pytest.fixture
def random() -> Random:
    """Give the source of every choice, and say its seed: pytest shows it when the test fails."""
    seed = int(os.environ.get("EGRAPH_SEED", SystemRandom().randrange(1 << 32)))
    print(f"EGRAPH_SEED={seed}")
    return Random(seed)


@each_way
def test_random_facts(way: str) -> None:
    """A fact would mean something else in a bulk than alone, or take the slow way without need."""

    @settings(max_examples=EXAMPLES[way], deadline=None)
    @given(st.lists(FACTS, max_size=12))
    def check(drafts: list[Fact]) -> None:
        agree(way, [seal(draft).raw for draft in drafts])

    check()


@each_way
@pytest.mark.parametrize("resealed", [False, True], ids=["as they are", "with the right event id"])
def test_mutants(way: str, resealed: bool, random: Random) -> None:
    """Hostile bytes would be folded from a bulk, or refused with another reason than alone."""
    messages = some_messages(random)
    made = list(mutants(random, messages, MUTANTS[way], BODY if resealed else 0))
    made = [reseal(mutant) for mutant in made] if resealed else made
    made += messages[: len(made) // 4]
    random.shuffle(made)
    reasons: Counter[str] = Counter()
    for first in range(0, len(made), BATCH[way]):
        columns = agree(way, list(made[first : first + BATCH[way]]))
        reasons.update(item.reason.value for item in columns.poison.values())
    print(dict(reasons))

    expected = {"undecodable", "not-canonical"} | ({"out-of-domain"} if resealed else {"wrong-event-id"})
    assert way == "plain" or expected <= set(reasons)


@each_way
def test_every_truncation(way: str) -> None:
    """A message that was cut off would be completed from the message behind it."""
    for draft in ALL.values():
        raw = seal(draft).raw
        lengths = range(0, len(raw), 7) if way == "plain" else range(len(raw))
        agree(way, [part for length in lengths for part in (raw[:length], raw[length:])])
        agree(way, [part for length in lengths if length > BODY for part in (reseal(raw[:length]), raw[length:])])


@each_way
def test_every_bit(way: str) -> None:
    """A bit that nobody looks at would make two facts of one."""
    for draft in ALL.values():
        raw = seal(draft).raw
        flipped = [
            raw[: bit >> 3] + bytes((raw[bit >> 3] ^ 1 << (bit & 7),)) + raw[(bit >> 3) + 1 :]
            for bit in range(0, 8 * len(raw), 29 if way == "plain" else 1)
        ]
        agree(way, list(flipped))
        agree(way, [reseal(item) for item in flipped])


ID_LIKE = bytes(range(100, 116))
TRACED = replace(ALL["retraction"], trace=ID_LIKE)
NEAR_MISSES = [
    swap(TRACED, b"\x20" + ID_LIKE, b"\x1e" + ID_LIKE),
    swap(TRACED, b"\x20" + ID_LIKE, b"\x22" + ID_LIKE),
    swap(ALL["node"], b"\x02f", b"\x02\xff"),
    swap(ALL["node"], b"\x08main\x02p", b"\x08main\x02\x80"),
    swap(ALL["stated"], b"\0\x04so", b"\x01\x04so"),
    swap(ALL["stated"], b"\x04so", b"\x04s\xff"),
    swap(ALL["retraction"], b"\x02w", b"\x02\xc3"),
    swap(ALL["retraction"], b"\x02w", b"\x04w"),
]
"""One step away from what the loops read, where the rest still fits."""


@each_way
def test_edges(way: str) -> None:
    """A spelling that the codec refuses, or an edge that it accepts, would be decided otherwise in a bulk."""
    cases = [swap(*case) for case in (*SPELLINGS.values(), *NONSENSE.values())]
    cases += [seal(case()).raw for case in EDGES.values()]
    cases += [write(name, FIELDS[name] | change) for name, change in OUTSIDE]
    cases += [reseal(seal(draft).raw + tail) for draft in ALL.values() for tail in (b"\0", b"\x01", bytes(16))]
    agree(way, [None, *cases, *NEAR_MISSES, b"", None])


@each_way
def test_sizes(way: str) -> None:
    """A fact of 64 KiB would be refused, a longer one accepted, or a long one would spoil its neighbours."""
    drafts = [ALL["node"], ALL["stated"], ALL["retraction"]]
    small = seal(ALL["node"]).raw
    sizes = (65_535, 65_536, 65_537) if way == "compiled" else (3000, 65_536, 65_537)
    for draft in drafts[: 1 if way == "plain" else 3]:
        agree(way, [small, *(padded(draft, size) for size in sizes), small, bytes(100_000), small])


@each_way
def test_batches_do_not_matter(way: str, random: Random) -> None:
    """A fact would be read otherwise by its place in a batch: with leftovers of another, or of its neighbours."""
    raws = [seal(some_fact(random)).raw for _ in range(30 if way == "plain" else 700)]
    whole = agree(way, list(raws))

    for size in (1, 9) if way == "plain" else (1, 255, 256, 257, 512):
        for first in range(0, len(raws), size):
            part = decoder(way).decode(raws[first : first + size])
            rows = slice(first, first + size)
            assert np.array_equal(part.fields[:7], whole.fields[:7, rows])
            assert np.array_equal(part.ids, whole.ids[:, rows])
            ends = whole.child_offsets[[first, min(first + size, len(raws))]]
            assert np.array_equal(part.children, whole.children[ends[0] : ends[1]])


@each_way
def test_what_has_no_program_is_read_singly(way: str, random: Random) -> None:
    """A schema that the loops cannot read would stop the decoder, or its facts would have other columns."""
    raws = [seal(some_fact(random)).raw for _ in range(40)]
    by_loops = decoder(way).decode(raws)
    known = programs()
    nothing = Programs(known.headers[:0], known.steps[:0], known.kinds[:0])
    with patch.object(decode, "programs", lambda: nothing):
        singly = decoder(way).decode(raws)

    assert len(singly.singly) == len(raws) > len(by_loops.singly)
    assert np.array_equal(by_loops.fields[:7], singly.fields[:7])
    assert np.array_equal(by_loops.ids, singly.ids)
    assert np.array_equal(by_loops.children, singly.children)
