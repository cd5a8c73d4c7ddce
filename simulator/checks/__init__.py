"""What must hold of a simulated cluster, one check for each promise: at every step, at every snapshot, at the end."""

from simulator.checks.beliefs import BeliefsAreTrue
from simulator.checks.causality import Causality
from simulator.checks.class_rule import ClassRule
from simulator.checks.dead_letters import DeadLetters
from simulator.checks.digests import DigestsAgree
from simulator.checks.effects import EffectsArrive
from simulator.checks.expected import Expected
from simulator.checks.offsets import (
    CommitsAreBehind,
    SnapshotsAreTheirOffsets,
    SnapshotsNeverGoBack,
    StateIsItsOffsets,
    VersionsNeverFall,
)
from simulator.checks.once import AckedOnce
from simulator.checks.quiet import AgreementIsTrue, EverybodyKnows, FactsCrossOnce, NotTooMuch, Quiet, Timeline
from simulator.checks.repair import OneExchange
from simulator.checks.restraint import AsksWithCause, HelpsInNeed
from simulator.checks.rows import SinkRows
from simulator.producing import Producers
from simulator.sinking import Sink
from simulator.workload import Workload
from streams.runtimes.simulated import Inspector


def all_checks(
    workload: Workload, partitions: int, producers: Producers, sink: Sink, *, thorough: bool = True
) -> list[Inspector]:
    """Give all checks of one run. `thorough` includes those that decode the whole timeline."""
    expected = Expected(workload, partitions)
    checks: list[Inspector] = [
        expected,
        VersionsNeverFall(),
        StateIsItsOffsets(expected),
        SnapshotsAreTheirOffsets(expected),
        SnapshotsNeverGoBack(),
        CommitsAreBehind(),
        BeliefsAreTrue(),
        ClassRule(expected),
        Causality(),
        DeadLetters(expected),
        EffectsArrive(),
        AckedOnce(expected, producers),
        DigestsAgree(expected),
        SinkRows(sink),
        Quiet(),
        NotTooMuch(),
        EverybodyKnows(),
        AgreementIsTrue(),
        FactsCrossOnce(),
        OneExchange(expected),
        HelpsInNeed(),
        AsksWithCause(),
    ]
    return [*checks, Timeline()] if thorough else checks
