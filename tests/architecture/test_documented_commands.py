"""The command line and the documents agree: commands, options, and variables of the environment."""

import re
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import typer

from cli.config_file import PATH_VARIABLE
from cli.main import build_app
from tests.architecture.exceptions import UNDOCUMENTED_COMMAND, UNKNOWN_COMMAND
from tests.architecture.sources import CODE_SPAN, ROOT, documents, expect_only_exceptions


class CommandLine(NamedTuple):
    """A command line in a document: where, the words of the command, and all that follows."""

    place: str
    text: str


def test_every_command_is_documented() -> None:
    """A command would be there that nobody is told of."""
    told = {path for line in command_lines() if (path := resolve(line.text)[0])}
    found = {f"egraph {path}": "no document mentions it" for path in leaf_commands() if path not in told}

    assert len(leaf_commands()) > 10
    expect_only_exceptions(UNDOCUMENTED_COMMAND, found)


def test_documented_command_lines_can_be_typed() -> None:
    """A reader would type what a document says and be refused."""
    lines = command_lines()
    found = {f"{line.place}::{line.text}": problem for line in lines if (problem := resolve(line.text)[1])}

    assert len(lines) > 10
    expect_only_exceptions(UNKNOWN_COMMAND, found)


def test_the_variables_of_the_environment_are_documented() -> None:
    """A variable would act that nobody is told of, or a document would promise one that does nothing."""
    read = {name for command in leaf_commands().values() for item in command.params for name in variables_of(item)}

    assert set(re.findall(r"EGRAPH_\w+", (ROOT / "docs/operations.md").read_text())) == read | {PATH_VARIABLE}


@pytest.mark.parametrize(
    "text",
    ["egraph dance", "egraph replay --from-tpoic", "egraph log exprot f", "egraph sql 'x"],
)
def test_a_wrong_command_line_is_noticed(text: str) -> None:
    """The test above would pass whatever the documents say."""
    assert resolve(text)[1]


def command_lines() -> list[CommandLine]:
    """Give every command line of ours in the documents: code spans, and lines of code blocks."""
    found = []
    for document in documents():
        text = (ROOT / document).read_text()
        fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        blocks = [line for block in fenced for line in block.splitlines()]
        blocks += re.findall(r"^(?: {4}|\t)(.+)$", text, re.MULTILINE)
        for code in [*blocks, *CODE_SPAN.findall(text)]:
            line = re.sub(r"^\s*(?:\$ )?(?:[A-Z_]+=\S* )*(?:\S*/bin/)?(?=egraph )", "", code)
            if line.startswith("egraph "):
                found.append(CommandLine(str(document), line.strip()))
    return found


def leaf_commands() -> dict[str, Any]:
    """Give every command that does something, by its words."""
    return dict(_leaves(typer.main.get_command(build_app()), ""))


def variables_of(parameter: Any) -> tuple[str, ...]:
    """Give the environment variables that an option reads."""
    named = parameter.envvar or ()
    return (named,) if isinstance(named, str) else tuple(named)


def _leaves(command: Any, words: str) -> Iterator[tuple[str, Any]]:
    nested = getattr(command, "commands", None)
    if nested is None:
        yield words, command
        return
    for name, child in nested.items():
        yield from _leaves(child, f"{words} {name}".strip())


def resolve(text: str) -> tuple[str | None, str | None]:
    """Give the words of the command that a line names, or None; and what is wrong with the line, or None."""
    try:
        words = shlex.split(text, comments=True)[1:]
    except ValueError as error:
        return None, f"not a command line: {error}"
    command: Any = typer.main.get_command(build_app())
    path: list[str] = []
    while words and (nested := getattr(command, "commands", None)) is not None and not words[0].startswith("-"):
        if words[0] not in nested:
            return None, f"there is no command {' '.join([*path, words[0]])}"
        command = nested[words[0]]
        path.append(words.pop(0))
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    wrong = [word for word in words if word.startswith("--") and word != "--" and word.partition("=")[0] not in known]
    if wrong:
        return None, f"there is no option {wrong[0]}"
    return " ".join(path), None
