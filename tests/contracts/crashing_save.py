"""A save of a snapshot that gets SIGKILL at a chosen step on the disk: run as `python -m` with a folder.

Belongs here: the save and the killing. Not here: what must hold afterwards (test_snapshot_crashes.py).
For k = 0, 1, 2, ... a forked child saves over a snapshot in folder <k> and is killed in its k-th step, with half of the
file written where it writes; until one comes through. Prints the number of steps.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streams.adapters import snapshot_files
from streams.adapters.snapshot_files import SnapshotFiles
from tests.contracts.dying import dying
from tests.contracts.test_snapshot_store import NEW, OLD


class Killer:
    """Counts steps, and kills the process in the one it was told."""

    def __init__(self, step: int) -> None:
        self._left = step

    def counted(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Make calls count."""

        def call(*arguments: Any) -> Any:
            self.step()
            return original(*arguments)

        return call

    def opened(self, path: Path, mode: str) -> Any:
        """Stand in for open: writing is a step, and the one that is killed leaves half of the bytes."""
        file = open(path, mode)  # noqa: SIM115 - _Writing closes it
        original = file.write

        def write(data: bytes) -> int:
            if self._left == 0:
                original(data[: len(data) // 2])
                file.flush()
            self.step()
            return original(data)

        return _Writing(file, write)

    def step(self) -> None:
        """Count one, or end here."""
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


class _Writing:
    """A file whose write is another."""

    def __init__(self, file: Any, write: Callable[[bytes], int]) -> None:
        self._file, self.write = file, write

    def __enter__(self) -> "_Writing":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def die_at(step: int, directory: Path) -> None:
    """Save OLD, then NEW with a kill in the given step."""
    SnapshotFiles(directory).save(0, OLD)
    killer = Killer(step)
    snapshot_files.os.replace = killer.counted(os.replace)  # type: ignore[assignment]
    snapshot_files.open = killer.opened  # type: ignore[attr-defined]
    SnapshotFiles(directory, fsync=killer.counted(os.fsync)).save(0, NEW)


def main(root: Path) -> None:
    """Die in every step, one folder each; print how many there are."""
    print(*dying(die_at, root))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
