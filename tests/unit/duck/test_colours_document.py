"""docs/colours.md says what the code does."""

import re
from pathlib import Path

import pytest

from egraph.colours import Colour
from egraph.duck.meaning import COMPATIBLE, MEANING, PRIORITY
from egraph.duck.palette import make_palette
from egraph.duck.problems import PolicyProblemKind, PolicyRefused
from egraph.duck.reader import read_policy

TEXT = (Path(__file__).parents[3] / "docs/colours.md").read_text()


def example(language: str) -> str:
    """Give the first example in a language."""
    found = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_policy_and_the_code_run() -> None:
    """A reader would copy them and be refused."""
    space: dict[str, object] = {"text": example("toml"), "print": lambda *_: None}

    exec(example("python"), space)

    palette = make_palette(read_policy(example("toml")))
    assert space["palette"] == palette
    assert [palette.colour(name) for name in ("BinOp:Add", "Call/1", "Name:y", "Constant:int:7")] == [
        Colour.GREEN, Colour.RED, Colour.RED, Colour.BLUE,
    ]  # fmt: skip


def test_the_tables_are_the_tables_of_the_code() -> None:
    """A user would plan by a table that the agents do not keep."""
    order = (Colour.RED, Colour.GREEN, Colour.BLUE)
    for parent in order:
        cells = " | ".join("yes" if COMPATIBLE[parent, child] else "no" for child in order)
        assert f"| {parent.name} | {cells} |" in TEXT
        row = next(line for line in TEXT.splitlines() if line.startswith(f"| {parent.name} | {MEANING[parent]} |"))
        assert row.endswith(f"| {PRIORITY[parent]} |")


def test_every_problem_is_explained() -> None:
    """A policy could be refused for a reason that no document mentions."""
    assert {kind for kind in PolicyProblemKind if f"| `{kind}` |" not in TEXT} == set()


def test_the_shown_message_is_what_is_said() -> None:
    """The document would show a form of message that nobody ever sees."""
    with pytest.raises(PolicyRefused) as caught:
        read_policy('\n[operators]\nf = "purple"\n')

    assert f"\n{caught.value}\n" in TEXT
