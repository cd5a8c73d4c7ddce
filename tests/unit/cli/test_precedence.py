"""A flag outranks the environment, the environment the file, the file the default: seen from outside the process.

Each command is sent to addresses at which nobody answers; the one it complains about is the one that it believed.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.ports import free_port

FLAG, VARIABLE, TABLE, TOP = (f"127.0.0.1:{number}" for number in (1, 2, 3, 4))
EGRAPH = (sys.executable, "-m", "cli.main")


def complaint(folder: Path, command: str, *options: str, variable: str | None = None) -> str:
    """What a command says that cannot reach its broker."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EGRAPH_")}
    if variable is not None:
        environment["EGRAPH_BOOTSTRAP"] = variable
    own = ("--once", "--port", str(free_port())) if command == "demo" else ()
    done = subprocess.run(
        (*EGRAPH, command, *own, *options),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode not in (0, 2), done.stderr
    return done.stderr


def believed(text: str) -> set[str]:
    """The addresses of ours that a text names."""
    return {address for address in (FLAG, VARIABLE, TABLE, TOP) if f"at {address}" in text}


@pytest.fixture(params=["worker", "demo"])
def command(request: pytest.FixtureRequest) -> str:
    """A command that takes the option as most do, and the one that declares it on its own."""
    name: str = request.param
    return name


def write_file(folder: Path, table: str, *, with_table: bool) -> None:
    """A configuration file in the working folder."""
    text = f'bootstrap = "{TOP}"\n'
    (folder / "egraph.toml").write_text(text + (f'[{table}]\nbootstrap = "{TABLE}"\n' if with_table else ""))


def test_a_flag_outranks_all(tmp_path: Path, command: str) -> None:
    """What was typed would be overruled by what was forgotten."""
    write_file(tmp_path, command, with_table=True)
    assert believed(complaint(tmp_path, command, "--bootstrap", FLAG, variable=VARIABLE)) == {FLAG}


def test_the_environment_outranks_the_file(tmp_path: Path, command: str) -> None:
    """A container's setting would be overruled by a file that lies in the image."""
    write_file(tmp_path, command, with_table=True)
    assert believed(complaint(tmp_path, command, variable=VARIABLE)) == {VARIABLE}


def test_the_table_of_a_command_outranks_the_top_of_the_file(tmp_path: Path, command: str) -> None:
    """A setting for one command could not differ from the others'."""
    write_file(tmp_path, command, with_table=True)
    assert believed(complaint(tmp_path, command)) == {TABLE}


def test_the_top_of_the_file_outranks_the_default(tmp_path: Path, command: str) -> None:
    """The file would be read and ignored."""
    write_file(tmp_path, command, with_table=False)
    assert believed(complaint(tmp_path, command)) == {TOP}


def test_a_file_that_cannot_be_read_is_wrong_usage(tmp_path: Path) -> None:
    """A typing error in the file would end in a stack trace, or pass for a service that failed."""
    (tmp_path / "egraph.toml").write_text("bootstrap = \n")
    done = subprocess.run((*EGRAPH, "topics"), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "egraph.toml" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.parametrize("line", ['agents = "many"', "agents = 0"])
def test_a_value_from_the_file_is_checked_like_a_flag(tmp_path: Path, line: str) -> None:
    """A value would come through the file that no flag could give."""
    (tmp_path / "egraph.toml").write_text(line + "\n")
    done = subprocess.run((*EGRAPH, "topics"), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "agents" in done.stderr
    assert "Traceback" not in done.stderr
