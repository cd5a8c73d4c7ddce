"""`egraph demo` as a user starts it: to agreement, serving, stopped in every way, refused, on the mock cluster.

Whoever the demo starts inherits a mark in its environment, so that a process it leaves behind is found wherever it is.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import pytest

from launcher.ports import free_port
from tests.integration.system import EGRAPH, replayed

pytestmark = pytest.mark.kafka

MARK = "EGRAPH_TEST_MARK"
ENDS_WITHIN_S = 5.0
AGENTS = 9


class DemoProcess:
    """One run with a console port and a data directory of its own. Use `with`; it leaves no process behind."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        port: int | None = None,
        data_dir: Path | None = None,
        programs: Path | None = None,
    ) -> None:
        """Run in a folder; a folder of programs, if given, comes before those of the machine."""
        self.port = port or free_port()
        self._programs = programs
        self.data_dir = data_dir or folder / "data"
        self._folder = folder
        self._options = options
        self._mark = secrets.token_hex(16)

    def __enter__(self) -> Self:
        where = ("--port", str(self.port), "--data-dir", str(self.data_dir))
        # Children inherit the mark, so whoever carries it was started by this demo, whoever its parent is by then.
        environment = {**os.environ, MARK: self._mark, "COLUMNS": "400"}
        for name in ("EGRAPH_BOOTSTRAP", "EGRAPH_AGENTS", "EGRAPH_GRAPH", "EGRAPH_CONFIG"):
            environment.pop(name, None)
        if self._programs is not None:
            environment["PATH"] = f"{self._programs}{os.pathsep}{environment['PATH']}"
        with open(self._folder / "stdout", "wb") as out, open(self._folder / "stderr", "wb") as err:
            self.process = subprocess.Popen(
                (*EGRAPH, "demo", *where, *self._options),
                cwd=self._folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self.process, *self.left()):
            try:
                process.kill()
                process.wait(10)
            except psutil.NoSuchProcess:
                continue
        if error is not None:
            for log_file in (self._folder / "stderr", *sorted((self.data_dir / "logs").glob("*.log"))):
                print(f"--- {log_file.name}\n" + "\n".join(log_file.read_text(errors="replace").splitlines()[-25:]))

    def stdout(self) -> str:
        """What it has printed."""
        return (self._folder / "stdout").read_text()

    def stderr(self) -> str:
        """What it has said, with one space where lines break."""
        return " ".join((self._folder / "stderr").read_text().split())

    def summary(self) -> dict[str, Any]:
        """The JSON document that it printed."""
        found: dict[str, Any] = json.loads(self.stdout())
        return found

    def wait_until(self, holds: Callable[[], object], what: str, deadline_s: float = 120.0) -> None:
        """Wait for something while it runs; fail at the deadline or when it ends before."""
        end = time.monotonic() + deadline_s
        while not holds():
            assert self.process.poll() is None, f"it ended with {self.process.returncode} before: {what}"
            assert time.monotonic() < end, f"not within {deadline_s:.0f} s: {what}"
            time.sleep(0.05)

    def wait_until_said(self, words: str, deadline_s: float = 120.0) -> None:
        """Wait for words on standard error."""
        self.wait_until(lambda: words in self.stderr(), f"saying {words!r}", deadline_s)

    def wait_until_serving(self) -> dict[str, Any]:
        """Wait until it serves; give the summary that it printed before."""
        self.wait_until_said("serving until Ctrl-C")
        return self.summary()

    def exit_code(self, within_s: float = 180.0) -> int:
        """Wait for its end; fail if it does not come in time."""
        return self.process.wait(within_s)

    def end_by(self, number: signal.Signals, within_s: float) -> int:
        """Send a signal to it alone, as a supervisor would, and give the exit code."""
        self.process.send_signal(number)
        return self.exit_code(within_s)

    def children(self, *words: str) -> list[psutil.Process]:
        """What it started that runs, whose command line holds all these words."""
        return [item for item in self.left() if set(words) <= set(_command_line(item))]

    def left(self) -> list[psutil.Process]:
        """Every process that carries its mark, itself left out. The dead that wait for a parent do not count."""
        mark = f"{MARK}={self._mark}".encode()
        found = []
        for item in psutil.process_iter():
            try:
                if item.pid == self.process.pid or mark not in Path(f"/proc/{item.pid}/environ").read_bytes():
                    continue
                if item.status() != psutil.STATUS_ZOMBIE:
                    found.append(item)
            except (OSError, psutil.NoSuchProcess):
                continue
        return found

    def left_after(self, within_s: float) -> list[list[str]]:
        """The command lines of what still runs after at most so many seconds; empty as soon as nothing does."""
        end = time.monotonic() + within_s
        while (left := self.left()) and time.monotonic() < end:
            time.sleep(0.05)
        return [_command_line(item) for item in left]

    def get(self, path: str) -> bytes:
        """Ask the console. Raises OSError."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            found: bytes = answer.read()
            return found


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:
        return []


def assert_agreed(summary: dict[str, Any], least: int) -> None:
    """The summary of a demo in which everything went well."""
    assert (summary["converged"], summary["reason"]) == (True, None)
    assert summary["facts_in"] > least
    assert (summary["agents"], summary["distinct_digests"], summary["violations"]) == (AGENTS, 1, 0)
    assert summary["quarantined"] > 0, "the input provokes conflicts"
    percentiles = [summary["end_to_end_ms"][name] for name in ("p50_ms", "p95_ms", "p99_ms")]
    assert all(isinstance(value, float) for value in percentiles), percentiles
    assert percentiles == sorted(percentiles)


def test_one_run_ends_in_the_digest_of_replay_and_leaves_nothing(broker: str, tmp_path: Path) -> None:
    """The first command that anybody types would not do what it says, or would go on in the background."""
    with DemoProcess(tmp_path, "--once", "--json", "--limit", "3000", "--bootstrap", broker) as demo:
        assert demo.exit_code() == 0, demo.stderr()
        assert demo.left_after(0) == []
        summary = demo.summary()

    assert_agreed(summary, 3000)
    assert set(summary["pids"]) >= {"sink", "console", "worker-0"}
    assert not [name for name, pid in summary["pids"].items() if psutil.pid_exists(pid)]
    assert summary["console"] == f"http://127.0.0.1:{demo.port}/"
    assert broker in summary["broker"]
    assert summary["rules"]["outcome"] == "saturated"
    assert summary["rules"]["rules"] > 10
    assert (summary["volatile"], summary["restarts"]) == (False, {})
    judge = replayed(broker)
    assert (summary["set_digest"], summary["view_digest"]) == (judge["set_digest"], judge["view_digest"])
    assert (summary["nodes"], summary["quarantined"]) == (judge["nodes"], judge["quarantined"])


def test_input_that_is_not_sent_in_time_ends_it_with_the_reason(broker: str, tmp_path: Path) -> None:
    """A demo that is too slow for its deadline would call itself done, or hang."""
    with DemoProcess(tmp_path, "--once", "--json", "--timeout", "1", "--bootstrap", broker) as demo:
        assert demo.exit_code() == 1, demo.stderr()
        assert demo.left_after(0) == []

    assert "--timeout" in demo.stderr()
    assert "Traceback" not in demo.stderr()
    told = json.loads(demo.stdout())
    assert told["converged"] is False
    assert "--timeout" in told["reason"]


def test_agents_that_do_not_agree_in_time_end_it_with_one_and_the_reason(broker: str, tmp_path: Path) -> None:
    """A script that runs the demo would take hanging agents for agreement, or agents that hang would be left."""
    options = ("--once", "--json", "--limit", "50", "--timeout", "15", "--processes", "2", "--bootstrap", broker)
    with DemoProcess(tmp_path, *options) as demo:
        demo.wait_until(lambda: len(demo.children("worker")) == 2, "two workers")
        for worker in demo.children("worker"):
            worker.suspend()
        assert demo.exit_code() == 1, demo.stderr()
        assert demo.left_after(0) == []

    summary = demo.summary()
    assert summary["converged"] is False
    assert summary["end_to_end_ms"] == {"p50_ms": None, "p95_ms": None, "p99_ms": None}, "nobody folded anything"
    assert str(list(range(AGENTS))) in summary["reason"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_it_serves_until_it_is_told_to_end(broker: str, tmp_path: Path, number: signal.Signals) -> None:
    """The console would be empty after a good run, or Ctrl-C would leave agents, sink or console behind."""
    with DemoProcess(tmp_path, "--json", "--no-rules", "--limit", "300", "--bootstrap", broker) as demo:
        assert_agreed(demo.wait_until_serving(), 300)
        assert demo.get("/healthz") == b"ok\n"
        demo.wait_until(lambda: healthy_agents(demo) == set(range(AGENTS)), "nine healthy agents on the console", 30)
        assert demo.end_by(number, ENDS_WITHIN_S) == 0, demo.stderr()
        assert demo.left_after(0) == []

    assert "Traceback" not in demo.stderr()
    assert "restart" not in demo.stderr()


def healthy_agents(demo: DemoProcess) -> set[int]:
    """The agents that the console shows as well."""
    try:
        overview = json.loads(demo.get("/api/v1/overview"))["overview"]
    except (OSError, urllib.error.URLError):
        return set()
    return {item["agent"] for item in (overview or {}).get("agents", ()) if item["band"] == "healthy"}


def test_stopped_before_the_agents_agree_it_says_so_with_its_code(broker: str, tmp_path: Path) -> None:
    """A script would take an interrupted run for a finished one, or it could not be interrupted until it is done."""
    with DemoProcess(tmp_path, "--once", "--json", "--bootstrap", broker) as demo:
        demo.wait_until_said("started 9 agents")
        assert demo.end_by(signal.SIGINT, ENDS_WITHIN_S) == 130, demo.stderr()
        assert demo.left_after(0) == []

    assert "Traceback" not in demo.stderr()
    assert demo.stdout() == ""


def test_stopped_while_a_broker_is_being_fetched_it_ends(tmp_path: Path) -> None:
    """On a slow network nobody could stop the demo for ten minutes."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, script in (("java", "echo 'openjdk version \"17.0.1\"' >&2"), ("mvn", "exec sleep 30")):
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    with DemoProcess(tmp_path, "--once", "--rungs", "jars", programs=programs) as demo:
        demo.wait_until_said("resolving Kafka")
        demo.wait_until(lambda: demo.children("sleep", "30"), "Maven at work")
        assert demo.end_by(signal.SIGTERM, ENDS_WITHIN_S) == 130
        assert demo.left_after(0) == []


def test_killed_without_warning_it_takes_its_children_along(broker: str, tmp_path: Path) -> None:
    """A closed terminal or the out-of-memory killer would leave nine agents at work, unseen."""
    with DemoProcess(tmp_path, "--json", "--no-rules", "--limit", "100", "--bootstrap", broker) as demo:
        started = demo.wait_until_serving()["pids"]
        assert {item.pid for item in demo.left()} >= set(started.values()), "nothing to take along"
        demo.process.kill()
        demo.process.wait(10)
        assert demo.left_after(ENDS_WITHIN_S) == []


def test_a_worker_killed_while_serving_comes_back(broker: str, tmp_path: Path) -> None:
    """One crash would leave the demo with agents missing for as long as it serves."""
    with DemoProcess(
        tmp_path, "--json", "--no-rules", "--limit", "300", "--processes", "2", "--bootstrap", broker
    ) as demo:
        killed = demo.wait_until_serving()["pids"]["worker-1"]
        psutil.Process(killed).kill()
        demo.wait_until_said("worker-1 runs again (restart 1)", 15)
        (again,) = demo.children("worker", "worker-1")

        def hosts_agents() -> bool:
            asked = (*EGRAPH, "status", "--wait", "20", "--json", "--bootstrap", broker)
            status = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
            hosts = {row["pid"] for row in json.loads(status.stdout)["agents"]}
            return status.returncode == 0 and again.pid in hosts and killed not in hosts

        demo.wait_until(hosts_agents, "all agents agree again, some of them in the new worker")
        assert demo.end_by(signal.SIGTERM, ENDS_WITHIN_S) == 0, demo.stderr()
        assert demo.left_after(0) == []


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    """The demo would run to its end and show its console to nobody, or show somebody else's."""
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        with DemoProcess(tmp_path, "--once", "--rungs", "mock", port=owner.getsockname()[1]) as demo:
            assert demo.exit_code(30) == 1
            assert demo.left_after(0) == []

    assert f"port {demo.port}" in demo.stderr()
    assert "--port" in demo.stderr()
    assert "Traceback" not in demo.stderr()
    assert not demo.data_dir.exists()


def test_a_foreign_folder_is_refused_before_anything_starts(tmp_path: Path) -> None:
    """Somebody's files would be deleted by a mistyped option."""
    theirs = tmp_path / "thesis"
    theirs.mkdir()
    (theirs / "chapter-1").write_text("years of work")
    with DemoProcess(tmp_path, "--once", "--rungs", "mock", data_dir=theirs) as demo:
        assert demo.exit_code(30) == 1
        assert demo.left_after(0) == []

    assert str(theirs) in demo.stderr()
    assert "--data-dir" in demo.stderr()
    assert "Traceback" not in demo.stderr()
    assert [item.name for item in theirs.iterdir()] == ["chapter-1"]


def test_on_the_mock_cluster_it_agrees_and_says_volatile(tmp_path: Path) -> None:
    """The last rung of the ladder would hold nobody, or somebody would trust it with facts."""
    with DemoProcess(tmp_path, "--once", "--json", "--rungs", "mock", "--no-rules", "--limit", "1500") as demo:
        assert demo.exit_code() == 0, demo.stderr()
        assert demo.left_after(0) == [], "the mock cluster is a child too"

    assert_agreed(demo.summary(), 1500)
    assert demo.summary()["volatile"] is True
    assert "volatile" in demo.stderr()
