"""`egraph run FILE`: run a program, or rules on terms, on this machine alone, without Kafka.

Belongs here: options, files, exit codes. Not here: what is printed (run_report.py), terms (run_terms.py), the engines
(egraph/program, egraph/saturation).
"""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from cli.files import read_text
from cli.options import EXIT_NO, EXIT_USAGE, AsJson
from cli.palettes import PaletteFile, PaletteRules, colouring_of
from cli.run import fail, fail_file, print_json

if TYPE_CHECKING:
    from egraph.interchange.serialized import SerializedGraph
    from streams.ingest.colouring import Colouring

PROGRAM, RULES = ".egg", ".rules"
_SUFFIXES = f"a program ends in {PROGRAM}, a set of rules in {RULES}"


def register(app: typer.Typer) -> None:
    """Add `egraph run`."""
    app.command("run")(run)


def run(
    file: Annotated[Path, typer.Argument(help=f"What to run: {_SUFFIXES}.")],
    terms: Annotated[
        Path | None,
        typer.Option("--terms", help="For rules: the terms, one S-expression a line, or egraph-serialize .json."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="For rules: colour terms as `egraph ingest sexpr --seed` does.")
    ] = None,
    palette: PaletteFile = None,
    palette_rules: PaletteRules = None,
    variables: Annotated[
        str | None,
        typer.Option(
            "--variables",
            metavar="PREFIX",
            help="For rules: tell the free variables of each term, which are its leaves that begin so, as Name: does.",
        ),
    ] = None,
    rounds: Annotated[int | None, typer.Option("--rounds", min=1, help="Most rounds in all.")] = None,
    rows: Annotated[
        int | None, typer.Option("--rows", min=1, help="Most rows of all tables; for rules, nodes.")
    ] = None,
    matches: Annotated[
        int | None, typer.Option("--matches", min=1, help="Most matches of one round; for rules, in all.")
    ] = None,
    dot: Annotated[Path | None, typer.Option("--dot", help="Write the e-graph as a Graphviz picture.")] = None,
    serialize: Annotated[
        Path | None, typer.Option("--serialize", help="Write the e-graph as egraph-serialize JSON.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a program: 0 if all went well, 1 if a check or another command failed, 2 if the file is wrong."""
    text = read_text(file)
    limits = {name: value for name, value in (("rounds", rounds), ("rows", rows), ("matches", matches)) if value}
    if file.suffix == RULES:
        if terms is None:
            fail(f"{file}: rules need terms to work on; name a file with --terms", EXIT_USAGE)
        coloured = (seed, palette, palette_rules) != (None, None, None)
        colouring = colouring_of(seed, palette, palette_rules) if coloured else None
        _run_rules(file, text, terms, colouring, variables, limits, dot, serialize, as_json=as_json)
    elif file.suffix == PROGRAM:
        if any(given is not None for given in (terms, seed, palette, palette_rules, variables)):
            given = "--terms, --seed, --palette, --palette-rules and --variables"
            fail(f"{given} are for rules; a program holds its terms, and no colours", EXIT_USAGE)
        _run_program(file, text, limits, dot, serialize, as_json=as_json)
    else:
        fail(f"{file}: {_SUFFIXES}; rename it", EXIT_USAGE)


def _run_program(
    file: Path, text: str, limits: dict[str, int], dot: Path | None, serialized: Path | None, *, as_json: bool
) -> None:
    from cli.run_report import print_program, program_document
    from egraph.program.checking import load_program
    from egraph.program.engine import PythonEngine
    from egraph.program.execution import Execution, Extracted
    from egraph.program.problems import ProgramRefused
    from egraph.program.running import Limits
    from egraph.program.serialize import serialize

    try:
        program = load_program(text)
    except ProgramRefused as refused:
        _refuse(file, [_problem(problem) for problem in refused.problems], as_json=as_json)
    execution = Execution(program, PythonEngine(Limits(**limits), time.process_time))
    execution.run()
    if as_json:
        print_json(program_document(str(file), execution))
    else:
        print_program(str(file), execution)
    if dot is not None or serialized is not None:
        if execution.ended_early:
            fail("no e-graph was written: the program ended within a command", EXIT_NO)
        asked = [outcome for outcome in execution.outcomes if isinstance(outcome, Extracted)]
        roots = [(outcome.sort, outcome.root) for outcome in asked if outcome.root is not None]
        _write(serialize(execution.engine, roots), dot, serialized)
    if not execution.succeeded:
        raise typer.Exit(EXIT_NO)


def _run_rules(
    file: Path, text: str, terms: Path, colouring: "Colouring | None", variables: str | None,
    limits: dict[str, int], dot: Path | None, serialized: Path | None, *, as_json: bool,
) -> None:  # fmt: skip
    from cli.run_report import print_rules_run, rules_document
    from cli.run_terms import TermsRefused, read_terms
    from egraph.program.rules_run import run_rules, serialize_rules_run
    from egraph.rules.problems import RulesRefused
    from egraph.rules.reader import read_rules
    from egraph.saturation.errors import SaturationError
    from egraph.saturation.limits import Limits

    try:
        rules = read_rules(text)
    except RulesRefused as refused:
        _refuse(file, [_problem(problem) for problem in refused.problems], as_json=as_json)
    try:
        given = read_terms(read_text(terms), is_json=terms.suffix == ".json", colouring=colouring)
    except TermsRefused as wrong:
        _refuse(terms, wrong.problems, as_json=as_json)
    named = {("nodes" if name == "rows" else name): value for name, value in limits.items()}
    try:
        done = run_rules(
            rules, given.nodes, given.equal, given.roots, Limits(**named), time.process_time, variables=variables
        )
    except SaturationError as error:
        advice = "" if colouring is None else "; or leave the colours out, so that none forbids anything"
        _refuse(terms, [{"fact": f"{error}{advice}"}], as_json=as_json)
    if as_json:
        print_json(rules_document(str(file), done))
    else:
        print_rules_run(str(file), done)
    if dot is not None or serialized is not None:
        _write(serialize_rules_run(done), dot, serialized)


def _write(graph: "SerializedGraph", dot: Path | None, serialized: Path | None) -> None:
    from egraph.interchange.dot import write_dot
    from egraph.interchange.serialized import write_graph

    try:
        if dot is not None:
            dot.write_text(write_dot(graph), encoding="utf-8")
        if serialized is not None:
            serialized.write_text(write_graph(graph), encoding="utf-8")
    except OSError as error:
        fail_file(error)


def _problem(problem: object) -> dict[str, object]:
    """Give a problem of a program, or of rules, as plain data."""
    place = getattr(problem, "place", None)
    where = {} if place is None else {"line": place.line, "column": place.column}
    names = ("kind", "rule", "fact", "detail", "remedy")
    said = {name: str(value) for name in names if (value := getattr(problem, name, ""))}
    return {**where, **said}


def _refuse(file: Path, problems: list[dict[str, object]], *, as_json: bool) -> NoReturn:
    """Tell every problem of a file, each with its place, and exit."""
    from cli.run_report import echo_plain

    if as_json:
        print_json({"file": str(file), "ok": False, "problems": problems})
    for problem in problems:
        where = "".join(f":{problem[part]}" for part in ("line", "column") if part in problem)
        rule = f"rule {problem['rule']}: " if "rule" in problem else ""
        detail = f": {problem['detail']}; {problem['remedy']}" if "detail" in problem else ""
        echo_plain(f"{file}{where}: {rule}{problem['fact']}{detail}", err=True)
    raise typer.Exit(EXIT_USAGE)
