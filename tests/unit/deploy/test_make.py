"""The Makefile, run on a copy of it in an empty folder with programs that only note how they are called."""

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
INPUTS = ("requirements-dev.lock", "pyproject.toml")
STAMP = Path(".venv/.installed")
AFTER_SETUP = ("demo", "test", "quick", "lint", "bench", "chaos", "fuzz", "events", "lock")
OLD, NEW, NEWER = 1_000_000_000, 1_100_000_000, 1_200_000_000

# Stands in for every Python: makes an environment that holds itself, and notes everything else.
PYTHON = """#!/bin/sh
echo "$0 $*" >> "{calls}"
case "$*" in
  *version_info*) exit {too_old} ;;
  *ensurepip*) exit {no_venv} ;;
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && cp "$0" "$3/bin/egraph" ;;
  *require-hashes*) exit {pip_fails} ;;
esac
"""


class Folder:
    """A copy of the Makefile and of what it depends on, with stand-ins for Python."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.calls_file = path / "calls"
        (path / "Makefile").write_text((ROOT / "Makefile").read_text())
        for name in INPUTS:
            (path / name).touch()
        self.python = path / "stand-in-python"
        self.mend()

    def mend(self, *, too_old: int = 0, no_venv: int = 0, pip_fails: int = 0) -> None:
        """Write the stand-in anew, with or without faults."""
        text = PYTHON.format(calls=self.calls_file, too_old=too_old, no_venv=no_venv, pip_fails=pip_fails)
        self.python.write_text(text)
        self.python.chmod(self.python.stat().st_mode | stat.S_IXUSR)
        self.calls_file.unlink(missing_ok=True)

    def make(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run make; settings of a make that runs these tests do not reach it."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        for name in ("ARGS", "PYTHON", "EGRAPH_HISTORIES"):
            mine.pop(name, None)
        return subprocess.run(
            ("make", f"PYTHON={self.python}", *words),
            cwd=self.path,
            env=mine,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def would_run(self, target: str) -> str:
        """What make would run for a target."""
        done = self.make("-n", target)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def calls(self) -> list[str]:
        """How Python was called, and forget it."""
        found = self.calls_file.read_text().splitlines() if self.calls_file.exists() else []
        self.calls_file.unlink(missing_ok=True)
        return found

    def stamp(self, at: int) -> None:
        """Make the environment as old as this, and what it depends on in between."""
        (self.path / STAMP).parent.mkdir(exist_ok=True)
        (self.path / STAMP).touch()
        os.utime(self.path / STAMP, (at, at))
        for name in INPUTS:
            os.utime(self.path / name, (NEW, NEW))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder without an environment."""
    return Folder(tmp_path)


def targets() -> list[str]:
    """What people may type: everything declared as no file."""
    found = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert found is not None
    return found[1].split()


@pytest.mark.parametrize("target", targets())
def test_every_target_can_be_made(folder: Folder, target: str) -> None:
    """A target would end in a complaint about make's syntax or about a rule that is not there."""
    assert folder.would_run(target).strip()


def test_help_lists_every_target_and_is_what_make_alone_does(folder: Folder) -> None:
    """A target would be there that nobody is told of; or `make` alone would install or delete something."""
    listed = folder.make("help").stdout
    assert re.findall(r"^  make (\w+) +\S", listed, re.MULTILINE) == targets()
    assert folder.make().stdout == listed
    assert folder.calls() == []


def test_every_target_is_declared_as_no_file(folder: Folder) -> None:
    """A folder called `test` or `lock` would make that command do nothing."""
    rules = re.findall(r"^(\w+):", (folder.path / "Makefile").read_text(), re.MULTILINE)
    assert sorted(rules) == sorted(targets())
    for name in targets():
        (folder.path / name).touch()
    folder.stamp(NEWER)
    assert all(folder.would_run(name).strip() for name in set(targets()) - {"setup"})


@pytest.mark.parametrize("target", [*AFTER_SETUP, "setup"])
def test_the_environment_is_made_first_once(folder: Folder, target: str) -> None:
    """The first command on a fresh machine would fail, or every command would install everything again."""
    assert "-m venv" in folder.would_run(target)
    folder.stamp(NEWER)
    assert "-m venv" not in folder.would_run(target)
    assert "pip install --quiet --disable" not in folder.would_run(target)


@pytest.mark.parametrize("changed", INPUTS)
def test_other_dependencies_make_another_environment(folder: Folder, changed: str) -> None:
    """After a pull the old packages would stay, and tests would fail for no reason that shows."""
    folder.stamp(NEWER)
    later = NEWER + 10
    os.utime(folder.path / changed, (later, later))
    assert "--require-hashes -r requirements-dev.lock" in folder.would_run("test")


def test_a_fresh_environment_is_made_of_the_lock_and_then_used(folder: Folder) -> None:
    """`make test` on a clean machine would install nothing, other things, or use another Python."""
    done = folder.make("test", "ARGS=-k one")
    assert done.returncode == 0, done.stderr
    ours = [call for call in folder.calls() if not call.startswith(str(folder.python))]
    assert re.search(r"pip install .*--require-hashes -r requirements-dev\.lock", ours[0])
    assert re.search(r"pip install .*--no-deps .*--editable \.", ours[1])
    assert [call.split()[1:] for call in ours[2:]] == [
        ["-m", "pytest", "-n", "2", "--dist", "loadscope", "--no-loadscope-reorder", "-k", "one"]
    ]
    assert (folder.path / STAMP).exists()

    assert folder.make("demo", "ARGS=--once").returncode == 0
    assert [call.split()[1:] for call in folder.calls()] == [["demo", "--once"]]


@pytest.mark.parametrize(
    ("fault", "advice"),
    [("too_old", "PYTHON=python3"), ("no_venv", "python3-venv"), ("pip_fails", "run the same command again")],
)
def test_a_failed_installation_is_told_and_begun_again(folder: Folder, fault: str, advice: str) -> None:
    """Half an environment would count as one, or the message would not say what to do."""
    folder.mend(**{fault: 1})
    done = folder.make("test")
    assert done.returncode != 0
    assert advice in done.stderr
    assert not (folder.path / STAMP).exists()
    assert not [call for call in folder.calls() if "-m pytest" in call]

    folder.mend()
    assert folder.make("test").returncode == 0
    assert [call for call in folder.calls() if "--require-hashes" in call]


def test_the_exit_code_of_a_command_is_passed_on(folder: Folder) -> None:
    """CI would be green whatever the tests say."""
    folder.make("setup")
    (folder.path / ".venv/bin/python").write_text("#!/bin/sh\nexit 1\n")
    (folder.path / ".venv/bin/egraph").write_text("#!/bin/sh\nexit 1\n")
    for target in ("test", "quick", "demo", "bench", "lock"):
        assert folder.make(target).returncode != 0, target


def test_modules_that_are_run_are_there(folder: Folder) -> None:
    """A target would name a module that was moved."""
    text = "".join(folder.would_run(target) for target in targets())
    ours = {name for name in re.findall(r"-m ([\w.]+)", text) if (ROOT / name.split(".")[0]).is_dir()}
    assert ours
    assert [name for name in ours if not (ROOT / name.replace(".", "/")).with_suffix(".py").exists()] == []


def test_clean_leaves_what_is_not_made(folder: Folder) -> None:
    """Somebody's work would go with the caches."""
    kept = {item.name for item in folder.path.iterdir()}
    for name in (".venv", ".egraph", "build", ".pytest_cache"):
        (folder.path / name).mkdir()
        (folder.path / name / "x").touch()
    assert folder.make("clean").returncode == 0
    assert {item.name for item in folder.path.iterdir()} == kept


def test_what_clean_removes_is_not_tracked(folder: Folder) -> None:
    """`make clean` would leave a checkout with deletions."""
    removed = re.search(r"^rm -rf (.+)$", folder.would_run("clean"), re.MULTILINE)
    assert removed is not None
    ignored = {line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    assert set(removed[1].split()) <= ignored
