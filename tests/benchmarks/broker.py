"""A broker of its own for a benchmark, and what benchmarks do with it: feed it, run agents on it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from launcher.broker import find_broker
from launcher.child import stop_all

EGRAPH = (sys.executable, "-m", "cli.main")
CORES = os.cpu_count() or 1


@contextmanager
def running_broker() -> Iterator[tuple[str, Path]]:
    """Give a fresh broker's address with all topics, and a folder for data; both gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="egraph-bench-") as folder:
        broker = find_broker(
            named=None, work_dir=Path(folder), topics={}, say=lambda line: print(line, file=sys.stderr), rungs=("jars",)
        )
        try:
            command("topics", "--bootstrap", broker.bootstrap)
            yield broker.bootstrap, Path(folder)
        finally:
            stop_all(broker.processes, 5.0)


def command(*arguments: str, timeout_s: float = 600) -> str:
    """Run `egraph ...` to its end, give what it printed."""
    return subprocess.run(
        (*EGRAPH, *arguments), stdout=subprocess.PIPE, text=True, timeout=timeout_s, check=True
    ).stdout


def feed(bootstrap: str, limit: int | None = None) -> dict[str, Any]:
    """Send the demo's facts: the standard library, or its first `limit` nodes."""
    bound = () if limit is None else ("--limit", str(limit))
    found: dict[str, Any] = json.loads(command("ingest", "demo", *bound, "--bootstrap", bootstrap, "--json"))
    return found


def touch_memory() -> None:
    """Write on a gibibyte and give it back.

    On a virtual machine the first touch of a page may cost as much as the fold of ten facts, spent by the host: what is
    measured after this finds its pages there, as on a machine that has been up for a while. Do it before each process.
    """
    np.ones(1 << 27)


def consume(kind: str, bootstrap: str, count: int) -> dict[str, float]:
    """Run one consumer of consumers.py in a fresh process, on memory that is there."""
    touch_memory()
    done = subprocess.run(
        (sys.executable, "-m", "tests.benchmarks.consumers", kind, bootstrap, str(count)),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"the consumer {kind} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
