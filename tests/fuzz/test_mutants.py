"""Hostile bytes of every wire format: a typed refusal, or the very message that the bytes say. Never an exception.

Seeded: EGRAPH_SEED. `make fuzz` runs a million of each and guided search; here a sample.
"""

import os
from random import Random, SystemRandom

import pytest

from tests.fuzz.campaign import run
from tests.fuzz.formats import FORMATS, VALID

MUTANTS = 20_000
HANGS_MS = 2000.0
"""Whoever takes so much CPU time for a few hundred bytes has met a bomb; `make fuzz` says who takes more than 50 ms."""


@pytest.mark.parametrize("name", FORMATS)
def test_mutants_are_refused_with_a_reason_or_say_what_they_mean(name: str) -> None:
    """Bytes that nobody checks end an agent, fill its memory, or are taken for something that nobody sent."""
    seed = int(os.environ.get("EGRAPH_SEED", SystemRandom().randrange(1 << 32)))
    print(f"EGRAPH_SEED={seed}")
    found = run(name, MUTANTS, Random(seed))
    print(name, dict(found.verdicts), f"slowest {found.slowest_ms:.1f} ms")

    assert not found.errors, found.errors[:3]
    assert found.invented == 0, "a damaged message passed its checksum"
    assert found.verdicts.total() == MUTANTS
    assert len(found.verdicts) > 1, "nothing was refused, or nothing was tried"
    assert "" not in found.verdicts, "a refusal without a word"
    assert found.slowest_ms < HANGS_MS, found.slowest.hex()


@pytest.mark.parametrize("name", FORMATS)
def test_the_samples_are_valid(name: str) -> None:
    """Mutants of what is refused anyway would try nothing."""
    known = FORMATS[name]
    for raw in known.samples(Random(3)):
        assert known.verdict(raw) == VALID
        assert known.repair(raw) == raw
