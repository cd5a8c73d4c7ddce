"""Ends work on SIGINT or SIGTERM, even where a library swallows the cancellation.

Belongs here: from a signal to tasks that are gone. Not here: processes (child.py), what the work is (demo.py).
"""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")
_AGAIN_S = 0.05


class Interrupted(Exception):
    """A signal came before the work was done; the work and the tasks it started are cancelled."""


def sigterm_interrupts() -> None:
    """Let SIGTERM end what runs before a loop does, or after it, by KeyboardInterrupt, as Ctrl-C does."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)


async def until_signalled(work: Coroutine[Any, Any, _T], *, patience_s: float = 0.7) -> _T:
    """Give what the work gives, or raise Interrupted at SIGINT or SIGTERM, at most `patience_s` later.

    One cancellation is not enough: `asyncio.wait_for` of Python 3.11 loses it when what it waits for is done at the
    same moment, and Kafka clients swallow it while they close. So every task is cancelled again until none is left.
    """
    loop = asyncio.get_running_loop()
    signalled = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, signalled.set)
    working = asyncio.create_task(work)
    waiting = asyncio.create_task(signalled.wait())
    await asyncio.wait((working, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if working.done():
        return working.result()
    await _end_others(loop.time() + patience_s)
    raise Interrupted


async def _end_others(deadline: float) -> None:
    loop = asyncio.get_running_loop()
    me = asyncio.current_task()
    while (others := [task for task in asyncio.all_tasks() if task is not me]) and loop.time() < deadline:
        for task in others:
            task.cancel()
        done, _ = await asyncio.wait(others, timeout=_AGAIN_S)
        for task in done:
            _ = task.cancelled() or task.exception()  # asked for, so that asyncio does not report it as never read
