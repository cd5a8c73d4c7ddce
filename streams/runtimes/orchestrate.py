"""Drives a fleet on a real cluster: what the control topic brings in, orders out, until it is told to stop.

Belongs here: clients, the clock, waiting out a broker that is away. Not here: judging agents (processors/fleet.py).
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from schemas.records import AgentLifecycle, ControlOrder, Turn, decode_record
from schemas.topics import CONTROL, FACTS, GOSSIP
from streams.adapters.broker_errors import BrokerError
from streams.adapters.control_tail import ControlTail
from streams.adapters.kafka_log import KafkaLog
from streams.adapters.kafka_producer import FactProducer, append_all
from streams.ports import Publish
from streams.processors.fleet import Care, Fleet
from streams.runtimes.control_history import said_lately

log = logging.getLogger("egraph.orchestrator")

_DEAF_S = 3.0
"""A step that takes longer has not listened meanwhile."""
_RETRY_S = 2.0
_SECOND = 1_000_000


class SteadyClock:
    """Microseconds since the epoch that go on evenly, whatever is done to the machine's clock meanwhile."""

    def __init__(self) -> None:
        self._began = time.time_ns() // 1000
        self._steady = time.monotonic()

    def now(self) -> int:
        """Give the time."""
        return self._began + int((time.monotonic() - self._steady) * _SECOND)


async def orchestrate(bootstrap: str, care: Care, stop: asyncio.Event, *, patience_s: float = 300.0) -> None:
    """Look after the agents until `stop`. Waits for a broker that is away, `patience_s` at most."""
    clock = SteadyClock()
    fleet = Fleet(care, clock.now())
    failing_since: float | None = None
    while not stop.is_set():
        try:
            async with _connected(bootstrap) as line:
                for record, age in await said_lately(line.log):
                    fleet.heard(record, clock.now() - age)
                fleet.was_deaf(clock.now())
                while not stop.is_set():
                    await _step(fleet, line, clock)
                    failing_since = None
        except BrokerError as error:
            failing_since = failing_since or time.monotonic()
            if time.monotonic() - failing_since > patience_s:
                raise
            log.warning("%s; trying again", error)
            await asyncio.sleep(_RETRY_S)


class _Line(NamedTuple):
    """The clients of one stretch without failures."""

    log: KafkaLog
    tail: ControlTail
    producers: Mapping[str, FactProducer]


@asynccontextmanager
async def _connected(bootstrap: str) -> AsyncIterator[_Line]:
    async with (
        KafkaLog(bootstrap) as reader,
        ControlTail(bootstrap) as tail,
        FactProducer(bootstrap, topic=CONTROL.name) as control,
        FactProducer(bootstrap, topic=GOSSIP.name) as inboxes,
    ):
        yield _Line(reader, tail, {CONTROL.name: control, GOSSIP.name: inboxes})


async def _step(fleet: Fleet, line: _Line, clock: SteadyClock) -> None:
    began = time.monotonic()
    said = await line.tail.read()
    ends = await line.log.end_offsets(FACTS.name)
    if time.monotonic() - began > _DEAF_S:
        fleet.was_deaf(clock.now())
    for record in said:
        fleet.heard(record, clock.now())
    effects = fleet.step([ends[partition] for partition in sorted(ends)], clock.now())
    _note(effects)
    await append_all(effects, line.producers)


def _note(effects: Sequence[Publish]) -> None:
    for item in effects:
        record = decode_record(item.value) if item.topic == CONTROL.name else None
        if isinstance(record, ControlOrder):
            log.warning("order: %s agent %d (%s)", record.order.value, record.agent, record.why)
        elif isinstance(record, AgentLifecycle):
            level = logging.WARNING if record.turn in (Turn.LOST, Turn.PARKED) else logging.INFO
            who = f"agent {record.agent}" if record.agent >= 0 else record.round
            log.log(level, "%s: %s, %s", who, record.turn.value, record.detail)
