"""The shared tick: one question for any number of viewers, none for nobody, and failures that only make it old."""

import asyncio
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict

import orjson
import pytest

from analytics.answers import Overview
from dash_app.tick import Tick, serialise
from tests.unit.dash_app.console_fakes import EMPTY, FakeReadModel, full_overview


def eventually(condition: Callable[[], bool], what: str, within_s: float = 10.0) -> None:
    """Wait until the condition holds; fail with `what` at the deadline."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s} s: {what}"
        time.sleep(0.01)


def until_quiet(model: FakeReadModel) -> int:
    """Wait until the model has not been asked for a while; give how often it was asked."""
    asked = -1

    def quiet() -> bool:
        nonlocal asked
        before, asked = asked, model.asked
        time.sleep(0.1)
        return before == asked

    eventually(quiet, "the tick goes quiet without viewers")
    return asked


@pytest.fixture
def ticks() -> Iterator[Callable[..., Tick]]:
    """Give a maker of running ticks, stopped at the end."""
    made: list[Tick] = []

    def make(model: FakeReadModel, **options: float) -> Tick:
        tick = Tick(model, **options)  # type: ignore[arg-type]
        tick.start()
        made.append(tick)
        return tick

    yield make
    for tick in made:
        tick.stop()


def test_many_consumers_share_one_answer(ticks: Callable[..., Tick]) -> None:
    """If it failed, each viewer would cost its own nine queries and its own serialisation."""
    model = FakeReadModel(full_overview())
    tick = ticks(model, period_s=60.0)

    async def ask_all() -> list[object]:
        return list(await asyncio.gather(*(tick.current() for _ in range(40))))

    snapshots = asyncio.run(ask_all())
    assert len({id(item) for item in snapshots}) == 1
    assert model.asked == 1


def test_nobody_looks_nothing_is_asked(ticks: Callable[..., Tick]) -> None:
    """If it failed, a console that nobody watches would query for ever."""
    model = FakeReadModel(EMPTY)
    tick = ticks(model, period_s=0.01, idle_after_s=0.05)
    asyncio.run(tick.current())
    asked = until_quiet(model)
    asyncio.run(tick.current())
    assert model.asked > asked


def test_waking_up_gives_a_fresh_answer(ticks: Callable[..., Tick]) -> None:
    """If it failed, the first look after a night would show yesterday's numbers as the truth."""
    model = FakeReadModel(EMPTY)
    tick = ticks(model, period_s=0.01, idle_after_s=0.05)
    first = asyncio.run(tick.current())
    until_quiet(model)
    model.answer = full_overview()
    second = asyncio.run(tick.current(patience_s=10.0))
    assert orjson.loads(first.body)["overview"]["kpis"]["facts"] == 0
    assert orjson.loads(second.body)["overview"]["kpis"]["facts"] == model.answer.kpis.facts


def test_failure_keeps_the_last_answer_and_its_age(ticks: Callable[..., Tick]) -> None:
    """If it failed, one bad query would blank the page or pass off old data as new."""
    model = FakeReadModel(full_overview())
    tick = ticks(model, period_s=0.01)
    good = asyncio.run(tick.current())
    model.failure = OSError("the disk is gone")
    eventually(lambda: orjson.loads(tick.snapshot.body)["problem"] is not None, "the failure is told")
    bad = tick.snapshot
    assert "the disk is gone" in orjson.loads(bad.body)["problem"]
    assert orjson.loads(bad.body)["overview"]["kpis"] == orjson.loads(good.body)["overview"]["kpis"]
    assert bad.etag != good.etag
    stood = bad.answered_at
    rounds = tick.rounds
    eventually(lambda: tick.rounds > rounds, "the tick goes on after a failure")
    assert tick.snapshot.answered_at == stood
    model.failure = None
    eventually(lambda: orjson.loads(tick.snapshot.body)["problem"] is None, "the page recovers")


def test_hanging_query_blocks_neither_answers_nor_the_end() -> None:
    """If it failed, a query that never returns would hang requests and keep the process from ending."""
    release = threading.Event()

    class Hanging(FakeReadModel):
        def overview(self, window_s: int = 180) -> Overview:
            release.wait(60)
            return super().overview(window_s)

    tick = Tick(Hanging(EMPTY), period_s=0.01)
    tick.start()
    try:
        snapshot = asyncio.run(tick.current(patience_s=0.05))
        assert orjson.loads(snapshot.body) == {"problem": None, "overview": None}
        assert snapshot.age_s(time.monotonic()) is None
        assert tick.stop(timeout_s=0.05) is False
    finally:
        release.set()


def test_document_holds_the_whole_answer() -> None:
    """If it failed, the page and the API would miss or change a field of the answer."""
    overview = full_overview()
    read = orjson.loads(serialise(overview, None))
    assert read == {"problem": None, "overview": orjson.loads(orjson.dumps(asdict(overview)))}
    assert set(read["overview"]) == set(Overview.__dataclass_fields__)


def test_packed_and_plain_body_are_the_same_document(ticks: Callable[..., Tick]) -> None:
    """If it failed, browsers (which take gzip) and scripts would see different data."""
    snapshot = asyncio.run(ticks(FakeReadModel(full_overview())).current())
    assert gzip.decompress(snapshot.packed) == snapshot.body
