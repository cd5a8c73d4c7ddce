"""Runs of the simulator for tests: seeds from the environment, clusters made to measure, failures that raise.

Belongs here: what tests share. Not here: what is drawn, run and checked (simulator).
"""

import os
import subprocess
from pathlib import Path
from random import SystemRandom

from schemas.records import TimelineEvent, decode_record
from schemas.topics import TIMELINE
from simulator.campaign import run_seed
from simulator.options import Options
from streams.processors.agent import AgentProcessor
from streams.runtimes.simulated import Report, Simulation
from streams.runtimes.simulated_faults import Faults
from streams.runtimes.simulated_trace import SimulationFailed
from streams.runtimes.simulated_workers import Worker


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
