"""Health, status, metrics and single agents over real HTTP on the loopback."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.request import Request, urlopen

import pytest

from analytics.log_reader import Key
from analytics.timeline_answers import Message, Messages, Timeline
from dash_app.app import Settings, build_app
from tests.unit.dash_app.console_fakes import START_US, FakeReadModel, full_overview, serving
from tests.unit.dash_app.test_api import get

PATHS = (
    "/health", "/status", "/agent/3/state", "/agent/3/sync", "/agent/3/message", "/api/metrics",
)  # fmt: skip


class FakeTimeline:
    """Notes what was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def timeline(
        self, *, from_us: int | None = None, to_us: int | None = None, after: Key | None = None, limit: int = 1000
    ) -> Timeline:
        """Give nothing."""
        self.asked.append((from_us, to_us, after, limit))
        return Timeline(events=(), matching=0, next=None)

    def messages(self, agent: int, *, since_us: int = 0, limit: int = 50) -> Messages:
        """Give one message."""
        self.asked.append((agent, since_us, limit))
        one = Message(
            kind="MessageSent", at_us=START_US, sender=agent, receiver=1, message_id=7, latency_us=None, bytes=9,
            facts=1, useful=0,
        )  # fmt: skip
        return Messages(agent=agent, messages=(one,), matching=1)


Site = tuple[str, FakeReadModel, FakeTimeline]


@pytest.fixture
def site() -> Iterator[Site]:
    """Give a console whose tick does not come round again during a test."""
    model, timeline = FakeReadModel(full_overview()), FakeTimeline()
    with serving(build_app(model, Settings(period_s=300.0), timeline=timeline)) as address:
        yield address, model, timeline


def document(address: str) -> tuple[int, Any]:
    """Give status and JSON of one GET."""
    status, headers, body = get(address)
    assert headers["Content-Type"] == "application/json"
    return status, json.loads(body)


def test_the_short_paths_answer_as_the_long_ones(site: Site) -> None:
    """Who uses the paths without a version would see a page of HTML."""
    address, _, _ = site
    for path in PATHS:
        status, found = document(address + path)
        assert status == 200, path
        long = path.replace("/agent/", "/agents/")
        if path != "/api/metrics":
            _, other = document(f"{address}/api/v1{long}")
            found.pop("data_age_s", None)
            other.pop("data_age_s", None)
            assert found == other, path
    assert get(f"{address}/dashboard")[0] == 200


def test_who_reads_packed_leaves_others_their_plain_answer(site: Site) -> None:
    """A reader without gzip would be told that plain bytes are packed, and heads would grow with each request."""
    address, _, _ = site
    for path in ("/api/v1/status", "/api/v1/metrics", "/api/v1/agents/3/sync"):
        plain = _headers(f"{address}{path}", "identity")
        for _ in range(3):
            _headers(f"{address}{path}", "gzip")
        assert _headers(f"{address}{path}", "identity") == plain, path
        assert "content-encoding" not in plain, path


def _headers(url: str, encoding: str) -> dict[str, str]:
    with urlopen(Request(url, headers={"Accept-Encoding": encoding}), timeout=10) as response:
        kept = {name.lower(): value for name, value in response.headers.items()}
        body = response.read()
    assert int(kept["content-length"]) == len(body)
    return {name: value for name, value in kept.items() if name not in ("date", "content-length")}


def test_everything_comes_out_of_one_answer(site: Site) -> None:
    """A thousand probes would be a thousand queries."""
    address, model, _ = site
    for path in (*PATHS, "/api/v1/metrics") * 3:
        assert get(address + path)[0] == 200
    assert model.asked == 1


def test_the_state_and_sync_of_an_agent(site: Site) -> None:
    """Somebody would see another agent than the one in the address."""
    address, model, _ = site
    status, state = document(f"{address}/api/v1/agents/3/state")
    assert (status, state["agent"], state["lag"], state["role"]) == (200, 3, 3, "RED")
    _, sync = document(f"{address}/api/v1/agents/3/sync")
    assert sync["neighbours"] == list(model.answer.agents[3].neighbours)
    assert {flow["sender"] for flow in sync["sends"]} == {3}
    status, messages = document(f"{address}/api/v1/agents/3/message?limit=5")
    assert (status, messages["messages"][0]["sender"]) == (200, 3)


@pytest.mark.parametrize("what", ["state", "sync"])
def test_an_agent_that_was_never_heard_says_so(site: Site, what: str) -> None:
    """A wrong number would look like an agent without figures."""
    status, found = document(f"{site[0]}/api/v1/agents/77/{what}")
    assert status == 404
    assert "agent 77 was never heard" in found["problem"]
    assert "0, 1, 2" in found["problem"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/agents/x/state", "/api/v1/agents/-1/sync", "/agent/1e9/state", "/api/v1/agents/1/message?limit=0",
        "/api/v1/timeline?limit=99999", "/api/v1/timeline?from_us=-1", "/api/v1/timeline?after=x",
    ],
)  # fmt: skip
def test_bad_parameters_are_refused(site: Site, path: str) -> None:
    """A typing error would be a stack trace and a 500."""
    assert get(site[0] + path)[0] == 422


def test_stuck_and_down_are_told_by_the_status_code() -> None:
    """A probe that reads only the code would leave a hanging system alone."""
    overview = full_overview()
    hanging = replace(overview.agents[5], lag=3, still_since_us=overview.agents[5].last_seen_us - 60_000_000)
    agents = (*overview.agents[:5], hanging, *overview.agents[6:])
    with serving(build_app(FakeReadModel(replace(overview, agents=agents)), Settings())) as address:
        status, found = document(f"{address}/api/v1/health")
        assert (status, found["status"], found["problems"][0]["fact"]) == (503, "stuck", "agent 5 is stuck")
    model = FakeReadModel(overview)
    model.failure = OSError("no such folder")
    with serving(build_app(model, Settings())) as address:
        status, found = document(f"{address}/health")
        assert (status, found["status"]) == (503, "down")
        assert "no such folder" in found["problems"][0]["detail"]
        assert get(f"{address}/status")[0] == 503
        assert get(f"{address}/api/v1/metrics")[0] == 503


def test_the_timeline_takes_window_and_key(site: Site) -> None:
    """An export would begin anew on each page, or leave its window."""
    address, _, timeline = site
    status, found = document(f"{address}/api/v1/timeline?from_us=5&to_us=9&after=7.0.3&limit=10")
    assert (status, found) == (200, {"events": [], "matching": 0, "next": None})
    assert timeline.asked == [(5, 9, (7, 0, 3), 10)]


def test_openapi_describes_every_route_of_the_interface(site: Site) -> None:
    """Clients that are made from the description would lack routes, or not know what comes back."""
    described = document(f"{site[0]}/openapi.json")[1]["paths"]
    for path in (
        "health",
        "status",
        "timeline",
        "agents/{agent}/state",
        "agents/{agent}/sync",
        "agents/{agent}/message",
    ):
        answer = described[f"/api/v1/{path}"]["get"]["responses"]["200"]
        assert answer["content"]["application/json"]["schema"], path
    assert not [path for path in described if not path.startswith(("/api/", "/healthz"))]
