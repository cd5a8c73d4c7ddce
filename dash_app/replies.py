"""How a route answers: JSON that nobody keeps, and what it says where there is no answer.

Belongs here: what all routes answer alike. Not here: routes and parameters (the modules *_api.py).
"""

from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from fastapi import Response
from starlette.concurrency import run_in_threadpool

from analytics.current_store import StoreUnreadable

Source = TypeVar("Source")
_NO_STORE = "this console has no log to read; start it with `egraph console --data-dir DIR`"


async def answer(
    source: Source | None, question: Callable[[Source], Any], missing: str = "there is no such thing"
) -> Response:
    """Ask aside from the event loop. 503 without a source or with an unreadable store, 404 where None is found."""
    if source is None:
        return reply({"problem": _NO_STORE}, 503)
    try:
        found = await run_in_threadpool(question, source)
    except StoreUnreadable as error:
        return reply({"problem": f"the store cannot be read: {error}"}, 503)
    return reply({"problem": missing}, 404) if found is None else reply(found)


def reply(document: Any, status: int = 200) -> Response:
    """Give a document as JSON."""
    return fresh(orjson.dumps(document), "application/json", status)


def fresh(body: bytes, media_type: str | None, status: int = 200) -> Response:
    """Give what nobody may keep."""
    return Response(body, status, media_type=media_type, headers={"Cache-Control": "no-store"})
