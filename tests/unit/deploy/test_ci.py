""".ci/run on imagined machines: every program it may call is a stand-in that notes its call. Nothing is installed."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / ".ci/run"
TOOLS = ("dirname", "env", "mktemp", "tail", "rm", "cat", "chmod")
NEEDED = {
    "git": "git",
    "make": "make",
    "python3": "python3",
    "java": "default-jre-headless",
    "mvn": "maven",
    "chromium": "chromium",
}


class Machine:
    """A folder that is all of PATH."""

    def __init__(self, path: Path, programs: Iterable[str] = NEEDED, *, user: int = 0) -> None:
        self._bin = path / "bin"
        self._bin.mkdir()
        self._calls = path / "calls"
        self._temporary = path / "tmp"
        self._temporary.mkdir()
        for name in TOOLS:
            found = shutil.which(name)
            assert found is not None
            (self._bin / name).symlink_to(found)
        self.install("id", f"echo {user}")
        self.install("sudo", '"$@"')
        self.install("apt-get", self._makes_make())
        for name in programs:
            self.install(name)

    def install(self, name: str, script: str = "exit 0") -> None:
        """Add a program that notes its call, then does this."""
        noted = "" if name == "id" else f'echo "{name} $*" >> "{self._calls}"\n'
        (self._bin / name).write_text(f"#!/bin/sh\n{noted}{script}\n")
        (self._bin / name).chmod(0o755)

    def _makes_make(self) -> str:
        script = f'#!/bin/sh\\necho "make $*" >> "{self._calls}"'
        return f"printf '{script}\\n' > {self._bin}/make; chmod 755 {self._bin}/make"

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run the script."""
        return subprocess.run(
            ("/bin/sh", str(SCRIPT)),
            env={"PATH": str(self._bin), "TMPDIR": str(self._temporary)},
            cwd=self._temporary,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def calls(self, *programs: str) -> list[str]:
        """How these programs were called."""
        lines = self._calls.read_text().splitlines() if self._calls.exists() else []
        return [line for line in lines if line.split()[0] in programs]

    def installed(self) -> set[str]:
        """The packages that were asked for."""
        words = [word for call in self.calls("apt-get") if " install " in call for word in call.split()[1:]]
        return {word for word in words if word != "install" and not word.startswith("-")}


def test_it_is_a_script_that_can_be_run() -> None:
    """CI would end before it begins."""
    assert SCRIPT.stat().st_mode & 0o111
    assert SCRIPT.read_text().startswith("#!/bin/sh\n")
    done = subprocess.run(("/bin/sh", "-n", str(SCRIPT)), capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_where_all_is_there_it_only_runs_the_tests(tmp_path: Path) -> None:
    """Every run would install packages, or the tests would be run otherwise than people run them."""
    machine = Machine(tmp_path)
    done = machine.run()
    assert done.returncode == 0, done.stderr
    assert machine.calls("make", "apt-get", "sudo") == ["make test"]


@pytest.mark.parametrize("absent", NEEDED)
def test_only_what_is_missing_is_installed(tmp_path: Path, absent: str) -> None:
    """A tool would stay missing, or a machine's own Java or Python be replaced."""
    machine = Machine(tmp_path, set(NEEDED) - {absent})
    assert machine.run().returncode == 0
    with_python = {"python3-venv"} if absent == "python3" else set()
    assert machine.installed() == {NEEDED[absent]} | with_python
    assert machine.calls("apt-get")[0].startswith("apt-get update"), "a fresh machine knows no packages"
    assert machine.calls("make") == ["make test"]


def test_an_empty_machine_gets_all(tmp_path: Path) -> None:
    """A clean machine could not run the tests."""
    machine = Machine(tmp_path, ())
    assert machine.run().returncode == 0
    assert machine.installed() == {*NEEDED.values(), "python3-venv"}
    assert machine.calls("make") == ["make test"]


def test_a_python_without_venv_gets_it(tmp_path: Path) -> None:
    """Debian's Python is there but cannot make an environment."""
    machine = Machine(tmp_path)
    machine.install("python3", "exit 1")
    assert machine.run().returncode == 0
    assert machine.installed() == {"python3-venv"}


@pytest.mark.parametrize(("user", "through_sudo"), [(0, False), (1000, True)])
def test_packages_are_installed_as_root(tmp_path: Path, user: int, through_sudo: bool) -> None:
    """An ordinary user could not install, or root would need a sudo that is not there."""
    machine = Machine(tmp_path, set(NEEDED) - {"mvn"}, user=user)
    assert machine.run().returncode == 0
    assert bool(machine.calls("sudo")) is through_sudo
    assert machine.installed() == {"maven"}


def test_packages_that_cannot_be_installed_end_it_with_the_reason(tmp_path: Path) -> None:
    """The tests would fail a hundred times for one missing tool, and the log would not name it."""
    machine = Machine(tmp_path, set(NEEDED) - {"chromium"})
    machine.install("apt-get", "echo 'Unable to locate package chromium' >&2; exit 100")
    done = machine.run()
    assert done.returncode == 1
    assert "Unable to locate package chromium" in done.stdout
    assert re.search(r"could not install:.*chromium.*by hand", done.stderr)
    assert machine.calls("make") == []


def test_failing_tests_fail_it(tmp_path: Path) -> None:
    """CI would be green whatever the tests say."""
    machine = Machine(tmp_path)
    machine.install("make", "exit 2")
    assert machine.run().returncode == 2


def test_it_runs_the_tests_of_its_own_checkout(tmp_path: Path) -> None:
    """Called from elsewhere it would run another Makefile, or none."""
    machine = Machine(tmp_path)
    machine.install("make", f'pwd > "{tmp_path}/where"')
    machine.run()
    assert Path((tmp_path / "where").read_text().strip()) == ROOT
