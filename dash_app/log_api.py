"""The log over HTTP: facts page by page, one fact with its surroundings, refused records.

Belongs here: routes, parameters, status codes. Not here: questions (analytics/log_reader.py).
"""

from typing import Annotated, Protocol

from fastapi import FastAPI, Path, Query, Response

from analytics.answers import FactDetail, LogPage, RefusedPage
from analytics.log_reader import KINDS, Key, Wanted
from dash_app.replies import answer

EVENTS_PATH = "/api/v1/events"
EVENT_PATH = "/api/v1/events/{partition}/{offset}"
DEAD_LETTERS_PATH = "/api/v1/dead-letters"
LIMIT_MAX = 500
_MICROSECONDS_MAX = 10**17

Partition = Annotated[int, Path(ge=0, le=2**31 - 1, description="Partition of the facts topic.")]
Offset = Annotated[int, Path(ge=0, le=2**63 - 1, description="Offset in the partition.")]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="At most so many rows.")]
After = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{1,18}\.[0-9]{1,18}\.[0-9]{1,18}$",
        description="The rows after this key: `next` of the page before. Rows come newest first.",
    ),
]
Moment = Annotated[int | None, Query(ge=0, le=_MICROSECONDS_MAX, description="Microseconds since the Unix epoch.")]


class Log(Protocol):
    """What the console needs of the log."""

    def facts(self, wanted: Wanted, *, after: Key | None = None, limit: int = 100) -> LogPage:
        """Give a page of facts."""

    def fact(self, partition: int, offset: int) -> FactDetail | None:
        """Give one fact with what stands around it."""

    def dead_letters(self, reason: str | None = None, *, after: Key | None = None, limit: int = 50) -> RefusedPage:
        """Give a page of refused records."""


def add_routes(server: FastAPI, log: Log | None) -> None:
    """Add the routes."""

    @server.get(EVENTS_PATH, response_class=Response, responses={200: {"model": LogPage}})
    async def events(
        partition: Annotated[int | None, Query(ge=0, le=2**31 - 1, description="Only this partition.")] = None,
        offset: Annotated[int | None, Query(ge=0, le=2**63 - 1, description="Only this offset and older ones.")] = None,
        since_us: Moment = None,
        until_us: Moment = None,
        producer: Annotated[str | None, Query(max_length=200, description="How the producer's name begins.")] = None,
        kind: Annotated[str | None, Query(pattern=f"^({'|'.join(KINDS)})$", description="Only this kind.")] = None,
        text: Annotated[
            str | None, Query(max_length=200, description="In the operator or the reason, or the beginning of an id.")
        ] = None,
        after: After = None,
        limit: Limit = 100,
    ) -> Response:
        """Facts newest first, by the broker's time of append. 503 while the store cannot be read; `problem` says why.

        `matching` of `total` facts fit; `before` of them stand on newer pages; `next` is the key of the page after.
        """
        wanted = Wanted(
            partition=partition,
            offset=offset,
            since_us=since_us,
            until_us=until_us,
            producer=producer or None,
            kind=kind,
            text=text or None,
        )
        return await answer(log, lambda found: found.facts(wanted, after=_key(after), limit=limit))

    @server.get(EVENT_PATH, response_class=Response, responses={200: {"model": FactDetail}})
    async def event(partition: Partition, offset: Offset) -> Response:
        """One fact, what it refers to and what refers to it. 404 if the store does not hold it."""
        missing = f"the store holds no fact at {partition}:{offset}; a refused record has its place in dead letters"
        return await answer(log, lambda found: found.fact(partition, offset), missing)

    @server.get(DEAD_LETTERS_PATH, response_class=Response, responses={200: {"model": RefusedPage}})
    async def dead_letters(
        reason: Annotated[str | None, Query(max_length=40, description="Only letters with this reason.")] = None,
        after: After = None,
        limit: Annotated[int, Query(ge=1, le=100, description="At most so many rows.")] = 50,
    ) -> Response:
        """Refused records newest first, each source position once, with advice and their first 4,096 bytes as hex."""
        return await answer(log, lambda found: found.dead_letters(reason or None, after=_key(after), limit=limit))


def _key(after: str | None) -> Key | None:
    return None if after is None else Key.read(after)
