"""The proxy that stands between clients and broker: it must do exactly the fault that it was told, and else nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

import pytest

from launcher.chaos.proxy import FaultProxy, Weather
from launcher.ports import LOOPBACK, free_port

LOST_S = 20.0
"""Who has heard nothing for so long hears nothing any more."""
A_MOMENT_S = 0.3


@asynccontextmanager
async def echo() -> AsyncIterator[FaultProxy]:
    """A proxy before a server that says everything back."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(1000):
            writer.write(chunk)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    try:
        async with FaultProxy(port, free_port()) as proxy:
            yield proxy
    finally:
        server.close()


def run(story: Callable[[FaultProxy], Awaitable[None]]) -> None:
    """Tell a story about one proxy."""

    async def told() -> None:
        async with asyncio.timeout(LOST_S), echo() as proxy:
            await story(proxy)

    asyncio.run(told())


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def dial(proxy: FaultProxy) -> Line:
    """Connect through the proxy."""
    return await asyncio.open_connection(LOOPBACK, proxy.port)


async def say(line: Line, word: bytes) -> bytes:
    """Say a word and give what comes back, nothing where the connection ended."""
    reader, writer = line
    writer.write(word)
    try:
        return await reader.readexactly(len(word))
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@pytest.mark.parametrize(("weather", "delay_s"), [(Weather.CLEAR, 0.0), (Weather.SLOW, 0.01)])
def test_every_byte_arrives_once_and_in_order(weather: Weather, delay_s: float) -> None:
    """The proxy itself would corrupt what Kafka says, and every fault would look like a defect of ours."""
    sent = Random(3).randbytes(3_000_000)

    async def story(proxy: FaultProxy) -> None:
        proxy.become(weather, delay_s)
        reader, writer = await dial(proxy)
        writer.write(sent)
        assert await reader.readexactly(len(sent)) == sent
        writer.close()

    run(story)


def test_slow_is_late_by_the_delay_each_way_and_not_by_the_number_of_chunks() -> None:
    """A delay that adds up over chunks is a narrow pipe, which is another fault than the one in the plan."""

    async def story(proxy: FaultProxy) -> None:
        line = await dial(proxy)
        now = asyncio.get_running_loop().time
        await say(line, b"warm")
        proxy.become(Weather.SLOW, 0.2)
        began = now()
        for _ in range(50):
            line[1].write(b"x" * 1000)
            await asyncio.sleep(0.001)
        await line[0].readexactly(50_000)
        took = now() - began
        assert took >= 0.39, "two ways of 0.2 s"
        assert took < 50 * 0.2, "one after the other"

    run(story)


def test_a_cut_ends_connections_and_refuses_new_ones_until_it_is_over() -> None:
    """Clients would go on through a network that is said to be down."""

    async def story(proxy: FaultProxy) -> None:
        old = await dial(proxy)
        assert await say(old, b"before") == b"before"
        proxy.become(Weather.CUT)
        assert await say(old, b"during") == b""
        assert await say(await dial(proxy), b"during") == b""
        proxy.become(Weather.CLEAR)
        assert await say(await dial(proxy), b"after") == b"after"
        assert proxy.resets >= 2

    run(story)


def test_half_open_is_silence_and_not_an_end() -> None:
    """The fault that hangs clients for ever would be tested as one that they notice at once."""

    async def story(proxy: FaultProxy) -> None:
        old = await dial(proxy)
        assert await say(old, b"before") == b"before"
        proxy.become(Weather.HALF_OPEN)
        new = await dial(proxy)
        for line in (old, new):
            hearing = asyncio.create_task(say(line, b"lost"))
            await asyncio.sleep(A_MOMENT_S)
            assert not hearing.done(), "neither an answer nor an end"
            hearing.cancel()
        proxy.become(Weather.CLEAR)
        for line in (old, new):
            assert await say(line, b"after") == b"", "it lost bytes: going on with it would tear a message"
        assert await say(await dial(proxy), b"after") == b"after"

    run(story)


def test_a_target_that_is_away_ends_the_connection() -> None:
    """A broker that was killed would look half-open through the proxy."""

    async def story(_: FaultProxy) -> None:
        async with FaultProxy(free_port(), free_port()) as proxy:
            assert await say(await dial(proxy), b"hello") == b""

    run(story)


def test_the_proxy_leaves_nothing_behind() -> None:
    """Connections of one test would reach into the next."""

    async def story(proxy: FaultProxy) -> None:
        await say(await dial(proxy), b"word")
        await proxy.__aexit__()
        assert len(asyncio.all_tasks()) <= 3, asyncio.all_tasks()  # this one, its time limit, the server's answer

    run(story)
