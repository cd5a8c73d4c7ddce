"""Runs of seeds, each under all checks, and what they came to together.

Belongs here: putting a run together and counting. Not here: what is checked (checks), what is drawn (options.py),
making a failure small (shrink.py).
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from simulator.checks import all_checks
from simulator.checks.orders import PhasesInOrder, RestartsAreDue
from simulator.options import Options, draw_options
from simulator.overseeing import Overseer
from simulator.producing import Producers
from simulator.saturating import PlannedWork, Saturator
from simulator.sinking import Sink
from simulator.workload import make_workload
from streams.runtimes.simulated import Part, Plan, Report, Simulation
from streams.runtimes.simulated_dice import Schedule
from streams.runtimes.simulated_trace import SimulationFailed
from streams.runtimes.simulated_workers import SECOND, Worker
from streams.settings import StreamSettings
from streams.topology import named_topology

_THOROUGH_EVERY = 4
_AGREE_S = 30
_AGREE_ROUND_S = 150
"""Deadline where an edge is severed: each hop round it waits for the neighbour's patience, phase after phase."""


def build(
    options: Options, *, only: Schedule | None = None, worker_class: type[Worker] = Worker, thorough: bool = True
) -> Simulation:
    """Give the world of a run, with all parts and checks, before anything happens in it."""
    topology = named_topology(options.topology, options.agents)
    workload = make_workload(options.seed, topology.size, facts=options.facts, until=options.faulty_us)
    producers = Producers(workload, topology.size)
    plan = Plan(
        seed=options.seed,
        topology=topology,
        faults=options.faults,
        only=only,
        severed=options.severed,
        agree_within_us=(_AGREE_ROUND_S if options.severed else _AGREE_S) * SECOND,
        workers=options.workers,
        faulty_us=options.faulty_us,
        faulty_steps=options.faulty_steps,
        settings=StreamSettings(
            bootstrap="",
            data_dir=Path(),
            gossip_interval=options.gossip_interval,
            heartbeat_interval=options.heartbeat_interval,
            retransmit_after=options.retransmit_after,
            catch_up_from=options.catch_up_from,
        ),
    )
    sink = Sink(options.tables)
    checks = all_checks(workload, topology.size, producers, sink, thorough=thorough)
    parts: list[Part] = [producers, sink]
    if options.overseen:
        parts.append(Overseer())
        checks.append(RestartsAreDue())
    if options.saturated:
        parts.append(Saturator())
        checks.append(PhasesInOrder())
    return Simulation(plan, worker_class=worker_class, inspectors=checks, parts=parts, work=PlannedWork())


class Failed(NamedTuple):
    """A failed run, and the strikes of faults in it."""

    options: Options
    failure: SimulationFailed
    strikes: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Totals:
    """What runs came to. `faults` counts strikes by kind; times are virtual microseconds."""

    seeds: int = 0
    steps: int = 0
    virtual_us: int = 0
    slowest_us: int = 0
    slowest_round_us: int = 0
    """The same, of runs in which an edge never works: everything goes round it, repaired edge by edge."""
    trace: str = ""
    """Hash of all that was appended to all logs: equal options give equal traces."""
    faults: Counter[str] = field(default_factory=Counter)
    failures: list[Failed] = field(default_factory=list)

    def count(self, world: Simulation, options: Options, outcome: Report | SimulationFailed) -> None:
        """Add a run."""
        self.seeds += 1
        self.steps += world.steps
        self.virtual_us += world.now
        self.trace = blake2b((self.trace + world.log.digest()).encode(), digest_size=16).hexdigest()
        self.faults.update(world.dice.hits)
        if isinstance(outcome, SimulationFailed):
            strikes = ((name, number) for name, numbers in world.dice.struck.items() for number in numbers)
            self.failures.append(Failed(options, outcome, tuple(strikes)))
        elif options.severed:
            self.slowest_round_us = max(self.slowest_round_us, outcome.agreed_after_us)
        else:
            self.slowest_us = max(self.slowest_us, outcome.agreed_after_us)

    def document(self) -> dict[str, Any]:
        """Give the totals as plain data."""
        return {
            "seeds": self.seeds,
            "steps": self.steps,
            "faults": sum(self.faults.values()),
            "faults_by_kind": dict(sorted(self.faults.items())),
            "virtual_seconds": round(self.virtual_us / 1e6, 1),
            "slowest_agreement_seconds": round(self.slowest_us / 1e6, 1),
            "slowest_round_seconds": round(self.slowest_round_us / 1e6, 1),
            "trace": self.trace,
            "failed": [{"seed": item.options.seed, "check": item.failure.check} for item in self.failures],
        }


def run_seed(
    options: Options, *, only: Schedule | None = None, worker_class: type[Worker] = Worker, thorough: bool = True
) -> tuple[Simulation, Report | SimulationFailed]:
    """Run one seed to its report, or to its failure."""
    world = build(options, only=only, worker_class=worker_class, thorough=thorough)
    try:
        with _without_collector():
            return world, world.run()
    except SimulationFailed as failure:
        return world, failure


def run_all(
    runs: Iterable[Options],
    *,
    only: Schedule | None = None,
    worker_class: type[Worker] = Worker,
    stop_at_first: bool = False,
    watch: Callable[[Totals], None] = lambda totals: None,
) -> Totals:
    """Run one after another. The timeline is read in every fourth seed, and in a run that stands alone."""
    totals = Totals()
    runs = list(runs)
    for options in runs:
        thorough = options.seed % _THOROUGH_EVERY == 0 or len(runs) == 1
        world, outcome = run_seed(options, only=only, worker_class=worker_class, thorough=thorough)
        totals.count(world, options, outcome)
        watch(totals)
        if stop_at_first and totals.failures:
            break
    return totals


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep Python's collector of cycles out of one run, of which it takes a fifth; a run is small and soon over."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def run_seeds(
    seeds: Iterable[int],
    *,
    profile: str = "all",
    worker_class: type[Worker] = Worker,
    stop_at_first: bool = False,
) -> Totals:
    """Draw the options of seeds and run them."""
    runs = (draw_options(seed, profile) for seed in seeds)
    return run_all(runs, worker_class=worker_class, stop_at_first=stop_at_first)
