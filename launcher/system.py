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
_EGRAPH = (sys.executable, "-m", "cli.main")
_PATIENT = ("--patience", "900")
"""A broker may be away for longer than a supervisor bears processes that end at their start."""
_KEPT = "made by egraph up; kept\n"


class DataDirRefused(Exception):
    """The folder is not ours to empty, or not now. Name another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPlan:
    """What to start. `others`: the broker's address for all but the workers, where that is another."""

    bootstrap: str
    data_dir: Path
    agents: int = 9
    workers: int = 2
    graph: str = "main"
    topology: str = ""
    console_port: int | None = None
    agents_only: bool = False
    gossip_alone: bool = False
    others: str | None = None


def default_workers(agents: int) -> int:
    """Give as many workers as there are cores, and no more than agents."""
    return max(1, min(os.cpu_count() or 1, agents))


def claim_data_dir(data_dir: Path, *, keep: bool = False) -> TextIO:
    """Make the folder and claim it: emptied if it is marked as ours, refused if it holds anything else or is in use.

    With `keep` what it holds stays and is gone on with. It is in use as long as the file that this gives is open: a
    second system must not work in it, or empty it under the first.
    """
    if data_dir.is_symlink() or (data_dir.exists() and not data_dir.is_dir()):
        raise DataDirRefused(f"{data_dir} is no folder but a link or a file; give another --data-dir")
    if not keep and data_dir.exists() and any(data_dir.iterdir()) and not (data_dir / MARKER).exists():
        raise DataDirRefused(f"{data_dir} holds files that the demo did not make; give another --data-dir")
    data_dir.mkdir(parents=True, exist_ok=True)
    marker = open(data_dir / MARKER, "a")  # noqa: SIM115 - stays open as long as the demo runs
    try:
        fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        marker.close()
        raise DataDirRefused(f"{data_dir} belongs to a system that runs; end it, or give another --data-dir") from None
    if keep:
        if not marker.tell():
            marker.write(_KEPT)
            marker.flush()
        return marker
    if (data_dir / MARKER).read_text() == _KEPT:
        marker.close()
        raise DataDirRefused(f"{data_dir} holds a system that `egraph up` goes on with; give another --data-dir")
    for item in data_dir.iterdir():
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        elif item.name != MARKER:
            item.unlink()
    if not marker.tell():
        marker.write("made by egraph demo; emptied at its next start\n")
        marker.flush()
    return marker


def worker_name(number: int) -> str:
    """Give the name of a worker."""
    return f"worker-{number}"


def start_worker(plan: SystemPlan, supervisor: Supervisor, number: int) -> None:
    """Start one worker."""
    name = worker_name(number)
    where = ("--bootstrap", plan.bootstrap, "--data-dir", str(plan.data_dir), "--agents", str(plan.agents))
    how = ("--graph", plan.graph, "--name", name, *(("--topology", plan.topology) if plan.topology else ()))
    alone = ("--gossip-alone",) if plan.gossip_alone else ()
    supervisor.start(name, (*_EGRAPH, "worker", *where, *_PATIENT, *how, *alone))


def start_system(plan: SystemPlan, supervisor: Supervisor) -> None:
    """Start workers; orchestrator and sink unless there shall be agents only; a console if a port is given."""
    broker = ("--bootstrap", plan.others or plan.bootstrap)
    where = (*broker, "--data-dir", str(plan.data_dir))
    size = ("--agents", str(plan.agents))
    for number in range(plan.workers):
        start_worker(plan, supervisor, number)
    if not plan.agents_only:
        supervisor.start("orchestrator", (*_EGRAPH, "orchestrate", *broker, *size))
        supervisor.start("sink", (*_EGRAPH, "sink", *where, *_PATIENT, *size))
    if plan.console_port is not None:
        console = (*where, "--port", str(plan.console_port), *size)
        supervisor.start("console", (*_EGRAPH, "console", *console))
