"""Random programs: every answer is the one that egglog gives.

Belongs here: comparison with another implementation of the language. Not here: what single commands do
(tests/unit/program).
egglog runs in a process of its own: on some programs it breaks instead of answering, and those say nothing about us.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, assume, given, settings

from egraph.program.checking import load_program
from egraph.program.engine import PythonEngine
from egraph.program.execution import Checked, Execution, Extracted, Failed, Ran, Sized
from egraph.program.problems import FailureKind
from egraph.program.running import Limits, StopReason
from tests.properties.random_programs import programs

EXAMPLES = 25
SHIPPED = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*.egg"))
LIMITS = Limits(rounds=30, rows=1_500, matches=20_000)
_LIMIT_REASONS = (StopReason.ROUNDS_LIMIT, StopReason.ROWS_LIMIT, StopReason.MATCHES_LIMIT)

OTHER_SIDE = r"""
import json, sys
from egglog.bindings import EGraph

def answer(graph, command):
    asks = type(command).__name__ in ("Check", "Fail", "PrintSize") or "(extract" in str(command)
    try:
        outputs = graph.run_program(command)
    except Exception as error:
        ends = "panic" in str(error).lower() and "extract" not in str(command)
        return ["fails"], ends
    if not asks:
        return [], False
    found = [] if outputs else ["holds"]
    for output in outputs:
        if type(output).__name__ == "ExtractBest":
            found.append(f"costs {output.cost}")
        elif type(output).__name__ == "ExtractVariants":
            found.append("variants")
        elif type(output).__name__ == "PrintFunctionSize":
            found.append(str(output).strip())
        else:
            pairs = [line.strip(" ()").split() for line in str(output).strip().splitlines()]
            found.append(" ".join(f"{table}={size}" for table, size in pairs))
    return found, False

for line in sys.stdin:
    graph, answers = EGraph(), []
    for command in graph.parse_program(json.loads(line)):
        found, ends = answer(graph, command)
        answers += found
        if ends:
            break
    print(json.dumps(answers), flush=True)
"""


class Egglog:
    """egglog behind a pipe. A new process is started when the old one broke."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def answers(self, text: str) -> list[str] | None:
        """Give what egglog answers to a program, None if it breaks."""
        if self._process is None:
            self._process = subprocess.Popen(
                (sys.executable, "-c", OTHER_SIDE),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
        stdin, stdout = pipe(self._process.stdin), pipe(self._process.stdout)
        stdin.write(json.dumps(text) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            self.close()
            return None
        answers: list[str] = json.loads(line)
        return answers

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def pipe(end: IO[str] | None) -> IO[str]:
    """Give an end of a pipe that was asked for."""
    assert end is not None
    return end


@pytest.fixture(scope="module")
def egglog() -> Iterator[Egglog]:
    other = Egglog()
    yield other
    other.close()


def our_answers(text: str, limits: Limits = LIMITS) -> list[str] | None:
    """Give what we answer to a program, None where a limit cut it short."""
    execution = Execution(load_program(text), PythonEngine(limits))
    execution.run()
    answers = []
    for outcome in execution.outcomes:
        if isinstance(outcome, Ran) and outcome.end.reason in _LIMIT_REASONS:
            return None
        if isinstance(outcome, Checked):
            answers.append("holds" if outcome.failure is None else "fails")
        elif isinstance(outcome, Extracted):
            answers.append("variants" if outcome.variants else f"costs {outcome.terms[0].cost}")
        elif isinstance(outcome, Sized):
            alone = len(outcome.sizes) == 1
            answers.append(" ".join(str(size) if alone else f"{table}={size}" for table, size in outcome.sizes))
        elif isinstance(outcome, Failed):
            answers.append("fails")
            if outcome.failure.kind is not FailureKind.EXTRACT:
                break
    return answers


def test_egglog_answers(egglog: Egglog) -> None:
    """The comparison below would be with a program that never answers."""
    text = "(relation R (i64))(R 1)(rule ((R x)) ((R (+ x 1))))(run 3)(check (R 4))(check (R 5))(print-size)"

    assert egglog.answers(text) == ["holds", "fails", "R=4"]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda path: path.stem)
def test_examples_of_the_documents(egglog: Egglog, file: Path) -> None:
    """A reader who takes an example to egglog would get other answers there."""
    lines = file.read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("(print-function"))
    ours = our_answers(text, Limits())

    assert ours
    assert ours == egglog.answers(text)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=programs())
def test_answers_are_those_of_egglog(egglog: Egglog, text: str) -> None:
    """A program would prove, refute, count or price something else here than where its author learnt the language."""
    compare(egglog, text)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=programs(deletes=True))
def test_answers_with_deletion_are_those_of_egglog(egglog: Egglog, text: str) -> None:
    """A row that a rule deletes would come back, or stay."""
    compare(egglog, text)


def compare(egglog: Egglog, text: str) -> None:
    """Compare all answers to a program that both sides answer."""
    ours = our_answers(text)
    assume(ours is not None)
    theirs = egglog.answers(text)
    assume(theirs is not None)

    assert ours == theirs
