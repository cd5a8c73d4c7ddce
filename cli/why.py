"""`egraph why`: explain why two nodes are equal, with the facts and their offsets, or what keeps them apart.

Belongs here: options and exit codes. Not here: explaining (streams/runtimes/why.py), the text (why_text.py).
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import DEFAULT_BOOTSTRAP, EXIT_NO, EXIT_USAGE, AsJson, Bootstrap, Graph
from cli.replay import parse_cut
from cli.run import Bar, fail, print_json, run_async

if TYPE_CHECKING:
    from streams.processors.folder import LogFolder

_NODE_HELP = "An S-expression, a node id, or the beginning of one: 4 digits, or fewer behind #."


def register(app: typer.Typer) -> None:
    """Add `egraph why`."""
    app.command("why")(why)


def why(
    left: Annotated[str, typer.Argument(help=_NODE_HELP)],
    right: Annotated[str, typer.Argument(help=_NODE_HELP)],
    file: Annotated[
        Path | None, typer.Option("--file", dir_okay=False, help="A file written by `egraph log export`.")
    ] = None,
    from_topic: Annotated[bool, typer.Option("--from-topic", help="Read the facts topic; so without --file.")] = False,
    until: Annotated[
        list[str] | None,
        typer.Option("--until", help="PARTITION:OFFSET, the first offset left out; give it for any partitions."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the colours of terms, as they were fed.")] = 0,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    as_json: AsJson = False,
) -> None:
    """Explain why two nodes are equal (exit code 0), or name what keeps them apart (1)."""
    if file is not None and from_topic:
        fail("give either --file or --from-topic", EXIT_USAGE)
    from streams.runtimes.node_names import UnclearNode, UnknownNode
    from streams.runtimes.why import explain

    folder = _fold(file, bootstrap, graph, parse_cut(until or []), visible=not as_json and sys.stderr.isatty())
    try:
        explanation = explain(folder, left, right, seed=seed)
    except UnclearNode as error:
        fail(str(error), EXIT_USAGE)
    except UnknownNode as error:
        fail(str(error), EXIT_NO)
    if as_json:
        print_json(explanation.document())
    else:
        from cli.why_text import lines_of

        typer.echo("\n".join(lines_of(explanation)))
    if explanation.proof is None:
        raise typer.Exit(EXIT_NO)


def _fold(file: Path | None, bootstrap: str, graph: str, cut: dict[int, int], *, visible: bool) -> "LogFolder":
    from streams.log_file import DamagedLogFile
    from streams.runtimes.replay import NotReplayable, fold_file, fold_topic

    try:
        with Bar("reading", "records", visible=visible) as bar:
            if file is not None:
                return fold_file(file, graph=graph, until=cut, on_replayed=bar.update).folder
            return run_async(fold_topic(bootstrap, graph=graph, until=cut, on_replayed=bar.update)).folder
    except (NotReplayable, DamagedLogFile) as error:
        fail(str(error), EXIT_NO)
    except FileNotFoundError as error:
        fail(str(error), EXIT_USAGE)
