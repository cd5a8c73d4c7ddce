"""The live figures over a socket: told when there is news, to this console's own pages, and nobody kept for nothing."""

import gzip
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from dash_app import live_socket
from dash_app.app import Settings, build_app
from dash_app.live_socket import LIVE_PATH, is_own_page
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving

DEADLINE_S = 10.0


@pytest.fixture
def model() -> FakeReadModel:
    """Give a read model with something in it."""
    return FakeReadModel(full_overview())


@pytest.fixture
def address(model: FakeReadModel) -> Iterator[str]:
    """Give the address of a console with a quick tick that rests soon."""
    with serving(build_app(model, Settings(period_s=0.1, idle_after_s=0.5))) as served:
        yield served


@contextmanager
def opened(address: str, query: str = "", origin: str | None = None) -> Iterator[ClientConnection]:
    """Open a socket as a page does, or, without an origin, a program."""
    url = address.replace("http", "ws", 1) + LIVE_PATH + query
    with connect(url, compression=None, origin=None if origin is None else Origin(origin)) as socket:
        yield socket


def documents(socket: ClientConnection, count: int) -> tuple[list[Any], list[Any]]:
    """Read so many texts, give the documents that came with them, and them."""
    shown: list[Any] = []
    said: list[Any] = []
    while len(said) < count:
        message = socket.recv(timeout=DEADLINE_S)
        if isinstance(message, bytes):
            shown.append(json.loads(gzip.decompress(message)))
        else:
            said.append(json.loads(message))
    return shown, said


def test_each_new_answer_is_told_once_and_without_being_asked(address: str) -> None:
    """A page would be as old as its next question, or be sent the same figures again and again."""
    with opened(address) as socket:
        shown, said = documents(socket, 5)
    moments = [item["overview"]["generated_at_us"] for item in shown]
    assert moments == sorted(set(moments))
    assert len(moments) >= 4, "the model has another answer at each tick"
    assert {item["age_s"] for item in said} == {0}
    assert len({item["etag"] for item in said}) == len(shown)


def test_who_knows_the_newest_is_told_only_how_old_it_is(model: FakeReadModel) -> None:
    """Every page that opens its socket would get twice what it has just been answered."""
    with serving(build_app(model, Settings(period_s=60.0))) as address:
        with opened(address) as socket:
            shown, (said,) = documents(socket, 1)
            assert len(shown) == 1
        with opened(address, f"?known={said['etag']}") as socket:
            shown, beats = documents(socket, 2)
    assert shown == []
    assert [beat["etag"] for beat in beats] == [said["etag"]] * 2


def test_many_pages_cost_one_question_a_tick(address: str, model: FakeReadModel) -> None:
    """Each viewer would cost queries of its own."""
    with ExitStack() as pages:
        sockets = [pages.enter_context(opened(address)) for _ in range(20)]
        before, began = model.asked, time.monotonic()
        for socket in sockets:
            documents(socket, 5)
        ticks = (time.monotonic() - began) / 0.1
        assert model.asked - before <= ticks + 2


def test_with_the_last_page_the_questions_end(address: str, model: FakeReadModel) -> None:
    """A console that nobody looks at would ask its store for ever."""
    with opened(address) as socket:
        documents(socket, 3)
    end = time.monotonic() + DEADLINE_S
    asked = -1
    while asked != model.asked:
        assert time.monotonic() < end, "still asked"
        asked = model.asked
        time.sleep(1.0)


def test_a_page_is_told_that_its_figures_grow_old(address: str, model: FakeReadModel) -> None:
    """A stopped store would look alive for as long as the line stands."""
    with opened(address) as socket:
        documents(socket, 2)
        model.failure = RuntimeError("gone")
        end = time.monotonic() + DEADLINE_S
        while documents(socket, 1)[1][0]["age_s"] == 0:
            assert time.monotonic() < end


def test_pages_of_others_are_refused(address: str) -> None:
    """Any page in the browser of somebody who can reach the console could read it."""
    with pytest.raises(InvalidStatus) as refused, opened(address, origin="http://elsewhere.example"):
        pass
    assert refused.value.response.status_code == 403
    with opened(address, origin=address) as socket:
        documents(socket, 1)
    assert not is_own_page("http://console.example:8050", "console.example")
    assert not is_own_page("null", "console.example")


def test_more_sockets_than_there_may_be_are_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens sockets and never reads would take the server's memory; or a free place would stay taken."""
    monkeypatch.setattr(live_socket, "SOCKETS_MAX", 1)
    with opened(address) as first:
        documents(first, 1)
        with pytest.raises(InvalidStatus), opened(address):
            pass
    end = time.monotonic() + DEADLINE_S
    while True:
        try:
            with opened(address) as again:
                documents(again, 1)
                return
        except InvalidStatus:
            assert time.monotonic() < end, "the place of the first is not free"
            time.sleep(0.05)


def test_who_speaks_is_left(address: str) -> None:
    """A peer that pours messages in would be read from for ever."""
    with opened(address) as socket:
        documents(socket, 1)
        socket.send("hello")
        with pytest.raises(ConnectionClosed) as closed:
            documents(socket, 100)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
