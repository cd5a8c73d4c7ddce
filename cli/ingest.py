"""`egraph ingest python|sexpr|demo`: feed real input into the facts topic.

Belongs here: options, progress and summary on the terminal. Not here: the feeding itself (streams/ingest/feed.py),
which other processes call directly.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import DEFAULT_BOOTSTRAP, EXIT_NO, AsJson, Bootstrap, Graph
from cli.palettes import PaletteFile, PaletteRules, Seed, colouring_of
from cli.run import Bar, fail, print_json, run_async

if TYPE_CHECKING:
    from streams.ingest.colouring import Colouring
    from streams.ingest.feed import IngestProgress, IngestSummary

Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Python files or directories; the running interpreter's standard library if none is given."),
]
Producer = Annotated[
    str | None, typer.Option("--producer", help="Name of the producer; never use one twice. Default: source@start.")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Take at most so many nodes from files.")]
IncludeTests = Annotated[
    bool | None,
    typer.Option(help="Read test directories too. Default: for the standard library only.", show_default=False),
]

_SHOWN_PROBLEMS = 10


def register(app: typer.Typer) -> None:
    """Add `egraph ingest` with its three sources."""
    ingest = typer.Typer(help="Feed real input: Python source, S-expressions, the demo.", no_args_is_help=True)
    ingest.command("python")(python)
    ingest.command("sexpr")(sexpr)
    ingest.command("demo")(demo)
    app.add_typer(ingest, name="ingest")


def python(
    paths: Paths = None,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    producer: Producer = None,
    seed: Seed = None,
    palette: PaletteFile = None,
    palette_rules: PaletteRules = None,
    limit: Limit = None,
    include_tests: IncludeTests = None,
    as_json: AsJson = False,
) -> None:
    """Send every distinct expression of Python source as an e-node."""
    colouring = colouring_of(seed, palette, palette_rules)
    _ingest_python(paths, bootstrap, graph, producer, colouring, limit, include_tests, as_json, equalities=False)


def demo(
    paths: Paths = None,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    producer: Producer = None,
    seed: Seed = None,
    palette: PaletteFile = None,
    palette_rules: PaletteRules = None,
    limit: Limit = None,
    include_tests: IncludeTests = None,
    as_json: AsJson = False,
) -> None:
    """Send Python source, then equalities that hold on it, and a few that provoke a colour conflict."""
    colouring = colouring_of(seed, palette, palette_rules)
    _ingest_python(paths, bootstrap, graph, producer, colouring, limit, include_tests, as_json, equalities=True)


def sexpr(
    file: Annotated[
        typer.FileText,
        typer.Argument(help="One term or (= a b) a line, UTF-8; - for standard input.", encoding="utf-8"),
    ],
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    producer: Producer = None,
    seed: Seed = None,
    palette: PaletteFile = None,
    palette_rules: PaletteRules = None,
    as_json: AsJson = False,
) -> None:
    """Send the terms and equalities of an S-expression file. Wrong lines are reported and skipped (exit code 1)."""
    from streams.ingest.feed import ingest_sexpr

    colouring = colouring_of(seed, palette, palette_rules)
    try:
        summary = run_async(ingest_sexpr(bootstrap, file, graph=graph, colouring=colouring, producer=producer))
    except UnicodeDecodeError as error:
        found = f"{error.reason}, byte {error.object[error.start]:#04x}"
        fail(
            f"{file.name} is no UTF-8 text ({found}); convert it and feed it again, lines that were sent stay", EXIT_NO
        )
    _report(summary, as_json=as_json)
    if summary.problems:
        raise typer.Exit(EXIT_NO)
    if not summary.nodes and not summary.equalities:
        fail(f"no term was found in {file.name}; write one term or (= a b) a line", EXIT_NO)


def _ingest_python(
    paths: list[Path] | None,
    bootstrap: str,
    graph: str,
    producer: str | None,
    colouring: "Colouring",
    limit: int | None,
    include_tests: bool | None,
    as_json: bool,
    *,
    equalities: bool,
) -> None:
    from streams.ingest.feed import ingest_python

    with Bar("reading Python", "files", visible=not as_json and sys.stderr.isatty()) as bar:

        def show(at: "IngestProgress") -> None:
            bar.update(at.files, at.files_total, f", {at.nodes:,} nodes")

        summary = run_async(
            ingest_python(
                bootstrap,
                paths or (),
                graph=graph,
                colouring=colouring,
                limit=limit,
                include_tests=include_tests,
                equalities=equalities,
                producer=producer,
                on_progress=show,
            )
        )
    _report(summary, as_json=as_json)
    if not summary.nodes:
        fail("no expression was found; name Python files or a directory that holds some", EXIT_NO)


def _report(summary: "IngestSummary", *, as_json: bool) -> None:
    if as_json:
        print_json(summary_document(summary))
        return
    rate = summary.facts / summary.seconds if summary.seconds else 0.0
    typer.echo(
        f"{summary.facts:,} facts in {summary.seconds:.1f} s ({rate:,.0f}/s): {summary.nodes:,} nodes,"
        f" {summary.equalities:,} equalities; {summary.files:,} files, {summary.expressions:,} expressions;"
        f" producer {summary.producer}"
    )
    skipped = [f"{each.name}: {each.detail}" for each in summary.unreadable] + [str(each) for each in summary.problems]
    if skipped:
        typer.echo(f"skipped {len(skipped)}:", err=True)
    for line in skipped[:_SHOWN_PROBLEMS]:
        typer.echo(f"  {line}", err=True)


def summary_document(summary: "IngestSummary") -> dict[str, Any]:
    """Give the summary as a JSON-ready mapping."""
    return {
        "producer": summary.producer,
        "facts": summary.facts,
        "nodes": summary.nodes,
        "equalities": summary.equalities,
        "conflicts_provoked": summary.conflicts_provoked,
        "files": summary.files,
        "expressions": summary.expressions,
        "unreadable": [{"name": each.name, "detail": each.detail} for each in summary.unreadable],
        "problems": [{"line": each.line, "column": each.column, "message": each.message} for each in summary.problems],
        "seconds": round(summary.seconds, 3),
    }
