"""Runs of the simulator for tests: seeds from the environment, clusters made to measure, failures that raise.

Belongs here: what tests share. Not here: what is drawn, run and checked (simulator).
"""

import os
import subprocess
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import SystemRandom
from typing import NamedTuple

from schemas.records import TimelineEvent, decode_record
from schemas.topics import TIMELINE
from simulator.campaign import run_seed, run_seeds
from simulator.options import Options
from streams.processors.agent import AgentProcessor
from streams.runtimes.simulated import Report, Simulation
from streams.runtimes.simulated_faults import Faults
from streams.runtimes.simulated_trace import SimulationFailed
from streams.runtimes.simulated_workers import Worker

_STRETCH = 20


def base_seed() -> int:
    """Give the seed named in the environment, or the one that the commit draws, or, outside git, any.

    Every commit tries seeds that none before it has tried, and a second run of a commit tries the same ones.
    """
    named = os.environ.get("EGRAPH_SEED")
    if named:
        return int(named)
    tree = subprocess.run(
        ["git", "rev-parse", "HEAD^{tree}"], capture_output=True, text=True, check=False, cwd=Path(__file__).parent
    )
    return int(tree.stdout[:8], 16) if tree.returncode == 0 else SystemRandom().randrange(1 << 32)


def how_many(default: int) -> int:
    """Give the number of runs named in the environment, or the default."""
    return int(os.environ.get("EGRAPH_SIMULATIONS", str(default)))


class Tried(NamedTuple):
    """What a stretch of seeds came to: the first that failed, if one did, and what struck before."""

    failed: int | None
    steps: int
    slowest_us: int
    faults: Counter[str]


def try_seeds(base: int, count: int) -> Tried:
    """Run seeds in as many processes as there are cores, up to the first that fails in each stretch."""
    stretches = [range(first, min(first + _STRETCH, base + count)) for first in range(base, base + count, _STRETCH)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as processes:
        tried = list(processes.map(_try, stretches))
    faults: Counter[str] = Counter()
    for part in tried:
        faults.update(part.faults)
    return Tried(
        failed=min((part.failed for part in tried if part.failed is not None), default=None),
        steps=sum(part.steps for part in tried),
        slowest_us=max(part.slowest_us for part in tried),
        faults=faults,
    )


def _try(seeds: range) -> Tried:
    totals = run_seeds(seeds, stop_at_first=True)
    failed = totals.failures[0].options.seed if totals.failures else None
    return Tried(failed, totals.steps, totals.slowest_us, totals.faults)


def options_of(seed: int, topology: str, agents: int, faults: Faults, *, facts: int = 30, workers: int = 3) -> Options:
    """Give the options of a run made to measure."""
    return Options(
        seed=seed,
        tables=("facts", "dead_letters"),
        profile="all",
        topology=topology,
        agents=agents,
        workers=workers,
        facts=facts,
        faults=faults,
    )


def run(options: Options, *, worker_class: type[Worker] = Worker) -> tuple[Simulation, Report]:
    """Run under all checks. Raises SimulationFailed with the seed and the last events."""
    world, outcome = run_seed(options, worker_class=worker_class)
    if isinstance(outcome, SimulationFailed):
        raise outcome
    return world, outcome


def with_processor(processor: type[AgentProcessor]) -> type[Worker]:
    """Give a worker whose agents are of this class."""
    return type("WorkerOf" + processor.__name__, (Worker,), {"processor_class": processor})


def timeline(world: Simulation) -> list[TimelineEvent]:
    """Give every event of the timeline topic."""
    events = [decode_record(record.value) for record in world.log.read_all(TIMELINE.name)]
    return [event for event in events if isinstance(event, TimelineEvent)]
