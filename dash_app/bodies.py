"""Bodies of requests for ASGI middleware that reads them before the application does."""

from starlette.types import Message, Receive


def again(message: Message, receive: Receive) -> Receive:
    """Give a `receive` that gives a message that was read already, then goes on with the others."""
    pending: Message | None = message

    async def given() -> Message:
        nonlocal pending
        first, pending = pending, None
        return first if first is not None else await receive()

    return given
