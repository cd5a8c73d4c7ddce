"""Child processes: where their output goes, how they are ended, and that they never outlive their parent."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from launcher import child
from tests.unit.launcher.tiny import POLITE, SLEEPER, STUBBORN, is_reaped, is_running, python, until, until_logged

ROOT = Path(__file__).parents[3]


def test_output_goes_to_the_end_of_the_log(tmp_path: Path) -> None:
    """A restart would wipe out why the process ended; or error output would be lost."""
    log_file = tmp_path / "logs" / "one.log"
    program = (
        "import sys; print(sys.argv[1], flush=True); print('error', file=sys.stderr, flush=True); "
        "print(repr(sys.stdin.read()))"
    )
    for number in ("first", "second"):
        assert child.start(python(program, number), log_file).wait(20) == 0

    assert log_file.read_text().split() == ["first", "error", "''", "second", "error", "''"]


def test_a_child_has_the_environment_and_the_additions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PATH would be gone, or the addition would reach this process."""
    monkeypatch.setenv("EGRAPH_TEST_OURS", "ours")
    program = "import os; print(os.environ.get('EGRAPH_TEST_OURS'), os.environ.get('EGRAPH_TEST_ADDED'))"
    log_file = tmp_path / "log"
    child.start(python(program), log_file, {"EGRAPH_TEST_ADDED": "added"}).wait(20)
    child.start(python(program), log_file).wait(20)

    assert log_file.read_text().splitlines() == ["ours added", "ours None"]
    assert "EGRAPH_TEST_ADDED" not in os.environ


def test_an_interrupt_in_the_terminal_does_not_reach_children(tmp_path: Path) -> None:
    """Ctrl-C would kill the broker first, and the agents would die shouting instead of saving."""
    process = child.start(python(SLEEPER), tmp_path / "log")
    try:
        until_logged(tmp_path / "log")
        assert os.getsid(process.pid) == process.pid != os.getsid(0)
    finally:
        child.stop_all([process])


def test_a_command_that_cannot_run_is_an_error_at_once(tmp_path: Path) -> None:
    """A missing program would look like one that ended."""
    with pytest.raises(FileNotFoundError):
        child.start((str(tmp_path / "no such program"),), tmp_path / "log")


def test_stopping_asks_first_and_kills_who_does_not_listen(tmp_path: Path) -> None:
    """A stubborn child would stay, or a polite one would be killed before it has saved."""
    programs = {"stubborn": STUBBORN, "polite": POLITE, "plain": SLEEPER}
    processes = [child.start(python(program), tmp_path / name) for name, program in programs.items()]
    ended = child.start(python("raise SystemExit(3)"), tmp_path / "ended")
    for name in programs:
        until_logged(tmp_path / name)
    ended.wait(20)

    child.stop_all([*processes, ended], grace_s=1.0)

    # The polite ones come behind the stubborn one: all must be asked before anybody is waited for.
    assert [process.returncode for process in processes] == [-signal.SIGKILL, 7, -signal.SIGTERM]
    assert ended.returncode == 3
    assert all(is_reaped(process.pid) for process in [*processes, ended])
    child.stop_all(processes)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no parent-death signal")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=lambda how: how.name)
def test_children_die_with_their_parent(tmp_path: Path, how: signal.Signals) -> None:
    """A launcher that crashes would leave brokers and agents behind that hold ports and memory."""
    log_file, pids = tmp_path / "log", tmp_path / "pids"
    program = (
        "import sys, time; from pathlib import Path; from launcher import child\n"
        "started = [child.start(sys.argv[3:], Path(sys.argv[1])) for _ in range(2)]\n"
        "Path(sys.argv[2] + '.new').write_text(' '.join(str(p.pid) for p in started))\n"
        "Path(sys.argv[2] + '.new').rename(sys.argv[2])\n"
        "time.sleep(600)"
    )
    command = (sys.executable, "-c", program, str(log_file), str(pids), *python(STUBBORN))
    parent = subprocess.Popen(command, cwd=ROOT)
    try:
        until(lambda: pids.exists() and log_file.read_text().count("ready") == 2, "two children that ignore SIGTERM")
        children = [int(pid) for pid in pids.read_text().split()]
        assert all(is_running(pid) for pid in children)
    finally:
        parent.send_signal(how)
        parent.wait(20)

    try:
        for pid in children:
            until(lambda pid=pid: not is_running(pid), f"the end of child {pid}")  # type: ignore[misc]
    finally:
        for pid in filter(is_running, children):
            os.kill(pid, signal.SIGKILL)


def test_the_tail_is_the_end_of_the_log(tmp_path: Path) -> None:
    """The message about a failure would show the start of a long log, or fail itself."""
    log_file = tmp_path / "log"
    assert "no log" in child.tail(log_file)
    log_file.write_bytes(b"first\n" + b"".join(b"line %d\n" % n for n in range(40)) + b"bad \xff\n")

    assert child.tail(log_file, 3).splitlines() == ["line 38", "line 39", "bad \ufffd"]
    assert "first" not in child.tail(log_file)
