"""The courier over a spool and a log in memory that fail in every way the ports allow."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from egraph.identifiers import Position
from schemas.codec import event_id_of
from schemas.poison import Reason
from streams.adapters.broker_errors import BrokerUnreachable, TopicMisshaped
from streams.outbox.errors import FactRefused, ProducerStopped, SpoolDamaged, SpoolFull, SpoolWriteFailed
from streams.outbox.intents import AddNode
from streams.outbox.outbox import SpoolLimits
from streams.outbox.retry import RetryPolicy
from streams.producer.receipt import Receipt
from tests.unit.producer.faulty import PARTITIONS, PATIENCE_S, World, run


def nodes(count: int, prefix: str = "n") -> list[AddNode]:
    """Give different nodes."""
    return [AddNode(f"{prefix}{number}") for number in range(count)]


async def places(receipts: Sequence[Receipt]) -> list[Position]:
    """Wait for all receipts."""
    return [await receipt for receipt in receipts]


def test_a_receipt_says_where_the_fact_stands() -> None:
    """The caller would look for a fact where another one is."""

    async def work(world: World) -> None:
        courier = world.courier()
        courier.start()
        receipts = await courier.send(nodes(20), 1)
        for receipt in receipts:
            position = await receipt
            assert receipt.result(0) == position
            assert event_id_of(world.log.facts[position.partition][position.offset]) == receipt.event_id
            assert receipt.acknowledged()
        assert await courier.flush(5) == 0
        assert await courier.stop() == 0
        assert world.spool.closed
        assert not world.spool.waiting()

    run(work)


@pytest.mark.parametrize("fault", ["lost", "answer lost"])
def test_what_breaks_goes_again_with_the_same_ids(fault: str) -> None:
    """A fact would be lost, or come under a second name and count twice."""

    async def work(world: World) -> None:
        world.log.plan.extend([fault, "", fault, fault])
        world.log.refuses.extend([BrokerUnreachable("no broker", "yet", "wait")] * 2)
        courier = world.courier()
        courier.start()
        receipts = await courier.send(nodes(30), 1)
        await places(receipts)
        assert set(world.logged()) == {receipt.event_id for receipt in receipts}
        assert (len(world.logged()) > 30) == (fault == "answer lost")
        metrics = courier.metrics()
        assert metrics.retried == metrics.sent - 30 > 0
        assert metrics.connections_lost == world.log.connections - 1 >= 3
        await courier.stop()

    run(work)


def test_one_batch_that_fails_takes_the_connection_down() -> None:
    """Batches on the way beside it would hang for ever, or be sent on a connection whose order is broken."""

    async def work(world: World) -> None:
        world.log.plan.extend(["silent", "silent", "lost"])
        courier = world.courier()
        courier.start()
        await places(await courier.send(nodes(30), 1))
        assert sorted(world.logged()) == sorted(set(world.logged()))
        await courier.stop()

    run(work)


def test_an_offset_that_the_broker_does_not_say_is_unknown() -> None:
    """The receipt would name an offset that is somebody else's."""

    async def work(world: World) -> None:
        world.log.plan.append("unknown")
        courier = world.courier()
        courier.start()
        found = await places(await courier.send([AddNode("x"), AddNode("x")], 1))
        assert [position.offset for position in found] == [-1, -1]
        await courier.stop()

    run(work)


def test_what_an_earlier_producer_left_goes_first() -> None:
    """Facts that were accepted would wait for ever, or stand in the log behind later ones."""

    async def work(world: World) -> None:
        first = world.courier()
        first.start()
        world.log.plan.extend(["silent"] * PARTITIONS)
        left = await first.send(nodes(30), 1)
        assert await first.stop() == 30
        with pytest.raises(ProducerStopped, match="closed"):
            await left[0]
        with pytest.raises(ProducerStopped, match="closed"):
            await first.send(nodes(1), 1)

        world.log.plan.clear()
        second = world.courier()
        second.start()
        await places(await second.send(nodes(30, "later"), 1))
        assert world.logged()[0] in {receipt.event_id for receipt in left}
        assert {receipt.event_id for receipt in left} < set(world.logged())
        assert len(world.logged()) == 60
        assert second.metrics().acknowledged == 60
        await second.stop()

    run(work)


def test_callers_share_a_step_of_the_disk() -> None:
    """A hundred callers would wait for a hundred syncs, one after another."""

    async def work(world: World) -> None:
        courier = world.courier()
        courier.start()
        world.spool.gate.clear()
        calls = [asyncio.create_task(courier.send([node], 5)) for node in nodes(100)]
        await asyncio.sleep(0.05)
        world.spool.gate.set()
        receipts = [(await call)[0] for call in calls]
        assert len(world.spool.steps) <= 3
        assert sum(world.spool.steps) == 100
        assert [receipt.fact.hlc for receipt in receipts] == sorted({receipt.fact.hlc for receipt in receipts})
        await courier.stop()

    run(work)


def test_a_full_spool_turns_away_or_holds_back() -> None:
    """Facts would pile up without bound while the broker is away, or callers wait for ever."""

    async def work(world: World) -> None:
        courier = world.courier(SpoolLimits(rows=2))
        world.log.plan.append("silent")
        courier.start()
        node = AddNode("x")
        await courier.send([node, node], 0)
        for timeout_s in (0.0, 0.05):
            with pytest.raises(SpoolFull, match="2 of 2 facts"):
                await courier.send([node], timeout_s)
        held = [asyncio.create_task(courier.send([node], PATIENCE_S)) for _ in range(3)]
        gone = asyncio.create_task(courier.send([AddNode("gone")], PATIENCE_S))
        await asyncio.sleep(0.05)
        gone.cancel()
        assert not any(call.done() for call in held)
        world.log.plan.append("lost")
        courier._outbox.broken()  # the silent batch is given up
        courier._to_send.set()
        receipts = [(await call)[0] for call in held]
        await places(receipts)
        assert len(set(world.logged())) == 5
        assert courier.metrics().turned_away == 2
        with pytest.raises(ValueError, match="never fit"):
            await courier.send([node] * 3, 1)
        await courier.stop()

    run(work)


def test_a_refused_fact_hurts_no_other_caller() -> None:
    """One bad caller would stop everybody's facts, or be told that they were kept."""

    async def work(world: World) -> None:
        courier = world.courier()
        courier.start()
        good, bad = nodes(1), [AddNode("ok"), AddNode("x" * 70_000)]
        calls = [asyncio.create_task(courier.send(said, 5)) for said in (good, bad, good)]
        await asyncio.wait(calls)
        assert isinstance(calls[1].exception(), FactRefused)
        await places([*calls[0].result(), *calls[2].result()])
        assert len(world.logged()) == 2
        assert courier.metrics().refused == {Reason.OVERSIZED: 1}
        await courier.stop()

    run(work)


def test_a_full_disk_is_told_and_survived() -> None:
    """The caller would believe that a fact is safe, or the producer never recover from a disk that was full once."""

    async def work(world: World) -> None:
        courier = world.courier()
        courier.start()
        world.spool.keeps.append(SpoolWriteFailed("the disk is full"))
        with pytest.raises(SpoolWriteFailed):
            await courier.send(nodes(5), 1)
        receipts = await courier.send(nodes(1), 1)
        await places(receipts)
        assert receipts[0].fact.sequence == 0
        assert len(world.logged()) == 1
        assert courier.metrics().spool_failures == 1
        await courier.stop()

    run(work)


def test_what_cannot_be_forgotten_takes_room_but_holds_nobody_up() -> None:
    """A receipt would wait for a disk although the log has the fact; or the disk fill up beyond its limit."""

    async def work(world: World) -> None:
        courier = world.courier(SpoolLimits(rows=1))
        world.spool.forgets.append(SpoolWriteFailed("the disk is full"))
        courier.start()
        await places(await courier.send(nodes(1), 1))
        assert courier.metrics().waiting == 0
        with pytest.raises(SpoolFull):
            await courier.send(nodes(1), 0)
        await places(await courier.send(nodes(1), PATIENCE_S))
        assert await courier.stop() == 0
        assert not world.spool.waiting()

    run(work)


@pytest.mark.parametrize("cause", ["patience", "misshaped", "damage"])
def test_whoever_waits_is_told_when_the_producer_gives_up(cause: str) -> None:
    """Callers would wait for ever on a producer that does nothing any more; and the spool must keep the facts."""

    async def work(world: World) -> None:
        retry = RetryPolicy(first_pause_s=0.01, longest_pause_s=0.01, give_up_s=0.05)
        courier = world.courier(retry=retry)
        if cause == "damage":
            world.spool.reads.append(SpoolDamaged("other bytes"))
        elif cause == "misshaped":
            world.log.refuses.append(TopicMisshaped("topic", "has 4 partitions", "use another"))
        else:
            world.log.refuses.extend([BrokerUnreachable("no broker", "at all", "start one")] * 100)
        courier.start()
        receipts = []
        with suppress(ProducerStopped):  # it may have given up by then
            receipts = await courier.send([AddNode("x")] * 4, 1)
        for receipt in receipts:
            with pytest.raises(ProducerStopped, match="gave up"):
                await receipt
        with pytest.raises(ProducerStopped, match="gave up"):
            await courier.send(nodes(1), 1)
        if receipts:
            with pytest.raises(ProducerStopped, match="gave up"):
                await courier.flush()
        assert await courier.stop() == len(receipts)
        assert len(world.spool.waiting()) == len(receipts)

    run(work)


def test_a_defect_of_ours_is_raised_at_the_end() -> None:
    """A defect would look like a broker that is away."""

    async def work(world: World) -> None:
        courier = world.courier()
        world.spool.reads.append(KeyError("a defect"))  # type: ignore[arg-type]
        courier.start()
        with pytest.raises(ProducerStopped, match="defect"):
            await (await courier.send(nodes(1), 1))[0]
        with pytest.raises(KeyError, match="a defect"):
            await courier.stop()

    run(work)


def test_a_step_that_the_disk_is_at_ends_before_the_producer() -> None:
    """A caller would be told that nothing was kept, and the next producer send it."""

    async def work(world: World) -> None:
        courier = world.courier()
        courier.start()
        world.spool.gate.clear()
        call = asyncio.create_task(courier.send(nodes(1), 5))
        late = None
        await asyncio.sleep(0.05)
        late = asyncio.create_task(courier.send(nodes(1), 5))
        await asyncio.sleep(0.05)
        ending = asyncio.create_task(courier.stop())
        await asyncio.sleep(0.05)
        world.spool.gate.set()
        assert await ending == 1
        (receipt,) = await call
        with pytest.raises(ProducerStopped):
            await receipt
        with pytest.raises(ProducerStopped):
            await late
        assert len(world.spool.waiting()) == 1

    run(work)


def test_a_flush_waits_for_what_was_accepted_before_it_and_no_longer() -> None:
    """A flush under load would never end, or end before the log has what was accepted."""

    async def work(world: World) -> None:
        courier = world.courier()
        world.log.plan.extend(["held", "silent"])
        courier.start()
        same = AddNode("x")
        await courier.send([same], 1)
        assert await courier.flush(0.05) == 1
        flushed = asyncio.create_task(courier.flush())
        await asyncio.sleep(0)
        await courier.send([same], 1)
        assert not flushed.done()
        world.log.gate.set()
        assert await flushed == 1
        assert len(world.logged()) == 1
        await courier.stop()

    run(work)


def test_calls_behind_a_long_step_are_not_turned_away() -> None:
    """A caller that does not wait for room would be told that there is none, only because others came first."""

    async def work(world: World) -> None:
        courier = world.courier()
        courier.start()
        calls = [asyncio.create_task(courier.send([AddNode("x")] * 600, 0)) for _ in range(4)]
        await asyncio.gather(*calls)
        assert world.spool.steps == [1200, 1200]
        await courier.stop()

    run(work)


def test_a_success_renews_the_patience() -> None:
    """A producer that meets a short failure every now and then would give up in the end."""

    async def work(world: World) -> None:
        courier = world.courier(retry=RetryPolicy(first_pause_s=0.0, longest_pause_s=0.0, give_up_s=0.05))
        courier.start()
        for _ in range(3):
            world.log.plan.append("lost")
            await places(await courier.send(nodes(1), 1))
            await asyncio.sleep(0.06)
        await courier.stop()

    run(work)


def test_what_the_log_has_is_forgotten_at_the_end() -> None:
    """Each start would send once more what the producer before had sent last."""

    async def work(world: World) -> None:
        courier = world.courier()
        world.spool.forgets.append(SpoolWriteFailed("the disk is full"))
        courier.start()
        await places(await courier.send(nodes(1), 1))
        while not courier.metrics().spool_failures:
            await asyncio.sleep(0.01)
        assert await courier.stop() == 0
        assert not world.spool.waiting()

    run(work)


def test_the_metrics_tell_age_and_latency() -> None:
    """Nobody would see that facts are stuck, or how long they take."""

    async def work(world: World) -> None:
        courier = world.courier()
        world.log.refuses.extend([BrokerUnreachable("no broker", "yet", "wait")] * 50)
        courier.start()
        await courier.send(nodes(2), 1)
        world.now += 3_000_000
        metrics = courier.metrics()
        assert (metrics.waiting, metrics.oldest_age_s, metrics.spooled) == (2, 3.0, 2)
        await courier.flush(PATIENCE_S)
        metrics = courier.metrics()
        assert (metrics.waiting, metrics.oldest_age_s, metrics.latency_sum_s) == (0, 0.0, 6.0)
        assert sum(metrics.latencies) == metrics.latencies[11] == 2
        await courier.stop()

    run(work)
