"""Commands without a broker: in time, with the right code, and one line that says what to do."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cli.options import EXIT_SERVICE
from launcher.ports import free_port
from streams.runtimes.faust_runtime import EXIT_OPERATING_FAULT

NOBODY = "127.0.0.1:1"
DEADLINE_S = 45.0
ADVICE = re.compile(r"; .*\b(start|--bootstrap)\b")


def run(
    folder: Path, *words: str, address: str = NOBODY, deadline_s: float = DEADLINE_S
) -> subprocess.CompletedProcess[str]:
    """Run a command against an address at which nobody answers."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EGRAPH_")}
    return subprocess.run(
        (sys.executable, "-m", "cli.main", *words, "--bootstrap", address),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=deadline_s,
        check=False,
    )


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("status", "--worker", "worker-0"),
        ("status", "--json"),
        ("replay", "--from-topic"),
        ("topics",),
        ("emit", "add", "x"),
        ("emit", "equate", "(f x)", "(g y)"),
        ("emit", "retract", "00112233445566778899aabbccddeeff"),
        ("ingest", "sexpr", "terms"),
        ("ingest", "python", "terms.py"),
        ("dead-letters", "list"),
        ("dead-letters", "show", "egraph.facts/0/0"),
        ("dead-letters", "redrive"),
        ("log", "export", "copy"),
        ("why", "a", "b"),
        ("saturate",),
        ("rules", "list"),
        ("rules", "add", "r.rules"),
        ("rules", "retract", "r"),
    ],
    ids=" ".join,
)
def test_a_command_says_in_one_line_what_to_do(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A user would get a stack trace, a client's own chatter, or wait for ever."""
    (tmp_path / "terms").write_text("(f x)\n")
    (tmp_path / "terms.py").write_text("y = f(x)\n")
    (tmp_path / "r.rules").write_text("(rewrite r (f ?x) ?x)\n")
    done = run(tmp_path, *words)
    assert done.returncode == EXIT_SERVICE, done.stderr
    (line,) = done.stderr.splitlines()
    assert NOBODY in line
    assert ADVICE.search(line), line
    assert done.stdout == ""


@pytest.mark.parametrize(("command", "code"), [("sink", EXIT_SERVICE), ("worker", EXIT_OPERATING_FAULT)])
def test_a_service_ends_with_its_code_and_says_what_to_do(tmp_path: Path, command: str, code: int) -> None:
    """Whoever supervises it could not tell why it ended; or it would hang and never be started again."""
    done = run(tmp_path, command, "--data-dir", str(tmp_path / "data"))
    assert done.returncode == code, done.stderr
    advising = [line for line in done.stderr.splitlines() if ADVICE.search(line)]
    assert len(advising) == 1, done.stderr
    assert NOBODY in advising[0]
    assert advising[0] == done.stderr.splitlines()[-1], "the reason is the last that it says"
    assert "Traceback" not in done.stderr


def test_the_demo_does_not_start_another_cluster(tmp_path: Path) -> None:
    """Facts meant for one cluster would go into another."""
    done = run(tmp_path, "demo", "--once", "--port", str(free_port()))
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert NOBODY in line
    assert ADVICE.search(line), line
    assert done.stdout == ""


def test_a_health_check_does_not_hang_on_a_broker_that_accepts_and_is_silent(tmp_path: Path) -> None:
    """Container health checks would pile up behind a hanging broker, and nobody would be told that it hangs."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        done = run(tmp_path, "status", "--wait", "1", address=address, deadline_s=25.0)
    assert done.returncode == EXIT_SERVICE, done.stderr
    (line,) = done.stderr.splitlines()
    assert f"no broker answers at {address}: silent for 5 s" in line
    assert ADVICE.search(line), line
