"""From a producer's send until the ninth agent holds the fact, at a steady rate and without faults.

Run: python -m tests.benchmarks.bench_latency [--rate N] [--seconds N] [--rounds N] [--against TREE]. One JSON line;
asserts nothing. With --against the workers of another checkout are measured in turns with these, on the same broker.

A fact's time begins when it is due, so a producer that falls behind hides nothing. What is due in the first half minute
of a round is offered and not counted: a broker that has just started takes three times as long, until it is compiled.
`ack` is until the broker has it, `home` until its home agent has read it from the log, `all` until the last agent holds
it. `load` is the machine's run queue and `waited` how long the workers' threads stood in it: compare figures of one run
only.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

from launcher.chaos.delays import percentiles
from launcher.chaos.load import Entry, FactSource, Load
from launcher.child import start, stop_all
from launcher.system import default_workers
from launcher.watch import Watcher
from tests.benchmarks.broker import running_broker

AGENTS = 9
Note = tuple[int, int, int, int]
"""When (microseconds) which agent held which partition up to where."""

_HERE = Path(__file__).resolve().parents[2]
_NOTING = Path(__file__).with_name("latency_worker.py")
_AGREE_S = 120.0
_WARM_S = 30.0


@dataclass(slots=True)
class Measured:
    """What one checkout came to, over all rounds."""

    delays_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    cores: list[float] = field(default_factory=list)
    """Those that the workers used together."""
    waited: list[float] = field(default_factory=list)
    """Seconds a second for which their threads were ready to run, and something else had the core."""
    load: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, object]:
        """Give percentiles in milliseconds, and what the machine did."""
        delays = {name: percentiles(values) for name, values in self.delays_ms.items()}
        return {**delays, "cores": self.cores, "waited": self.waited, "load": self.load}


@contextmanager
def workers(tree: Path, bootstrap: str, data_dir: Path) -> Iterator[list[Popen[bytes]]]:
    """Run the workers of a checkout; each writes NAME.notes into the folder."""
    data_dir.mkdir(parents=True)
    running: list[Popen[bytes]] = []
    try:
        for number in range(default_workers(AGENTS)):
            name = f"worker-{number}"
            noting = (sys.executable, "-P", str(_NOTING), str(data_dir / f"{name}.notes"), "worker")
            where = ("--bootstrap", bootstrap, "--data-dir", str(data_dir), "--name", name)
            running.append(start((*noting, *where), data_dir / f"{name}.log", {"PYTHONPATH": str(tree)}))
        yield running
    finally:
        stop_all(running, 5.0)


async def offer(
    found: Measured, bootstrap: str, data_dir: Path, running: Sequence[Popen[bytes]], rate: float, seconds: float
) -> list[Entry]:
    """Wait until every worker has agents and all agree, offer facts, and give what was acknowledged where."""
    load = Load(bootstrap, FactSource(1, AGENTS, time.time_ns() // 1000), rate, data_dir / "acknowledged.log", 60.0)
    async with Watcher(bootstrap, AGENTS) as watcher:
        await all_take_part(watcher, {item.pid for item in running})
        stop = asyncio.Event()
        loading = asyncio.create_task(load.run(stop))
        await asyncio.sleep(_WARM_S)
        counted_from = time.time_ns() // 1000
        before = [used_and_waited(item) for item in running]
        await asyncio.sleep(seconds)
        after = [used_and_waited(item) for item in running]
        used, waited = (sum(b[i] - a[i] for a, b in zip(before, after, strict=True)) / seconds for i in (0, 1))
        found.cores.append(round(used, 2))
        found.waited.append(round(waited, 2))
        found.load.append(round(os.getloadavg()[0], 1))
        stop.set()
        await loading
        await watcher.until_agreed(_AGREE_S)
    return [entry for entry in load.ledger.entries.values() if entry.due_at >= counted_from]


async def all_take_part(watcher: Watcher, processes: set[int]) -> None:
    """Wait until every process has agents and all agree. The first one has them all for a while, and agrees with
    itself: facts offered then would be measured through a rebalance."""
    deadline = time.monotonic() + _AGREE_S
    while {beat.pid for beat in (await watcher.until_agreed(_AGREE_S)).beats.values()} != processes:
        if time.monotonic() > deadline:
            raise SystemExit(f"not every worker had agents within {_AGREE_S:.0f} s; look at their logs")


def used_and_waited(process: Popen[bytes]) -> tuple[float, float]:
    """Give the seconds for which the threads of a process ran, and for which they waited for a core."""
    lines = [path.read_text().split() for path in Path(f"/proc/{process.pid}/task").glob("*/schedstat")]
    return sum(int(ran) for ran, _, _ in lines) / 1e9, sum(int(waited) for _, waited, _ in lines) / 1e9


def read_notes(data_dir: Path) -> list[Note]:
    """Give the notes of all workers in order of time. They are complete when the workers have ended."""
    lines = [line.split() for path in data_dir.glob("*.notes") for line in path.read_text().splitlines()]
    return sorted((int(at), int(agent), int(partition), int(until)) for at, agent, partition, until in lines)


def take_in(found: Measured, entries: Iterable[Entry], notes: Iterable[Note]) -> None:
    """Add each fact's milliseconds until the broker, its home agent, and the last agent had it."""
    seen: dict[tuple[int, int], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for at, agent, partition, until in notes:
        untils, times = seen[agent, partition]
        if not untils or until > untils[-1]:  # a later life, in another process, may have begun further back
            untils.append(until)
            times.append(at)

    def held(agent: int, entry: Entry) -> float:
        untils, times = seen[agent, entry.partition]
        at = bisect_right(untils, entry.offset)
        if at == len(untils):
            raise SystemExit(f"agent {agent} was not seen to hold offset {entry.offset} of partition {entry.partition}")
        return (times[at] - entry.due_at) / 1000

    for entry in entries:
        found.delays_ms["ack"].append((entry.acked_at - entry.due_at) / 1000)
        found.delays_ms["home"].append(held(entry.partition, entry))
        found.delays_ms["all"].append(max(held(agent, entry) for agent in range(AGENTS)))


def measure(trees: dict[str, Path], rounds: int, rate: float, seconds: float) -> dict[str, Measured]:
    """Measure checkouts in turns; every other round in the other order."""
    found = {name: Measured() for name in trees}
    with running_broker() as (bootstrap, folder):
        for number in range(rounds):
            for name in sorted(trees, reverse=bool(number % 2)):
                data_dir = folder / f"{name}-{number}"
                with workers(trees[name], bootstrap, data_dir) as running:
                    entries = asyncio.run(offer(found[name], bootstrap, data_dir, running, rate, seconds))
                one = Measured()
                take_in(one, entries, read_notes(data_dir))
                for what, values in one.delays_ms.items():
                    found[name].delays_ms[what] += values
                at = found[name]
                cost = f"{at.cores[-1]} cores, waited {at.waited[-1]}, load {at.load[-1]}"
                print(f"{name} {number}: {percentiles(one.delays_ms['all'])} ms, {cost}", file=sys.stderr)
    return found


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", type=Path)
    options = parser.parse_args()
    trees = {"ours": _HERE} | ({"theirs": options.against.resolve()} if options.against else {})
    found = measure(trees, options.rounds, options.rate, options.seconds)
    print(json.dumps({"rate": options.rate} | {name: item.figures() for name, item in found.items()}))


if __name__ == "__main__":
    main()
