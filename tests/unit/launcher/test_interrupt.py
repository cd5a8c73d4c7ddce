"""A signal ends the work, whatever the libraries below do with a cancellation."""

import asyncio
import os
import signal
import time

import pytest

from launcher.interrupt import Interrupted, until_signalled

FOREVER_S = 60.0


async def deaf(times: int) -> None:
    """Swallow so many cancellations, as a client does that says goodbye to its broker."""
    for _ in range(times):
        try:
            await asyncio.sleep(FOREVER_S)
        except asyncio.CancelledError:
            continue
    await asyncio.sleep(FOREVER_S)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("swallowed", [0, 1, 3])
def test_a_signal_ends_work_that_swallows_cancellations(number: signal.Signals, swallowed: int) -> None:
    """Ctrl-C would be lost in a library, and the demo would run on until it is done."""
    left = []

    async def work() -> None:
        left.append(asyncio.create_task(deaf(swallowed)))
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), number)
        await deaf(swallowed)

    with pytest.raises(Interrupted):
        asyncio.run(until_signalled(work(), patience_s=FOREVER_S))
    assert left[0].cancelled(), "a task that the work started was left behind"


def test_work_that_never_gives_in_is_left_behind() -> None:
    """The processes of the demo would not be stopped because one task does not listen."""

    async def work() -> None:
        end = time.monotonic() + 1.0
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGINT)
        while time.monotonic() < end:
            try:
                await asyncio.sleep(0.5)
            except asyncio.CancelledError:
                continue

    async def go() -> float:
        try:
            await until_signalled(work(), patience_s=0.1)
        except Interrupted:
            return time.monotonic()
        raise AssertionError("nothing was interrupted")

    interrupted_at = asyncio.run(go())
    assert interrupted_at < time.monotonic(), "it waited for the task that does not listen"


def test_work_that_ends_by_itself_gives_its_result_or_its_error() -> None:
    """A failed demo would look like an interrupted one, or lose its summary."""

    async def result() -> int:
        return 7

    async def error() -> int:
        raise ValueError("broken")

    assert asyncio.run(until_signalled(result())) == 7
    with pytest.raises(ValueError, match="broken"):
        asyncio.run(until_signalled(error()))
