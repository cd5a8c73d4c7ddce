"""What a request that has no good answer is told, for pages: a browser writes every status above 399 into its log as an
error, though the page says in place what is missing.

Belongs here: the preference by which a page asks for status 200, and the header that then carries the true one. Not
here: what a problem says (replies.py and the routes). Whoever does not ask for it gets the plain status, as ever.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFERENCE = "problems=in-place"
STATUS_HEADER = "Problem-Status"


class ProblemsInPlace:
    """ASGI middleware, outermost: refusals of the guard are problems too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that prefers so with 200 and the true status in a header (RFC 7240)."""
        if scope["type"] != "http" or PREFERENCE not in Headers(scope=scope).get("prefer", ""):
            await self._app(scope, receive, send)
            return

        async def softened(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                headers = MutableHeaders(scope=message)
                headers[STATUS_HEADER] = str(message["status"])
                headers["Preference-Applied"] = PREFERENCE
                headers["Cache-Control"] = "no-store"
                message["status"] = 200
            await send(message)

        await self._app(scope, receive, softened)
