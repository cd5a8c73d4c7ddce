"""SQL over HTTP, and what stands before every route: status codes, size of requests, headers."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pytest

from analytics.public_sql.client import Refused, Rows
from dash_app.app import Settings, build_app
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving


class FakeDesk:
    """Answers what it was told to."""

    def __init__(self) -> None:
        self.found: Rows | Refused = Rows((("n", "BIGINT"),), [[7]], None, 3.5)
        self.asked: list[str] = []

    def ask(self, statement: str) -> Rows | Refused:
        """Note the statement, give the answer."""
        self.asked.append(statement)
        return self.found

    def schema(self) -> Any:
        """Give one table."""
        return {"relations": [{"name": "facts", "line": "rows", "columns": []}], "saved": []}


@pytest.fixture(name="site", scope="module")
def _site() -> Iterator[tuple[str, FakeDesk]]:
    desk = FakeDesk()
    with serving(build_app(FakeReadModel(full_overview()), Settings(), desk)) as address:
        yield address, desk


def send(address: str, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Send one request as it is; give status, headers and body."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, named)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def ask(address: str, document: Any) -> tuple[int, Any]:
    """Ask the SQL route."""
    status, _, body = send(
        address, "POST", "/api/v1/sql", json.dumps(document).encode(), Content_Type="application/json"
    )
    return status, json.loads(body)


def test_rows_come_with_names_and_types(site: tuple[str, FakeDesk]) -> None:
    """A script could not tell what the columns are, or would not learn that rows are missing."""
    address, desk = site
    desk.found = Rows((("n", "BIGINT"),), [[7], [None]], "only the first 2", 3.5)
    assert ask(address, {"statement": "SELECT n"}) == (
        200,
        {
            "columns": [{"name": "n", "type": "BIGINT"}],
            "rows": [[7], [None]],
            "truncated": "only the first 2",
            "elapsed_ms": 3.5,
        },
    )
    assert desk.asked[-1] == "SELECT n"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("statement", 400),
        ("query", 400),
        ("memory", 422),
        ("time", 422),
        ("busy", 503),
        ("catalog", 503),
        ("kernel", 501),
    ],
)
def test_a_refusal_has_its_status(site: tuple[str, FakeDesk], kind: str, status: int) -> None:
    """A script would try again what can never work, or give up on what only waits."""
    address, desk = site
    desk.found = Refused(kind, "why")
    assert ask(address, {"statement": "x"}) == (status, {"kind": kind, "message": "why"})


def test_an_answer_comes_as_a_file_with_the_bounds_of_any_other(site: tuple[str, FakeDesk]) -> None:
    """A file would be written where rows are refused, or leave out rows without a word."""
    address, desk = site
    body = json.dumps({"statement": "SELECT n", "format": "arrow"}).encode()
    desk.found = Rows((("n", "BIGINT"),), [[7]], "only the first", 3.5)
    status, headers, raw = send(address, "POST", "/api/v1/sql/file", body, Content_Type="application/json")
    assert (status, headers["truncated"], headers["content-type"]) == (
        200, "only the first", "application/vnd.apache.arrow.file",
    )  # fmt: skip
    assert pa.ipc.open_file(raw).read_all().to_pylist() == [{"n": 7}]
    desk.found = Refused("time", "too slow")
    status, _, raw = send(address, "POST", "/api/v1/sql/file", body, Content_Type="application/json")
    assert (status, json.loads(raw)) == (422, {"kind": "time", "message": "too slow"})
    wrong = json.dumps({"statement": "SELECT n", "format": "exe"}).encode()
    assert send(address, "POST", "/api/v1/sql/file", wrong, Content_Type="application/json")[0] == 422


@pytest.mark.parametrize("document", [{}, [], 7, "x", {"statement": 7}, {"statement": None}, {"statement": ["x"]}])
def test_a_request_of_another_shape_is_refused(site: tuple[str, FakeDesk], document: Any) -> None:
    """A mistake of the caller would look like a fault of the server."""
    address, desk = site
    before = len(desk.asked)
    assert ask(address, document)[0] == 422
    assert len(desk.asked) == before


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"statement":' + b"[" * 50_000 + b"]" * 50_000 + b"}"]
)
@pytest.mark.parametrize("path", ["/api/v1/sql", "/_dash-update-component"])
def test_bytes_that_are_no_request_give_no_server_error(site: tuple[str, FakeDesk], path: str, body: bytes) -> None:
    """Anybody could fill the log with stack traces, and the watchers of status codes with alarms."""
    status, _, _ = send(site[0], "POST", path, body, Content_Type="application/json")
    assert 400 <= status < 500


@pytest.mark.parametrize("path", ["/api/v1/sql", "/_dash-update-component", "/"])
def test_a_large_request_is_refused_before_it_is_read(site: tuple[str, FakeDesk], path: str) -> None:
    """A body of 200 MB would take three times as much memory."""
    connection = http.client.HTTPConnection(urlsplit(site[0]).netloc, timeout=20)
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", str(200 * 1024 * 1024))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert b"1 MiB" in answer.read()
    connection.close()


def test_a_large_request_without_a_length_is_refused(site: tuple[str, FakeDesk]) -> None:
    """Chunks would get past a limit that only looks at the announced length."""
    connection = http.client.HTTPConnection(urlsplit(site[0]).netloc, timeout=20)
    connection.request(
        "POST", "/api/v1/sql", iter([b"x" * 65_536] * 17), {"Content-Type": "application/json"}, encode_chunked=True
    )
    assert connection.getresponse().status == 413
    connection.close()


def test_an_unknown_output_is_the_callers_mistake(site: tuple[str, FakeDesk]) -> None:
    """Anybody could make the server log stack traces."""
    body = json.dumps({"output": "nothing.there", "outputs": {"id": "nothing", "property": "there"}, "inputs": []})
    status, _, _ = send(site[0], "POST", "/_dash-update-component", body.encode(), Content_Type="application/json")
    assert 400 <= status < 500


@pytest.mark.parametrize("path", ["/", "/sql", "/api/v1/overview", "/_dash-layout", "/assets/00-core.js", "/healthz"])
def test_every_answer_forbids_what_is_from_elsewhere(site: tuple[str, FakeDesk], path: str) -> None:
    """A text from the log that slips through as markup could load a script, or another site could frame the page."""
    status, headers, _ = send(site[0], "GET", path)
    assert status == 200
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert headers["x-content-type-options"] == "nosniff"


def test_without_a_desk_the_route_says_so() -> None:
    """A console that was built without SQL would fail with a stack trace."""
    with serving(build_app(FakeReadModel(full_overview()), Settings())) as address:
        assert ask(address, {"statement": "SELECT 1"})[0] == 503
        assert json.loads(send(address, "GET", "/api/v1/sql/schema")[2]) == {"relations": [], "saved": []}
