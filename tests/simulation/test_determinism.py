"""A run follows from its seed alone."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.campaign import run_seeds
from simulator.options import draw_options
from tests.simulation.runs import run

SEEDS = (3, 11, 24)
ROOT = Path(__file__).parents[2]
PROGRAM = "from tests.simulation.test_determinism import traces; print(*traces())"


def traces() -> list[str]:
    """Give the hashes of everything that these runs append to any topic."""
    return [run(draw_options(seed))[1].trace for seed in SEEDS]


def test_a_seed_gives_one_trace() -> None:
    """A failing seed could not be repeated."""
    assert traces() == traces()
    assert len(set(traces())) == len(SEEDS)


def test_a_campaign_gives_one_trace() -> None:
    """What `egraph simulate` prints could not be compared between two machines."""
    first, second = run_seeds(range(5)), run_seeds(range(5))
    assert first.document() == second.document()
    assert first.trace not in ("", run_seeds(range(4)).trace)


def test_hash_seeds_do_not_matter() -> None:
    """A failing seed could not be repeated in another process, and agents of two processes would disagree."""
    found = set()
    for hash_seed in ("0", "1", "4711"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        found.add(done.stdout)
    assert found == {" ".join(traces()) + "\n"}


def test_the_simulator_is_alone_with_its_seed() -> None:
    """A run would depend on an event loop or a broker client, and no longer on its seed alone."""
    program = "import sys, streams.runtimes.simulated; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stdout.split())
    assert "streams" in loaded
    assert not loaded & {"asyncio", "faust", "mode", "aiokafka", "confluent_kafka"}


def test_no_real_time_passes_into_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run would depend on the speed of the machine."""
    before = traces()
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"):
        monkeypatch.setattr(time, name, lambda: 0)
    assert traces() == before
