"""The disk that can be filled: full means full, for the process that writes there, and free means free."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.chaos import disk
from launcher.chaos.disk import Disk

WRITER = """
import sys
for line in sys.stdin:
    try:
        with open(sys.argv[1] + "/file", "wb") as file:
            file.write(bytes(100_000))
        print("written", flush=True)
    except OSError as error:
        print(error.errno, flush=True)
"""


@pytest.mark.parametrize("may_mount", [True, False])
def test_nothing_fits_until_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, may_mount: bool
) -> None:
    """The drill would say that the sink stands a full disk, and the disk was not full."""
    monkeypatch.setattr(disk, "_SIZE", "4m")
    if not may_mount:
        monkeypatch.setattr(disk.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess((), 32))
    folder = tmp_path / "store"
    with Disk(folder) as small:
        writer = subprocess.Popen(
            (sys.executable, "-c", WRITER, str(folder)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdin is not None
        assert writer.stdout is not None

        def tried() -> str:
            print("write", file=writer.stdin, flush=True)
            return writer.stdout.readline().strip()

        assert tried() == "written"
        (folder / "file").unlink()
        small.fill(writer.pid)
        assert int(tried()) in (errno.ENOSPC, errno.EFBIG), small.how
        small.free()
        assert tried() == "written"
        writer.stdin.close()
        writer.wait(10)
    assert not os.path.ismount(folder)
