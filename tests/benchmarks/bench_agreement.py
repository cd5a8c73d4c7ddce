"""Agreement and memory: nine agents until all hold the whole standard library, against one reader of the same topic.

Run: python -m tests.benchmarks.bench_agreement. Prints one JSON line; asserts nothing.
`share` is the agents' time over (one reader's time x nine / cores): 1.0 would be nine readers without any gossip.
The agents' clock runs from the start of their processes; the reader's from its first record.
"""

import asyncio
import json
import statistics
import sys
import time
from pathlib import Path

import psutil

from launcher.supervisor import Supervisor
from launcher.watch import Watcher
from tests.benchmarks.broker import CORES, EGRAPH, consume, feed, running_broker

AGENTS = 9
ROUNDS = 3
MEMORY_NODES = 99_400
"""With its equalities the demo then has 100,000 facts, more or less."""


async def agree(bootstrap: str, data_dir: Path, deadline_s: float = 240.0) -> dict[str, float]:
    """Start agents on as many processes as cores and wait until they agree; give seconds and MB of the largest."""
    supervisor = Supervisor(data_dir / "logs", lambda line: print(line, file=sys.stderr))
    async with Watcher(bootstrap, AGENTS) as watcher:
        started = time.perf_counter()
        for number in range(min(CORES, AGENTS)):
            name = f"worker-{number}"
            where = ("--bootstrap", bootstrap, "--data-dir", str(data_dir))
            supervisor.start(name, (*EGRAPH, "worker", *where, "--name", name))
        try:
            standing = await watcher.until_agreed(deadline_s)
            seconds = time.perf_counter() - started
            if standing.missing() is not None:
                raise SystemExit(f"no agreement: {standing.missing()}")
            sizes = [psutil.Process(item.process.pid).memory_info().rss for item in supervisor.processes.values()]
            peaks = [_peak(item.process.pid) for item in supervisor.processes.values()]
        finally:
            supervisor.stop()
    return {"seconds": seconds, "rss_mb": max(sizes) / 1e6, "peak_mb": max(peaks)}


def _peak(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def measure() -> dict[str, float]:
    """Give the figures."""
    with running_broker() as (bootstrap, folder):
        fed = feed(bootstrap)
        ones, nines = [], []
        for number in range(ROUNDS):
            ones.append(consume("fold", bootstrap, int(fed["facts"]))["seconds"])
            nines.append(asyncio.run(agree(bootstrap, folder / f"round-{number}"))["seconds"])
            print(f"round {number + 1}: one reader {ones[-1]:.2f} s, nine agents {nines[-1]:.2f} s", file=sys.stderr)
    with running_broker() as (bootstrap, folder):
        hundred = feed(bootstrap, MEMORY_NODES)
        memory = asyncio.run(agree(bootstrap, folder / "memory"))
    shares = [nine / (one * AGENTS / CORES) for one, nine in zip(ones, nines, strict=True)]
    return {
        "facts": int(fed["facts"]),
        "files": int(fed["files"]),
        "cores": CORES,
        "one_reader_s": round(statistics.median(ones), 2),
        "nine_agents_s": round(statistics.median(nines), 2),
        "share": round(statistics.median(shares), 2),
        "memory_facts": int(hundred["facts"]),
        "agent_process_rss_mb": round(memory["rss_mb"], 1),
        "agent_process_peak_mb": round(memory["peak_mb"], 1),
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
