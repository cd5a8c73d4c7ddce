"""Resident memory of every process of a local system over minutes of steady load. `make soak MINUTES=10` runs it.

Run: python -m tests.benchmarks.bench_soak [--minutes 10] [--growth-minutes 5] [--rate 500] [--facts 100000].
Prints a table, and one JSON line; asserts nothing. Not a part of `make bench`: it takes as long as it is told to.

The system is what `egraph up` starts: a broker, nine agents in the default number of processes, orchestrator, sink and
console. First it takes the demo's facts; `agents_mb` is what its agent processes have then, together. Then two loads:

    redelivered   the same messages again and again, each stated equality among them withdrawn: the log grows, what the
                  agents hold does not. Whatever grows here is a leak.
    growing       facts that were never there, some of them withdrawn later. Here agents grow by what they hold;
                  `bytes_per_fact` is the growth of all agent processes over the facts that came.

`slope` is MB a minute by least squares over the second half of a load: the first half fills buffers and caches.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from launcher.chaos.load import FactSource
from launcher.local_system import LocalPlan, LocalSystem
from launcher.ports import free_port
from launcher.watch import Watcher
from streams.adapters.kafka_producer import FactProducer
from streams.ingest.fact_stream import RoutedFact
from tests.benchmarks.broker import feed

AGENTS = 9
WARM_FACTS = 2000
"""So many facts are delivered again and again."""
_SAMPLE_S = 2.0
_SHOWN_S = 30.0
_AGREE_S = 300.0
_SEND_S = 0.1

Samples = dict[str, list[tuple[float, float]]]
"""Seconds since the load began and MB, by the name of a process."""


def slope_mb_per_minute(samples: list[tuple[float, float]]) -> float:
    """Give the growth over the second half of some samples, by least squares; 0 for fewer than three."""
    half = samples[len(samples) // 2 :]
    if len(half) < 3:
        return 0.0
    seconds, sizes = np.array(half).T
    return float(np.polyfit(seconds / 60, sizes, 1)[0])


def redelivered(source: FactSource) -> Callable[[], RoutedFact]:
    """Give what gives the same facts for ever. All equalities among them end withdrawn."""
    facts = cycle([source.next(_now()) for _ in range(WARM_FACTS)])
    return lambda: next(facts)


def growing(source: FactSource) -> Callable[[], RoutedFact]:
    """Give what gives a new fact each time."""
    return lambda: source.next(_now())


async def send(bootstrap: str, next_fact: Callable[[], RoutedFact], rate: float, seconds: float) -> int:
    """Append facts at a rate; give how many. Behind time it sends what is due at once."""
    sent, began = 0, time.monotonic()
    async with FactProducer(bootstrap) as producer:
        while (elapsed := time.monotonic() - began) < seconds:
            while sent < elapsed * rate:
                fact = next_fact()
                await producer.send(fact.raw, fact.partition)
                sent += 1
            await producer.flush()
            await asyncio.sleep(_SEND_S)
    return sent


async def watch(system: LocalSystem, samples: Samples) -> None:
    """Note the resident sizes until cancelled, and show them from time to time."""
    began, shown = time.monotonic(), -_SHOWN_S
    while True:
        elapsed = time.monotonic() - began
        for name, size in sizes_mb(system):
            samples.setdefault(name, []).append((elapsed, size))
        if elapsed - shown >= _SHOWN_S:
            shown = elapsed
            told = ", ".join(f"{name} {found[-1][1]:.1f}" for name, found in samples.items())
            print(f"  {elapsed:5.0f} s  {told}", file=sys.stderr)
        await asyncio.sleep(_SAMPLE_S)


def sizes_mb(system: LocalSystem) -> Iterator[tuple[str, float]]:
    """Give the resident size of each process that is there."""
    for name, pid in system.pids():
        with suppress(psutil.NoSuchProcess):  # it is being started again
            yield name, psutil.Process(pid).memory_info().rss / 1e6


def of_agents(sizes: Mapping[str, float]) -> float:
    """Sum what belongs to processes of agents."""
    return sum(size for name, size in sizes.items() if name.startswith("worker"))


async def load(
    system: LocalSystem, watcher: Watcher, next_fact: Callable[[], RoutedFact], rate: float, minutes: float
) -> dict[str, Any]:
    """Load the system for some minutes; give sizes and slopes."""
    restarts = sum(item.restarts for item in system.supervisor.processes.values())
    samples: Samples = {}
    watching = asyncio.create_task(watch(system, samples))
    sent = await send(system.broker.bootstrap, next_fact, rate, minutes * 60)
    watching.cancel()
    standing = await watcher.until_agreed(_AGREE_S)
    slopes = {name: slope_mb_per_minute(found) for name, found in samples.items()}
    return {
        "records": sent,
        "records_per_s": round(sent / (minutes * 60)),
        "agreed": standing.missing() is None,
        "restarts": sum(item.restarts for item in system.supervisor.processes.values()) - restarts,
        "first_mb": {name: round(found[0][1], 1) for name, found in samples.items()},
        "last_mb": {name: round(found[-1][1], 1) for name, found in samples.items()},
        "slope_mb_per_min": {name: round(slope, 2) for name, slope in slopes.items()},
        "agents_slope_mb_per_min": round(of_agents(slopes), 2),
    }


async def soak(system: LocalSystem, options: argparse.Namespace) -> dict[str, Any]:
    """Start the system and do all; give the figures."""
    await system.start()
    supervising = asyncio.create_task(system.supervise())
    try:
        async with Watcher(system.broker.bootstrap, AGENTS) as watcher:
            fed = await asyncio.to_thread(feed, system.broker.bootstrap, options.facts)
            standing = await watcher.until_agreed(_AGREE_S)
            held = dict(sizes_mb(system))
            found: dict[str, Any] = {
                "facts": int(fed["facts"]), "agreed": standing.missing() is None,
                "agents_mb": round(of_agents(held), 1),
                "processes_mb": {name: round(size, 1) for name, size in held.items()},
            }  # fmt: skip
            print(f"{found['facts']:,} facts: {found['agents_mb']} MB in the agent processes", file=sys.stderr)
            source = FactSource(seed=1, agents=AGENTS, run=1)
            if options.minutes:
                print("redelivered", file=sys.stderr)
                again = redelivered(source)
                found["redelivered"] = await load(system, watcher, again, options.rate, options.minutes)
            if options.growth_minutes:
                print("growing", file=sys.stderr)
                grown = await load(system, watcher, growing(source), options.rate, options.growth_minutes)
                per_minute = grown["records"] / options.growth_minutes
                bytes_per_fact = grown["agents_slope_mb_per_min"] * 1e6 / max(1, per_minute)
                found["growing"] = grown | {"bytes_per_fact": round(bytes_per_fact)}
        return found
    finally:
        supervising.cancel()
        with suppress(asyncio.CancelledError):
            await supervising


def show(found: Mapping[str, Any]) -> None:
    """Print a table of each load."""
    for name in ("redelivered", "growing"):
        if name in found:
            its = found[name]
            print(f"{name}: {its['records']:,} records, {its['records_per_s']} a second, restarts {its['restarts']}")
            for process, slope in its["slope_mb_per_min"].items():
                first, last = its["first_mb"][process], its["last_mb"][process]
                print(f"  {process:14} {first:8.1f} MB  {last:8.1f} MB  {slope:+8.2f} MB/min")
            print(f"  agent processes together {its['agents_slope_mb_per_min']:+.2f} MB/min")


def _now() -> int:
    return time.time_ns() // 1000


def main() -> None:
    """Print tables and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of redelivery; 0 leaves it out")
    parser.add_argument("--growth-minutes", type=float, default=5.0, help="of new facts; 0 leaves it out")
    parser.add_argument("--rate", type=float, default=500.0, help="records a second")
    parser.add_argument("--facts", type=int, default=99_400, help="nodes of the demo to begin with")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="egraph-soak-") as folder:
        plan = LocalPlan(data_dir=Path(folder) / "data", keep=False, console_port=free_port(), rungs=("jars",))
        system = LocalSystem(plan, lambda line: print(line, file=sys.stderr))
        try:
            system.prepare()
            found = asyncio.run(soak(system, options))
        finally:
            system.stop()
    show(found)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
