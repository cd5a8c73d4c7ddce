"""A TCP proxy on loopback that delays, cuts and silences connections on demand.

Belongs here: bytes and connections. Not here: Kafka (its Door keeps clients on the proxy), when a fault is due.
Kafka runs on TCP, so a bad network shows as one of these: late bytes, a reset, or silence on an open connection.
"""

import asyncio
from contextlib import suppress
from enum import Enum

from launcher.ports import LOOPBACK

_CHUNK = 64 * 1024
_CHUNKS_UNDER_WAY = 256
"""With a delay, so many chunks wait for their time before the sender feels back-pressure."""


class Weather(Enum):
    """What the network is like."""

    CLEAR = "clear"
    SLOW = "slow"
    CUT = "cut"
    HALF_OPEN = "half-open"


class FaultProxy:
    """Forwards one port to another. Use `async with`; `port` is the one to connect to.

    CUT resets every connection and every new one. HALF_OPEN keeps connections open and carries nothing, as after a
    middlebox has forgotten them; they are reset when the weather changes, as by its first answer afterwards. SLOW lets
    every chunk arrive `delay_s` late, in order, without narrowing the pipe.
    """

    def __init__(self, target_port: int, port: int) -> None:
        self.port = port
        self.weather = Weather.CLEAR
        self.carried = 0
        self.resets = 0
        self._target_port = target_port
        self._delay_s = 0.0
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "FaultProxy":
        self._server = await asyncio.start_server(self._accept, LOOPBACK, self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        self._reset_all()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def become(self, weather: Weather, delay_s: float = 0.0) -> None:
        """Change the weather at once."""
        before, self.weather = self.weather, weather
        self._delay_s = delay_s if weather is Weather.SLOW else 0.0
        if weather is Weather.CUT or before is Weather.HALF_OPEN is not weather:
            self._reset_all()

    def _reset_all(self) -> None:
        self.resets += len(self._ends)
        for end in tuple(self._ends):
            end.transport.abort()
        self._ends.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._ends.add(writer)
        try:
            if self.weather is Weather.CUT:
                self.resets += 1
                return
            # Cancelled is what __aexit__ does to it; asyncio's server would print a traceback for each connection.
            with suppress(OSError, asyncio.CancelledError):
                await self._forward(reader, writer)
        finally:
            self._ends.discard(writer)
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect to the target and carry both ways until either side ends."""
        far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._target_port)
        self._ends.add(far_writer)
        try:
            ways = [
                asyncio.create_task(self._carry(reader, far_writer)),
                asyncio.create_task(self._carry(far_reader, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            self._ends.discard(far_writer)
            far_writer.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_CHUNKS_UNDER_WAY)
        delivering = asyncio.create_task(self._deliver(under_way, sink))
        now = asyncio.get_running_loop().time
        try:
            while chunk := await source.read(_CHUNK):
                await under_way.put((now() + self._delay_s, chunk))
            await under_way.join()
        finally:
            delivering.cancel()
            await asyncio.gather(delivering, return_exceptions=True)

    async def _deliver(self, under_way: "asyncio.Queue[tuple[float, bytes]]", sink: asyncio.StreamWriter) -> None:
        now = asyncio.get_running_loop().time
        while True:
            due, chunk = await under_way.get()
            if (early := due - now()) > 0:
                await asyncio.sleep(early)
            if self.weather is not Weather.HALF_OPEN:  # silence swallows; what was sent into it never arrives
                sink.write(chunk)
                with suppress(OSError):
                    await sink.drain()
                self.carried += len(chunk)
            under_way.task_done()
