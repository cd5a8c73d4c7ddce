"""`egraph colours`, and the palette options that other commands share with it."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import build_app
from cli.options import EXIT_USAGE
from cli.palettes import palette_of
from egraph.duck.draw import branch_seed
from tests.unit.streams.hand_log import HandLog

POLICY = 'seed = 7\n[operators]\n"f" = "red"\n[prefixes]\n"Name:" = "blue"\n'


def colours(*words: str | Path, code: int = 0) -> Result:
    """Run the command in this process."""
    result = CliRunner().invoke(build_app(), ["colours", *map(str, words)])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A policy in a file."""
    path = tmp_path / "colours.toml"
    path.write_text(POLICY)
    return path


def test_the_policy_speaks_first_and_says_so(policy: Path) -> None:
    """A user could not tell why a node has its colour, or the file would be read and not used."""
    found = json.loads(colours("explain", "f", "Name:x", "--over", "blue", "--palette", policy, "--json").stdout)

    assert [(item["colour"], item["preferred"], item["source"]) for item in found] == [
        ("GREEN", "RED", "policy: its own entry"),
        ("BLUE", "BLUE", "policy: the longest prefix"),
    ]
    assert [item["forbidden_by"] for item in found] == ["BLUE", None]


def test_a_given_seed_counts_before_the_policys(policy: Path) -> None:
    """Flags would not win over files."""
    assert palette_of(None, policy, None).seed == 7
    assert palette_of(9, policy, None).seed == 9
    assert palette_of(None, None, None).seed == 0


def test_a_fork_is_a_fork_of_the_last(policy: Path) -> None:
    """The printed seed would colour another branch than the one that was asked for."""
    assert int(colours("fork", "3", "1", "--palette", policy).stdout) == branch_seed(branch_seed(7, 3), 1)


def test_colours_inferred_from_rules_need_rules(tmp_path: Path) -> None:
    """A policy that asks for polarity would draw by seed without a word, or not be usable from a terminal at all."""
    policy, rules = tmp_path / "p.toml", tmp_path / "r.rules"
    policy.write_text('default = "polarity"\n')
    rules.write_text("(rewrite r (f ?x) (g ?x))\n")

    refused = colours("explain", "f", "--palette", policy, code=EXIT_USAGE)
    found = colours("explain", "f", "g", "h", "--palette", policy, "--palette-rules", rules).stdout.splitlines()

    assert "there are no rules" in refused.stderr
    assert [line.split()[2] for line in found] == ["RED", "BLUE", "GREEN"]


def test_a_wrong_policy_is_told_with_its_place(tmp_path: Path) -> None:
    """A mistake in the file would end in a stack trace, or in colours that nobody asked for."""
    path = tmp_path / "p.toml"
    path.write_text('[operators]\nf = "purple"\n')

    assert f"{path}: line 2, column 1" in colours("explain", "f", "--palette", path, code=EXIT_USAGE).stderr
    assert str(tmp_path / "none") in colours("explain", "f", "--palette", tmp_path / "none", code=EXIT_USAGE).stderr
    assert "'pink' is no colour" in colours("explain", "f", "--over", "pink", code=EXIT_USAGE).stderr


def test_the_score_counts_each_node_with_each_child(tmp_path: Path) -> None:
    """The score would be that of another graph."""
    log = HandLog()
    log.term("(BinOp:Add (Name:x Name:x) Name:self)")  # GREEN over RED, which is over RED, and over BLUE

    found = json.loads(colours("harmony", log.write(tmp_path / "log"), "--json").stdout)

    assert found == {"pairs": 3, "compatible": 3, "equal": 1, "score": 4 / 6}
