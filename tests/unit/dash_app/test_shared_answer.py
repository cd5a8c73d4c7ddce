"""Answers that are made once for many who ask: how often they are made, and that failures are not kept."""

import asyncio

import pytest
from fastapi import Response

from dash_app import shared_answer
from dash_app.replies import reply
from dash_app.shared_answer import OLDEST_S, SharedAnswers


class Source:
    """Counts how often it made an answer; `status` is that of what it makes."""

    def __init__(self) -> None:
        self.made = 0
        self.status = 200
        self.takes_s = 0.0

    async def make(self) -> Response:
        """Make the next answer."""
        self.made += 1
        await asyncio.sleep(0)
        Clock.now += self.takes_s
        return reply({"made": self.made}, self.status)


class Clock:
    """A clock that only tests move."""

    now = 1000.0

    @classmethod
    def monotonic(cls) -> float:
        """Give the time."""
        return cls.now


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_answer, "time", Clock)


def bodies(shared: SharedAnswers, source: Source, *keys: str) -> list[bytes]:
    """Ask for keys at the same time; give what was answered."""

    async def ask() -> list[Response]:
        return await asyncio.gather(*(shared.answer(key, source.make) for key in keys))

    return [bytes(answer.body) for answer in asyncio.run(ask())]


def test_many_who_ask_at_once_get_one_answer() -> None:
    """Twenty viewers would read the whole log twenty times."""
    shared, source = SharedAnswers(fresh_s=3, share=0.1), Source()
    assert set(bodies(shared, source, *["a"] * 20)) == {b'{"made":1}'}
    assert bodies(shared, source, "a", "b") == [b'{"made":1}', b'{"made":2}']


def test_an_answer_is_made_anew_when_it_is_old() -> None:
    """A page would show the log as it was when the first viewer came."""
    shared, source = SharedAnswers(fresh_s=3, share=0.1), Source()
    bodies(shared, source, "a")
    Clock.now += 2.9
    assert bodies(shared, source, "a") == [b'{"made":1}']
    Clock.now += 0.2
    assert bodies(shared, source, "a") == [b'{"made":2}']


def test_a_dear_answer_is_kept_longer_but_not_for_ever() -> None:
    """A large log would be read again and again while its pages are open, or never again."""
    shared, source = SharedAnswers(fresh_s=3, share=0.1), Source()
    source.takes_s = 1.0
    bodies(shared, source, "a")
    Clock.now += 9.0
    assert bodies(shared, source, "a") == [b'{"made":1}']
    Clock.now += 1.1
    assert bodies(shared, source, "a") == [b'{"made":2}']
    source.takes_s = 60.0
    Clock.now += 11.0
    bodies(shared, source, "a")
    Clock.now += OLDEST_S + 0.1
    assert bodies(shared, source, "a") == [b'{"made":4}']


def test_a_failure_is_not_kept() -> None:
    """A disk that is back would be told as broken to everybody for seconds."""
    shared, source = SharedAnswers(fresh_s=3, share=0.1), Source()
    source.status = 503
    bodies(shared, source, "a")
    source.status = 200
    assert bodies(shared, source, "a") == [b'{"made":2}']
