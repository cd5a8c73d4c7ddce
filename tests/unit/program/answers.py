"""Runs a program in a test and gives what it answered, in few words.

Belongs here: the way from text to outcomes. Not here: tests.
"""

from egraph.program.checking import load_program
from egraph.program.engine import PythonEngine
from egraph.program.execution import Checked, Execution, Extracted, Failed, Listed, Outcome, Ran, Sized
from egraph.program.problems import ProblemKind, ProgramRefused
from egraph.program.running import Limits


def execution_of(text: str, limits: Limits | None = None) -> Execution:
    """Give a program that has run."""
    execution = Execution(load_program(text), PythonEngine(limits))
    execution.run()
    return execution


def answers(text: str, limits: Limits | None = None) -> list[str]:
    """Give each outcome of a program in few words."""
    return list(map(in_few_words, execution_of(text, limits).outcomes))


def in_few_words(outcome: Outcome) -> str:
    """Give an outcome in few words."""
    match outcome:
        case Ran():
            return f"{outcome.end.reason} {outcome.end.rounds}"
        case Checked():
            return "holds" if outcome.failure is None else f"fails: {outcome.failure.kind}"
        case Extracted():
            return ", ".join(f"{term.text()} {term.cost}" for term in outcome.terms)
        case Sized():
            return " ".join(f"{table}={size}" for table, size in outcome.sizes)
        case Listed():
            rows = [f"{' '.join(shown(key) for key in keys)} -> {shown(value)}" for keys, value in outcome.rows]
            return "; ".join([*rows, *([f"{outcome.left_out} more"] if outcome.left_out else [])])
        case Failed():
            return f"failed: {outcome.failure.kind}" + (", ends" if outcome.ends else "")


def shown(term: object) -> str:
    """Give a term of a listed row."""
    return "?" if term is None else term.text()  # type: ignore[attr-defined]


def problems_of(text: str) -> list[tuple[ProblemKind, int, int]]:
    """Give kind, line and column of every problem of a program."""
    try:
        load_program(text)
    except ProgramRefused as refused:
        return [(problem.kind, *(problem.place or (0, 0))) for problem in refused.problems]
    return []
