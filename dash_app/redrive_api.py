"""Refused records sent again over HTTP: the one thing that a console can change, so the one that asks who asks.

Belongs here: the operator's role and its token, the routes. Not here: sending (streams/runtimes/redrive.py, given from
outside), who may look (everybody who reaches the console). The token goes in a header that no other site can set.
"""

import hmac
import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Body, FastAPI, Request, Response
from pydantic import StringConstraints
from starlette.concurrency import run_in_threadpool

from dash_app.replies import reply

REDRIVE_PATH = "/api/v1/dead-letters/redrive"
POSITIONS_MAX = 100
TOKEN_LENGTH_MIN = 16
WRONG_MAX = 10
WRONG_WITHIN_S = 60.0
_NO_ROLE = (
    "this console sends nothing again; start it with --bootstrap and --operator-token-file, "
    "or use `egraph dead-letters redrive`"
)
_WRONG = "only the operator may send records again; give the token of --operator-token-file"
_TOO_OFTEN = "too many wrong tokens; wait a minute"
log = logging.getLogger(__name__)

Position = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,249}/[0-9]{1,9}/[0-9]{1,18}$")]


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of each position: sent again now, left because it was sent before, or no dead letter."""

    sent: tuple[str, ...]
    before: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CannotRedrive(Exception):
    """Nothing, or not everything, could be sent; `problem` says why."""

    problem: str


class Redriver(Protocol):
    """Sends refused records again."""

    def redrive(self, positions: Sequence[str], *, again: bool) -> Redriven:
        """Send those of the positions that were not sent before, or all with `again`. Raises CannotRedrive."""


class Operator:
    """Who may send again, known by a token. After some wrong ones nobody is let in for a while."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._wrong: deque[float] = deque(maxlen=WRONG_MAX)

    def refuses(self, given: str | None) -> tuple[str, int] | None:
        """Tell why a request is refused, and with which status; nothing where the token is the operator's."""
        now = time.monotonic()
        if len(self._wrong) == WRONG_MAX and now - self._wrong[0] < WRONG_WITHIN_S:
            return _TOO_OFTEN, 429
        scheme, _, token = (given or "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self._token):
            return None
        if token:
            self._wrong.append(now)
        return _WRONG, 401


def add_routes(server: FastAPI, redriver: Redriver | None, operator: Operator | None) -> None:
    """Add the routes. Without both, records cannot be sent again, and the route says how they can."""

    @server.get(REDRIVE_PATH, response_class=Response)
    async def offered() -> Response:
        """Whether this console sends refused records again, for its operator; `problem` says why not."""
        offers = redriver is not None and operator is not None
        return reply({"offered": offers, "problem": None if offers else _NO_ROLE})

    @server.post(REDRIVE_PATH, response_class=Response)
    async def redrive(
        request: Request,
        positions: Annotated[list[Position], Body(min_length=1, max_length=POSITIONS_MAX)],
        again: Annotated[bool, Body()] = False,
    ) -> Response:
        """Send refused records again, unchanged, to the partitions they came from: TOPIC/PARTITION/OFFSET, 100 at most.

        For the operator: `Authorization: Bearer TOKEN`. `sent`, `before` (left out, unless `again`) and `missing`.
        401 without the token, 429 after ten wrong ones a minute, 501 where nothing is sent again, 503 without a broker.
        """
        if redriver is None or operator is None:
            return reply({"problem": _NO_ROLE}, 501)
        refusal = operator.refuses(request.headers.get("authorization"))
        if refusal is not None:
            answer = reply({"problem": refusal[0]}, refusal[1])
            answer.headers["WWW-Authenticate" if refusal[1] == 401 else "Retry-After"] = (
                "Bearer" if refusal[1] == 401 else str(round(WRONG_WITHIN_S))
            )
            return answer
        try:
            found = await run_in_threadpool(redriver.redrive, positions, again=again)
        except CannotRedrive as error:
            return reply({"problem": error.problem}, 503)
        log.warning("the operator sent %d refused records again: %s", len(found.sent), ", ".join(found.sent))
        return reply(found)
