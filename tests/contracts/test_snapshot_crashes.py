"""Snapshots when the process or the disk ends in the middle of a save: the old one or the new one, never a torn one.

Belongs here: real SIGKILL, real limits, errors of the disk at each step. Not here: the port (test_snapshot_store.py).
"""

import builtins
import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from streams.adapters import snapshot_files
from streams.adapters.snapshot_files import SnapshotFiles
from tests.contracts.test_snapshot_store import NEW, OLD

ROOT = Path(__file__).parents[2]
STEPS = ("write", "sync the file", "put the old one by", "put the new one in place", "sync the directory")


def left_behind(directory: Path) -> list[str]:
    """The files of saves that did not end."""
    return [path.name for path in directory.glob("*.writing-*")]


def test_a_kill_in_any_step_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    """A worker killed while it saves would lose what its agent has read, or start from half of it."""
    command = (sys.executable, "-m", "tests.contracts.crashing_save", str(tmp_path))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == [str(len(STEPS)), "0"], done.stderr
    for number, step in enumerate(STEPS):
        directory = tmp_path / str(number)
        found = SnapshotFiles(directory).load(0)
        assert found == (NEW if step == STEPS[-1] else OLD), step
        assert not list(directory.glob("*.damaged")), f"{step}: something torn stood under a name that is read"
        SnapshotFiles(directory).save(0, NEW)
        assert SnapshotFiles(directory).load(0) == NEW, f"the next life cannot save: {step}"


class FullAt:
    """A disk that is full in one step of a save."""

    def __init__(self, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left = step
        self._replace = os.replace
        monkeypatch.setattr(snapshot_files.os, "replace", self.replace)
        monkeypatch.setattr(snapshot_files, "open", self.open, raising=False)

    def open(self, path: Path, mode: str) -> Any:
        """Stand in for open; the file holds half of it when the disk is full."""
        if self._left == 0:
            path.write_bytes(NEW[: len(NEW) // 2])
        self._count()
        return builtins.open(path, mode)

    def fsync(self, handle: int) -> None:
        """Stand in for os.fsync."""
        self._count()
        os.fsync(handle)

    def replace(self, source: Path, target: Path) -> None:
        """Stand in for os.replace."""
        self._count()
        self._replace(source, target)

    def _count(self) -> None:
        self._left -= 1
        if self._left == -1:
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", range(len(STEPS)), ids=STEPS)
def test_a_disk_full_in_any_step_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """A full disk would cost the agent its state, or every restart would fill it a little more."""
    SnapshotFiles(tmp_path).save(0, OLD)
    with monkeypatch.context() as patch:
        full = FullAt(step, patch)
        with pytest.raises(OSError, match="No space left"):
            SnapshotFiles(tmp_path, fsync=full.fsync).save(0, NEW)

    assert SnapshotFiles(tmp_path).load(0) == (NEW if step == len(STEPS) - 1 else OLD)
    assert left_behind(tmp_path) == []
    SnapshotFiles(tmp_path).save(0, NEW)
    assert SnapshotFiles(tmp_path).load(0) == NEW


LIMITED = """
import resource, sys
from pathlib import Path
from streams.adapters.snapshot_files import SnapshotFiles
from tests.contracts.test_snapshot_store import NEW
resource.setrlimit(resource.RLIMIT_FSIZE, (len(NEW) // 2, resource.RLIM_INFINITY))
try:
    SnapshotFiles(Path(sys.argv[1])).save(0, NEW)
except OSError as error:
    print(error.errno)
"""


def test_a_file_that_may_not_grow_is_not_put_in_place(tmp_path: Path) -> None:
    """The kernel writes the part that fits before it refuses: that part must never be taken for a snapshot."""
    SnapshotFiles(tmp_path).save(0, OLD)
    done = subprocess.run(
        (sys.executable, "-c", LIMITED, str(tmp_path)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == str(errno.EFBIG), done.stderr
    assert SnapshotFiles(tmp_path).load(0) == OLD
    assert left_behind(tmp_path) == []
