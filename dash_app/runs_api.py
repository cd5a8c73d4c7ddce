"""Runs, rules and turns over HTTP: routes and parameters. Not here: questions (analytics/run_reader.py)."""

from typing import Annotated, Protocol

from fastapi import FastAPI, Query, Response

from analytics.run_answers import Phases, Turns
from dash_app.replies import answer

PHASES_PATH = "/api/v1/phases"
TURNS_PATH = "/api/v1/turns"


class Runs(Protocol):
    """What the console needs of the story of the system."""

    def phases(self, runs: int = 5, rule: str | None = None) -> Phases:
        """Give the newest runs and the rules, and rounds and agents of one rule, or of all."""

    def turns(self, limit: int = 100) -> Turns:
        """Give the newest turns and sync rounds."""


def add_routes(server: FastAPI, runs: Runs | None) -> None:
    """Add the routes."""

    @server.get(PHASES_PATH, response_class=Response, responses={200: {"model": Phases}})
    async def phases(
        limit: Annotated[int, Query(ge=1, le=50, description="At most so many runs, the newest.")] = 5,
        rule: Annotated[str | None, Query(max_length=200, description="Rounds and agents of this rule only.")] = None,
    ) -> Response:
        """What each agent did in each phase of the newest saturations, and rules with what they made."""
        return await answer(runs, lambda found: found.phases(limit, rule or None))

    @server.get(TURNS_PATH, response_class=Response, responses={200: {"model": Turns}})
    async def turns(
        limit: Annotated[int, Query(ge=1, le=500, description="At most so many turns and sync rounds.")] = 100,
    ) -> Response:
        """What befell agents and who ordered it, and the rounds that asked all agents what they hold; newest first."""
        return await answer(runs, lambda found: found.turns(limit))
