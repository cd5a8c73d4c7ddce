"""The garbage collector, in processes that hold facts: these are never freed, and it would walk them again and again.

Belongs here: when it looks. Not here: what is kept.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_COLLECT_AFTER = (20_000, 20, 100)
"""New objects, collections of the young, collections of the middle-aged: Python has 700, 10 and 10."""


def spare_the_collector() -> None:
    """Keep what is in memory from the garbage collector, and let it look at the rest seldom.

    It would take a fifth of the time of a worker that catches up. What really is a cycle, of a broken connection say,
    waits a little longer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


@contextmanager
def paused_collector() -> Iterator[None]:
    """Collect nothing in a `with` block that makes much and frees little: a fifth of a restore was spent on looking."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
