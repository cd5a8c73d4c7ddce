"""The sink on a disk that is really full: a tmpfs filled to the last byte, and a limit on the size of files."""

import subprocess
import sys
from pathlib import Path

import pytest

from analytics.catalog import store_dir
from launcher.chaos import disk
from launcher.chaos.disk import Disk
from tests.unit.analytics.crashing_sink import LOG
from tests.unit.analytics.test_exactly_once import EVERYTHING, ROOT, in_catalog, visible


@pytest.mark.parametrize("may_mount", [True, False], ids=["tmpfs", "limit"])
def test_a_full_disk_is_said_and_waited_out_and_costs_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, may_mount: bool
) -> None:
    """A disk that fills at night would end the read side, leave half a file that readers fall over, or lose rows."""
    monkeypatch.setattr(disk, "_SIZE", "8m")
    if not may_mount:
        monkeypatch.setattr(disk.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess((), 32))
    with Disk(store_dir(tmp_path)) as small:
        command = (sys.executable, "-m", "tests.unit.analytics.filling_sink", str(tmp_path))
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            said = []
            for number in range(len(LOG[0])):
                full = number in (1, 3)
                before = visible(tmp_path)
                if full:
                    small.fill(process.pid)
                print("go on", file=process.stdin, flush=True)
                if full:
                    said.append(process.stdout.readline())
                    assert visible(tmp_path) == before, "what does not fit is not shown"
                    assert in_catalog(tmp_path) == before, "readers are not disturbed"
                    small.free()
                while (line := process.stdout.readline().strip()) != "visible":
                    assert line.startswith("the disk refuses"), line
                assert len(visible(tmp_path)) == len(before) + len(LOG)
            process.stdin.close()
            assert process.wait(20) == 0
        finally:
            process.kill()
            process.wait()
        assert all(line.startswith("the disk refuses") for line in said), said
        assert visible(tmp_path) == EVERYTHING
        assert in_catalog(tmp_path) == EVERYTHING
        assert not [path for path in store_dir(tmp_path).rglob("*") if path.parent.name == "tmp"], "left behind"
