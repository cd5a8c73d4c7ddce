"""What must hold of a simulated cluster, one check for each promise: at every step, at every snapshot, at the end."""

from simulator.checks.beliefs import BeliefsAreTrue
from simulator.checks.causality import Causality
from simulator.checks.class_rule import ClassRule
from simulator.checks.dead_letters import DeadLetters
from simulator.checks.digests import DigestsAgree
from simulator.checks.expected import Expected
from simulator.checks.offsets import CommitsAreBehind, SnapshotsAreTheirOffsets, StateIsItsOffsets, VersionsNeverFall
from simulator.checks.once import AckedOnce
from simulator.checks.quiet import EverybodyKnows, NotTooMuch, Quiet, Timeline
from simulator.producing import Producers
from simulator.workload import Workload
from streams.runtimes.simulated import Inspector


def all_checks(workload: Workload, partitions: int, producers: Producers, *, thorough: bool = True) -> list[Inspector]:
    """Give all checks of one run. `thorough` includes those that decode the whole timeline."""
    expected = Expected(workload, partitions)
    checks: list[Inspector] = [
        expected,
        VersionsNeverFall(),
        StateIsItsOffsets(expected),
        SnapshotsAreTheirOffsets(expected),
        CommitsAreBehind(),
        BeliefsAreTrue(),
        ClassRule(expected),
        Causality(),
        DeadLetters(expected),
        AckedOnce(expected, producers),
        DigestsAgree(expected),
        Quiet(),
        NotTooMuch(),
        EverybodyKnows(),
    ]
    return [*checks, Timeline()] if thorough else checks
