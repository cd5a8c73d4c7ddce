"""What is declared for packaging is what is there: pins, packages, data files. Nothing is built."""

import fnmatch
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.exceptions import IDLE_PACKAGE_DATA, LOCKS_DIFFER, UNPACKAGED_DATA
from tests.architecture.sources import PACKAGES, ROOT, expect_only_exceptions, python_files, repository_files

RUNTIME_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def read_lock(name: str) -> dict[str, str]:
    """Give the version of each package in a lock file; every one must be pinned and carry hashes."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    pins = {}
    for line in text.splitlines():
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        requirement = Requirement(entry.partition(" --hash=")[0].strip())
        versions = [item.version for item in requirement.specifier if item.operator == "=="]
        assert len(versions) == 1, f"{name}: {requirement} is not pinned"
        assert "--hash=sha256:" in entry, f"{name}: {requirement} has no hash"
        pins[canonicalize_name(requirement.name)] = versions[0]
    assert len(pins) > 30, f"hardly anything was read from {name}"
    return pins


@pytest.mark.parametrize("lock", [RUNTIME_LOCK, DEV_LOCK])
def test_locks_satisfy_what_the_project_declares(project: dict[str, Any], lock: str) -> None:
    """An installation from the lock would run other versions than those the code was written against."""
    declared = list(project["project"]["dependencies"])
    if lock == DEV_LOCK:
        declared += project["dependency-groups"]["dev"]
    pins = read_lock(lock)

    wrong = [
        f"{requirement} but {pins.get(canonicalize_name(requirement.name), 'nothing')} in {lock}"
        for requirement in map(Requirement, declared)
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"), prereleases=True)
        or canonicalize_name(requirement.name) not in pins
    ]

    assert not wrong


def test_both_locks_agree() -> None:
    """What the tests proved would not be what users run."""
    runtime, dev = read_lock(RUNTIME_LOCK), read_lock(DEV_LOCK)

    found = {
        name: f"{version} in {RUNTIME_LOCK}, {dev.get(name, 'absent')} in {DEV_LOCK}"
        for name, version in runtime.items()
        if dev.get(name) != version
    }
    expect_only_exceptions(LOCKS_DIFFER, found)


def test_internals_that_we_override_are_pinned_exactly(project: dict[str, Any]) -> None:
    """A patch release of Faust or aiokafka would change internals under our transport (decision 0003)."""
    exact = {
        requirement.name
        for requirement in map(Requirement, project["project"]["dependencies"])
        if [item.operator for item in requirement.specifier] == ["=="]
    }

    assert {"faust-streaming", "aiokafka"} <= exact


def test_every_package_is_declared_everywhere(project: dict[str, Any]) -> None:
    """A new package would be left out of the wheel, the types or the contracts."""
    present = {path.parts[0] for path in repository_files() if path.match("*/__init__.py") and len(path.parts) == 2}
    tool = project["tool"]

    assert present == set(PACKAGES)
    assert {name.rstrip("*") for name in tool["setuptools"]["packages"]["find"]["include"]} == present
    assert set(tool["mypy"]["packages"]) == present


def test_every_module_is_in_a_package() -> None:
    """setuptools would not find the folder, and the wheel would lack its modules."""
    without = {
        path.parent for path in python_files(packages_only=True) if not (ROOT / path.parent / "__init__.py").exists()
    }

    assert not without


def test_every_data_file_is_packaged(project: dict[str, Any]) -> None:
    """It would work from a checkout and fail once installed: a schema, a query or the console's looks would lack."""
    patterns = project["tool"]["setuptools"]["package-data"]
    found = {
        str(path.parent / f"*{path.suffix}"): f"no pattern of package data matches {path.name}"
        for path in data_files()
        if not is_packaged(path, patterns)
    }

    expect_only_exceptions(UNPACKAGED_DATA, found)


def test_no_pattern_of_package_data_is_idle(project: dict[str, Any]) -> None:
    """A pattern would name files that were renamed or never written, and nobody would notice that they are missing."""
    found = {
        f"{package}/{pattern}": "matches nothing"
        for package, patterns in project["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
        if not any(is_packaged(path, {package: [pattern]}) for path in data_files())
    }

    expect_only_exceptions(IDLE_PACKAGE_DATA, found)


def test_data_is_found_the_way_an_installed_program_finds_it() -> None:
    """A file beside the sources would be read by its path, which an installation does not have."""
    missing = [str(path) for path in data_files() if not files(path.parts[0]).joinpath(*path.parts[1:]).is_file()]

    assert not missing
    assert {path.suffix for path in data_files()} >= {".avsc", ".sql"}


def data_files() -> list[Path]:
    """Give the files of our packages that are not Python, relative to the root."""
    return [path for path in repository_files() if path.parts[0] in PACKAGES and path.suffix != ".py"]


def is_packaged(path: Path, patterns: dict[str, list[str]]) -> bool:
    """Tell whether a pattern of the top-level package matches; unlike in fnmatch a * stays within one folder."""
    inside = Path(*path.parts[1:])
    return any(
        len(Path(pattern).parts) == len(inside.parts) and fnmatch.fnmatchcase(str(inside), pattern)
        for pattern in patterns.get(path.parts[0], ())
    )
