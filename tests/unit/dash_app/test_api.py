"""The JSON API and the server around it, over real HTTP on the loopback."""

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from urllib.error import HTTPError

import pytest

from dash_app.api import matches
from dash_app.app import Settings, build_app
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving

Site = tuple[str, FakeReadModel]


def get(address: str, **headers: str) -> tuple[int, Message, bytes]:
    """Give status, headers and body of one GET."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(address, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.fixture
def slow_site() -> Iterator[Site]:
    """Give a console whose tick does not come round again during a test."""
    model = FakeReadModel(full_overview())
    with serving(build_app(model, Settings(period_s=300.0))) as address:
        yield address, model


@pytest.fixture
def quick_site() -> Iterator[Site]:
    """Give a console that asks all the time."""
    model = FakeReadModel(full_overview())
    with serving(build_app(model, Settings(period_s=0.02))) as address:
        yield address, model


def test_unchanged_answer_is_not_sent_again(slow_site: Site) -> None:
    """If it failed, every poll would carry the whole document."""
    address, model = slow_site
    status, headers, body = get(f"{address}/api/v1/overview")
    assert status == 200
    assert json.loads(body)["overview"]["kpis"]["facts"] == model.answer.kpis.facts
    again, repeated, nothing = get(f"{address}/api/v1/overview", If_None_Match=headers["ETag"])
    assert (again, nothing) == (304, b"")
    assert repeated["ETag"] == headers["ETag"]
    other, _, full = get(f"{address}/api/v1/overview", If_None_Match='"something-else"')
    assert (other, full) == (200, body)
    assert model.asked == 1


def test_changed_answer_has_another_tag(quick_site: Site) -> None:
    """If it failed, a page that sends its tag would never see news."""
    address, model = quick_site
    _, headers, _ = get(f"{address}/api/v1/overview")
    model.answer = replace(model.answer, kpis=replace(model.answer.kpis, facts=99_999))
    end = time.monotonic() + 10
    facts = 0
    while facts != 99_999:
        assert time.monotonic() < end, "the change did not arrive within 10 s"
        status, _, body = get(f"{address}/api/v1/overview", If_None_Match=headers["ETag"])
        facts = json.loads(body)["overview"]["kpis"]["facts"] if status == 200 else 0


def test_failing_read_model_leaves_the_server_up(quick_site: Site) -> None:
    """If it failed, one broken segment would end the console, or hide that its numbers are old."""
    address, model = quick_site
    get(f"{address}/api/v1/overview")
    model.failure = RuntimeError("a segment is broken")
    end = time.monotonic() + 20
    age = 0
    document = {}
    while age < 2:
        assert time.monotonic() < end, "the answer did not grow old within 20 s"
        status, headers, body = get(f"{address}/api/v1/overview")
        age, document = int(headers["Age"]), json.loads(body)
        assert status == 200
        time.sleep(0.1)
    assert "a segment is broken" in document["problem"]
    assert document["overview"]["kpis"]["facts"] == model.answer.kpis.facts
    assert get(f"{address}/healthz")[0] == 200


def test_health_check_asks_no_data(slow_site: Site) -> None:
    """If it failed, a probe every second would keep the tick running for nobody."""
    address, model = slow_site
    status, _, body = get(f"{address}/healthz")
    assert (status, body) == (200, b"ok\n")
    assert model.asked == 0


def test_page_names_its_language_and_loads_from_here_only(slow_site: Site) -> None:
    """If it failed, a screen reader would guess the language, or an air-gapped page would miss scripts."""
    status, _, body = get(f"{slow_site[0]}/")
    page = body.decode()
    assert status == 200
    assert '<html lang="en"' in page
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_page_is_packed_for_who_takes_it(slow_site: Site) -> None:
    """If it failed, the first load would be three times as large, or a script would get bytes it cannot read."""
    address, _ = slow_site
    _, packed, _ = get(f"{address}/api/v1/overview", Accept_Encoding="gzip")
    _, plain, _ = get(f"{address}/api/v1/overview", Accept_Encoding="identity")
    _, index, _ = get(f"{address}/", Accept_Encoding="gzip")
    assert packed["Content-Encoding"] == "gzip"
    assert plain["Content-Encoding"] is None
    assert index["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, False), ('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("", False)],
)
def test_if_none_match(header: str | None, expected: bool) -> None:
    """If it failed, a proxy's weak or listed tags would be sent everything again, or a new answer withheld."""
    assert matches(header, '"a"') is expected
