"""Mutants by number: what decoding made of them, and how long the slowest took.

Run: python -m tests.fuzz.campaign --mutants 1000000. Prints one line a format; exit code 1 for a finding.
Belongs here: counting. Not here: formats (formats.py), guided search (guided.py).
"""

import argparse
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random, SystemRandom

from tests.fuzz.formats import FORMATS, VALID
from tests.fuzz.mutations import mutants

SLOW_MS = 50.0
_REPAIRED = 0.2
"""Share of mutants that get the right checksum, so that what is behind it is tried too."""


@dataclass(slots=True)
class Campaign:
    """What came of the mutants of one format."""

    verdicts: Counter[str] = field(default_factory=Counter)
    invented: int = 0
    """Mutants that passed as messages which nobody wrote, with the checksum that they had: for formats with one."""
    slowest_ms: float = 0.0
    slowest: bytes = b""
    errors: list[str] = field(default_factory=list)


def run(name: str, count: int, random: Random) -> Campaign:
    """Decode so many mutants of a format. Never raises: what escapes from decoding is in `errors`."""
    known = FORMATS[name]
    messages = known.samples(random)
    originals = frozenset(messages)
    checked = known.repair is not type(known)._field_defaults["repair"]
    campaign = Campaign()
    for mutant in mutants(random, messages, count, 0):
        repaired = random.random() < _REPAIRED
        raw = known.repair(mutant) if repaired else mutant
        began = time.thread_time()
        try:
            said = known.verdict(raw)
        except Exception as error:
            campaign.errors.append(f"{type(error).__name__}: {error}: {raw.hex()}")
            continue
        took = (time.thread_time() - began) * 1000
        if took > campaign.slowest_ms:
            campaign.slowest_ms, campaign.slowest = took, raw
        campaign.verdicts[said] += 1
        campaign.invented += checked and not repaired and said == VALID and raw not in originals
    return campaign


def main() -> int:
    """Run all formats and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="+", choices=sorted(FORMATS), default=list(FORMATS))
    options = parser.parse_args()
    seed = int(os.environ.get("EGRAPH_SEED", SystemRandom().randrange(1 << 32)))
    print(f"EGRAPH_SEED={seed}: {options.mutants:,} mutants of each format")
    findings = 0
    for name in options.only:
        found = run(name, options.mutants, Random(seed))
        verdicts = ", ".join(f"{reason} {count:,}" for reason, count in found.verdicts.most_common())
        print(f"{name:14} {found.invented} invented, {len(found.errors)} escaped, slowest {found.slowest_ms:.1f} ms; "
              f"{verdicts}", flush=True)  # fmt: skip
        for error in found.errors[:3]:
            print(f"  escaped: {error[:500]}")
        if found.slowest_ms > SLOW_MS:
            print(f"  slow: {found.slowest.hex()[:500]}")
        findings += found.invented + len(found.errors) + (found.slowest_ms > SLOW_MS)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
