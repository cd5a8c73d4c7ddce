"""Child processes that never outlive their parent.

Belongs here: starting one process, asking it to end, ending it. Not here: which processes (demo.py), restarts
(supervisor.py).
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def _die_with(parent: int) -> None:
    """Run in the child before exec: ask Linux to kill it when the parent dies, however the parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before it could be watched
            os._exit(1)
    os.setsid()  # Ctrl-C in the terminal reaches the launcher alone, which then stops its children in order


def start(command: Sequence[str], log_file: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a process whose output goes to the end of a file. Raises OSError if it cannot be executed."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with open(log_file, "ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if env is None else {**os.environ, **env},
            preexec_fn=partial(_die_with, os.getpid()),
        )


def stop_all(processes: Sequence[subprocess.Popen[bytes]], grace_s: float = 2.5) -> None:
    """End processes together: SIGTERM to all, SIGKILL to whoever is left after the grace, and reap them."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + grace_s
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def tail(log_file: Path, lines: int = 15) -> str:
    """Give the last lines of a log file, for an error message."""
    try:
        return "\n".join(log_file.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log was written)"
