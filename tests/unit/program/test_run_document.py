"""docs/run.md says what `egraph run` takes and gives: no more and no less."""

import re
from pathlib import Path

import pytest

from egraph.program import reader
from egraph.program.expressions import ACTION_SHAPES
from egraph.program.primitives import PRIMITIVES
from egraph.program.problems import ProblemKind
from egraph.program.running import Limits, StopReason
from tests.unit.program.answers import answers

DOCUMENT = (Path(__file__).parents[3] / "docs" / "run.md").read_text()


def section(title: str) -> str:
    """Give the text below a heading."""
    return re.split(r"^## ", DOCUMENT.partition(f"## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def first_cells(text: str) -> str:
    """Give the first cells of all rows of tables."""
    return "\n".join(re.findall(r"^\| (.*?) \|", text, re.MULTILINE))


def test_every_command_and_action_is_told() -> None:
    """A reader would not learn of a command, or try one that there is not."""
    told = set(re.findall(r"`\(([a-z*-]+)", first_cells(section("Programs"))))

    assert told == set(reader._COMMANDS) | set(ACTION_SHAPES)


def test_every_primitive_is_told() -> None:
    """A reader would not learn of a primitive, or try one that there is not, or that not for this sort."""
    rows = re.findall(r"^\| `(i64|f64|String|bool)` \| (.*) \|$", section("Programs"), re.MULTILINE)
    told = {(sort, name.replace("\\|", "|")) for sort, cell in rows for name in re.findall(r"`(\S+?)`", cell)}
    there = {(item.inputs[0], item.name) for several in PRIMITIVES.values() for item in several}
    there = there - {("any", "!=")} | {(sort, "!=") for sort in ("i64", "f64", "String", "bool")}
    there -= {("String", "to-string")}

    assert len(rows) == 4
    assert told == there


def test_every_stop_reason_and_problem_is_told() -> None:
    """Somebody would meet a word in the output that nothing explains."""
    assert set(re.findall(r"`([a-z-]+)`", first_cells(section("Limits")))) - {"--rounds", "--rows", "--matches"} == set(
        StopReason
    )
    assert set(re.findall(r"`([a-z-]+)`", first_cells(section("Errors")))) == set(ProblemKind)


def test_the_defaults_are_told() -> None:
    """A run would be cut earlier or later than the document says."""
    told = [int(number.replace(",", "")) for number in re.findall(r"\| ([\d,]+) \|$", section("Limits"), re.MULTILINE)]

    assert told == [Limits().rounds, Limits().rows, Limits().matches]


def test_the_program_in_the_document_runs() -> None:
    """The first program that a reader types in would be refused."""
    (program,) = re.findall(r"^```\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)

    assert answers(program) == ["saturated 3", "holds", '(Add (Num 6) (Mul (Num 2) (Var "x"))) 10']


@pytest.mark.parametrize("form", ['(include "a")', '(input r "a")', '(output "a" 1)', "(sort V (Vec i64))"])
def test_what_is_not_supported_has_its_own_message(form: str) -> None:
    """A user of the whole language would be told of a wrong form instead of a missing one."""
    from tests.unit.program.answers import problems_of

    assert [kind for kind, _, _ in problems_of(form)] == [ProblemKind.UNSUPPORTED]
