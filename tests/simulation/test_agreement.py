"""Agents agree after any mixture of faults, and keep every promise on the way.

Reproduce a failure with the command that it prints; EGRAPH_SIMULATIONS changes how many run.
"""

import pytest

from simulator.campaign import run_seeds
from simulator.shrink import replay_command, shrink
from streams.runtimes.simulated_faults import CALM
from streams.runtimes.simulated_workers import SECOND
from tests.simulation.runs import base_seed, how_many, options_of, run, timeline, try_seeds

RUNS = 1100
AGREED_WITHIN_US = 20 * SECOND
"""Twice the longest seen in 1500 runs: two retransmissions and their way across the widest topology."""


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_agents_agree_after_faults() -> None:
    """Replicas would differ, lose facts, invent refusals or never come to rest after a fault that we promise."""
    base, count = base_seed(), how_many(RUNS)
    print(f"seeds {base}..{base + count}")
    tried = try_seeds(base, count)
    print(f"{tried.steps:,} steps, {tried.faults.total():,} faults: {dict(sorted(tried.faults.items()))}")
    if tried.failed is not None:
        (first,) = run_seeds([tried.failed]).failures
        smallest = shrink(first.options, first.failure, first.strikes)
        small = "it does not fail again" if smallest is None else f"{smallest.failure}\nor {smallest.command}"
        raise AssertionError(f"{first.failure}\nrepeat with {replay_command(first.options)}\nshrunk: {small}")
    assert tried.slowest_us <= AGREED_WITHIN_US
    if count >= RUNS:
        assert tried.steps >= 2_000_000
        assert tried.faults.total() >= 200_000
        for name, _ in CALM.rates():
            assert tried.faults[name] >= count // 40, f"{name} struck only {tried.faults[name]} times"


def test_without_faults_facts_cross_once() -> None:
    """Agents would send facts again although nothing was lost, and waste the network."""
    world, report = run(options_of(5, "sierpinski", 9, CALM, facts=40))

    carried = useful = 0
    for event in timeline(world):
        carried += event.facts if event.kind == "MessageReceived" else 0
        useful += event.useful
    assert report.agreed_after_us <= SECOND
    assert carried == useful, f"{carried - useful} of {carried} facts crossed an edge for nothing"
