"""An answer that many viewers ask for alike: made for the first of them, kept for a while for all others.

Belongs here: when a kept answer is made anew. Not here: the one answer a second of the live page (tick.py), routes.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import NamedTuple

from fastapi import Response

from dash_app.replies import fresh

KEPT_MAX = 16
OLDEST_S = 30.0
"""No answer is older, however long making it takes."""


class _Kept(NamedTuple):
    body: bytes
    media_type: str | None
    until: float


class SharedAnswers:
    """Keeps answers of status 200 for `fresh_s`, or so long that making them takes at most `share` of the time.

    Others are told to each who asks: what is wrong may be mended by then. For one event loop.
    """

    def __init__(self, *, fresh_s: float, share: float) -> None:
        self._fresh_s, self._share = fresh_s, share
        self._kept: dict[Hashable, _Kept] = {}
        # One at a time: who asks meanwhile waits for the answer that is being made.
        self._making = asyncio.Lock()

    async def answer(self, key: Hashable, make: Callable[[], Awaitable[Response]]) -> Response:
        """Give the answer kept for a key, or make it."""
        async with self._making:
            kept = self._kept.get(key)
            began = time.monotonic()
            if kept is not None and began < kept.until:
                return fresh(kept.body, kept.media_type)
            made = await make()
            if made.status_code == 200:
                now = time.monotonic()
                if len(self._kept) >= KEPT_MAX:
                    self._kept.clear()
                until = now + min(OLDEST_S, max(self._fresh_s, (now - began) / self._share))
                self._kept[key] = _Kept(bytes(made.body), made.media_type, until)
            return made
