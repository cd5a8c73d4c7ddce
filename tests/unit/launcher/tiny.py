"""Tiny child processes, and waiting for them with a deadline.

Belongs here: programs of one line. Not here: what the launcher must do with them.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

DEADLINE_S = 20.0

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
)
SLEEPER = "import time; print('ready', flush=True); time.sleep(600)"
POLITE = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); "
    "print('ready', flush=True); time.sleep(600)"
)


def python(program: str, *arguments: str) -> tuple[str, ...]:
    """Give the command of a one-line program; without site-packages, so that it starts at once."""
    return (sys.executable, "-S", "-c", program, *arguments)


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds. Fails at the deadline."""
    end = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < end, f"not within {DEADLINE_S} s: {what}"
        time.sleep(0.01)


def until_logged(log_file: Path, text: str = "ready") -> None:
    """Wait until a log file holds a text."""
    until(lambda: log_file.exists() and text in log_file.read_text(), f"{text!r} in {log_file.name}")


def is_running(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_reaped(pid: int) -> bool:
    """Tell whether nothing is left of a process, not even a zombie."""
    return not psutil.pid_exists(pid)
