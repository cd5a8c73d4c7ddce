"""What happened before what, over HTTP: route and parameters. Not here: questions (analytics/causal_reader.py)."""

from typing import Annotated, Protocol

from fastapi import FastAPI, Query, Response

from analytics.timeline_answers import SpaceTime
from dash_app.log_api import Moment
from dash_app.replies import answer

CAUSALITY_PATH = "/api/v1/causality"
LIMIT_MAX = 1000


class Causality(Protocol):
    """What the console needs of the order of events."""

    def space_time(
        self,
        event: tuple[int, int] | None = None,
        *,
        from_us: int | None = None,
        to_us: int | None = None,
        limit: int = 200,
        only_facts: bool = False,
    ) -> SpaceTime | None:
        """Give a window of the timeline, with the cone of an event; None where the event is not held."""


def add_routes(server: FastAPI, causality: Causality | None) -> None:
    """Add the route."""

    @server.get(CAUSALITY_PATH, response_class=Response, responses={200: {"model": SpaceTime}})
    async def space_time(
        event: Annotated[
            str | None,
            Query(pattern="^[0-9]{1,9}:[0-9]{1,18}$", description="PARTITION:OFFSET of an event of the timeline."),
        ] = None,
        from_us: Moment = None,
        to_us: Moment = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="At most so many events and facts.")] = 200,
        only_facts: Annotated[bool, Query(description="Only messages that carry facts, and `event` itself.")] = False,
    ) -> Response:
        """Events of the agents with their vector clocks, in a window of time; with `event`, its causal cone.

        A window without ends holds the newest events, or those around `event`. 404 if the store does not hold `event`.
        """
        place = None if event is None else _place(event)
        missing = f"the store holds no event at {event}; the link may be of another store, or of one that was emptied"
        return await answer(
            causality,
            lambda found: found.space_time(place, from_us=from_us, to_us=to_us, limit=limit, only_facts=only_facts),
            missing,
        )


def _place(text: str) -> tuple[int, int]:
    partition, _, offset = text.partition(":")
    return int(partition), int(offset)
