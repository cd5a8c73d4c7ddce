"""One system on this machine: a broker of the ladder, and its processes under supervision.

Belongs here: the order of starting and stopping, how many workers there are. Not here: command lines (system.py),
restarts (supervisor.py), what is done with the system (demo.py).
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from launcher.broker import RUNGS, Broker, find_broker
from launcher.child import start, tail
from launcher.child import stop_all as stop_processes
from launcher.ports import LOOPBACK, is_free
from launcher.supervisor import Supervisor
from launcher.system import SystemPlan, claim_data_dir, start_system, start_worker, worker_name
from schemas.records import ControlOrder, OrderKind
from schemas.topics import TOPICS
from streams.adapters.broker_errors import BrokerError
from streams.adapters.control_tail import ControlTail
from streams.adapters.kafka_log import KafkaLog

_COMPILE = (sys.executable, "-m", "streams.runtimes.views")
_COMPILE_S = 600.0
_PATIENCE_S = 2.0
_CONSOLE_SECONDS = 20.0
_RETIRE_SECONDS = 15.0
"""A worker that leaves saves snapshots of its agents first."""
_RETRY_SECONDS = 2.0


class SystemFailed(Exception):
    """The system cannot be started, or cannot go on. The message: what, why, what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPlan:
    """What to run. `keep` goes on with what the folder holds; without it the folder is emptied first."""

    data_dir: Path
    keep: bool
    bootstrap: str | None = None
    agents: int = 9
    workers: int = 2
    graph: str = "main"
    topology: str = ""
    console_port: int | None = 8050
    rungs: tuple[str, ...] = RUNGS
    agents_only: bool = False
    """No orchestrator and no sink: an agent that is killed stays so, and nobody but agents uses the broker."""
    gossip_alone: bool = False
    """Agents hear of each other's facts by gossip alone, as if each had a process: for measuring topologies."""


class LocalSystem:
    """`prepare`, then `start` and `supervise`; `stop` in any case. All raise SystemFailed and the launcher's errors."""

    def __init__(self, plan: LocalPlan, say: Callable[[str], None]) -> None:
        self.plan = plan
        self.supervisor = Supervisor(plan.data_dir / "logs", say)
        self._say = say
        self._broker: Broker | None = None
        self._claim: TextIO | None = None
        self._workers = plan.workers

    @property
    def broker(self) -> Broker:
        """The broker that `prepare` found."""
        if self._broker is None:
            raise RuntimeError("call prepare() first")
        return self._broker

    def prepare(self) -> None:
        """Check what can be checked and find a broker, which may take minutes the first time.

        Not for an event loop, which would hear no signal meanwhile; and not for a thread, because children die with
        the thread that started them (launcher/child.py).
        """
        plan = self.plan
        port = plan.console_port
        if port is not None and not is_free(port):
            raise SystemFailed(f"port {port} of the console is taken; stop its owner or give --port")
        try:
            self._claim = claim_data_dir(plan.data_dir, keep=plan.keep)
        except OSError as error:
            raise SystemFailed(f"{plan.data_dir} cannot be used: {error.strerror}; give another --data-dir") from error
        compiling = start(_COMPILE, self._log_of_compiling)
        try:
            self._broker = find_broker(
                named=plan.bootstrap,
                work_dir=plan.data_dir,
                topics={topic.name: topic.partition_count(plan.agents) for topic in TOPICS.values()},
                say=self._say,
                rungs=plan.rungs,
                keep=plan.keep,
            )
            self._await(compiling)
        finally:
            stop_processes([compiling])

    @property
    def _log_of_compiling(self) -> Path:
        return self.plan.data_dir / "logs" / "kernel.log"

    def _await(self, compiling: "subprocess.Popen[bytes]") -> None:
        """Wait for the kernel: workers would each compile it, and not be heard meanwhile."""
        try:
            compiling.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._say("compiling the kernel, once after each installation (about half a minute)")
            try:
                compiling.wait(_COMPILE_S)
            except subprocess.TimeoutExpired:
                raise SystemFailed(
                    f"the kernel was not compiled within {_COMPILE_S:.0f} s; free the processor"
                ) from None
        if compiling.returncode != 0:
            raise SystemFailed(f"the kernel could not be compiled:\n{tail(self._log_of_compiling)}")

    async def start(self) -> None:
        """Make the topics and start every process."""
        if not self.broker.volatile:
            async with KafkaLog(self.broker.bootstrap) as log:
                await log.create_topics(TOPICS.values(), self.plan.agents)
        start_system(self._system_plan(), self.supervisor)
        others = "" if self.plan.agents_only else ", the orchestrator, the sink"
        self._say(
            f"started {self.plan.agents} agents in {self.plan.workers} processes{others}"
            + ("" if self.plan.console_port is None else " and the console")
        )

    async def supervise(self) -> None:
        """Restart what ends, obey orders to scale, until cancelled. Raises CannotStayUp; SystemFailed: no broker."""
        listening = asyncio.create_task(self._hear_orders())
        try:
            while True:
                self._check_broker()
                self.supervisor.poll()
                if listening.done():
                    await listening
                await asyncio.sleep(0.2)
        finally:
            listening.cancel()

    async def scale(self, workers: int) -> None:
        """Run so many workers: the agents of those that leave move to the others, with everything they hold."""
        workers = max(1, min(workers, self.plan.agents))
        for number in range(self._workers, workers):
            start_worker(self._system_plan(), self.supervisor, number)
            self._say(f"{worker_name(number)} runs")
        for number in range(workers, self._workers):
            leaving = self.supervisor.dismiss(worker_name(number))
            if leaving is not None:
                await asyncio.to_thread(stop_processes, [leaving.process], _RETIRE_SECONDS)
                self._say(f"{worker_name(number)} has left")
        self._workers = workers

    async def console_address(self) -> str | None:
        """Give the address of the console once it listens; None if it does not come up, or none was asked for."""
        port = self.plan.console_port
        loop = asyncio.get_running_loop()
        end = loop.time() + _CONSOLE_SECONDS
        while port is not None and loop.time() < end:
            if not await asyncio.to_thread(is_free, port):
                return f"http://{LOOPBACK}:{port}/"
            await asyncio.sleep(0.2)
        return None

    def pids(self) -> Iterator[tuple[str, int]]:
        """Give name and process id of each process, the broker's last."""
        for name, item in self.supervisor.processes.items():
            yield name, item.process.pid
        if self._broker is not None and self._broker.processes:
            yield "broker", self._broker.processes[-1].pid

    def stop(self) -> None:
        """Stop every process: agents, sink and console first, then the broker; within five seconds."""
        self.supervisor.stop()
        if self._broker is not None:
            stop_processes(self._broker.processes, 1.0)
            self._broker.stop_extra()
        if self._claim is not None:
            self._claim.close()

    async def _hear_orders(self) -> None:
        async with AsyncExitStack() as stack:
            tail: ControlTail | None = None
            while True:
                try:
                    if tail is None:
                        tail = await stack.enter_async_context(ControlTail(self.broker.bootstrap))
                    for record in await tail.read(wait_s=1.0):
                        if isinstance(record, ControlOrder) and record.order is OrderKind.SCALE:
                            self._say(f"{record.by} asks for {record.workers} workers ({record.why})")
                            await self.scale(record.workers)
                except BrokerError:
                    await asyncio.sleep(_RETRY_SECONDS)

    def _check_broker(self) -> None:
        """Its log is the truth and was made for this run, so nothing can go on without it."""
        for process in self._broker.processes if self._broker is not None else ():
            code = process.poll()
            if code is not None:
                logs = self.plan.data_dir / "logs"
                log_file = next(iter(sorted(logs.glob("*kafka.log"))), logs / "kafka.log")
                raise SystemFailed(
                    f"the broker ended with code {code}; start again. Its log {log_file} ends:\n{tail(log_file)}"
                )

    def _system_plan(self) -> SystemPlan:
        plan = self.plan
        return SystemPlan(
            bootstrap=self.broker.bootstrap,
            data_dir=plan.data_dir,
            agents=plan.agents,
            workers=plan.workers,
            graph=plan.graph,
            topology=plan.topology,
            console_port=plan.console_port,
            agents_only=plan.agents_only,
            gossip_alone=plan.gossip_alone,
        )
