"""The demo: broker, agents, sink and console on real input, until the agents agree.

Belongs here: the order of steps and the summary. Not here: flags and printing (cli/demo.py).
"""

import asyncio
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psutil

from analytics.read_model import ReadModel
from egraph.rules.shipped import python_rules
from launcher.broker import RUNGS, Broker
from launcher.demo_rules import RulesApplied, apply_rules
from launcher.local_system import LocalPlan, LocalSystem, SystemFailed
from launcher.watch import Agreement, Watcher
from streams.ingest.feed import IngestProgress, IngestSummary, ingest_python
from streams.processors.orchestrator import Orchestrator
from streams.runtimes.saturate import AgentsSilent

_SINK_SECONDS = 20.0


class DemoFailed(SystemFailed):
    """A step of the demo failed. The message: what, why, what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """What the user asked for."""

    data_dir: Path
    bootstrap: str | None = None
    paths: tuple[Path, ...] = ()
    agents: int = 9
    workers: int = 2
    graph: str = "main"
    topology: str = ""
    limit: int | None = None
    console_port: int | None = 8050
    timeout_s: float = 900.0
    rungs: tuple[str, ...] = RUNGS
    rules: bool = True


@dataclass(slots=True, kw_only=True)
class DemoSummary:
    """What came out. Latencies in milliseconds from the broker's append to an agent's fold; memory in MB (RSS)."""

    converged: bool
    reason: str | None
    facts_in: int
    agents: int
    distinct_digests: int
    set_digest: str
    view_digest: str
    nodes: int
    classes: int
    accepted: int
    quarantined: int
    violations: int
    rules: dict[str, Any] | None
    dead_letters: int
    end_to_end_ms: dict[str, float | None]
    seconds: float
    facts_per_second: float
    memory_mb: dict[str, float]
    restarts: dict[str, int]
    broker: str
    bootstrap: str
    volatile: bool
    console: str | None
    data_dir: str
    skipped_files: int = 0
    pids: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Give the summary as plain data."""
        return asdict(self)


class Screen(Protocol):
    """What shows progress to a person."""

    def say(self, line: str) -> None:
        """Show a line that stays."""

    def sent(self, progress: IngestProgress) -> None:
        """Show how much input has been sent."""

    def agreement(self, standing: Agreement) -> None:
        """Show how far the agents are."""

    def phase(self, orchestrator: Orchestrator) -> None:
        """Show which phase the agents are in."""


class Demo:
    """One run: `prepare`, then `run`. Both raise DemoFailed and the launcher's errors; call `stop` in any case."""

    def __init__(self, plan: DemoPlan, screen: Screen) -> None:
        self.plan = plan
        self._screen = screen
        self.system = LocalSystem(
            LocalPlan(
                data_dir=plan.data_dir,
                keep=False,
                bootstrap=plan.bootstrap,
                agents=plan.agents,
                workers=plan.workers,
                graph=plan.graph,
                topology=plan.topology,
                console_port=plan.console_port,
                rungs=plan.rungs,
            ),
            screen.say,
        )

    def prepare(self) -> None:
        """Check what can be checked and find a broker (see LocalSystem.prepare)."""
        for path in self.plan.paths:
            if not path.exists():
                raise DemoFailed(f"{path} does not exist; name Python files or folders")
        self.system.prepare()

    async def run(self) -> DemoSummary:
        """Start everything, feed the input, wait until the agents agree, give the summary."""
        plan, broker = self.plan, self.system.broker
        await self.system.start()
        async with Watcher(broker.bootstrap, plan.agents) as watcher:
            watching = asyncio.create_task(self.system.supervise())
            try:
                return await self._feed_and_wait(broker, watcher, watching)
            finally:
                watching.cancel()

    async def _feed_and_wait(self, broker: Broker, watcher: Watcher, watching: asyncio.Task[None]) -> DemoSummary:
        plan = self.plan
        started = time.monotonic()
        feeding = asyncio.create_task(
            ingest_python(
                broker.bootstrap,
                plan.paths,
                graph=plan.graph,
                limit=plan.limit,
                equalities=True,
                on_progress=self._screen.sent,
            )
        )
        try:
            standing = await self._until_agreed(watcher, feeding, watching)
            if not feeding.done():
                raise DemoFailed(
                    f"the input was not sent within {plan.timeout_s:.0f} s; raise --timeout or use --limit"
                )
            seconds = time.monotonic() - started
            applied = None
            if plan.rules and standing.missing() is None:
                applied = await self._apply_rules(broker)
                standing = await self._until_agreed(watcher, feeding, watching)
            return await self._summarise(broker, standing, await feeding, applied, seconds)
        finally:
            feeding.cancel()

    async def _apply_rules(self, broker: Broker) -> RulesApplied:
        plan = self.plan
        rules = python_rules({"any"})
        self._screen.say(f"all agree; sending {len(rules.all_rules)} rules, which the agents apply in four phases")
        try:
            return await apply_rules(
                broker.bootstrap,
                rules,
                agents=plan.agents,
                graph=plan.graph,
                timeout_s=plan.timeout_s,
                on_step=self._screen.phase,
            )
        except AgentsSilent as silent:
            raise DemoFailed(str(silent)) from silent

    async def _until_agreed(
        self, watcher: Watcher, feeding: asyncio.Task[IngestSummary], watching: asyncio.Task[None]
    ) -> Agreement:
        """Show progress until everything is sent and agreed upon; give up after the plan's time."""
        end = time.monotonic() + self.plan.timeout_s
        while True:
            standing = await watcher.look()
            self._screen.agreement(standing)
            if watching.done():
                await watching  # a process that cannot stay up ends the demo with its message
            if feeding.done() and feeding.exception() is not None:
                await feeding
            if (feeding.done() and standing.missing() is None) or time.monotonic() > end:
                return standing

    async def _summarise(
        self, broker: Broker, standing: Agreement, fed: IngestSummary, applied: RulesApplied | None, seconds: float
    ) -> DemoSummary:
        plan = self.plan
        reason = standing.missing()
        beat = max(standing.beats.values(), key=lambda item: item.facts, default=None)
        violations = max((item.violations for item in standing.beats.values()), default=0)
        if reason is None and violations:
            reason = f"{violations} classes break the colour rule in the visible graph; this is a defect, keep the log"
        end_to_end = await self._end_to_end(fed.facts * plan.agents, _SINK_SECONDS if reason is None else 0.0)
        return DemoSummary(
            converged=reason is None,
            reason=reason,
            facts_in=fed.facts,
            agents=len(standing.beats),
            distinct_digests=len(standing.digests),
            set_digest=beat.set_digest.hex() if beat else "",
            view_digest=beat.view_digest.hex() if beat else "",
            nodes=beat.nodes if beat else 0,
            classes=beat.classes if beat else 0,
            accepted=beat.accepted if beat else 0,
            quarantined=beat.quarantined if beat else 0,
            violations=violations,
            rules=None if applied is None else asdict(applied),
            dead_letters=sum(item.dead_letters for item in standing.beats.values()),
            end_to_end_ms={name: value for name, value in end_to_end.items() if name != "folds"},
            seconds=round(seconds, 2),
            facts_per_second=round(fed.facts / seconds, 1),
            memory_mb=self._memory(),
            restarts={name: item.restarts for name, item in self.system.supervisor.processes.items() if item.restarts},
            broker=f"{broker.rung} at {broker.bootstrap}",
            bootstrap=broker.bootstrap,
            volatile=broker.volatile,
            console=await self.system.console_address(),
            data_dir=str(plan.data_dir),
            skipped_files=len(fed.unreadable),
            pids={name: pid for name, pid in self.system.pids() if name != "broker"},
        )

    async def _end_to_end(self, folds: int, patience_s: float) -> dict[str, float | None]:
        """Wait, within a limit, until the sink has shown as many folds as were made; give the percentiles."""
        model = ReadModel(self.plan.data_dir, agents=self.plan.agents)
        end = time.monotonic() + patience_s
        while True:
            found = await asyncio.to_thread(model.end_to_end)
            if (found["folds"] or 0) >= folds or time.monotonic() >= end:
                return found
            await asyncio.sleep(0.5)

    def _memory(self) -> dict[str, float]:
        found = {}
        for name, pid in self.system.pids():
            try:
                found[name] = round(psutil.Process(pid).memory_info().rss / 1e6, 1)
            except psutil.NoSuchProcess:
                continue
        return found
