"""Dockerfile and .dockerignore: what goes into the image, who runs in it, and what stays out. Nothing is built."""

import fnmatch
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[3]
ENTRY = "egraph"


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile with what follows them; continued lines are one."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word.upper(), " ".join(rest.split())) for word, _, rest in (line.partition(" ") for line in lines)]


@pytest.fixture(scope="module")
def ignored() -> list[str]:
    """The patterns of .dockerignore."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [line.strip().rstrip("/") for line in lines if line.strip() and not line.startswith("#")]


def copied(steps: list[tuple[str, str]]) -> list[str]:
    """What is copied from the checkout, not from another stage."""
    found = [rest.split()[:-1] for word, rest in steps if word in ("COPY", "ADD") and "--from=" not in rest]
    return [source for sources in found for source in sources]


def is_ignored(path: str, patterns: list[str]) -> bool:
    """Whether the builder never sees a path: it, or a folder that holds it, matches."""
    parts = Path(path).parts
    places = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    tails = [part for pattern in patterns if pattern.startswith("**/") for part in parts if part == pattern[3:]]
    return bool(tails) or any(fnmatch.fnmatchcase(place, pattern) for place in places for pattern in patterns)


def test_what_is_copied_is_there(steps: list[tuple[str, str]], ignored: list[str]) -> None:
    """The image could not be built from a checkout."""
    sources = copied(steps)
    assert len(sources) > 5
    assert [name for name in sources if not (ROOT / name).exists()] == []
    assert [name for name in sources if is_ignored(name, ignored)] == []
    assert not {".", "./"} & set(sources), "name what is needed; a folder of secrets would go along"


def test_every_package_is_copied(steps: list[tuple[str, str]], project: dict[str, Any]) -> None:
    """A new package would be missing in the image alone."""
    declared = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert declared <= set(copied(steps))


def test_what_the_package_needs_to_be_built_is_copied(steps: list[tuple[str, str]], project: dict[str, Any]) -> None:
    """pip would refuse to build the package: its read-me or licence is named but not there."""
    metadata = project["project"]
    assert {metadata["readme"], *metadata["license-files"], "pyproject.toml"} <= set(copied(steps))


def test_python_is_one_that_the_project_allows(steps: list[tuple[str, str]], project: dict[str, Any]) -> None:
    """pip would refuse the package, or every image would be another one."""
    images = [rest.split()[0] for word, rest in steps if word == "FROM"]
    assert len(set(images)) == 1, "an environment made by one Python would run under another"
    found = re.fullmatch(r"python:(\d+\.\d+)-slim-\w+", images[0])
    assert found, f"{images[0]} is not a named Python on a named Debian"
    assert SpecifierSet(project["project"]["requires-python"]).contains(found[1])
    assert any(item.endswith(f":: {found[1]}") for item in project["project"]["classifiers"])


def test_nothing_is_called_latest(steps: list[tuple[str, str]]) -> None:
    """The same checkout would give another image next month."""
    assert not [rest for _, rest in steps if re.search(r":latest\b", rest)]
    assert ":latest" not in (ROOT / "docker-compose.yml").read_text()


def test_it_does_not_run_as_root(steps: list[tuple[str, str]]) -> None:
    """Whoever breaks out of a process would own the container."""
    user = [rest for word, rest in steps if word == "USER"][-1]
    assert user not in ("root", "0", "0:0")
    runs = " ".join(rest for word, rest in steps if word == "RUN")
    made = re.search(rf"useradd .*--uid (\d+) {re.escape(user)}\b", runs)
    assert made, f"nobody makes the user {user}"
    assert int(made[1]) > 0
    assert [word for word, _ in steps].index("USER") < [word for word, _ in steps].index("ENTRYPOINT")


def test_the_user_may_write_the_data(steps: list[tuple[str, str]]) -> None:
    """Snapshots and segments could not be written: the volume would belong to root."""
    user = [rest for word, rest in steps if word == "USER"][-1]
    places = [rest for word, rest in steps if word == "ENV" for rest in re.findall(r"EGRAPH_DATA_DIR=(\S+)", rest)]
    assert len(places) == 1
    assert ("VOLUME", places[0]) in steps
    assert any(f"install -d -o {user} {places[0]}" in rest for word, rest in steps if word == "RUN")
    order = [word for word, _ in steps]
    assert order.index("VOLUME") > max(at for at, word in enumerate(order) if word == "RUN"), "later changes are lost"


def test_packages_are_installed_as_locked(steps: list[tuple[str, str]]) -> None:
    """The image would hold versions that no test has seen."""
    installs = [part for word, rest in steps if word == "RUN" for part in rest.split("&&") if "pip install" in part]
    assert len(installs) > 1
    assert all("--require-hashes" in part or "--no-deps" in part for part in installs)
    assert any("-r requirements.lock" in part for part in installs)


def test_it_runs_the_command_line(steps: list[tuple[str, str]], project: dict[str, Any]) -> None:
    """`docker run` would find no program."""
    assert ("ENTRYPOINT", f'["{ENTRY}"]') in steps
    assert ENTRY in project["project"]["scripts"]


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".venv/bin/python",
        ".egraph/data/store/catalog.duckdb",
        ".egraph/kafka/4/kafka.jar",
        "egraph/__pycache__/x.pyc",
        "streams/runtimes/__pycache__/x.pyc",
        "tests/unit/deploy/test_image.py",
    ],
)
def test_what_is_not_for_the_image_stays_out(ignored: list[str], path: str) -> None:
    """Gigabytes would be sent to the builder, and one machine's environment or data would get into an image."""
    assert is_ignored(path, ignored)


@pytest.mark.parametrize("path", ["egraph/view.py", "analytics/queries/views.sql", "launcher/kafka/pom.xml"])
def test_what_is_for_the_image_does_not_stay_out(ignored: list[str], path: str) -> None:
    """The test above would pass with a pattern that leaves everything out."""
    assert (ROOT / path).exists()
    assert not is_ignored(path, ignored)
