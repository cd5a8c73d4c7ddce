"""Problems in place: who prefers it gets status 200 and the true status in a header; nobody else does."""

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from dash_app.app import Settings, build_app
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving
from tests.unit.streams.told_graph import told_graph


@pytest.fixture(name="site", scope="module")
def _site() -> Iterator[str]:
    with serving(build_app(FakeReadModel(full_overview()), Settings(), graph=told_graph())) as address:
        yield address


def told(site: str, path: str, prefer: str | None, body: bytes | None = None) -> tuple[int, str | None, bytes]:
    """Give the status, the true status if a header told it, and the body."""
    request = urllib.request.Request(site + path, data=body, headers={"Prefer": prefer} if prefer else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, reply.headers["Problem-Status"], reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Problem-Status"], error.read()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/egraph?node=nowhere", None, 404),
        ("/api/v1/egraph?node=", None, 422),
        ("/api/v1/phases", None, 503),
        ("/_dash-update-component", b"{}", 400),
        ("/api/v1/sql", b"{}", 422),
    ],
)
def test_a_problem_has_its_status_where_it_was_asked_for(site: str, path: str, body: bytes | None, status: int) -> None:
    """Programs would take a problem for an answer, or every broken link fill the log of the browser with errors."""
    plain = told(site, path, None, body)
    in_place = told(site, path, "respond-async, problems=in-place", body)
    assert plain[:2] == (status, None)
    assert in_place[:2] == (200, str(status))
    assert plain[2] == in_place[2]


def test_an_answer_stays_as_it_is(site: str) -> None:
    """A page would take an answer for a problem."""
    assert told(site, "/api/v1/egraph?node=a", "problems=in-place")[:2] == (200, None)
