"""One local system: workers, sink, console as child processes. The command lines are those a user could type.

Belongs here: which processes, with which options. Not here: the broker (broker.py), waiting for agreement (watch.py).
"""

import fcntl
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from launcher.supervisor import Supervisor

MARKER = ".egraph-data"


class DataDirRefused(Exception):
    """The folder is not ours to empty, or not now. Name another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPlan:
    """What to start."""

    bootstrap: str
    data_dir: Path
    agents: int = 9
    workers: int = 2
    graph: str = "main"
    console_port: int | None = None


def default_workers(agents: int) -> int:
    """Give as many workers as there are cores, and no more than agents."""
    return max(1, min(os.cpu_count() or 1, agents))


def prepare_data_dir(data_dir: Path) -> TextIO:
    """Make the folder fresh: emptied if it is marked as ours, refused if it holds anything else or is in use.

    It is in use as long as the file that this gives is open: a second demo must not empty it under the first.
    """
    if data_dir.is_symlink() or (data_dir.exists() and not data_dir.is_dir()):
        raise DataDirRefused(f"{data_dir} is no folder but a link or a file; give another --data-dir")
    if data_dir.exists() and any(data_dir.iterdir()) and not (data_dir / MARKER).exists():
        raise DataDirRefused(f"{data_dir} holds files that the demo did not make; give another --data-dir")
    data_dir.mkdir(parents=True, exist_ok=True)
    marker = open(data_dir / MARKER, "a")  # noqa: SIM115 - stays open as long as the demo runs
    try:
        fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        marker.close()
        raise DataDirRefused(f"{data_dir} belongs to a demo that runs; end it, or give another --data-dir") from None
    for item in data_dir.iterdir():
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        elif item.name != MARKER:
            item.unlink()
    if not marker.tell():
        marker.write("made by egraph demo; emptied at its next start\n")
        marker.flush()
    return marker


def start_system(plan: SystemPlan, supervisor: Supervisor) -> None:
    """Start workers, sink and, if a port is given, the console."""
    egraph = (sys.executable, "-m", "cli.main")
    where = ("--bootstrap", plan.bootstrap, "--data-dir", str(plan.data_dir))
    size = ("--agents", str(plan.agents))
    for number in range(plan.workers):
        name = f"worker-{number}"
        supervisor.start(name, (*egraph, "worker", *where, *size, "--graph", plan.graph, "--name", name))
    supervisor.start("sink", (*egraph, "sink", *where, *size))
    if plan.console_port is not None:
        console = ("--data-dir", str(plan.data_dir), "--port", str(plan.console_port), *size)
        supervisor.start("console", (*egraph, "console", *console))
