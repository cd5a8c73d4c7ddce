"""Telemetry on its way to the broker: what is sent, kept, and missed.

Belongs here: TelemetryProducer over a producer that fails on demand. Not here: a broker (tests/integration).
"""

import asyncio
from typing import Self

from streams.adapters import kafka_telemetry
from streams.adapters.broker_errors import BrokerUnreachable, WriteFailed
from streams.adapters.kafka_producer import Headers
from streams.adapters.kafka_telemetry import TelemetryProducer
from streams.ports import Publish


class FakeBroker:
    """What several connections, one after the other, brought."""

    def __init__(self, *, away: int = 0, refuses: int = 0) -> None:
        self.away, self.refuses = away, refuses
        self.taken: list[bytes | None] = []
        self.connections = 0
        self.closed = 0

    def connect(self) -> "FakeProducer":
        """Give a connection that is not open yet."""
        return FakeProducer(self)


class FakeProducer:
    """One connection."""

    def __init__(self, broker: FakeBroker) -> None:
        self._broker = broker
        self._open: list[bytes | None] = []

    async def __aenter__(self) -> Self:
        """Connect, unless the broker is away."""
        if self._broker.away:
            self._broker.away -= 1
            raise BrokerUnreachable("nobody is there", "", "")
        self._broker.connections += 1
        return self

    async def stop(self) -> None:
        """Count."""
        self._broker.closed += 1

    async def copy(self, value: bytes | None, partition: int, *, key: bytes | None, headers: Headers = ()) -> None:
        """Keep."""
        self._open.append(value)

    async def flush(self) -> None:
        """Bring what is kept, unless the broker refuses."""
        if self._broker.refuses:
            self._broker.refuses -= 1
            raise WriteFailed("it took nothing", "", "")
        self._broker.taken += self._open
        self._open.clear()


def told(number: int) -> Publish:
    """Give a record of telemetry."""
    return Publish("timeline", number % 3, b"0", str(number).encode())


async def send(broker: FakeBroker, rounds: int = 1) -> list[bytes | None]:
    """Tell ten things each round, send, close; give what came."""
    telemetry = TelemetryProducer("", "timeline", connect=broker.connect)
    for first in range(rounds):
        for number in range(10):
            telemetry.add(told(10 * first + number))
        await telemetry.send_waiting()
    await telemetry.close(1.0)
    return broker.taken


def test_everything_told_is_sent_over_one_connection_that_is_closed() -> None:
    """What agents tell would be lost or swapped, or each handful would open a connection."""
    broker = FakeBroker()
    assert asyncio.run(send(broker, rounds=3)) == [str(number).encode() for number in range(30)]
    assert (broker.connections, broker.closed) == (1, 1)


def test_what_waits_while_no_broker_answers_is_sent_when_one_does() -> None:
    """A broker that comes back would never learn what happened meanwhile."""
    assert asyncio.run(send(FakeBroker(away=2), rounds=3)) == [str(number).encode() for number in range(30)]


def test_after_a_refusal_a_new_connection_goes_on() -> None:
    """One failed write would end all telemetry of a worker, or the worker."""
    broker = FakeBroker(refuses=1)
    assert asyncio.run(send(broker, rounds=2)) == [str(number).encode() for number in range(10, 20)]
    assert (broker.connections, broker.closed) == (2, 2)


def test_more_than_can_wait_is_missed_and_counted(caplog, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """A broker that stays away would fill the memory of every worker, or telemetry would vanish in silence."""
    monkeypatch.setattr(kafka_telemetry, "_WAITING_MAX", 4)
    assert len(asyncio.run(send(FakeBroker()))) == 4
    assert "6 records of telemetry are missing" in caplog.text


def test_what_was_told_just_before_the_end_is_sent() -> None:
    """The last words of a worker that is asked to stop would be lost."""

    async def tell_and_close() -> None:
        telemetry = TelemetryProducer("", "timeline", connect=broker.connect)
        telemetry.add(told(1))
        await telemetry.close(1.0)

    broker = FakeBroker()
    asyncio.run(tell_and_close())
    assert broker.taken == [b"1"]
