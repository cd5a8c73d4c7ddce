"""The log at a cut over HTTP: routes and parameters. Not here: questions (analytics/cut_reader.py)."""

from collections.abc import Callable
from typing import Annotated, Any, Protocol

from fastapi import FastAPI, Query, Response

from analytics.cut_answers import Cut, Density, GraphAtCut
from analytics.cut_reader import BUCKETS_MAX, DRAWN, DRAWN_MAX, EVENTS, EVENTS_MAX, WINDOW_S
from analytics.log_places import AT_PATTERN, NoSuchCut
from analytics.recent_answers import RecentGraph
from dash_app.replies import answer, reply
from dash_app.shared_answer import SharedAnswers

DENSITY_PATH = "/api/v1/log/density"
CUT_PATH = "/api/v1/cut"
GRAPH_PATH = "/api/v1/cut/graph"
RECENT_PATH = "/api/v1/egraph/recent"
STEP_MAX = 1_000_000

At = Annotated[
    str,
    Query(
        pattern=AT_PATTERN,
        description="Which record: `start`, `end`, PARTITION:OFFSET, `t` and microseconds since the Unix epoch (the "
        "newest record by then), or `n` and a position in the order of append, from 1.",
    ),
]


class Cuts(Protocol):
    """What the console needs of the log at a cut."""

    def density(self, buckets: int = 240, *, by: str = "time") -> Density:
        """Give the whole log in buckets, even in time or in records."""

    def cut(self, at: str, *, step: int = 0, now: bool = False, window_s: int = WINDOW_S, events: int = EVENTS) -> Cut:
        """Give the cut at a record, or so many records after it, with figures and events up to its moment."""

    def graph(self, at: str, *, drawn: int = DRAWN) -> GraphAtCut:
        """Give the e-graph at a cut, so many of its classes around what its record changed."""

    def recent(self, *, drawn: int = DRAWN) -> RecentGraph:
        """Give the classes that changed last as the log stands, so many with those around."""


def add_routes(server: FastAPI, cuts: Cuts | None) -> None:
    """Add the routes. Every open Overview asks for the strip and for what changed last, hence one answer for all."""
    strips = SharedAnswers(fresh_s=3.0, share=0.03)
    changes = SharedAnswers(fresh_s=2.0, share=0.2)

    @server.get(DENSITY_PATH, response_class=Response, responses={200: {"model": Density}})
    async def density(
        buckets: Annotated[int, Query(ge=1, le=BUCKETS_MAX, description="At most so many buckets.")] = 240,
        by: Annotated[str, Query(pattern="^(time|records)$", description="What buckets share evenly.")] = "time",
    ) -> Response:
        """Facts per bucket over the whole log, and where each partition ends. Some seconds old: made once for all."""
        return await strips.answer((buckets, by), lambda: answer(cuts, lambda found: found.density(buckets, by=by)))

    @server.get(RECENT_PATH, response_class=Response, responses={200: {"model": RecentGraph}})
    async def recent(
        drawn: Annotated[int, Query(ge=2, le=DRAWN_MAX, description="At most so many classes.")] = DRAWN,
    ) -> Response:
        """The classes that changed last and those around them, sizes, and where quarantined equalities stand.

        Some seconds old: made once for all. `is_folded` is false where the records are more than `cap`, or being read.
        """
        return await changes.answer(drawn, lambda: answer(cuts, lambda found: found.recent(drawn=drawn)))

    @server.get(CUT_PATH, response_class=Response, responses={200: {"model": Cut}})
    async def cut(
        at: At = "end",
        step: Annotated[int, Query(ge=-STEP_MAX, le=STEP_MAX, description="So many records after it.")] = 0,
        now: Annotated[bool, Query(description="At the `end`, with all that agents did since its record.")] = False,
        window_s: Annotated[int, Query(ge=2, le=3600, description="Seconds of figures up to it.")] = WINDOW_S,
        events: Annotated[int, Query(ge=1, le=EVENTS_MAX, description="At most so many events of agents.")] = EVENTS,
    ) -> Response:
        """The log up to a record: counts, the record, and agents, figures and events up to its moment and no later.

        404 where the log has none.
        """
        return await _at_a_cut(cuts, lambda found: found.cut(at, step=step, now=now, window_s=window_s, events=events))

    @server.get(GRAPH_PATH, response_class=Response, responses={200: {"model": GraphAtCut}})
    async def graph(
        at: At = "end",
        drawn: Annotated[
            int, Query(ge=2, le=DRAWN_MAX, description="At most so many classes, those of the record included.")
        ] = DRAWN,
    ) -> Response:
        """The e-graph folded from the records up to one, what that one changed, and the classes around it.

        Without `counts` and `change` where the records are more than `cap`.
        """
        return await _at_a_cut(cuts, lambda found: found.graph(at, drawn=drawn))


async def _at_a_cut(cuts: Cuts | None, question: Callable[[Cuts], Any]) -> Response:
    try:
        return await answer(cuts, question)
    except NoSuchCut as error:
        return reply({"problem": str(error)}, 404)
