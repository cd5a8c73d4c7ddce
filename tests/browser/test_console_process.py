"""`egraph console` as a process: its address, a taken port, its end with a browser connected."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.machine import cpu_seconds

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "cli.main", "console")


@contextmanager
def running(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the command on a free port; give the process and the address it printed. Kill it at the end."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [*COMMAND, "--data-dir", str(data_dir), "--port", "0"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"console: (http://127\.0\.0\.1:\d+/)\n", line)
        assert found, f"the first line was {line!r}"
        yield process, found[1]
    finally:
        process.kill()
        process.wait(10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly_under_a_browser(chromium: Browser, tmp_path: Path, number: signal.Signals) -> None:
    """If it failed, the demo would wait for the console at its end, or call a clean stop a crash."""
    with running(tmp_path / "nothing-here") as (process, address):
        page = chromium.new_page()
        page.goto(address)
        page.wait_for_function(
            "() => document.getElementById('status')?.textContent.includes('no data yet')", timeout=30_000
        )
        process.send_signal(number)
        assert process.wait(15) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""
        page.wait_for_function(
            "() => document.getElementById('status')?.textContent.includes('disconnected')", timeout=30_000
        )
        page.close()


def test_taken_port_is_told_with_advice(tmp_path: Path) -> None:
    """If it failed, a second console would show a traceback, or an exit code that says nothing."""
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        port = owner.getsockname()[1]
        command = [*COMMAND, "--data-dir", str(tmp_path), "--port", str(port)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 3
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_no_viewer_no_work(tmp_path: Path) -> None:
    """If it failed, an unwatched console would keep a core busy."""
    with running(tmp_path) as (process, _):
        # Whatever starting cost is over once the clock of the process stands still.
        end = time.monotonic() + 30
        spent = -1.0
        while (now := cpu_seconds(process.pid)) - spent > 0.02:
            assert time.monotonic() < end, "the idle console keeps using the processor"
            spent = now
            time.sleep(1.0)
