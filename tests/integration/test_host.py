"""The host of agents on a real log, without Faust: gaps, logs that do not fit, agents that move.

Belongs here: what only a real log can show. Not here: whole workers (test_agents.py).
"""

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import pytest

from egraph.colours import Colour
from egraph.facts import NodeAdded
from schemas.codec import seal
from schemas.records import AgentLifecycle, ControlOrder, OrderKind, Turn, decode_record, encode_record
from schemas.topics import CONTROL, DEAD_LETTERS, FACTS, GOSSIP
from streams.adapters.kafka_log import KafkaLog
from streams.adapters.snapshot_files import MemorySnapshots
from streams.ports import LogRecord, Publish
from streams.runtimes.agent_host import AgentHost, LogUnusable
from streams.settings import StreamSettings
from streams.topology import named_topology
from tests.integration.topics import AGENTS, append, make_topics_anew, read_all

pytestmark = pytest.mark.kafka


def fact(number: int) -> bytes:
    """Give the bytes of one node."""
    draft = NodeAdded(graph="main", producer="p", sequence=number, hlc=1, operator=f"n{number}", colour=Colour.GREEN)
    return seal(draft).raw


def host_on(reader: KafkaLog, snapshots: MemorySnapshots, sent: list[Publish]) -> AgentHost:
    """Give a host that keeps what it sends in a list."""

    async def send(effect: Publish) -> Awaitable[object]:
        sent.append(effect)
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future

    return AgentHost(
        settings=StreamSettings(bootstrap="", data_dir=Path()),
        topology=named_topology("sierpinski", AGENTS),
        snapshots=snapshots,
        reader=reader,
        send=send,
    )


def test_records_skipped_on_the_way_are_read_again(broker: str) -> None:
    """A consumer that lost its place would leave facts out of the state for ever."""

    async def scenario() -> tuple[int, int, list[Publish]]:
        sent: list[Publish] = []
        async with KafkaLog(broker) as reader:
            host = host_on(reader, MemorySnapshots(), sent)
            await host.assign([4], 1, lambda: True)
            await append(broker, FACTS.name, [(4, b"junk" if n == 2 else fact(n)) for n in range(10)])
            log: list[LogRecord] = (await read_all(broker, FACTS.name))[4]
            await host.handle(4, log[7:])
            processor = host.agents[4]
            return processor.next_offset(FACTS.name), processor.view.fact_count, sent

    at, facts, sent = asyncio.run(scenario())
    assert (at, facts) == (10, 9)
    assert [effect.value for effect in sent if effect.topic == DEAD_LETTERS.name] == [b"junk"]


def test_a_snapshot_of_another_log_is_not_used(broker: str) -> None:
    """New records below its offset would be skipped, and nobody would be told."""

    async def scenario() -> None:
        snapshots, sent = MemorySnapshots(), list[Publish]()
        await append(broker, FACTS.name, [(0, fact(n)) for n in range(5)])
        async with KafkaLog(broker) as reader:
            host = host_on(reader, snapshots, sent)
            await host.assign([0], 2, lambda: True)
            assert host.agents[0].view.fact_count == 5
            await host.save_snapshots(all_changed=True)
        await make_topics_anew(broker)
        async with KafkaLog(broker) as reader:
            with pytest.raises(LogUnusable, match="ends at offset 0 but agent 0 has read up to 5"):
                await host_on(reader, snapshots, sent).assign([0], 3, lambda: True)

    asyncio.run(scenario())


def test_an_agent_that_moves_is_taken_over_where_it_stood(broker: str) -> None:
    """A rebalance would lose facts, or fold some twice."""

    async def scenario() -> tuple[bytes, bytes]:
        snapshots, sent = MemorySnapshots(), list[Publish]()
        await append(broker, FACTS.name, [(0, fact(n)) for n in range(6)])
        async with KafkaLog(broker) as reader:
            first, second = host_on(reader, snapshots, sent), host_on(reader, snapshots, sent)
            await first.assign([0], 4, lambda: True)
            await first.save_snapshots(all_changed=True)
            await append(broker, FACTS.name, [(0, fact(n)) for n in range(6, 9)])
            log = (await read_all(broker, FACTS.name))[0]
            await first.handle(0, log[6:])
            before = first.agents[0].digest()
            await first.assign([], 5, lambda: True)
            await first.handle(0, log)  # fetched before the move, folded by nobody
            await second.assign([0], 6, lambda: True)
            after = second.agents[0].digest()
        assert first.agents == {}
        assert (before.facts, before.version) == (after.facts, after.version)
        return before.view_digest, after.view_digest

    before, after = asyncio.run(scenario())
    assert before == after


def asked(order: OrderKind, agent: int, incarnation: int, offset: int = 0) -> LogRecord:
    """An order as it stands in an agent's inbox."""
    record = ControlOrder(order=order, agent=agent, incarnation=incarnation, at=0, by="a test", why="to see")
    return LogRecord(GOSSIP.name, agent, offset, 0, b"k", encode_record(record))


def turns(sent: list[Publish]) -> list[tuple[Turn, int]]:
    """The turns of lives that were told, with the lives."""
    records = [decode_record(item.value) for item in sent if item.topic == CONTROL.name]
    return [(item.turn, item.incarnation) for item in records if isinstance(item, AgentLifecycle)]


def test_poison_in_the_inbox_of_an_agent_that_is_not_here_is_a_dead_letter(broker: str) -> None:
    """An inbox is read once: what an agent missed between two lives would be refused by nobody."""

    async def scenario() -> list[Publish]:
        sent: list[Publish] = []
        async with KafkaLog(broker) as reader:
            host = host_on(reader, MemorySnapshots(), sent)
            await host.assign([0], 4, lambda: True)
            kill = asked(OrderKind.KILL, 0, host.agents[0].incarnation)
            junk = [LogRecord(GOSSIP.name, 0, n, 0, b"k", value) for n, value in ((1, b"junk"), (2, fact(1)))]
            await host.handle(0, [kill, *junk])
            assert host.agents == {}
        return sent

    sent = asyncio.run(scenario())
    letters = [effect for effect in sent if effect.topic == DEAD_LETTERS.name]
    assert [effect.value for effect in letters] == [b"junk", fact(1)]


def test_an_agent_is_killed_and_comes_back_from_its_snapshot_and_the_log(broker: str) -> None:
    """What was folded, or came meanwhile, would be missing in the new life; or the order would kill it for ever."""

    async def scenario() -> None:
        snapshots, sent = MemorySnapshots(), list[Publish]()
        await append(broker, FACTS.name, [(0, fact(n)) for n in range(6)])
        async with KafkaLog(broker) as reader:
            host = host_on(reader, snapshots, sent)
            await host.assign([0], 4, lambda: True)
            first = host.agents[0]
            await host.save_snapshots(all_changed=True)
            await append(broker, FACTS.name, [(0, fact(n)) for n in range(6, 9)])
            log = (await read_all(broker, FACTS.name))[0]

            await host.handle(0, [asked(OrderKind.KILL, 0, first.incarnation)])
            assert host.agents == {}
            await host.handle(0, log[6:])  # nobody folds them
            restart = asked(OrderKind.RESTART, 0, first.incarnation, 1)
            await host.handle(0, [restart])
            second = host.agents[0]
            await host.handle(0, [restart, asked(OrderKind.KILL, 0, first.incarnation, 2)])  # about a former life

            assert host.agents[0] is second
            assert second.incarnation > first.incarnation, "neighbours could not tell the lives apart"
            assert (second.next_offset(FACTS.name), second.view.fact_count) == (9, 9)
            assert turns(sent) == [
                (Turn.REGISTERED, first.incarnation),
                (Turn.KILLED, first.incarnation),
                (Turn.REGISTERED, second.incarnation),
            ]
            await host.close()
            assert turns(sent)[-1] == (Turn.DEREGISTERED, second.incarnation)

    asyncio.run(scenario())


def test_a_restart_ends_the_old_life(broker: str) -> None:
    """Two lives of one agent would speak at once, or the old one's state would live on with its defect."""

    async def scenario() -> None:
        sent = list[Publish]()
        async with KafkaLog(broker) as reader:
            host = host_on(reader, MemorySnapshots(), sent)
            await host.assign([0, 1], 4, lambda: True)
            old, other = host.agents[0], host.agents[1]
            await host.handle(0, [asked(OrderKind.RESTART, 0, old.incarnation)])
            assert host.agents[0] is not old
            assert host.agents[1] is other
            await host.handle(1, [asked(OrderKind.KILL, 5, 1 << 60)])  # of an agent that lives elsewhere
            assert set(host.agents) == {0, 1}

    asyncio.run(scenario())
