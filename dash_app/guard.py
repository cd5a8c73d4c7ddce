"""What stands before every request: how large it may be, and what the answer lets a browser do.

Belongs here: limits and headers for all routes, and HEAD, which is answered wherever GET is. Not here: who may ask, the
routes themselves. The headers forbid a page to load or run anything from elsewhere; scripts in the page itself run only
if their digest is known.
"""

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dash_app.bodies import again

BODY_BYTES_MAX = 1024 * 1024
_TOO_LARGE = b'{"problem": "the request is larger than 1 MiB; send less at once"}'


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, script_hashes: tuple[str, ...] = ()) -> None:
        self._app = app
        scripts = " ".join(("'self'", *script_hashes))
        self._headers = {
            "Content-Security-Policy": (
                f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; "
                "img-src 'self' data: blob:; font-src 'self'; "
                "worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
                "frame-ancestors 'none'"
            ),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = Response(_TOO_LARGE, 413, media_type="application/json", headers={"Connection": "close"})
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > BODY_BYTES_MAX:
            await refusal(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            await refusal(scope, receive, send)
            return
        whole: Message = {"type": "http.request", "body": body, "more_body": False}

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        if scope["method"] == "HEAD":  # the server under this leaves the body out
            scope = {**scope, "method": "GET"}
        await self._app(scope, again(whole, receive), dressed)


async def _body(receive: Receive) -> bytes | None:
    """Read a whole body. Gives None when it is too large: its sender may not have said how long it is."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > BODY_BYTES_MAX:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return b"".join(parts)
