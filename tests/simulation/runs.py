"""A run of the simulator from a seed: which cluster, which faults, which workload, and all checks on it.

Belongs here: the mixture that the seeds are drawn from. Not here: what is checked (oracle.py).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random, SystemRandom

from streams.processors.agent import AgentProcessor
from streams.runtimes.simulated import Plan, Report, Simulation, SimulationFailed
from streams.runtimes.simulated_faults import Faults, draw_faults
from streams.runtimes.simulated_workers import SECOND, Worker
from streams.topology import Topology, named_topology
from tests.simulation.oracle import StepChecks, check_end, check_timeline
from tests.simulation.workload import Workload, make_workload

FAULTY_US = 6 * SECOND


def base_seed() -> int:
    """Give the seed named in the environment, or one that no run had before."""
    named = os.environ.get("EGRAPH_SEED")
    return int(named) if named else SystemRandom().randrange(1 << 32)


def how_many(default: int) -> int:
    """Give the number of runs named in the environment, or the default."""
    return int(os.environ.get("EGRAPH_SIMULATIONS", str(default)))


def draw_topology(random: Random) -> Topology:
    """Draw a cluster; the small ones more often, because they are quick and fail all the same."""
    name = random.choice(("sierpinski", "ring", "ring", "clique", "direct", "direct"))
    return named_topology(name, 9 if name == "sierpinski" else random.choice((3, 3, 4, 4, 5, 6, 9)))


def draw_plan(seed: int) -> tuple[Plan, Workload]:
    """Draw everything about a run from its seed."""
    random = Random(f"plan {seed}")
    topology = draw_topology(random)
    facts = random.choice((8, 12, 16, 24, 32, 60))
    workload = make_workload(seed, topology.size, facts=facts, until=FAULTY_US)
    faults = draw_faults(random)
    if faults.zombie:
        faults = replace(faults, clock_behind=0.0)  # open: the two together can give two lives one incarnation
    workers = random.randint(1, topology.size)
    return plan_of(seed, topology, workload, faults, workers=workers), workload


def plan_of(seed: int, topology: Topology, workload: Workload, faults: Faults, *, workers: int = 3) -> Plan:
    """Give the plan of a run with these faults."""
    return Plan(
        seed=seed,
        topology=topology,
        arrivals=workload.arrivals(),
        faults=faults,
        workers=workers,
        faulty_us=FAULTY_US,
    )


def run(
    plan: Plan, workload: Workload, *, worker_class: type[Worker] = Worker, with_timeline: bool = False
) -> tuple[Simulation, Report]:
    """Run a plan under all checks. Raises SimulationFailed with the seed and the last events."""
    checks = StepChecks(workload, plan.topology.size)
    simulation = Simulation(plan, worker_class=worker_class, inspector=checks)
    report = simulation.run()
    with as_failure(simulation):
        check_end(simulation, workload, report)
        if with_timeline:
            check_timeline(simulation, report)
    return simulation, report


@contextmanager
def as_failure(simulation: Simulation) -> Iterator[None]:
    """Turn whatever a check raises into a failure that tells how to repeat the run."""
    try:
        yield
    except Exception as error:
        raise simulation.failed(f"{type(error).__name__}: {error}") from error


def first_failure(seeds: range, *, worker_class: type[Worker] = Worker) -> SimulationFailed | None:
    """Run seeds until one fails and give its failure, or None."""
    for seed in seeds:
        plan, workload = draw_plan(seed)
        try:
            run(plan, workload, worker_class=worker_class, with_timeline=True)
        except SimulationFailed as failure:
            return failure
    return None


def with_processor(processor: type[AgentProcessor]) -> type[Worker]:
    """Give a worker whose agents are of this class."""
    return type("WorkerOf" + processor.__name__, (Worker,), {"processor_class": processor})
