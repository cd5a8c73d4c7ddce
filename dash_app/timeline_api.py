"""The timeline over HTTP: events of a window, messages of an agent. Not here: questions (timeline_reader.py)."""

from typing import Annotated, Protocol

from fastapi import FastAPI, Query, Response

from analytics.log_reader import Key
from analytics.timeline_answers import Messages, Timeline
from dash_app.log_api import After, Moment
from dash_app.replies import answer
from dash_app.standing_api import Agent

TIMELINE_PATH = "/api/v1/timeline"
LIMIT_MAX = 10_000


class Events(Protocol):
    """What the console needs of the timeline."""

    def timeline(
        self, *, from_us: int | None = None, to_us: int | None = None, after: Key | None = None, limit: int = 1000
    ) -> Timeline:
        """Give events of a window in the order of time."""

    def messages(self, agent: int, *, since_us: int = 0, limit: int = 50) -> Messages:
        """Give the newest messages of an agent."""


def add_routes(server: FastAPI, events: Events | None) -> None:
    """Add the routes."""

    @server.get(TIMELINE_PATH, response_class=Response, responses={200: {"model": Timeline}})
    async def timeline(
        from_us: Moment = None,
        to_us: Moment = None,
        after: After = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="At most so many events.")] = 1000,
    ) -> Response:
        """Events with their vector clocks, oldest first; `after` takes the `next` of the page before."""
        key = None if after is None else Key.read(after)
        return await answer(events, lambda found: found.timeline(from_us=from_us, to_us=to_us, after=key, limit=limit))

    @server.get("/agent/{agent}/message", response_class=Response, include_in_schema=False)
    @server.get("/api/v1/agents/{agent}/message", response_class=Response, responses={200: {"model": Messages}})
    async def messages(
        agent: Agent,
        since_us: Moment = None,
        limit: Annotated[int, Query(ge=1, le=500, description="At most so many messages.")] = 50,
    ) -> Response:
        """The newest messages and acknowledgements that an agent sent or received, newest first."""
        return await answer(events, lambda found: found.messages(agent, since_us=since_us or 0, limit=limit))
