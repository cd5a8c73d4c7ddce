"""The Faust app: consumer group, assignment, acknowledgement. The only module that builds one.

Belongs here: wiring. If it grows an `if` about facts, that belongs into a processor. Nothing happens at import.
No exception leaves an agent, because Faust would acknowledge the record all the same: an operating fault that
outlives its retries ends the process, and the supervisor starts a clean one that resumes from its snapshots.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import faust
from aiokafka.errors import KafkaError
from faust.exceptions import ProducerSendError
from faust.types import TP
from yarl import URL

from schemas.topics import AGENT_FOLD_FACTS, AGENT_FOLD_GOSSIP, AGENTS_GROUP, FACTS, GOSSIP, TIMELINE, Topic
from streams.adapters.broker_errors import BrokerError
from streams.adapters.fetched import FetchedBatch, records_of
from streams.adapters.kafka_log import KafkaLog
from streams.adapters.kafka_telemetry import TelemetryProducer
from streams.adapters.snapshot_files import SnapshotFiles
from streams.ports import LogRecord, Publish
from streams.processors.phase_work import RoleWork
from streams.runtimes.agent_host import AgentHost, LogUnusable
from streams.runtimes.collector import spare_the_collector
from streams.runtimes.transport import CoalescingScheduler, Transport, WholeAssignor
from streams.runtimes.views import column_decoder, kernel_view
from streams.settings import StreamSettings
from streams.topology import Topology

log = logging.getLogger("egraph.worker")

EXIT_OPERATING_FAULT = 70


class BatchSchema(faust.Schema[Any, Any]):
    """Passes batches through. It never raises: what is not a fact is found by the processor, in order."""

    def loads_key(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Any:
        """Give the key as it came."""
        return message.key

    def loads_value(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Any:
        """Give the list of records as it came."""
        return message.value


def build_app(settings: StreamSettings) -> tuple[faust.App, AgentHost, TelemetryProducer]:
    """Give a fresh Faust app, the host of the agents whose partitions it will be given, and what sends telemetry."""
    topology = settings.topology
    telemetry = TelemetryProducer(settings.bootstrap, TIMELINE.name)
    app = new_app(settings, AGENTS_GROUP)
    host = AgentHost(
        settings=settings,
        topology=topology,
        snapshots=SnapshotFiles(settings.data_dir / "snapshots"),
        reader=KafkaLog(settings.bootstrap, in_bulk=True),
        send=_sender(app, telemetry),
        work=RoleWork(clock=time.thread_time),  # of the thread that works: what others take is not counted
        make_view=kernel_view,
        in_bulk=column_decoder,
    )
    _add_agents(app, host, topology)
    _follow_assignment(app, host)
    return app, host, telemetry


def new_app(settings: StreamSettings, group: str) -> faust.App:
    """Give a Faust app in the corridor of decision 0003, without agents."""
    app = faust.App(
        group,
        broker=f"kafka://{settings.bootstrap.replace(',', ';')}",
        env={},  # an environment variable would silently outrank the arguments below
        autodiscover=False,
        datadir=str(settings.data_dir / "faust"),  # stays empty; the default is a folder where the user stands
        version=1,
        origin="egraph",
        topic_partitions=settings.agents,
        topic_replication_factor=1,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=1,  # 0 would swap in an assignor that does not keep facts-i and gossip-i together
        broker_session_timeout=settings.session_timeout,
        broker_heartbeat_interval=settings.session_timeout / 4,
        broker_rebalance_timeout=30,
        broker_request_timeout=90,
        broker_commit_interval=0.5,
        broker_commit_every=1_000_000,
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=True,
        stream_buffer_maxsize=32,  # batches, not records
        consumer_max_fetch_size=1024 * 1024,
        ConsumerScheduler=CoalescingScheduler,
        PartitionAssignor=WholeAssignor,
        producer_linger=0.005,
        producer_max_batch_size=131_072,
        producer_compression_type="snappy",  # aiokafka's lz4 is of level 9: 150 us for each small batch
        producer_request_timeout=60,
        processing_guarantee="at_least_once",
        web_enabled=False,
        web_bind="127.0.0.1",
        canonical_url=f"http://127.0.0.1/{settings.worker}",  # the assignor tells members apart by it
        reply_create_topic=False,
    )
    app.transport = Transport([URL(part) for part in _urls(settings.bootstrap)], app)
    return app


def _urls(bootstrap: str) -> list[str]:
    return [f"kafka://{address.strip()}" for address in bootstrap.split(",")]


def _sender(app: faust.App, telemetry: TelemetryProducer) -> Callable[[Publish], Awaitable[Awaitable[object]]]:
    async def send(effect: Publish) -> Awaitable[object]:
        if effect.topic == TIMELINE.name:
            telemetry.add(effect)
            taken = asyncio.get_running_loop().create_future()
            taken.set_result(None)
            return taken
        producer = await app.maybe_start_producer()
        future: Awaitable[object] = await producer.send(
            effect.topic, effect.key, effect.value, effect.partition, None, dict(effect.headers)
        )
        return future

    return send


def _add_agents(app: faust.App, host: AgentHost, topology: Topology) -> None:
    def add(topic: Topic, name: str) -> None:
        channel = app.topic(
            topic.name, schema=BatchSchema(key_serializer="raw", value_serializer="raw"), partitions=topology.size
        )

        async def fold(stream: Any) -> AsyncIterator[None]:
            async for event in stream.events():
                await guarded(_handle(host, event.message.partition, event.value))
                yield

        app.agent(channel, name=name, concurrency=1)(fold)

    add(FACTS, AGENT_FOLD_FACTS)
    add(GOSSIP, AGENT_FOLD_GOSSIP)


def _follow_assignment(app: faust.App, host: AgentHost) -> None:
    async def restore(app: Any, **_: Any) -> None:
        generation = app.consumer_generation_id
        mine = [tp.partition for tp in app.consumer.assignment() if tp.topic == FACTS.name]
        host.know_others(processes_of(app))
        await guarded(host.assign(mine, generation, lambda: app.consumer_generation_id == generation))
        spare_the_collector()
        log.info("hosting agents %s", sorted(host.agents))

    # Awaited before records flow; weak=False, because nothing else keeps the function alive.
    app.on_rebalance_complete.connect(restore, weak=False)  # type: ignore[arg-type]


def processes_of(app: faust.App) -> dict[int, str]:
    """Give the process of each agent, as the group's leader has assigned facts partitions."""
    assignor: Any = app.assignor
    shared_out: Mapping[str, Mapping[str, Sequence[int]]] = assignor.external_topics_metadata()
    return {agent: process for process, topics in shared_out.items() for agent in topics.get(FACTS.name, ())}


def end_offsets_of(app: faust.App) -> Callable[[int], int | None]:
    """Give a function that tells the known end of a facts partition, or None."""

    def end_offset(partition: int) -> int | None:
        try:
            known: int | None = app.consumer.highwater(TP(FACTS.name, partition))
        except Exception:  # the consumer is between two assignments
            return None
        return known

    return end_offset


async def guarded(work: Awaitable[None]) -> None:
    """Await work; end the process where it fails. The message says whose fault it was."""
    try:
        await work
    except asyncio.CancelledError:
        raise
    except (KafkaError, ProducerSendError, OSError) as error:  # Faust's is raised of one of Kafka's
        log.critical(
            "the broker or the disk failed for good: %r; ending this worker, its supervisor restarts it", error
        )
        os._exit(EXIT_OPERATING_FAULT)
    except (LogUnusable, BrokerError) as error:
        log.critical("%s; ending this worker, its supervisor restarts it", error)
        os._exit(EXIT_OPERATING_FAULT)
    except Exception:
        log.critical("a defect of egraph-streams; ending this worker so that nothing is acknowledged", exc_info=True)
        os._exit(EXIT_OPERATING_FAULT)


async def _handle(host: AgentHost, partition: int, batch: Sequence[Any]) -> None:
    await host.handle(partition, to_records(batch))


def to_records(batch: Sequence[Any]) -> Sequence[LogRecord]:
    """Give a batch of the transport as records. Raises CorruptRecordException, an error of the broker's."""
    if batch and isinstance(batch[0], FetchedBatch):
        return records_of(batch)
    return [
        LogRecord(item.topic, item.partition, item.offset, item.timestamp, item.key, item.value, tuple(item.headers))
        for item in batch
    ]
