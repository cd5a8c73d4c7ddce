"""What every command says of itself, and that it refuses what it does not know; completion in the shell."""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import cli.main
from cli.main import build_app

PROGRAM = Path(sys.executable).with_name("egraph")
FOLDER = Path(cli.main.__file__).parent


def commands(command: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group with its words; the whole line is the one without words."""
    command = command or typer.main.get_command(build_app())
    yield words, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*words, name))


ALL = dict(commands())
GROUPS = [words for words, command in ALL.items() if hasattr(command, "commands")]
LEAVES = [words for words in ALL if words not in GROUPS]


def name_of(words: tuple[str, ...]) -> str:
    """How a case is called."""
    return " ".join(words) or "egraph"


def test_the_cases_below_are_all_commands() -> None:
    """The tests below would hold for no command at all."""
    assert {("demo",), ("worker",), ("log", "export"), ("dead-letters", "show")} <= set(LEAVES)
    assert () in GROUPS


def test_every_command_that_is_written_is_there() -> None:
    """The documents would tell of a command, and the program would say that there is none."""
    written = typer.Typer()
    for path in FOLDER.glob("*.py"):
        if "\ndef register(" in path.read_text():
            importlib.import_module(f"cli.{path.stem}").register(written)
    assert {words[0] for words in ALL if words} == set(typer.main.get_command(written).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", ALL, ids=name_of)
def test_it_explains_itself(words: tuple[str, ...]) -> None:
    """A user would be left alone with an option, or the help itself would fail."""
    result = CliRunner().invoke(build_app(), [*words, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert result.exit_code == 0, result.output
    command = ALL[words]
    assert (command.help or "").strip()
    for parameter in command.params:
        assert (parameter.help or "").strip(), f"{parameter.name} has no help"
        for option in parameter.opts if parameter.param_type_name == "option" else ():
            assert option in result.stdout, f"{option} is not shown"
    for name in getattr(command, "commands", {}):
        assert name in result.stdout


@pytest.mark.parametrize("words", ALL, ids=name_of)
def test_it_refuses_an_option_that_it_does_not_have(words: tuple[str, ...]) -> None:
    """A misspelt option would be ignored, or look like a service that failed."""
    result = CliRunner().invoke(build_app(), [*words, "--no-such-option"])
    assert result.exit_code == 2
    assert "--no-such-option" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("words", GROUPS, ids=name_of)
def test_it_refuses_a_command_that_it_does_not_have(words: tuple[str, ...]) -> None:
    """A misspelt command would look like success to a script."""
    result = CliRunner().invoke(build_app(), [*words, "no-such-command"])
    assert result.exit_code == 2
    assert "no-such-command" in result.stderr


def test_options_of_one_name_read_one_variable() -> None:
    """`--bootstrap` or `--agents` would read the environment in one command and not in another."""
    read: dict[str, set[tuple[str, ...]]] = {}
    for leaf in LEAVES:
        for parameter in ALL[leaf].params:
            read.setdefault(parameter.name, set()).add(variables(parameter))
    # The demo stands apart: it empties its folder, so no variable may name one, and its console is its own.
    assert {name for name, found in read.items() if len(found) > 1} == {"data_dir", "port"}
    assert read["bootstrap"] == {("EGRAPH_BOOTSTRAP",)}
    assert [variables(item) for item in ALL["demo",].params if item.name in ("data_dir", "port")] == [(), ()]


def variables(parameter: Any) -> tuple[str, ...]:
    """The variables of the environment that a parameter reads."""
    named = parameter.envvar or ()
    return (named,) if isinstance(named, str) else tuple(named)


def test_exit_codes_are_told() -> None:
    """A script's author would have to guess what the codes mean."""
    result = CliRunner().invoke(build_app(), ["--help"], env={"COLUMNS": "200"})
    said = " ".join(result.stdout.split())
    for code in ("0 done", "1 the answer is no", "2 wrong usage", "3 a needed service failed"):
        assert code in said


def complete(instruction: str, **words: str) -> subprocess.CompletedProcess[str]:
    """Run the installed program as a shell does that wants to complete."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EGRAPH_")}
    return subprocess.run(
        (str(PROGRAM),),
        env={**environment, "_EGRAPH_COMPLETE": instruction, **words},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_offered_to_the_shell(shell: str) -> None:
    """The line that everybody puts into a shell's start would end in an error at each login."""
    done = complete(f"source_{shell}")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"complete_{shell}" in done.stdout


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="the script is checked by bash itself")
def test_the_script_for_bash_is_one(tmp_path: Path) -> None:
    """The shell would refuse the script."""
    script = tmp_path / "completion"
    script.write_text(complete("source_bash").stdout)
    done = subprocess.run(
        ("/bin/bash", "-c", f"source {script} && complete -p egraph"),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("egraph de", {"demo", "dead-letters"}), ("egraph log ", {"export", "import"}), ("egraph sql --cs", {"--csv"})],
)
def test_what_is_typed_is_completed(typed: str, offered: set[str]) -> None:
    """Tab would offer nothing, or commands that are not there."""
    done = complete("complete_bash", COMP_WORDS=typed, COMP_CWORD=str(len(typed.split(" ")) - 1))
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == offered
