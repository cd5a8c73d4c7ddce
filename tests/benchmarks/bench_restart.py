"""From process start to a state with its digests: from a snapshot, from one of a longer log, and from the whole log.

Run: python -m tests.benchmarks.bench_restart [--facts N ...]. One JSON line; asserts nothing.

For each size an agent folds a mixed log and saves its snapshot; the log stands in an exported file beside it. Then new
processes, each in turn, each way in each run, medians over runs:

    restart     restores the agent from the snapshot
    long_log    the same from the snapshot of an agent that read the same facts from a log four times as long, in which
                every record was delivered four times; `flat` is its CPU over that of `restart`, the least of several
                of each that take turns: other processes only ever add to what one costs
    tail        restores the snapshot of nine tenths of the log and folds the last tenth
    replay      folds the file as `egraph replay` does

Seconds of wall and CPU count from before the process is started until it has told its digests, which must be the same;
`peak_mb` is its largest resident size. Imports, loading compiled code and reading are included.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

from egraph.facts import FactRetracted
from schemas.codec import seal
from schemas.topics import FACTS
from streams.log_file import LogFileWriter, LogSpans, read_records
from streams.ports import LogRecord
from streams.processors.agent import AgentProcessor, Host
from streams.processors.fact_log import FactLog
from streams.runtimes.collector import paused_collector
from streams.runtimes.replay import fold_file
from streams.runtimes.views import column_decoder, kernel_view
from streams.settings import StreamSettings
from streams.topology import named_topology
from tests.benchmarks.bench_columns import mixed

SIZES = (100_000, 1_000_000)
_BATCH = 1000
_DEADLINE_S = 1200
RUNS = 3
TURNS = 7
DELIVERIES = 4
SNAPSHOT, LONG, EARLY, LOG, TAIL = "agent.snapshot", "long.snapshot", "early.snapshot", "facts.log", "tail.log"


def agent() -> AgentProcessor:
    """Give the only agent of a system of one, before it has read anything."""
    return AgentProcessor(
        agent=0,
        topology=named_topology("clique", 1),
        log=FactLog(1, column_decoder),
        settings=StreamSettings(bootstrap="", data_dir=Path()),
        started=1,
        life=1,
        host=Host(worker="bench", pid=0),
        make_view=kernel_view,
    )


def records(facts: int) -> Iterator[LogRecord]:
    """Give a log of about so many facts. Retractions of what was never there are left out."""
    drafts = (item for item in mixed(facts) if not isinstance(item, FactRetracted))
    for offset, draft in enumerate(drafts):
        yield LogRecord(FACTS.name, 0, offset, 1_700_000_000_000 + offset, b"main", seal(draft).raw)


def prepare(folder: Path, facts: int) -> int:
    """Write the logs and the snapshots of agents that have folded them; give the number of facts."""
    log = list(records(facts))
    early = len(log) * 9 // 10
    for name, first in ((LOG, 0), (TAIL, early)):
        with LogFileWriter(folder / name, LogSpans(FACTS.name, {0: (first, len(log))})) as file:
            file.write(log[first:])
    processor = agent()
    _fold(processor, log[:early])
    (folder / EARLY).write_bytes(processor.snapshot())
    _fold(processor, log[early:])
    (folder / SNAPSHOT).write_bytes(processor.snapshot())
    processor = agent()
    batches = (log[first : first + _BATCH] for first in range(0, len(log), _BATCH) for _ in range(DELIVERIES))
    delivered = (record for batch in batches for record in batch)
    _fold(processor, (record._replace(offset=offset) for offset, record in enumerate(delivered)))
    (folder / LONG).write_bytes(processor.snapshot())
    return len(log)


def _fold(processor: AgentProcessor, log: Iterable[LogRecord]) -> None:
    several = iter(log)
    while batch := list(islice(several, _BATCH)):
        processor.process(batch, batch[0].offset)


def restore(folder: Path, snapshot: str = SNAPSHOT, tail: str = "") -> tuple[bytes, bytes]:
    """Restore the agent, fold what came later; give its digests."""
    processor = agent()
    with paused_collector():  # as a worker does
        processor.restore((folder / snapshot).read_bytes())
    if tail:
        _fold(processor, read_records(folder / tail))
    return processor.view.set_digest(), processor.view.view_digest()


def replay(folder: Path) -> tuple[bytes, bytes]:
    """Fold the whole log; give the digests."""
    view = fold_file(folder / LOG).folder.view
    return view.set_digest(), view.view_digest()


WAYS: dict[str, Callable[[Path], tuple[bytes, bytes]]] = {
    "restart": restore,
    "long_log": partial(restore, snapshot=LONG),
    "tail": partial(restore, snapshot=EARLY, tail=TAIL),
    "replay": replay,
}


def child(way: str, folder: Path) -> None:
    """Do one of the ways in this process and tell the digests."""
    found = [digest.hex() for digest in WAYS[way](folder)]
    print(json.dumps({"digests": found, "peak_mb": round(peak_mb())}))


def peak_mb() -> float:
    """Give the largest resident size of this process. What getrusage tells is its parent's, if that was larger."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def timed(way: str, folder: Path) -> dict[str, Any]:
    """Do one of the ways in a new process; give what it tells, and its seconds."""
    before, began = getrusage(RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        (sys.executable, "-m", "tests.benchmarks.bench_restart", "--child", way, str(folder)),
        stdout=subprocess.PIPE, text=True, timeout=_DEADLINE_S, check=True,
    )  # fmt: skip
    wall, after = time.monotonic() - began, getrusage(RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout) | {"wall_s": round(wall, 2), "cpu_s": round(cpu, 2)}


def measure(facts: int) -> dict[str, Any]:
    """Give the figures of one size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with paused_collector():  # it would walk all records again and again
            held = prepare(folder, facts)
        runs = [{way: timed(way, folder) for way in WAYS} for _ in range(RUNS)]
        turns = [
            {way: timed(way, folder) for way in ("restart", "long_log")[:: 1 if number % 2 else -1]}
            for number in range(TURNS)
        ]
        if len({tuple(told.pop("digests")) for run in (*runs, *turns) for told in run.values()}) != 1:
            raise SystemExit("the digests differ: the figures would compare different things")
        size = (folder / SNAPSHOT).stat().st_size
    found: dict[str, Any] = {
        way: {name: round(statistics.median(run[way][name] for run in runs), 2) for name in runs[0][way]}
        for way in WAYS
    }
    long_log, restart = (min(run[way]["cpu_s"] for run in (*runs, *turns)) for way in ("long_log", "restart"))
    flat = long_log / restart
    print(f"{held:,} facts: snapshot of {size / 1e6:.1f} MB; {found}")
    return {"facts": held, "snapshot_mb": round(size / 1e6, 1), "flat": round(flat, 2), **found}


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, nargs="+", default=SIZES)
    parser.add_argument("--child", nargs=2, metavar=("WAY", "FOLDER"))
    options = parser.parse_args()
    if options.child:
        child(options.child[0], Path(options.child[1]))
        return
    print(json.dumps({str(facts): measure(facts) for facts in options.facts}))


if __name__ == "__main__":
    main()
