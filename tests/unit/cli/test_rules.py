"""`egraph rules add`: what is sent, and what is refused before anything is sent."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import build_app
from egraph.facts import RuleAdded
from egraph.identifiers import Position
from egraph.rules.rule_facts import draft_of
from egraph.rules.ruleset import Rule
from egraph.rules.shipped import python_rules
from streams.runtimes import rules_log

GOOD = "(rewrite mine (BinOp:Add ?x ?y) (BinOp:Add ?y ?x))\n"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the rules that a broker would have been given."""
    names: list[str] = []

    async def add_rules(_: str, rules: Iterable[Rule], *, graph: str) -> list[tuple[RuleAdded, Position]]:
        done = []
        for at, rule in enumerate(rules):
            names.append(rule.name)
            draft = draft_of(rule, graph=graph, producer="test", sequence=at, hlc=at)
            done.append((draft, Position(0, at)))
        return done

    monkeypatch.setattr(rules_log, "add_rules", add_rules)
    return names


def add(*words: str | Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(build_app(), ["rules", "add", *map(str, words)])


def file(folder: Path, name: str, text: str) -> Path:
    """Write a rule file."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize("types", ["any", "int", "int,bool", " bool , float "])
def test_shipped_rules_are_sent_for_the_types(sent: list[str], types: str) -> None:
    """A user would get rules that are false for the operands, or none."""
    result = add("--python", types)

    assert result.exit_code == 0, result.output
    assert sent == [rule.name for rule in python_rules(item.strip() for item in types.split(",")).all_rules]
    assert len(result.stdout.splitlines()) == len(sent)


def test_files_and_shipped_rules_go_together(tmp_path: Path, sent: list[str]) -> None:
    """Only one of the two sources would be sent."""
    result = add(file(tmp_path, "my.rules", GOOD), "--python", "any")

    assert result.exit_code == 0, result.output
    assert sent[0] == "mine"
    assert "not-is" in sent


@pytest.mark.parametrize(("types", "wrong"), [("str", "'str'"), ("int,Float", "'Float'"), ("", "''"), ("int,", "''")])
def test_a_wrong_type_is_named(sent: list[str], types: str, wrong: str) -> None:
    """A misspelt type would send rules that nobody asked for."""
    result = add("--python", types)

    assert (result.exit_code, sent) == (2, [])
    assert wrong in result.stderr
    assert "choose of any, int, bool, float" in result.stderr


def test_nothing_named_is_told(sent: list[str]) -> None:
    """Success would be reported where nothing was done."""
    result = add()

    assert (result.exit_code, sent) == (2, [])
    assert "--python" in result.stderr


def test_a_file_without_rules_is_told(tmp_path: Path, sent: list[str]) -> None:
    """A script that wrote an empty file would believe that its rules were sent."""
    result = add(file(tmp_path, "empty.rules", "; nothing\n"))

    assert (result.exit_code, sent) == (2, [])
    assert "no rule" in result.stderr


def test_mistakes_of_all_files_are_told_and_nothing_is_sent(tmp_path: Path, sent: list[str]) -> None:
    """Half of the rules would stand in the log for ever; or mistakes would come out one at a time, without a place."""
    good = file(tmp_path, "good.rules", GOOD)
    unbound = file(tmp_path, "unbound.rules", "\n(rewrite one (f ?x) ?y)\n\n   (rewrite two (f ?x) (g ?z))\n")
    broken = file(tmp_path, "broken.rules", "(rewrite one (f ?x)\n  ?x))\n)\n")

    result = add(good, unbound, broken, "--python", "any")

    assert (result.exit_code, sent) == (2, [])
    lines = result.stderr.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        [str(unbound), "line 2, column 21"],
        [str(unbound), "line 4, column 27"],
        [str(broken), "line 2, column 6"],
    ]
    assert result.stdout == ""


@pytest.mark.parametrize("words", [["other.rules"], ["--python", "int"]], ids=["two files", "a file and the shipped"])
def test_two_rules_of_one_name_are_refused(tmp_path: Path, sent: list[str], words: list[str]) -> None:
    """One of the two would be sent, and nobody would know which; `retract` by name would take both."""
    text = "(rewrite plus-zero (BinOp:Add ?x Constant:int:0) ?x)\n" + GOOD
    file(tmp_path, "other.rules", "(rewrite plus-zero (BinOp:Add Constant:int:0 ?x) ?x)\n")
    more = [tmp_path / word if word.endswith(".rules") else word for word in words]

    result = add(file(tmp_path, "my.rules", text), *more)

    assert (result.exit_code, sent) == (2, [])
    assert "two rules have one name: plus-zero;" in result.stderr


@pytest.mark.parametrize("content", [None, b"(rewrite \xd1"], ids=["missing", "no text"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, sent: list[str], content: bytes | None) -> None:
    """A stack trace would meet who mistypes a name."""
    path = tmp_path / "my.rules"
    if content is not None:
        path.write_bytes(content)

    result = add(path)

    assert (result.exit_code, sent) == (2, [])
    assert result.stderr.startswith(f"{path}: ")
    assert result.stderr.endswith("; name another file\n")


def test_json_has_a_row_for_each_rule(tmp_path: Path, sent: list[str]) -> None:
    """A script could not read what was sent."""
    result = add(file(tmp_path, "my.rules", GOOD), "--json")

    rows: list[dict[str, Any]] = json.loads(result.stdout)
    assert [row["name"] for row in rows] == sent == ["mine"]
    assert (rows[0]["pattern"], rows[0]["replacement"]) == ("(BinOp:Add ?x ?y)", "(BinOp:Add ?y ?x)")


def test_the_help_tells_the_types() -> None:
    """A user would have to guess what may stand behind --python."""
    result = CliRunner().invoke(build_app(), ["rules", "add", "--help"], env={"COLUMNS": "200", "TERM": "dumb"})

    assert "--python" in result.stdout
    assert all(kind in result.stdout for kind in ("any", "int,bool,float"))
