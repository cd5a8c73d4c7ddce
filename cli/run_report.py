"""What `egraph run` says: lines and a table for people, one document for scripts.

Belongs here: words and shapes. Not here: running (run_file.py).
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from egraph.program.execution import Execution, Outcome
    from egraph.program.problems import ProgramFailed
    from egraph.program.rules_run import RulesRun
    from egraph.program.terms import Term

_REASONS = {
    "saturated": "saturated",
    "finished": "did the rounds asked for",
    "until": "reached its goal",
    "rounds-limit": "CUT by the limit of rounds (--rounds)",
    "rows-limit": "CUT by the limit of rows (--rows)",
    "matches-limit": "CUT by the limit of matches (--matches)",
    "round limit": "CUT by the limit of rounds (--rounds)",
    "node limit": "CUT by the limit of nodes (--rows)",
    "match limit": "CUT by the limit of matches (--matches)",
}


def print_program(name: str, execution: "Execution") -> None:
    """Print what came out of each command, then what each rule did."""
    for outcome in execution.outcomes:
        place = f"{name}:{outcome.place.line}"
        for line in _lines(outcome):
            echo_plain(f"{place}  {line}")
    figures = execution.engine.figures()
    rows = [
        (item.rule.name, f"{item.rule.place.line}", f"{item.matches:,}", f"{item.changes:,}", f"{item.lacking:,}",
         _milliseconds(item.seconds))
        for item in figures
    ]  # fmt: skip
    if rows:
        _print_table(("rule", "line", "matches", "changes", "no value", "CPU ms"), rows)
    lacking = sum(item.lacking for item in figures)
    if lacking:
        typer.echo(f"{lacking:,} facts had no value (overflow, division by zero): their matches are left out", err=True)
    size, classes = execution.engine.totals()
    typer.echo(f"{size:,} rows, {classes:,} classes; {_verdict(execution)}")


def program_document(name: str, execution: "Execution") -> dict[str, Any]:
    """Give everything as plain data."""
    size, classes = execution.engine.totals()
    return {
        "file": name,
        "ok": execution.succeeded,
        "ended_early": execution.ended_early,
        "outcomes": [_outcome_document(outcome) for outcome in execution.outcomes],
        "rules": [
            {
                "name": item.rule.name,
                "line": item.rule.place.line,
                "matches": item.matches,
                "changes": item.changes,
                "no_value": item.lacking,
                "cpu_seconds": item.seconds,
            }
            for item in execution.engine.figures()
        ],
        "tables": {
            table.name: execution.engine.size(table) for table in execution.engine.tables() if not table.is_global
        },
        "rows": size,
        "classes": classes,
    }


def print_rules_run(name: str, run: "RulesRun") -> None:
    """Print what the terms became, then what each rule did."""
    outcome = run.outcome
    first: dict[int, str] = {}
    for root in run.roots:
        cost = "no term" if root.cost is None else f"cost {root.cost:,}  {root.text}"
        equal = f"  (equal to {first[root.eclass]})" if root.eclass in first else ""
        first.setdefault(root.eclass, root.given)
        echo_plain(f"{root.given}  ->  {cost}{_free(root.free)}{equal}")
    rows = [
        (item.rule, f"{item.matches:,}", f"{item.nodes:,}", f"{item.unions:,}", f"{item.refused + item.forbidden:,}",
         _milliseconds(item.seconds))
        for item in outcome.profile
    ]  # fmt: skip
    if rows:
        _print_table(("rule", "matches", "new nodes", "unions", "colour forbids", "CPU ms"), rows)
    end = _REASONS.get(outcome.stop_reason, str(outcome.stop_reason))
    rounds = f"{outcome.rounds:,} round{'s' * (outcome.rounds != 1)}"
    typer.echo(f"{name}: {end} after {rounds}; {run.rows:,} nodes, {len(outcome.classes):,} classes")


def rules_document(name: str, run: "RulesRun") -> dict[str, Any]:
    """Give everything as plain data."""
    outcome = run.outcome
    return {
        "file": name,
        "ok": True,
        "stop_reason": str(outcome.stop_reason),
        "rounds": outcome.rounds,
        "terms": [
            {
                "given": root.given,
                "class": root.eclass,
                "cost": root.cost,
                "cheapest": root.text,
                "free_variables": None if root.free is None else list(root.free),
            }
            for root in run.roots
        ],
        "rules": [
            {
                "name": item.rule,
                "matches": item.matches,
                "new_nodes": item.nodes,
                "unions": item.unions,
                "refused": item.refused,
                "forbidden": item.forbidden,
                "cpu_seconds": item.seconds,
            }
            for item in outcome.profile
        ],
        "rows": run.rows,
        "classes": len(outcome.classes),
    }


def echo_plain(line: str, *, err: bool = False) -> None:
    """Print a line with � for what a terminal would act on: a file from elsewhere may hold any letters."""
    typer.echo(_printable(line), err=err)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _free(names: tuple[str, ...] | None) -> str:
    if names is None:
        return ""
    return f"  free: {', '.join(names)}" if names else "  no free variable"


def _lines(outcome: "Outcome") -> Iterator[str]:
    from egraph.program.execution import Checked, Extracted, Failed, Listed, Ran, Sized
    from egraph.program.problems import FailureKind

    match outcome:
        case Ran(text, end):
            rounds = f"{end.rounds:,} round{'s' * (end.rounds != 1)}"
            end_text = f"{_REASONS[end.reason]} after {rounds}: {end.rows:,} rows, {end.classes:,} classes"
            yield f"run      {end_text}  {text}"
        case Checked(text, None):
            yield f"check    holds  {text}"
        case Checked(text, failure) if failure is not None:
            yield f"check    FAILS  {text if failure.kind is FailureKind.CHECK else _said(failure, outcome)}"
        case Extracted():
            for term in outcome.terms:
                yield f"extract  cost {term.cost:,}  {_text(term)}"
        case Sized(sizes):
            yield "size     " + ", ".join(f"{table} {size:,}" for table, size in sizes)
        case Listed():
            for keys, value in outcome.rows:
                written = " ".join((outcome.table, *("?" if key is None else _text(key) for key in keys)))
                yield f"row      ({written})" + ("" if value is None or value.text() == "()" else f" -> {_text(value)}")
            if outcome.left_out:
                yield f"row      {outcome.left_out:,} more"
        case Failed(failure):
            yield f"FAILED   {_said(failure, outcome)}"


def _outcome_document(outcome: "Outcome") -> dict[str, Any]:
    from egraph.program.execution import Checked, Extracted, Failed, Listed, Ran, Sized

    found: dict[str, Any] = {"line": outcome.place.line, "column": outcome.place.column}
    match outcome:
        case Ran(text, end):
            return {"command": "run", **found, "text": text, "stop_reason": str(end.reason), "rounds": end.rounds,
                    "rows": end.rows, "classes": end.classes}  # fmt: skip
        case Checked(text, failure):
            return {"command": "check", **found, "text": text, "holds": failure is None, **_failure_document(failure)}
        case Extracted():
            terms = [{"cost": term.cost, "size": term.size, "text": _text(term)} for term in outcome.terms]
            return {"command": "extract", **found, "text": outcome.text, "terms": terms}
        case Sized(sizes):
            return {"command": "print-size", **found, "sizes": dict(sizes)}
        case Listed():
            rows = [
                {"keys": [None if key is None else _text(key) for key in keys], "value": value and _text(value)}
                for keys, value in outcome.rows
            ]
            return {"command": "print-function", **found, "table": outcome.table, "rows": rows,
                    "left_out": outcome.left_out}  # fmt: skip
        case Failed(failure):
            return {"command": "failed", **found, "ends": outcome.ends, **_failure_document(failure)}
    raise AssertionError(f"no outcome: {outcome}")


def _failure_document(failure: Any) -> dict[str, Any]:
    if failure is None:
        return {}
    place = {} if failure.place is None else {"line": failure.place.line, "column": failure.place.column}
    return {"failure": {"kind": str(failure.kind), "fact": failure.fact, "detail": failure.detail,
                        "remedy": failure.remedy, **place}}  # fmt: skip


def _said(failure: "ProgramFailed", outcome: "Outcome") -> str:
    """Give what happened, and where if that is not where the command stands."""
    return failure.message if failure.place in (None, outcome.place) else str(failure)


def _text(term: "Term") -> str:
    text = term.text()
    return text if "..." not in text else f"{text}  [{term.size:,} operators and values in all]"


def _verdict(execution: "Execution") -> str:
    from egraph.program.execution import Checked, Failed

    checks = [outcome for outcome in execution.outcomes if isinstance(outcome, Checked)]
    failed = sum(outcome.failure is not None for outcome in checks)
    other = sum(isinstance(outcome, Failed) for outcome in execution.outcomes)
    words = [f"{len(checks) - failed:,} of {len(checks):,} checks hold"] if checks else []
    words += [f"{other:,} other command{'s' * (other != 1)} failed"] if other else []
    words += ["the program ended early"] if execution.ended_early else []
    return ", ".join(words) or "nothing failed"


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:,.1f}"


def _print_table(names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column(Text(names[0]), overflow="fold")
    for name in names[1:]:
        table.add_column(Text(name), justify="right")
    for row in rows:
        table.add_row(*(Text(_printable(item)) for item in row))
    Console(markup=False, emoji=False, highlight=False).print(table)
