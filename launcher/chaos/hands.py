"""The hands that do faults to processes, the broker, the network, the disk and the log.

Belongs here: one method per kind of fault, each leaving things as they were when it is over. Not here: when (plan.py).
"""

import asyncio
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from random import Random

from launcher import jar_kafka
from launcher.chaos.disk import Disk
from launcher.chaos.plan import Fault, Kind
from launcher.chaos.poison import Storm
from launcher.chaos.proxy import FaultProxy, Weather
from launcher.child import stop_all
from launcher.supervisor import Supervisor
from launcher.system import SystemPlan, start_worker, worker_name
from schemas.topics import FACTS
from streams.adapters.broker_errors import BrokerError
from streams.adapters.kafka_log import KafkaLog

_BACK_S = 400.0
"""A broker that was killed checks its whole log first; on a busy machine that takes minutes."""
_ASK_S = 3.0
_EXTRA_LIVES_S = 4.0
_RETIRE_S = 15.0
_DELAY_S = (0.02, 0.2)


class BrokerStaysAway(Exception):
    """The broker that was started again does not answer. Its log says why."""


class Hands:
    """Does the faults of a plan to one system."""

    def __init__(
        self,
        *,
        plan: SystemPlan,
        supervisor: Supervisor,
        broker: subprocess.Popen[bytes],
        direct: str,
        proxies: Mapping[str, FaultProxy],
        disk: Disk,
        storm: Storm,
        random: Random,
    ) -> None:
        self.broker = broker
        self.kills = 0
        self._held: dict[str, asyncio.Lock] = {}
        self._plan = plan
        self._supervisor = supervisor
        self._direct = direct
        self._proxies = proxies
        self._disk = disk
        self._storm = storm
        self._random = random
        self._extra = plan.workers

    async def do(self, fault: Fault) -> None:
        """Do a fault and wait until it is over. It waits for whatever is still done to the same thing."""
        async with self._held.setdefault(fault.held, asyncio.Lock()):
            await self._ways[fault.kind](self, fault)

    async def _kill(self, fault: Fault) -> None:
        process = self._process(fault)
        if process.poll() is None:
            process.kill()
            self.kills += 1

    async def _stop(self, fault: Fault) -> None:
        process = self._process(fault)
        if process.poll() is None:
            process.send_signal(signal.SIGSTOP)
            try:
                await asyncio.sleep(fault.lasts_s)
            finally:
                process.send_signal(signal.SIGCONT)

    async def _kill_broker(self, fault: Fault) -> None:
        """Kill it and start it again on what it has written, however long that takes."""
        self.broker.kill()
        await asyncio.to_thread(self.broker.wait)
        await asyncio.sleep(fault.lasts_s)
        self.broker = jar_kafka.launch(self._plan.data_dir)
        await self._until_it_serves()

    async def _stop_broker(self, fault: Fault) -> None:
        self.broker.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(fault.lasts_s)
        finally:
            self.broker.send_signal(signal.SIGCONT)
        await self._until_it_serves()

    async def _until_it_serves(self) -> None:
        """Wait until the broker tells where its partitions end. It accepts connections long before it does.

        Else the next fault would hit a broker that has not come back from the last one, and a drill would measure how
        long Kafka needs for its own recovery, over and over.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _BACK_S
        while True:
            with suppress(BrokerError):
                async with KafkaLog(self._direct, timeout_s=_ASK_S) as log:
                    await log.end_offsets(FACTS.name)
                    return
            if loop.time() > deadline or self.broker.poll() is not None:
                raise BrokerStaysAway(f"the broker does not serve {_BACK_S:.0f} s after a fault; see its log kafka.log")
            await asyncio.sleep(0.2)

    async def _storm_of_members(self, fault: Fault) -> None:
        """Let workers come and go, so that the group never comes to rest."""
        end = asyncio.get_running_loop().time() + fault.lasts_s
        while asyncio.get_running_loop().time() < end:
            name = worker_name(self._extra)
            start_worker(self._plan, self._supervisor, self._extra)
            self._extra += 1
            await asyncio.sleep(_EXTRA_LIVES_S)
            leaving = self._supervisor.dismiss(name)
            if leaving is not None:
                await asyncio.to_thread(stop_all, [leaving.process], _RETIRE_S)

    async def _network(self, fault: Fault) -> None:
        weather = {
            Kind.NETWORK_SLOW: Weather.SLOW,
            Kind.NETWORK_CUT: Weather.CUT,
            Kind.NETWORK_HALF_OPEN: Weather.HALF_OPEN,
        }[fault.kind]
        proxy = self._proxies[fault.target]
        proxy.become(weather, self._random.uniform(*_DELAY_S))
        try:
            await asyncio.sleep(fault.lasts_s)
        finally:
            proxy.become(Weather.CLEAR)

    async def _fill_disk(self, fault: Fault) -> None:
        self._disk.fill(self._process(fault).pid)
        try:
            await asyncio.sleep(fault.lasts_s)
        finally:
            self._disk.free()

    async def _poison(self, fault: Fault) -> None:
        await self._storm.send(fault.lasts_s)

    def _process(self, fault: Fault) -> subprocess.Popen[bytes]:
        return self._supervisor.processes[_NAMES.get(fault.kind) or worker_name(int(fault.target))].process

    _ways: Mapping[Kind, Callable[["Hands", Fault], Awaitable[None]]] = {
        Kind.KILL_WORKER: _kill,
        Kind.STOP_WORKER: _stop,
        Kind.REBALANCE_STORM: _storm_of_members,
        Kind.KILL_ORCHESTRATOR: _kill,
        Kind.STOP_ORCHESTRATOR: _stop,
        Kind.KILL_SINK: _kill,
        Kind.STOP_SINK: _stop,
        Kind.DISK_FULL: _fill_disk,
        Kind.KILL_BROKER: _kill_broker,
        Kind.STOP_BROKER: _stop_broker,
        Kind.BROKER_AWAY: _kill_broker,
        Kind.NETWORK_SLOW: _network,
        Kind.NETWORK_CUT: _network,
        Kind.NETWORK_HALF_OPEN: _network,
        Kind.POISON_STORM: _poison,
    }


_NAMES = {
    Kind.KILL_ORCHESTRATOR: "orchestrator",
    Kind.STOP_ORCHESTRATOR: "orchestrator",
    Kind.KILL_SINK: "sink",
    Kind.STOP_SINK: "sink",
    Kind.DISK_FULL: "sink",
}
