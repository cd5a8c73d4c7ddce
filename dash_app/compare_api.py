"""Two sides compared over HTTP: routes, parameters, status codes. Not here: questions (analytics/compare_reader.py)."""

from collections.abc import Callable
from typing import Annotated, Any, Protocol

from fastapi import FastAPI, Query, Response

from analytics.compare_answers import Comparison, GraphComparison, Sides
from analytics.compare_apart import TookTooLong
from analytics.compare_reader import TooLarge
from analytics.compare_sides import NOW, NoSuchAgent, Wanted
from analytics.log_places import AT_PATTERN, NoSuchCut
from dash_app.replies import answer, reply

SIDES_PATH = "/api/v1/compare/sides"
COMPARE_PATH = "/api/v1/compare"
GRAPHS_PATH = "/api/v1/compare/graph"
LIMIT_MAX = 200

At = Annotated[
    str,
    Query(
        pattern=AT_PATTERN,
        description="The record up to which the side goes, as `at` of `/api/v1/cut`; `end` is the newest there is.",
    ),
]
Agent = Annotated[
    int | None,
    Query(ge=0, le=10_000, description="The side is what this agent had read by then; without it, the log itself."),
]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="At most so many of each list.")]


class Comparer(Protocol):
    """What the console needs to compare. Methods may raise NoSuchCut, NoSuchAgent, TooLarge, TookTooLong."""

    def sides(self) -> Sides:
        """Give what can be compared."""

    def compare(self, left: Wanted, right: Wanted, *, limit: int = 20) -> Comparison:
        """Give positions, digests, and the facts that one side alone holds."""

    def graphs(self, left: Wanted, right: Wanted, *, limit: int = 20) -> GraphComparison:
        """Give what differs between the e-graphs of both sides."""


def add_routes(server: FastAPI, comparer: Comparer | None) -> None:
    """Add the routes."""

    @server.get(SIDES_PATH, response_class=Response, responses={200: {"model": Sides}})
    async def sides() -> Response:
        """What can be compared: the newest record, and every agent that was heard with what it published last."""
        return await answer(comparer, lambda found: found.sides())

    @server.get(COMPARE_PATH, response_class=Response, responses={200: {"model": Comparison}})
    async def compare(
        left: At = NOW, left_agent: Agent = None, right: At = NOW, right_agent: Agent = None, limit: Limit = 20
    ) -> Response:
        """What lies between two sides: positions, digests, facts that one alone holds, and the same in sentences.

        404 for a place that the log has not and for an agent that was not heard by then.
        """
        wanted = Wanted(left, left_agent), Wanted(right, right_agent)
        return await _compared(comparer, lambda found: found.compare(*wanted, limit=limit))

    @server.get(GRAPHS_PATH, response_class=Response, responses={200: {"model": GraphComparison}})
    async def graphs(
        left: At = NOW, left_agent: Agent = None, right: At = NOW, right_agent: Agent = None, limit: Limit = 20
    ) -> Response:
        """Classes that the sides put together differently, each with its cause, and what one alone quarantines.

        404 as above; 422 with `problem` where the sides hold more records than are folded while somebody waits, 504
        where that took too long.
        """
        wanted = Wanted(left, left_agent), Wanted(right, right_agent)
        return await _compared(comparer, lambda found: found.graphs(*wanted, limit=limit))


async def _compared(comparer: Comparer | None, question: Callable[[Comparer], Any]) -> Response:
    try:
        return await answer(comparer, question)
    except (NoSuchCut, NoSuchAgent) as error:
        return reply({"problem": str(error)}, 404)
    except TooLarge as error:
        return reply({"problem": str(error)}, 422)
    except TookTooLong as error:
        return reply({"problem": str(error)}, 504)
