"""What may come to Dash's own routes: calls of callbacks as its pages make them, and files that its packages have.

Belongs here: judging such requests. Not here: limits for all routes (guard.py). Dash answers every other request with a
stack trace and status 500, so anybody could fill the log.
"""

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from dash.fingerprint import check_fingerprint
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dash_app.bodies import again

PATH = "/_dash-update-component"
SUITES = "/_dash-component-suites/"
_REFUSAL = b'{"problem": "this is no request of a page of this console; reload the page"}'
_NO_FILE = b'{"problem": "there is no such file; reload the page"}'


class CallbackGate:
    """ASGI middleware. Expects whole bodies, as the guard gives them; `callbacks` and `files` are as Dash keeps them:
    callbacks by output, names of files by package."""

    def __init__(
        self, app: ASGIApp, callbacks: Mapping[str, Mapping[str, Any]], files: Mapping[str, Collection[str]]
    ) -> None:
        self._app = app
        self._callbacks = callbacks
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "http" and scope["path"].startswith(SUITES) and not is_file(scope["path"], self._files):
            await Response(_NO_FILE, 404, media_type="application/json")(scope, receive, send)
            return
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        message = await receive()
        if not is_request(message.get("body", b""), self._callbacks):
            refusal = Response(_REFUSAL, 400, media_type="application/json")
            await refusal(scope, receive, send)
            return
        await self._app(scope, again(message, receive), send)


def is_file(path: str, files: Mapping[str, Collection[str]]) -> bool:
    """Tell whether a path names a file that a package of components registered, with or without its fingerprint."""
    package, _, rest = path.removeprefix(SUITES).partition("/")
    name, _ = check_fingerprint(rest)  # type: ignore[no-untyped-call]
    return name in files.get(package, ())


def is_request(body: bytes, callbacks: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether a body calls a callback that runs here, with the ends that it has, in the shape that Dash sends."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    if not isinstance(asked, dict) or not isinstance(asked.get("output"), str):
        return False
    callback = callbacks.get(asked["output"], {})
    if "callback" not in callback:  # unknown, or one of those that run in the browser
        return False
    changed = asked.get("changedPropIds", [])
    outputs = [{"id": one.component_id, "property": one.component_property} for one in _listed(callback["output"])]
    return (
        isinstance(changed, list)
        and all(isinstance(name, str) for name in changed)
        and _ends(_listed(asked.get("outputs"))) == _ends(outputs)
        and _ends(asked.get("inputs")) == _ends(callback["inputs"])
        and _ends(asked.get("state", [])) == _ends(callback["state"])
    )


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _ends(items: Any) -> list[tuple[Any, Any]] | None:
    """Give component and property of each; None where they are no such things."""
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return None
    return [(item.get("id"), item.get("property")) for item in items]
