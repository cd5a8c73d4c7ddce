"""Importing a module does nothing but define things, and the command line starts light."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.architecture.exceptions import IMPORT_EFFECT
from tests.architecture.sources import ROOT, expect_only_exceptions, module_name, python_files

HEAVY = ("faust", "mode", "duckdb", "dash", "aiokafka", "pyarrow", "plotly", "fastapi", "uvicorn", "confluent_kafka")


def run(*arguments: str, **variables: str) -> str:
    """Run the interpreter in the repository without writing byte code; give its standard output."""
    done = subprocess.run(
        (sys.executable, "-B", *arguments),
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def probe(*modules: str) -> dict[str, Any]:
    """Import modules in a fresh interpreter: what happened, and what is loaded."""
    return json.loads(run("-m", "tests.architecture.import_probe", *modules).splitlines()[-1])


def test_importing_our_modules_has_no_side_effect() -> None:
    """A test, a tool or a child process would open sockets or write files by the mere name of a module."""
    modules = sorted(module_name(path) for path in python_files(packages_only=True))
    assert len(modules) > 80, "hardly any module was found"

    effects = probe(*modules)["effects"]

    found = {f"{module}::{effect}": "at import" for module, several in effects.items() for effect in several}
    expect_only_exceptions(IMPORT_EFFECT, found)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import socket\nsocket.socket().close()", "opens a socket"),
        ("import threading\nthreading.Thread(target=int).start()", "starts a thread"),
        ("import subprocess\nsubprocess.run(('true',))", "starts a process: true"),
        ("open('written', 'w').close()", "writes written"),
        ("import os\nos.environ.get('EGRAPH_AGENTS')", "reads EGRAPH_AGENTS"),
        ("import os\n'EGRAPH_AGENTS' in os.environ", "reads EGRAPH_AGENTS"),
        ("import os\nos.environ['HOME'] = '/'", "changes the environment"),
        ("import logging\nlogging.basicConfig()", "changes the root logger"),
    ],
)
def test_the_probe_sees_effects(tmp_path: Any, code: str, told: str) -> None:
    """The test above would pass although a module does such a thing at import."""
    (tmp_path / "guilty.py").write_text(code + "\n")
    script = f"import os, sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; os.chdir({str(tmp_path)!r})"
    script += "; from tests.architecture.import_probe import main; main(['guilty'])"

    effects = json.loads(run("-c", script))["effects"]

    assert any(effect.startswith(told) for effect in effects.get("guilty", [])), effects


def test_everything_but_the_runtimes_loads_without_faust() -> None:
    """A tool, the console or a pure test would pay for Faust, or fail where it cannot be installed."""
    modules = [module_name(path) for path in python_files(packages_only=True)]

    loaded = probe(*sorted(name for name in modules if not name.startswith("streams.runtimes.")))["loaded"]

    assert not {"faust", "mode"} & set(loaded)


@pytest.mark.parametrize("arguments", [["--help"], ["worker", "--help"], ["sql", "--help"]])
def test_help_starts_light(arguments: list[str]) -> None:
    """Every command, completion in the shell too, would wait seconds for libraries that it does not use."""
    script = f"import sys; sys.argv = ['egraph', *{arguments!r}]\nfrom cli.main import main\ntry:\n    main()\n"
    script += "except SystemExit as end:\n    assert not end.code, end.code\n"
    script += "print('loaded: ' + ' '.join(sys.modules))"

    shown, _, loaded = run("-c", script, EGRAPH_CONFIG="").rpartition("loaded: ")

    assert "Usage: egraph" in shown
    assert not set(HEAVY) & set(loaded.split())
