"""A running system for tests: worker processes and a sink, as the launcher starts them, and what they came to.

Belongs here: starting, watching, ending. Not here: assertions.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from launcher.supervisor import Supervisor
from launcher.watch import Agreement, Watcher
from schemas.topics import FACTS
from streams.ports import LogRecord
from tests.integration.topics import AGENTS, append

EGRAPH = (sys.executable, "-m", "cli.main")


@dataclass
class System:
    """Workers, and orchestrator and sink if asked for, on a broker. Use `async with`; it leaves no process behind."""

    bootstrap: str
    data_dir: Path
    workers: int = 2
    sink: bool = False
    orchestrator: bool = False
    silence: float = 4.0
    """Seconds without a heartbeat after which the orchestrator restarts an agent."""
    session_timeout: float = 2.0
    snapshot_interval: float = 1.0
    worker_program: tuple[str, ...] = EGRAPH
    """What takes the place of `egraph` for the workers."""
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Tests kill on purpose: that must not look like a process that cannot stay up.
        self.supervisor = Supervisor(self.data_dir / "logs", self.said.append, short_lives_max=1000)
        self._watcher = Watcher(self.bootstrap, AGENTS)
        self._polling: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._watcher.__aenter__()
        where = ("--bootstrap", self.bootstrap, "--data-dir", str(self.data_dir))
        timing = ("--session-timeout", str(self.session_timeout), "--snapshot-interval", str(self.snapshot_interval))
        for number in range(self.workers):
            name = f"worker-{number}"
            self.supervisor.start(name, (*self.worker_program, "worker", *where, *timing, "--name", name))
        if self.orchestrator:
            words = ("orchestrate", "--bootstrap", self.bootstrap, "--timeout", str(self.silence), "--round-every", "5")
            self.supervisor.start("orchestrator", (*EGRAPH, *words))
        if self.sink:
            self.supervisor.start("sink", (*EGRAPH, "sink", *where))
        self._polling = asyncio.create_task(self._poll())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._polling is not None:
            self._polling.cancel()
            with suppress(asyncio.CancelledError):
                await self._polling
        await self._watcher.__aexit__()
        self.supervisor.stop()
        if error is not None:
            for log_file in sorted((self.data_dir / "logs").glob("*.log")):
                print(f"--- {log_file.name}\n" + "\n".join(log_file.read_text(errors="replace").splitlines()[-25:]))

    async def agreed(self, deadline_s: float = 90.0) -> Agreement:
        """Wait until all agents hold everything and agree; fail with what is missing at the deadline."""
        standing = await self._watcher.until_agreed(deadline_s)
        assert standing.missing() is None, f"after {deadline_s:.0f} s: {standing.missing()}; said: {self.said[-10:]}"
        return standing

    async def kill(self, name: str) -> None:
        """Kill a process without warning, as soon as it runs."""
        item = self.supervisor.processes[name]
        async with asyncio.timeout(15):
            while item.process.poll() is not None:
                await asyncio.sleep(0.05)
        item.process.kill()

    def restarts(self) -> int:
        """How often the supervisor started a process again."""
        return sum(item.restarts for item in self.supervisor.processes.values())

    async def _poll(self) -> None:
        while True:
            self.supervisor.poll()
            await asyncio.sleep(0.1)


def replayed(bootstrap: str) -> dict[str, Any]:
    """What `egraph replay` says of the facts topic, in a process of its own."""
    done = subprocess.run(
        (*EGRAPH, "replay", "--from-topic", "--json", "--bootstrap", bootstrap),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def digests(standing: Agreement) -> tuple[str, str]:
    """The set digest and the view digest that all agents show."""
    ((set_digest, view_digest),) = standing.digests
    return set_digest.hex(), view_digest.hex()


async def append_values(bootstrap: str, records: Sequence[LogRecord]) -> None:
    """Append facts as they stood in another log, each to its partition."""
    await append(bootstrap, FACTS.name, [(record.partition, record.value or b"") for record in records])
