"""Fuzzing that is guided by coverage (atheris, libFuzzer): one target for each format.

Run: python -m tests.fuzz.guided facts -max_total_time=60. Needs atheris, which `make fuzz` installs.
Belongs here: targets. Not here: verdicts (formats.py), fuzzing without guidance (campaign.py).
Begins from the samples of the format. Every second input gets the checksum that belongs to it.
"""

import sys
import tempfile
from pathlib import Path
from random import Random


def main() -> None:
    """Fuzz the format that the first word names; the others are libFuzzer's."""
    import atheris

    with atheris.instrument_imports(include=["schemas", "streams", "egraph"]):
        from tests.fuzz.formats import FORMATS

    name = sys.argv.pop(1)
    known = FORMATS[name]

    def target(data: bytes) -> None:
        known.verdict(known.repair(data[1:]) if data[:1] > b"\x7f" else data[1:])

    with tempfile.TemporaryDirectory() as corpus:
        for number, raw in enumerate(known.samples(Random(1))):
            (Path(corpus) / str(number)).write_bytes((b"\x00", b"\xff")[number % 2] + raw)
        atheris.Setup([*sys.argv, "-max_len=4096", corpus], target)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
