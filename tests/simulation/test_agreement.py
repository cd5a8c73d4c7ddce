"""Agents agree after any mixture of faults, and keep every promise on the way.

Reproduce a failure with the command that it prints; EGRAPH_SIMULATIONS changes how many run.
"""

from simulator.campaign import run_seeds
from simulator.shrink import replay_command, shrink
from streams.runtimes.simulated_faults import CALM
from streams.runtimes.simulated_workers import SECOND
from tests.simulation.runs import base_seed, how_many, options_of, run, timeline

RUNS = 160
AGREED_WITHIN_US = 20 * SECOND
"""Twice the longest seen in 1500 runs: two retransmissions and their way across the widest topology."""


def test_agents_agree_after_faults() -> None:
    """Replicas would differ, lose facts, invent refusals or never come to rest after a fault that we promise."""
    base, count = base_seed(), how_many(RUNS)
    print(f"seeds {base}..{base + count}")
    totals = run_seeds(range(base, base + count), stop_at_first=True)
    print(totals.document())
    if totals.failures:
        first = totals.failures[0]
        smallest = shrink(first.options, first.failure, first.strikes)
        small = "it does not fail again" if smallest is None else f"{smallest.failure}\nor {smallest.command}"
        raise AssertionError(f"{first.failure}\nrepeat with {replay_command(first.options)}\nshrunk: {small}")
    assert totals.slowest_us <= AGREED_WITHIN_US
    if count >= RUNS:
        for name, _ in CALM.rates():
            struck = totals.faults[name]
            assert struck >= count // 40, f"{name} struck only {struck} times"


def test_without_faults_facts_cross_once() -> None:
    """Agents would send facts again although nothing was lost, and waste the network."""
    world, report = run(options_of(5, "sierpinski", 9, CALM, facts=40))

    carried = useful = 0
    for event in timeline(world):
        carried += event.facts if event.kind == "MessageReceived" else 0
        useful += event.useful
    assert report.agreed_after_us <= SECOND
    assert carried == useful, f"{carried - useful} of {carried} facts crossed an edge for nothing"
