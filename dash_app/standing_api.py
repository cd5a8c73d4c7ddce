"""How the system stands, over HTTP: health, status, metrics, one agent. All of it out of the one shared tick.

Belongs here: routes, status codes, the short paths without a version. Not here: the judgement (analytics/standing.py),
the form of metrics (analytics/exposition.py). Nothing here asks the store, so that many who ask cost little.
"""

import time
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, Path, Response
from fastapi.responses import RedirectResponse

from analytics.answers import AgentState, Overview
from analytics.exposition import CONTENT_TYPE, exposition
from analytics.standing import DEGRADED, OK, AgentSync, Health, Status, health_of_all, state_of, status_of_all, sync_of
from dash_app.replies import fresh, reply
from dash_app.tick import Tick

Agent = Annotated[int, Path(ge=0, le=10_000, description="Number of the agent.")]
_NO_DATA = {"problem": "there are no data yet; wait some seconds after a start, else see /api/v1/health"}


def add_routes(server: FastAPI, tick: Tick) -> None:
    """Add the routes, each under /api/v1 and under its short path."""
    site = _Site(tick)

    @server.get("/health", response_class=Response, include_in_schema=False)
    @server.get("/api/v1/health", response_class=Response, responses={200: {"model": Health}, 503: {"model": Health}})
    async def health() -> Response:
        """Who is alive, who is stuck, and what to do. 200 while `status` is ok or degraded, 503 if stuck or down."""
        await tick.current()
        found = health_of_all(tick.overview, site.age_s(), tick.problem)
        return reply(found, 200 if found.status in (OK, DEGRADED) else 503)

    @server.get("/status", response_class=Response, include_in_schema=False)
    @server.get("/api/v1/status", response_class=Response, responses={200: {"model": Status}})
    async def status() -> Response:
        """Whether all agree, the headline figures, and every agent. 503 before there are data."""
        return await site.answer("status", lambda overview: reply(status_of_all(overview, site.age_s())))

    @server.get("/metrics", response_class=Response, include_in_schema=False)
    @server.get("/api/v1/metrics", response_class=Response)
    async def metrics() -> Response:
        """The figures for Prometheus: text exposition format 0.0.4, in seconds and bytes."""
        return await site.answer(
            "metrics", lambda overview: fresh(exposition(overview, site.age_s()).encode(), CONTENT_TYPE)
        )

    @server.get("/api/metrics", response_class=Response, responses={200: {"model": Status}})
    async def metrics_as_json() -> Response:
        """The figures of `/api/v1/status`, for readers of JSON."""
        return await status()

    @server.get("/agent/{agent}/state", response_class=Response, include_in_schema=False)
    @server.get("/api/v1/agents/{agent}/state", response_class=Response, responses={200: {"model": AgentState}})
    async def state(agent: Agent) -> Response:
        """What the newest heartbeat of an agent told. 404 for one that was never heard."""
        return await site.answer(f"state {agent}", lambda overview: _found(state_of(overview, agent), overview, agent))

    @server.get("/agent/{agent}/sync", response_class=Response, include_in_schema=False)
    @server.get("/api/v1/agents/{agent}/sync", response_class=Response, responses={200: {"model": AgentSync}})
    async def sync(agent: Agent) -> Response:
        """How an agent stands to the others: lag, agreement, and its flows. 404 for one that was never heard."""
        return await site.answer(f"sync {agent}", lambda overview: _found(sync_of(overview, agent), overview, agent))

    @server.get("/dashboard", response_class=RedirectResponse, include_in_schema=False)
    async def dashboard() -> RedirectResponse:
        return RedirectResponse("/", 307)


class _Site:
    """Makes each answer once per tick.

    Kept are the bytes, never the response: what stands around the routes writes into the headers of what it sends.
    """

    def __init__(self, tick: Tick) -> None:
        self._tick = tick
        self._made: dict[str, tuple[bytes, str | None]] = {}
        self._made_in = -1

    def age_s(self) -> float | None:
        return self._tick.snapshot.age_s(time.monotonic())

    async def answer(self, name: str, make: Callable[[Overview], Response]) -> Response:
        await self._tick.current()
        overview, rounds = self._tick.overview, self._tick.rounds
        if overview is None:
            return reply(_NO_DATA, 503)
        if self._made_in != rounds:
            self._made.clear()
            self._made_in = rounds
        kept = self._made.get(name)
        if kept is not None:
            return fresh(*kept)
        made = make(overview)
        if made.status_code == 200:  # names of what there is not are without number
            self._made[name] = bytes(made.body), made.media_type
        return made


def _found(document: Any, overview: Overview, agent: int) -> Response:
    if document is not None:
        return reply(document)
    heard = ", ".join(str(item.agent) for item in overview.agents) or "nobody"
    return reply({"problem": f"agent {agent} was never heard; heard were {heard}; see /api/v1/status"}, 404)
