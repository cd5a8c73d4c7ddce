"""The arrows between packages: lint-imports passes, and its contracts still say what ARCHITECTURE.md promises."""

import subprocess
import sys
import tomllib
from typing import Any

import pytest

from tests.architecture.sources import PACKAGES, ROOT

LAYERS = ["cli", "simulator", "launcher", "dash_app", "streams | analytics", "schemas", "egraph"]
CORE_MUST_NOT_KNOW = {
    "asyncio", "datetime", "time", "random", "secrets", "uuid", "os", "io", "socket", "threading", "subprocess",
    "faust", "aiokafka", "fastavro", "duckdb", "dash",
}  # fmt: skip
KERNEL_MAY = {"egraph.kernel.** -> numpy", "egraph.kernel.** -> numba"}
"""Arrays, and their compiler, are for the kernel alone (design, section 7)."""
PROCESSORS_MUST_NOT_KNOW = {"asyncio", "time", "random", "uuid", "os", "socket", "threading", "faust", "aiokafka"}


@pytest.fixture(scope="module")
def configuration() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]


def contracts(configuration: dict[str, Any], source: str) -> list[dict[str, Any]]:
    """Give the contracts that forbid a package something."""
    return [item for item in configuration["contracts"] if source in item.get("source_modules", ())]


def test_the_contracts_hold() -> None:
    """A module would import against the arrows: the core would know the broker, or the console the log."""
    script = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"

    done = subprocess.run(
        (sys.executable, "-c", script), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_layers_are_those_of_the_architecture(configuration: dict[str, Any]) -> None:
    """The check above would pass because somebody turned an arrow round."""
    layered = [item for item in configuration["contracts"] if item["type"] == "layers"]

    assert [item["layers"] for item in layered] == [LAYERS]
    assert "ignore_imports" not in layered[0]
    assert set(configuration["root_packages"]) == set(PACKAGES)


@pytest.mark.parametrize(
    ("source", "forbidden"),
    [
        ("egraph", CORE_MUST_NOT_KNOW),
        ("streams.processors", PROCESSORS_MUST_NOT_KNOW),
        ("dash_app", {"streams", "schemas", "egraph", "duckdb"}),
        ("launcher", {"faust"}),
    ],
)
def test_what_is_forbidden_stays_forbidden(configuration: dict[str, Any], source: str, forbidden: set[str]) -> None:
    """A contract would have been thinned out until it forbids nothing."""
    found = contracts(configuration, source)

    assert forbidden <= {name for item in found for name in item["forbidden_modules"]}
    assert {excused for item in found for excused in item.get("ignore_imports", ())} <= KERNEL_MAY
