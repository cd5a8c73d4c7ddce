"""What the host of agents reads of other homes when an agent starts far behind."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

import pytest

from schemas.topics import FACTS
from streams.adapters.kafka_client import REQUEST_TIMEOUT_S
from streams.adapters.kafka_log import KafkaLog, Span
from streams.adapters.snapshot_files import MemorySnapshots
from streams.ports import LogRecord, Publish
from streams.runtimes.agent_host import AgentHost
from streams.topology import named_topology
from tests.unit.processors.small_system import SETTINGS, homes

FACTS_EACH = 40


class Kept(KafkaLog):
    """A log of three partitions with so many facts each, and a note of what was read of it."""

    def __init__(self) -> None:
        super().__init__("")
        self.spans: list[tuple[int, Span]] = []

    async def begin_offsets(self, topic: str) -> dict[int, int]:
        """Give where each partition begins."""
        return dict.fromkeys(range(3), 0)

    async def end_offsets(self, topic: str) -> dict[int, int]:
        """Give where each partition ends."""
        return dict.fromkeys(range(3), FACTS_EACH)

    async def read_spans(
        self, topic: str, spans: Mapping[int, Span], deadline_s: float = REQUEST_TIMEOUT_S
    ) -> AsyncIterator[list[LogRecord]]:
        """Give the records in two lists each."""
        assert topic == FACTS.name
        for partition, (first, until) in spans.items():
            self.spans.append((partition, (first, until)))
            middle = (first + until) // 2
            for start, stop in ((first, middle), (middle, until)):
                yield homes(stop - start, first=start, partition=partition)


def versions_and_reads(
    catch_up_from: int | None, batch: Sequence[LogRecord] = ()
) -> tuple[list[tuple[int, ...]], list[tuple[int, Span]]]:
    """Let a process host agents 0 and 1, and agent 0 read a batch; give their versions, and what was read."""

    async def send(effect: Publish) -> asyncio.Future[object]:
        done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def run() -> tuple[list[tuple[int, ...]], list[tuple[int, Span]]]:
        reader = Kept()
        host = AgentHost(
            settings=replace(SETTINGS, catch_up_from=catch_up_from),
            topology=named_topology("clique", 3),
            snapshots=MemorySnapshots(),
            reader=reader,
            send=send,
        )
        await host.assign((0, 1), 1, lambda: True)
        await host.handle(0, batch)
        return [host.agents[number].version for number in (0, 1)], reader.spans

    return asyncio.run(run())


def test_a_process_reads_each_home_once() -> None:
    """A late joiner would wait for delta after delta, or every agent of a process would read the whole log."""
    versions, read = versions_and_reads(FACTS_EACH)
    assert versions == [(FACTS_EACH,) * 3] * 2
    # Agent 0 reads its home and the others; agent 1 its home alone, where refusals are told: the rest is known.
    assert sorted(read) == [(0, (0, 40)), (1, (0, 40)), (1, (0, 40)), (2, (0, 40))]


@pytest.mark.parametrize("catch_up_from", [None, FACTS_EACH + 1])
def test_little_is_left_to_gossip(catch_up_from: int | None) -> None:
    """Every start would read for a handful of facts what neighbours send anyway."""
    versions, _ = versions_and_reads(catch_up_from)
    assert versions[0] == (FACTS_EACH, 0, 0)


def test_what_one_agent_brings_the_others_of_its_process_hold_at_once() -> None:
    """A fact would go through the broker again for each hop inside a process: three times the wait."""
    versions, _ = versions_and_reads(FACTS_EACH, homes(2, first=FACTS_EACH))
    assert versions == [(FACTS_EACH + 2, FACTS_EACH, FACTS_EACH)] * 2


def test_where_gossip_alone_is_measured_processes_share_nothing() -> None:
    """A topology would be praised for facts that never crossed its edges."""
    versions, _ = versions_and_reads(None, homes(2, first=FACTS_EACH))
    assert versions == [(FACTS_EACH + 2, 0, 0), (0, FACTS_EACH, 0)]
