"""The demo's rules: sent to the log, applied by the agents in four phases, on top of an agreement.

Belongs here: which rules, and what came of them. Not here: phases (streams/processors), the rest of the demo (demo.py).
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from egraph.rules.ruleset import RuleSet
from schemas.records import Phase
from streams.processors.orchestrator import Orchestrator, SaturationPlan
from streams.runtimes.rules_log import add_rules
from streams.runtimes.saturate import saturate

_CYCLES = 4


@dataclass(frozen=True, slots=True)
class RulesApplied:
    """What the rules gave. `outcome` is `saturated` or `cycle limit`; `seconds`: from sending to the last report."""

    rules: int
    derived: int
    checked: int
    refused: int
    cycles: int
    outcome: str
    seconds: float


async def apply_rules(
    bootstrap: str,
    rules: RuleSet,
    *,
    agents: int,
    graph: str,
    timeout_s: float,
    on_step: Callable[[Orchestrator], None],
) -> RulesApplied:
    """Send the rules and have the agents apply them. Raises AgentsSilent, BrokerError."""
    started = time.monotonic()
    await add_rules(bootstrap, rules.all_rules, graph=graph)
    plan = SaturationPlan(run=f"demo-{secrets.token_hex(3)}", agents=agents, cycles=_CYCLES)
    done = await saturate(bootstrap, plan, timeout_s=timeout_s, on_step=on_step)
    return RulesApplied(
        rules=len(rules.all_rules),
        derived=sum(item.derived for item in done.reports),
        checked=sum(item.checked for item in done.reports if item.phase is Phase.VERIFY),
        refused=sum(item.retracted for item in done.reports),
        cycles=1 + max((item.cycle for item in done.reports), default=0),
        outcome=done.outcome or "",
        seconds=round(time.monotonic() - started, 2),
    )
