"""What may come to Dash's own route for callbacks: a request for an output that there is, in the shape Dash sends.

Belongs here: judging such requests. Not here: limits for all routes (guard.py). Dash answers every other request with a
stack trace and status 500, so anybody could fill the log.
"""

from collections.abc import Container
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dash_app.bodies import again

PATH = "/_dash-update-component"
_REFUSAL = b'{"problem": "this is no request of a page of this console; reload the page"}'


class CallbackGate:
    """ASGI middleware. Expects whole bodies, as the guard gives them; `outputs` are the known ones."""

    def __init__(self, app: ASGIApp, outputs: Container[str]) -> None:
        self._app = app
        self._outputs = outputs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        message = await receive()
        if not is_request(message.get("body", b""), self._outputs):
            refusal = Response(_REFUSAL, 400, media_type="application/json")
            await refusal(scope, receive, send)
            return
        await self._app(scope, again(message, receive), send)


def is_request(body: bytes, outputs: Container[str]) -> bool:
    """Tell whether a body asks for a known output, in the shape that Dash sends."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    if not isinstance(asked, dict) or not isinstance(asked.get("output"), str) or asked["output"] not in outputs:
        return False
    ends = [asked.get("outputs"), *_listed(asked.get("inputs")), *_listed(asked.get("state", []))]
    return isinstance(asked.get("inputs"), list) and all(map(_is_end, ends))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_end(end: Any) -> bool:
    return isinstance(end, dict) and isinstance(end.get("id"), str) and isinstance(end.get("property"), str)
