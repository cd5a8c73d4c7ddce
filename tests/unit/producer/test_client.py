"""The producers as people open them, on a real spool, with nobody at the broker's address."""

import asyncio
import logging
import threading
from pathlib import Path

import pytest

from streams.adapters.broker_errors import BrokerUnreachable
from streams.adapters.spool_files import read_status
from streams.producer import AddNode, AsyncProducer, Producer, ProducerStopped, SpoolInUse, SpoolMismatch

NOBODY = "127.0.0.1:1"


def threads() -> list[str]:
    """Give the names of the threads that producers use and that run now."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("egraph-")]


def test_facts_are_accepted_while_the_broker_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A producer would be of no use when it is needed most; or drop silently what it could not send."""
    with Producer(NOBODY, name="p", spool=tmp_path, partitions=2, close_s=0.1) as producer:
        receipts = [producer.send(AddNode("x")), *producer.send_many(AddNode(name) for name in "yz")]
        assert producer.flush(0.05) == 3
        assert not receipts[0].acknowledged()
        with pytest.raises(TimeoutError):
            receipts[0].result(0.01)
        assert producer.metrics().waiting == 3
        caplog.set_level(logging.WARNING, "egraph.producer")

    assert "3 facts of p wait" in caplog.text
    with pytest.raises(ProducerStopped, match="closed"):
        receipts[0].result(0)
    assert read_status(tmp_path / "p.spool").waiting == 3
    assert threads() == []


def test_a_spool_that_is_there_needs_no_broker_to_open(tmp_path: Path) -> None:
    """A restart while the broker is away would end the producer."""
    with Producer(NOBODY, name="p", spool=tmp_path, partitions=2, close_s=0.0) as producer:
        first = producer.send(AddNode("x"))
    with Producer(NOBODY, name="p", spool=tmp_path, close_s=0.0) as producer:
        second = producer.send(AddNode("x"))

    assert (first.fact.producer, first.fact.sequence + 1) == (second.fact.producer, second.fact.sequence)
    assert first.fact.hlc < second.fact.hlc
    assert first.event_id != second.event_id


def test_what_cannot_be_opened_leaves_nothing_behind(tmp_path: Path) -> None:
    """A second attempt would meet the lock, the thread or the file of the first."""
    with pytest.raises(BrokerUnreachable):
        Producer(NOBODY, name="p", spool=tmp_path).start()
    assert list(tmp_path.iterdir()) == []
    with Producer(NOBODY, name="p", spool=tmp_path, partitions=2, close_s=0.0), pytest.raises(SpoolInUse):
        Producer(NOBODY, name="p", spool=tmp_path).start()
    with pytest.raises(SpoolMismatch):
        Producer(NOBODY, name="p", spool=tmp_path, graph="other").start()
    assert threads() == []


def test_a_producer_that_is_not_open_says_so(tmp_path: Path) -> None:
    """A call on a closed producer would hang, or fail with an error that explains nothing."""
    producer = Producer(NOBODY, name="p", spool=tmp_path, partitions=2)
    for _ in range(2):
        with pytest.raises(ProducerStopped, match="not open"):
            producer.send(AddNode("x"))
        producer.start()
        assert producer.close(0.0) == producer.close() == 0


def test_the_asynchronous_one_does_the_same(tmp_path: Path) -> None:
    """The two would drift apart."""

    async def work() -> None:
        async with AsyncProducer(NOBODY, name="p", spool=tmp_path, partitions=2, close_s=0.0) as producer:
            receipt = await producer.send(AddNode("x"))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(receipt, 0.01)
            assert await producer.flush(0.01) == 1
            assert not receipt.acknowledged()
        with pytest.raises(ProducerStopped, match="closed"):
            await receipt
        with pytest.raises(ProducerStopped, match="not open"):
            producer.metrics()

    asyncio.run(work())
    assert read_status(tmp_path / "p.spool").waiting == 1
