"""From process start to a state with its digests: from a snapshot, and from the whole log.

Run: python -m tests.benchmarks.bench_restart [--facts N ...]. One JSON line; asserts nothing.

For each size an agent folds a mixed log and saves its snapshot; the log stands in an exported file beside it. Then new
processes, each in turn: one restores the agent from the snapshot (`restart`), one folds the file as `egraph replay`
does (`replay`). Seconds of wall and CPU count from before the process is started until it has told its digests, which
must be the same; `peak_mb` is its largest resident size. Imports, loading compiled code and reading are included.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

from egraph.facts import FactRetracted
from schemas.codec import seal
from schemas.topics import FACTS
from streams.log_file import LogFileWriter, LogSpans
from streams.ports import LogRecord
from streams.processors.agent import AgentProcessor, Host
from streams.processors.fact_log import FactLog
from streams.runtimes.replay import fold_file
from streams.runtimes.views import column_decoder, kernel_view
from streams.settings import StreamSettings
from streams.topology import named_topology
from tests.benchmarks.bench_columns import mixed

SIZES = (100_000, 1_000_000)
_BATCH = 1000
_DEADLINE_S = 1200
SNAPSHOT, LOG = "agent.snapshot", "facts.log"


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
    """Write the log and the snapshot of the agent that has folded it; give the number of facts."""
    log = list(records(facts))
    with LogFileWriter(folder / LOG, LogSpans(FACTS.name, {0: (0, len(log))})) as file:
        file.write(log)
    processor = agent()
    for first in range(0, len(log), _BATCH):
        processor.process(log[first : first + _BATCH], first)
    (folder / SNAPSHOT).write_bytes(processor.snapshot())
    return len(log)


def restart(folder: Path) -> tuple[bytes, bytes]:
    """Restore the agent; give its digests."""
    processor = agent()
    processor.restore((folder / SNAPSHOT).read_bytes())
    return processor.view.set_digest(), processor.view.view_digest()


def replay(folder: Path) -> tuple[bytes, bytes]:
    """Fold the whole log; give the digests."""
    view = fold_file(folder / LOG).folder.view
    return view.set_digest(), view.view_digest()


WAYS = {"restart": restart, "replay": replay}


def child(way: str, folder: Path) -> None:
    """Do one of the ways in this process and tell the digests."""
    found = [digest.hex() for digest in WAYS[way](folder)]
    print(json.dumps({"digests": found, "peak_mb": getrusage(RUSAGE_SELF).ru_maxrss / 1024}))


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
        held = prepare(folder, facts)
        found = {way: timed(way, folder) for way in WAYS}
        if found["restart"].pop("digests") != found["replay"].pop("digests"):
            raise SystemExit("the digests differ: the figures would compare different things")
        size = (folder / SNAPSHOT).stat().st_size
    print(f"{held:,} facts: snapshot of {size / 1e6:.1f} MB; {found}")
    return {"facts": held, "snapshot_mb": round(size / 1e6, 1), **found}


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
