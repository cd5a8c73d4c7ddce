"""Does the same work again and again, killed one step later each time, until it comes through.

Belongs here: forking. Not here: the work and the killing (crashing_save.py, tests/unit/analytics/crashing_sink.py). A
forked child is cheap: the imports are paid once.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path


def dying(die_at: Callable[[int, Path], None], root: Path) -> tuple[int, int]:
    """Call for step 0, 1, 2, ... in folder <step>; give the number of steps and how the last child ended."""
    step = 0
    while True:
        child = os.fork()
        if child == 0:
            try:
                die_at(step, root / str(step))
            except BaseException as error:
                print(f"step {step}: {error!r}", file=sys.stderr, flush=True)
                os._exit(2)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return step, os.waitstatus_to_exitcode(status)
        step += 1
