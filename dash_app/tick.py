"""One tick a second per process: asks the read model once and shares the answer, already as bytes, with every viewer.

Belongs here: when to ask, what to keep when asking fails. Not here: HTTP, pixels.
"""

import asyncio
import gzip
import hashlib
import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import orjson

from analytics.answers import Overview

log = logging.getLogger(__name__)


class Answers(Protocol):
    """What the console needs of the read model."""

    def overview(self, window_s: int = 180) -> Overview:
        """Give everything that the live page shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One answer, ready to send. answered_at is the monotonic time of the last answer that did not fail."""

    body: bytes
    packed: bytes
    etag: str
    answered_at: float | None

    def age_s(self, now: float) -> float | None:
        """Give how old the data is, or None if there never was any."""
        return None if self.answered_at is None else max(0.0, now - self.answered_at)


def serialise(overview: Overview | None, problem: str | None) -> bytes:
    """Give the JSON document that the page and the API see. problem says why the newest attempt failed."""
    return orjson.dumps({"problem": problem, "overview": overview})


class Tick:
    """Asks in a thread of its own, so that neither a slow query nor a failing one stops the server."""

    def __init__(
        self, answers: Answers, *, window_s: int = 180, period_s: float = 1.0, idle_after_s: float = 5.0
    ) -> None:
        self._answers = answers
        self._window_s = window_s
        self._period_s = period_s
        self._idle_after_s = idle_after_s
        self._overview: Overview | None = None
        self._answered_at: float | None = None
        self._wanted_at = float("-inf")
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._waiting: set[asyncio.Future[None]] = set()
        self.snapshot = _snapshot(None, None, None)
        self.problem: str | None = None
        self.rounds = 0

    @property
    def overview(self) -> Overview | None:
        """The last answer that did not fail."""
        return self._overview

    def start(self) -> None:
        """Start asking. Once per object."""
        # A daemon: a query that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="console-tick", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> bool:
        """Stop asking; say whether the thread has ended within the time."""
        self._stopping.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
            return not self._thread.is_alive()
        return True

    async def current(self, patience_s: float = 2.0) -> Snapshot:
        """Give the newest snapshot. After an idle time, wait a little for a fresh one, then give what there is."""
        idle = time.monotonic() - self._wanted_at > self._idle_after_s
        self._want()
        if idle or self.rounds == 0:
            await self.news(self.rounds, patience_s)
        return self.snapshot

    async def news(self, seen: int, patience_s: float) -> None:
        """Wait for a round after `seen`, for so long. Keeps the tick awake."""
        self._want()
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)  # before the look at the rounds: what comes later wakes it
        try:
            if self.rounds == seen:
                await asyncio.wait((waiter,), timeout=patience_s)
        finally:
            self._waiting.discard(waiter)

    def _want(self) -> None:
        self._wanted_at = time.monotonic()
        self._wanted.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            started = time.monotonic()
            if started - self._wanted_at > self._idle_after_s:
                # Nobody looks: no queries until somebody does.
                self._wanted.clear()
                if started - self._wanted_at > self._idle_after_s:
                    self._wanted.wait()
                continue
            self._ask()
            self._stopping.wait(max(0.05, self._period_s - (time.monotonic() - started)))

    def _ask(self) -> None:
        problem = None
        try:
            self._overview = self._answers.overview(self._window_s)
            self._answered_at = time.monotonic()
        except Exception as error:
            # Any failure of a query must leave the page up, with the last answer and its age.
            problem = f"{type(error).__name__}: {error}"
            log.warning("the read model failed, the page shows the last answer: %s", problem)
        self.problem = problem
        self.snapshot = _snapshot(self._overview, problem, self._answered_at)
        self.rounds += 1
        for waiter in tuple(self._waiting):
            with suppress(RuntimeError):  # its loop has ended
                waiter.get_loop().call_soon_threadsafe(_wake, waiter)


def _wake(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)


def _snapshot(overview: Overview | None, problem: str | None, answered_at: float | None) -> Snapshot:
    body = serialise(overview, problem)
    etag = '"' + hashlib.blake2b(body, digest_size=12).hexdigest() + '"'
    return Snapshot(body=body, packed=gzip.compress(body, 5), etag=etag, answered_at=answered_at)
