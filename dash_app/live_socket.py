"""The live page's figures over a websocket: each tick is told to every open page when it is made.

Belongs here: the socket's messages, who may open one, and how many. Not here: when there is news (tick.py), the same
answer for who asks for it (api.py), the page's side (assets/10-link.js).

The server tells two kinds of messages: bytes, the gzipped document of /api/v1/overview, whenever it is another one than
the page has (`known`: the tag of that); and then, and at least once a beat, a text, {"age_s": how old it is, null where
there never were data, "etag": its tag}. It takes no message: who sends one is left. The bytes are packed once for all
pages, so the socket itself must not compress.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from starlette.types import Message
from starlette.websockets import WebSocketState

from dash_app.tick import Tick

LIVE_PATH = "/api/v1/live"
SOCKETS_MAX = 512
"""Further pages ask once a second: a socket that nobody reads is kept for as long as the line stands."""
SERVER_OPTIONS: Mapping[str, Any] = {"ws_per_message_deflate": False, "ws_max_size": 1024}
"""For uvicorn: what we send is packed already, and pages say nothing."""
_BEAT_S = 1.5
"""Longer than a tick, so that a page is told once each; a tick that takes long is not silence."""
_POLICY = 1008


def add_routes(server: FastAPI, tick: Tick) -> None:
    """Add the route. Before Dash is put on the server, whose last route catches everything."""
    sockets: set[WebSocket] = set()

    @server.websocket(LIVE_PATH)
    async def live(socket: WebSocket) -> None:
        own = is_own_page(socket.headers.get("origin"), socket.headers.get("host"))
        if not own or len(sockets) >= SOCKETS_MAX:
            await socket.close(_POLICY)  # before the handshake: 403
            return
        await socket.accept()
        sockets.add(socket)
        leaving = asyncio.create_task(socket.receive())  # done when it is gone, or says something, which no page does
        try:
            await _tell(socket, tick, leaving)
            if socket.client_state is WebSocketState.CONNECTED:
                await socket.close(_POLICY)
        except (WebSocketDisconnect, RuntimeError):  # it went between the look and the send
            pass
        finally:
            leaving.cancel()
            sockets.discard(socket)


def is_own_page(origin: str | None, host: str | None) -> bool:
    """Tell whether a page of this console asks, or no page at all. A browser lets any page open a socket anywhere."""
    return origin is None or urlsplit(origin).netloc == host


async def _tell(socket: WebSocket, tick: Tick, leaving: "asyncio.Task[Message]") -> None:
    known = socket.query_params.get("known")
    await tick.current()
    while not leaving.done():
        rounds, snapshot = tick.rounds, tick.snapshot
        if snapshot.etag != known:
            await socket.send_bytes(snapshot.packed)
            known = snapshot.etag
        age = snapshot.age_s(time.monotonic())
        said = {"age_s": None if age is None else int(age), "etag": known}
        await socket.send_text(orjson.dumps(said).decode())
        # A page that reads slowly holds up its own next turn only, and is then told the newest.
        news = asyncio.create_task(tick.news(rounds, _BEAT_S))
        await asyncio.wait((news, leaving), return_when=asyncio.FIRST_COMPLETED)
        news.cancel()
