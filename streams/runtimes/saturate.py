"""Drives an orchestrator on a real cluster: orders out, reports in, until the agents find nothing new.

Belongs here: clients and the clock. Not here: which phase comes next (processors/orchestrator.py), the work.
"""

import time
from collections.abc import Callable

from schemas.records import PhaseReport
from schemas.topics import CONTROL, FACTS, GOSSIP
from streams.adapters.control_tail import ControlTail
from streams.adapters.kafka_log import KafkaLog
from streams.adapters.kafka_producer import FactProducer, append_all
from streams.processors.orchestrator import Orchestrator, SaturationPlan

OnStep = Callable[[Orchestrator], None]
"""Called several times a second with the orchestrator as it stands."""


class AgentsSilent(Exception):
    """Agents did not report in time. The message names them and the phase, and says what to do."""


async def saturate(bootstrap: str, plan: SaturationPlan, *, timeout_s: float, on_step: OnStep) -> Orchestrator:
    """Have the agents go through the phases; give the orchestrator with all reports and the outcome.

    Raises AgentsSilent if a phase is not done `timeout_s` after the last report, BrokerError.
    """
    orchestrator = Orchestrator(plan)
    async with (
        KafkaLog(bootstrap) as log,
        ControlTail(bootstrap) as tail,
        FactProducer(bootstrap, topic=CONTROL.name) as control,
        FactProducer(bootstrap, topic=GOSSIP.name) as inboxes,
    ):
        heard_at = time.monotonic()
        while orchestrator.outcome is None:
            before = len(orchestrator.reports)
            for record in await tail.read():
                if isinstance(record, PhaseReport):
                    orchestrator.heard(record)
            if len(orchestrator.reports) > before:
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > timeout_s:
                raise AgentsSilent(_complaint(orchestrator, timeout_s))
            ends = await log.end_offsets(FACTS.name)  # after the reports, so that the cut holds what they brought
            orders = orchestrator.step([ends[partition] for partition in sorted(ends)], time.time_ns() // 1000)
            await append_all(orders, {CONTROL.name: control, GOSSIP.name: inboxes})
            on_step(orchestrator)
    return orchestrator


def _complaint(orchestrator: Orchestrator, timeout_s: float) -> str:
    assert orchestrator.phase is not None
    cycle, phase = orchestrator.phase
    return (
        f"agents {list(orchestrator.missing)} have not reported in phase {phase.value} of cycle {cycle + 1} for "
        f"{timeout_s:.0f} s; see `egraph status`, lower the limits or raise --timeout, then run it again"
    )
