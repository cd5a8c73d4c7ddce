"""The graph of the facts topic, read for people who ask now and then: folded on, from where it was, with each question.

Belongs here: reading in a thread of its own, and whose turn it is. Not here: answers (why.py, class_text.py), folding.
Nothing is read before the first question, or before somebody says that there will be some. The state stays in memory
until the process ends.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from schemas.topics import FACTS
from streams.adapters.broker_errors import BrokerError
from streams.adapters.kafka_log import KafkaLog
from streams.processors.folder import LogFolder
from streams.runtimes.views import KERNEL_FROM, decoder_for, view_for

logger = logging.getLogger("egraph.console")
_T = TypeVar("_T")
_FRESH_S = 1.0
_PATIENCE_S = 3.0
_PAUSE_S = 2.0


class StillReading(Exception):
    """The log is being read for the first time; `done` of `total` records are."""

    def __init__(self, done: int, total: int) -> None:
        super().__init__(f"the log is being read: {done:,} of {total:,} records; ask again in some seconds")
        self.done, self.total = done, total


class LogUnreadable(Exception):
    """The log cannot be read; the message says why and what to do."""


class LiveGraph:
    """Answers questions about the log as it stands, a second old at most. Safe to use from several threads."""

    def __init__(self, bootstrap: str, *, graph: str = "main") -> None:
        self._bootstrap, self._graph = bootstrap, graph
        self._folder: LogFolder | None = None
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self._asked_at = self._read_at = float("-inf")
        self._done = self._total = 0
        self._trouble: str | None = None
        self._closing = False
        self._thread: threading.Thread | None = None

    @property
    def has_read(self) -> bool:
        """Tell whether the whole log has been read once, so that a question costs only what came since."""
        return self._read_at > float("-inf")

    def begin(self) -> None:
        """Read the log, so that questions find it read; nobody waits for that. Read once, this does nothing."""
        with self._changed:
            if not self.has_read:
                self._asked_at = time.monotonic()
                self._begin()
                self._changed.notify_all()

    def ask(self, question: Callable[[LogFolder], _T]) -> _T:
        """Give an answer out of the log as it stands. Raises StillReading, LogUnreadable, and what the question raises.

        A log that stays unreadable is asked out of what was read before it became so, if anything was. A defect is
        told to all who ask, and the log read anew at the next question.
        """
        with self._changed:
            now = time.monotonic()
            if now - self._read_at > _FRESH_S:
                self._asked_at = now
                self._trouble = None
                self._begin()
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._read_at >= now or self._trouble is not None, _PATIENCE_S)
            if not self.has_read:
                if self._trouble is not None:
                    raise LogUnreadable(self._trouble)
                raise StillReading(self._done, self._total)
        with self._lock:
            if self._folder is None:  # a defect has ended the reading since
                raise LogUnreadable(self._trouble or "the log is read anew; ask again in some seconds")
            return question(self._folder)

    def close(self) -> None:
        """Stop reading. Without it a process that asked never ends: it joins the thread that waits for questions."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="live-graph", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        asyncio.run(self._follow())

    async def _follow(self) -> None:
        while await asyncio.to_thread(self._is_wanted):
            try:
                async with KafkaLog(self._bootstrap) as log:
                    while await asyncio.to_thread(self._is_wanted):
                        await self._read_on(log)
            except BrokerError as error:
                self._tell(str(error))
                await asyncio.sleep(_PAUSE_S)
            except Exception as error:
                # Whatever it was: a thread that ends here would leave everybody waiting for a log "being read".
                logger.exception("reading the log for questions about the graph failed")
                self._forget()
                self._tell(
                    f"reading the log failed: {type(error).__name__}: {error}; ask again and it is read anew; "
                    "the console's own log says where it failed"
                )
                await asyncio.sleep(_PAUSE_S)

    def _tell(self, trouble: str) -> None:
        with self._changed:
            self._trouble = trouble
            self._changed.notify_all()

    def _forget(self) -> None:
        """Drop what was read: a state in which folding broke off is the state of no log."""
        with self._changed:
            self._read_at = float("-inf")
            self._done = self._total = 0
        with self._lock:
            self._folder = None

    def _is_wanted(self) -> bool:
        """Wait until somebody has asked since the last reading began, or nobody will."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._asked_at > self._read_at)
            return not self._closing

    async def _read_on(self, log: KafkaLog) -> None:
        began = time.monotonic()
        ends = await log.end_offsets(FACTS.name)
        if self._folder is None:
            facts = sum(ends.values())
            self._folder = LogFolder(len(ends), self._graph, view_for(facts), decoder_for(facts))
            log.in_bulk = facts >= KERNEL_FROM
        version = self._folder.version
        spans = {partition: (version[partition], end) for partition, end in ends.items() if end > version[partition]}
        self._done, self._total = sum(version), sum(ends.values())
        async for records in log.read_spans(FACTS.name, spans):
            with self._lock:
                self._folder.fold(records)
            self._done += len(records)
            if self._closing:
                return
        with self._changed:
            self._read_at = began
            self._changed.notify_all()
