"""Requests that no page of ours makes, over real HTTP on the loopback: each gets an answer below 500 that says why."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from dash_app.app import Settings, build_app
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving
from tests.unit.dash_app.test_api import get

PLACE = {"id": "location", "property": "pathname"}
PAGE = {"id": "page", "property": "children"}
CALL = {"output": "page.children", "outputs": PAGE, "inputs": [{**PLACE, "value": "/sql"}], "changedPropIds": []}


@pytest.fixture(scope="module", name="site")
def _site() -> Iterator[str]:
    with serving(build_app(FakeReadModel(full_overview()), Settings(period_s=300.0))) as address:
        yield address


def asked(site: str, method: str, path: str, document: Any = None) -> tuple[int, Any, bytes]:
    """Give status, headers and body of a request."""
    connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=20)
    body = None if document is None else json.dumps(document)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


def test_the_call_that_pages_make_is_answered(site: str) -> None:
    """No page would be shown: the refusals below must not take it with them."""
    assert asked(site, "POST", "/_dash-update-component", CALL)[0] == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"inputs": []},
        {"inputs": [{**PLACE, "value": "/"}, {**PLACE, "value": "/"}]},
        {"inputs": [{**PAGE, "value": "/"}]},
        {"inputs": [7]},
        {"inputs": {}},
        {"state": [{**PLACE, "value": 1}]},
        {"state": 7},
        {"outputs": {"id": "other", "property": "children"}},
        {"outputs": [PAGE, PAGE]},
        {"outputs": None},
        {"changedPropIds": 5},
        {"changedPropIds": [None, 5]},
        {"output": "kpis.data-drawn", "outputs": {"id": "kpis", "property": "data-drawn"}},
        {"output": "..root.forceColorScheme...scheme-store.data...scheme-button.children.."},
        {"output": ["page.children"]},
        {"output": "nothing.there"},
    ],
)
def test_a_call_of_another_shape_is_the_callers_mistake(site: str, changed: dict[str, Any]) -> None:
    """Dash answers 500 with a stack trace in the log: anybody could fill it, and wake the watchers of status codes."""
    status, _, body = asked(site, "POST", "/_dash-update-component", CALL | changed)
    assert status == 400
    assert b"reload the page" in body


@pytest.mark.parametrize("value", [None, 7, [], ["/"], {"a": ["/"]}, True, "//nowhere"])
def test_a_place_of_another_kind_is_no_page(site: str, value: Any) -> None:
    """A list in place of an address would be a fault of the server."""
    call = CALL | {"inputs": [{**PLACE, "value": value}]}
    status, _, body = asked(site, "POST", "/_dash-update-component", call)
    assert status == 200
    assert (b"There is no such page" in body) is (value is not None)


@pytest.mark.parametrize(
    "rest", ["nope/x.js", "dash/nope.js", "dash/..%2f..%2fx", "dash/%00", "plotly/../../x", "dash/"]
)
def test_a_file_that_no_package_has_is_not_found(site: str, rest: str) -> None:
    """A link from an older version would be a fault of the server."""
    assert asked(site, "GET", f"/_dash-component-suites/{rest}")[0] == 404


def test_files_are_there_before_a_page_was_asked_for() -> None:
    """A page that was open while the server was restarted could not load the rest of its scripts."""
    with serving(build_app(FakeReadModel(full_overview()), Settings(period_s=300.0))) as address:
        assert get(f"{address}/_dash-component-suites/dash/dcc/async-graph.js")[0] == 200
        assert get(f"{address}/_dash-component-suites/plotly/package_data/plotly.min.js")[0] == 200


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/", "/api/v1", "/api/v1/nope", "/api/v2/status", "/agent/4", "/agent/4/nope", "/api/v1/agents/4"],
)
def test_an_address_below_the_api_that_is_none_says_so(site: str, path: str) -> None:
    """A program that misspelt an address would get a page of HTML with status 200."""
    status, headers, body = asked(site, "GET", path)
    assert (status, headers["Content-Type"]) == (404, "application/json")
    assert "/openapi.json" in json.loads(body)["problem"]
    assert asked(site, "POST", path, {})[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"), [("GET", "/api/v1/sql", "POST"), ("PUT", "/api/v1/status", "GET")]
)
def test_another_method_names_those_that_the_path_takes(site: str, method: str, path: str, allowed: str) -> None:
    """Who opens the address of a question in a browser would be told that there is none, or get the console."""
    status, headers, body = asked(site, method, path)
    assert (status, headers["Allow"]) == (405, allowed)
    assert allowed in json.loads(body)["problem"]


@pytest.mark.parametrize("path", ["/", "/sql", "/healthz", "/api/v1/status", "/assets/00-core.js"])
def test_a_head_is_what_a_get_begins_with(site: str, path: str) -> None:
    """Watchers that ask for heads only would take the console for broken."""
    status, headers, body = asked(site, "HEAD", path)
    assert (status, body) == (200, b"")
    assert headers["Content-Type"] == asked(site, "GET", path)[1]["Content-Type"]


def test_prometheus_finds_its_metrics_where_it_looks_first(site: str) -> None:
    """Its default path would give a page of HTML."""
    status, headers, body = asked(site, "GET", "/metrics")
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert b"# TYPE egraph_facts gauge" in body
