"""The garbage collector of a worker leaves alone what is never freed."""

import gc
import json
import subprocess
import sys

import pytest

from streams.runtimes.collector import paused_collector

_PROGRAM = """
import gc, json
from streams.runtimes.collector import spare_the_collector
before = gc.get_threshold()
held = [[number] for number in range(20_000)]
spare_the_collector()
seen = []
gc.callbacks.append(lambda phase, info: seen.append(phase))
kept = [[number] for number in range(10_000)]
print(json.dumps([before, gc.get_threshold(), gc.get_freeze_count(), len(seen)]))
"""


def test_a_worker_that_catches_up_is_not_stopped_by_the_collector() -> None:
    """It would spend a fifth of its time on walking facts that stay, and stall its agents while it does."""
    done = subprocess.run((sys.executable, "-c", _PROGRAM), capture_output=True, text=True, timeout=60, check=True)
    before, after, frozen, collections = json.loads(done.stdout)

    assert all(now > then for now, then in zip(after, before, strict=True))
    assert frozen > 20_000, "what was there is frozen"
    assert collections == 0, "10,000 new objects are no reason to look"


def test_the_collector_pauses_for_a_block_and_no_longer() -> None:
    """A worker would never collect again after a restore that failed, or be switched on by one where it was off."""

    def fail() -> None:
        assert not gc.isenabled()
        raise KeyError

    assert gc.isenabled()
    with pytest.raises(KeyError), paused_collector():
        fail()
    assert gc.isenabled()
    gc.disable()
    try:
        with paused_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
