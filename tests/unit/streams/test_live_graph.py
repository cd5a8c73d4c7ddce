"""The log behind a broker, read for people who ask now and then."""

from collections.abc import AsyncIterator, Mapping
from typing import Self

import pytest

from streams.ports import LogRecord
from streams.runtimes import live_graph
from streams.runtimes.live_graph import LiveGraph, LogUnreadable


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


class BrokenLog(EmptyLog):
    """A log whose client has a defect; `defects` is how often it still shows."""

    defects = 1

    async def end_offsets(self, topic: str) -> dict[int, int]:
        """Fail as nobody expects, then give the ends."""
        if type(self).defects > 0:
            type(self).defects -= 1
            raise KeyError("partition 7")
        return {0: 0, 1: 0}


def test_a_defect_is_told_and_the_log_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread would end in silence, and the page say for ever that the log is being read."""
    monkeypatch.setattr(live_graph, "KafkaLog", BrokenLog)
    monkeypatch.setattr(live_graph, "_PAUSE_S", 0.01)
    monkeypatch.setattr(live_graph, "_PATIENCE_S", 60.0)
    monkeypatch.setattr(BrokenLog, "defects", 1)
    graph = LiveGraph("nowhere")
    try:
        with pytest.raises(LogUnreadable, match="KeyError: 'partition 7'; ask again"):
            graph.ask(lambda folder: folder.version)
        assert graph.ask(lambda folder: folder.version) == (0, 0)
    finally:
        graph.close()


def test_a_defect_after_good_reading_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers out of a state in which folding broke off would be taken for those of the log."""
    monkeypatch.setattr(live_graph, "KafkaLog", BrokenLog)
    monkeypatch.setattr(live_graph, "_PAUSE_S", 0.01)
    monkeypatch.setattr(live_graph, "_PATIENCE_S", 60.0)
    monkeypatch.setattr(live_graph, "_FRESH_S", -1.0)
    monkeypatch.setattr(BrokenLog, "defects", 0)
    graph = LiveGraph("nowhere")
    try:
        assert graph.ask(lambda folder: folder.version) == (0, 0)
        monkeypatch.setattr(BrokenLog, "defects", 1)
        with pytest.raises(LogUnreadable, match="KeyError"):
            graph.ask(lambda folder: folder.version)
        assert graph.ask(lambda folder: folder.version) == (0, 0)
    finally:
        graph.close()
