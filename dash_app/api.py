"""The JSON API of the console: the same document that the page itself reads, and a health check.

Belongs here: routes, caching headers, what is said of addresses that are none. Not here: queries.
"""

import time

from fastapi import FastAPI, Request, Response
from starlette.routing import Match, Route

from dash_app.replies import reply
from dash_app.tick import Tick

OVERVIEW_PATH = "/api/v1/overview"
HEALTH_PATH = "/healthz"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def add_routes(server: FastAPI, tick: Tick) -> None:
    """Add the routes. Before Dash is put on the server, whose last route catches everything."""

    @server.get(OVERVIEW_PATH, response_class=Response)
    async def overview(request: Request) -> Response:
        """Everything the live page shows. `ETag` and 304; `Age` is how many seconds old the data is."""
        snapshot = await tick.current()
        headers = {"ETag": snapshot.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        age = snapshot.age_s(time.monotonic())
        if age is not None:
            headers["Age"] = str(int(age))
        if matches(request.headers.get("if-none-match"), snapshot.etag):
            return Response(status_code=304, headers=headers)
        body = snapshot.body
        if "gzip" in request.headers.get("accept-encoding", ""):
            # Packed once per tick; the middleware would pack it again for each viewer.
            body = snapshot.packed
            headers["Content-Encoding"] = "gzip"
        return Response(body, media_type="application/json", headers=headers)

    @server.get(HEALTH_PATH, response_class=Response)
    async def healthz() -> Response:
        """Say that the server answers. It does not ask for data, so that a probe does not keep the tick awake."""
        return Response("ok\n", media_type="text/plain")


def refuse_others(server: FastAPI) -> None:
    """Say 404, or 405 for another method, below /api and /agent. After all routes, before Dash, which would give a page
    of HTML with status 200 to a program that misspelt an address."""

    others = [route for route in server.routes if isinstance(route, Route)]

    async def refuse(request: Request) -> Response:
        asked = f"{request.method} {request.url.path}"
        allowed = {
            method
            for route in others
            if route.matches({**request.scope, "path_params": {}})[0] is Match.PARTIAL
            for method in route.methods or ()
        }
        if allowed:
            refusal = reply({"problem": f"{asked} is no route; this path takes {', '.join(sorted(allowed))}"}, 405)
            refusal.headers["Allow"] = ", ".join(sorted(allowed))
            return refusal
        return reply({"problem": f"{asked} is no route of this console; see /openapi.json"}, 404)

    for path in ("/api", "/api/{rest:path}", "/agent", "/agent/{rest:path}"):
        server.add_route(path, refuse, methods=list(METHODS), include_in_schema=False)


def matches(if_none_match: str | None, etag: str) -> bool:
    """Say whether an If-None-Match header covers the tag. A proxy may have made the tag weak."""
    if if_none_match is None:
        return False
    given = [item.strip().removeprefix("W/") for item in if_none_match.split(",")]
    return "*" in given or etag in given
