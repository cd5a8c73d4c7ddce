"""A disk for the sink that can be filled: a tmpfs of its own, or where none can be mounted a limit on the process.

Belongs here: making, filling, freeing, giving back. Not here: when.
"""

import subprocess
from contextlib import suppress
from pathlib import Path

import psutil

_SIZE = "1g"
_BALLAST = "ballast"


class Disk:
    """The disk below one folder. Use `with`; `how` says in which way it is filled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._limited: psutil.Process | None = None
        self._mounted = False
        self.how = ""

    @staticmethod
    def release(folder: Path) -> None:
        """Give back what a drill that was killed has left mounted there."""
        if folder.is_mount():
            subprocess.run(("umount", "-l", str(folder)), capture_output=True, timeout=10, check=False)

    def __enter__(self) -> "Disk":
        self._folder.mkdir(parents=True, exist_ok=True)
        command = ("mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=0755", "egraph-chaos", str(self._folder))
        try:
            self._mounted = subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0
        except OSError:
            self._mounted = False
        self.how = "tmpfs filled to the last byte (ENOSPC)" if self._mounted else "RLIMIT_FSIZE of the process (EFBIG)"
        return self

    def __exit__(self, *_: object) -> None:
        self.free()
        self.release(self._folder)

    def fill(self, pid: int) -> None:
        """Leave no room to the process that writes there."""
        if not self._mounted:
            self._limited = psutil.Process(pid)
            self._limited.rlimit(psutil.RLIMIT_FSIZE, (0, psutil.RLIM_INFINITY))
            return
        with open(self._folder / _BALLAST, "wb", buffering=0) as ballast, suppress(OSError):
            block = bytes(1 << 20)
            while block:
                # A short write is the last of this size; then smaller ones, until not a byte fits.
                if ballast.write(block) < len(block):
                    block = block[: len(block) // 2]
        with open(self._folder / _BALLAST, "ab", buffering=0) as ballast, suppress(OSError):
            while ballast.write(bytes(4096)):
                pass

    def free(self) -> None:
        """Make room again."""
        if self._mounted:
            (self._folder / _BALLAST).unlink(missing_ok=True)
        elif self._limited is not None:
            with suppress(psutil.NoSuchProcess):
                self._limited.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
            self._limited = None
