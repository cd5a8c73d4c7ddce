"""The log behind a broker, read for people who ask now and then."""

from collections.abc import AsyncIterator, Mapping
from typing import Self

import pytest

from streams.ports import LogRecord
from streams.runtimes import live_graph
from streams.runtimes.live_graph import LiveGraph


class EmptyLog:
    """A facts topic of two partitions in which nothing is written."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def end_offsets(self, topic: str) -> dict[int, int]:
        """Give the ends."""
        return {0: 0, 1: 0}

    async def read_spans(self, topic: str, spans: Mapping[int, tuple[int, int]]) -> AsyncIterator[list[LogRecord]]:
        """Give nothing."""
        for records in ():
            yield records


def test_closing_ends_the_thread_that_waits_for_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A console that was asked about the graph once would never end, and its supervisor would have to kill it."""
    monkeypatch.setattr(live_graph, "KafkaLog", EmptyLog)
    graph = LiveGraph("nowhere")
    assert graph.ask(lambda folder: folder.version) == (0, 0)
    thread = graph._thread
    assert thread is not None
    graph.close()
    thread.join(20)
    assert not thread.is_alive()
