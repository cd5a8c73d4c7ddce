"""Viewers of a console without pixels: each listens at our console's socket, or asks once a second, as open pages do.

Belongs here: listening, asking, and what came of it. Not here: which console, its CPU (bench_viewers.py). That a page
asks for nothing else is looked up in a real browser (first_load.py).
"""

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from websockets.asyncio.client import connect

from dash_app.live_socket import LIVE_PATH
from tests.benchmarks.figures_console import CLOCK, FIGURES, TABLES

_PATIENCE_S = 5.0
"""For how long after the end of the time a viewer still waits for its last answer."""


@dataclass
class Seen:
    """What viewers have got: seconds of each answer (over a socket: since the one before it), how many were refused,
    late or new, bytes, different tags."""

    took: list[float] = field(default_factory=list)
    failed: int = 0
    unanswered: int = 0
    fresh: int = 0
    bytes: int = 0
    tags: set[str | None] = field(default_factory=set)

    def figures(self, seconds: float, viewers: int) -> dict[str, float]:
        """Give them for each viewer and second."""
        return {
            "answers_per_viewer_s": round(len(self.took) / seconds / viewers, 2),
            "fresh_per_viewer_s": round(self.fresh / seconds / viewers, 2),
            "answers": len(self.took),
            "refreshes": len(self.tags),
            "answer_p50_ms": round(1000 * statistics.median(self.took or [0.0]), 1),
            "kb_per_viewer_s": round(self.bytes / seconds / viewers / 1000, 1),
            "failed": self.failed,
            "unanswered": self.unanswered,
        }


View = Callable[[str, float, float, Seen], Awaitable[None]]
"""One viewer: at host:port, so late, for so many seconds, noting what it gets."""


def figures_question(number: int) -> bytes:
    """Give what the page of the plain console asks."""
    outputs = [{"id": name, "property": "figure"} for name in FIGURES]
    outputs += [{"id": name, "property": "children"} for name in TABLES]
    body = {
        "output": ".." + "...".join(f"{item['id']}.{item['property']}" for item in outputs) + "..",
        "outputs": outputs,
        "inputs": [{"id": CLOCK, "property": "n_intervals", "value": number}],
        "changedPropIds": [f"{CLOCK}.n_intervals"],
        "parsedChangedPropsIds": [f"{CLOCK}.n_intervals"],
    }
    raw = json.dumps(body).encode()
    head = f"POST /_dash-update-component HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nContent-Length: {len(raw)}"
    return f"{head}\r\nContent-Type: application/json\r\n\r\n".encode() + raw


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], int]:
    """Read an answer: status, headers, bytes."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    size = len(head)
    if headers.get("transfer-encoding") == "chunked":
        while length := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(length + 2)
            size += length
        await reader.readexactly(2)
    else:
        size += len(await reader.readexactly(int(headers.get("content-length", "0"))))
    return int(first.split()[1]), headers, size


async def ask(place: str, late_s: float, seconds: float, seen: Seen) -> None:
    """Do what the page of the plain console does."""
    await asyncio.sleep(late_s)
    host, _, port = place.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    began, number = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        asked = time.monotonic()
        writer.write(figures_question(number))
        patience = began + seconds + _PATIENCE_S - asked
        try:
            status, headers, size = await asyncio.wait_for(_answer(reader), patience)
        except TimeoutError:
            seen.unanswered += 1
            break
        seen.took.append(time.monotonic() - asked)
        seen.fresh += status == 200
        seen.failed += status != 200
        seen.bytes += size
        seen.tags.add(headers.get("etag"))
        number += 1
        # As a page does: at each second of its clock, unless it still waits for the last answer.
        await asyncio.sleep(1.0 - (time.monotonic() - began) % 1.0)
    writer.close()


async def listen(place: str, late_s: float, seconds: float, seen: Seen) -> None:
    """Do what a page of ours does (assets/10-link.js): a text is an answer, bytes before it make it a new one."""
    await asyncio.sleep(late_s)
    began = before = time.monotonic()
    async with connect(f"ws://{place}{LIVE_PATH}", compression=None) as socket:
        while (left := began + seconds - time.monotonic()) > 0:
            try:
                message = await asyncio.wait_for(socket.recv(), left + _PATIENCE_S)
            except TimeoutError:
                seen.unanswered += 1
                break
            seen.bytes += len(message)
            if isinstance(message, bytes):
                seen.fresh += 1
                continue
            now = time.monotonic()
            seen.took.append(now - before)
            seen.tags.add(json.loads(message)["etag"])
            before = now


async def watch(address: str, view: View, viewers: int, seconds: float) -> Seen:
    """Let viewers, spread over a second, watch for so long; give what they saw."""
    place = address.removeprefix("http://").rstrip("/")
    seen = Seen()
    await asyncio.gather(*(view(place, number / viewers, seconds, seen) for number in range(viewers)))
    return seen
