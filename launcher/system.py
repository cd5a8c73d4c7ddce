"""One local system: workers, sink, console as child processes. The command lines are those a user could type.

Belongs here: which processes, with which options. Not here: the broker (broker.py), waiting for agreement (watch.py).
"""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from launcher.supervisor import Supervisor

MARKER = ".egraph-data"


class DataDirRefused(Exception):
    """The folder holds something that is not ours. Name another one, or empty it by hand."""


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


def prepare_data_dir(data_dir: Path) -> None:
    """Make the folder fresh: emptied if it is marked as ours, refused if it holds anything else."""
    if data_dir.is_symlink() or (data_dir.exists() and not data_dir.is_dir()):
        raise DataDirRefused(f"{data_dir} is no folder but a link or a file; give another --data-dir")
    if data_dir.exists() and any(data_dir.iterdir()) and not (data_dir / MARKER).exists():
        raise DataDirRefused(f"{data_dir} holds files that the demo did not make; give another --data-dir")
    shutil.rmtree(data_dir, ignore_errors=True)
    data_dir.mkdir(parents=True)
    (data_dir / MARKER).write_text("made by egraph demo; emptied at its next start\n")


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
