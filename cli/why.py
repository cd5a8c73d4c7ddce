"""`egraph why`: explain why two nodes are equal, with the facts and their offsets, or what keeps them apart.

Belongs here: options and exit codes. Not here: explaining (streams/runtimes/why.py), the text (why_text.py).
"""

from pathlib import Path
from typing import Annotated

import typer

from cli.folding import FromTopic, Until, fold_log
from cli.options import DEFAULT_BOOTSTRAP, EXIT_NO, EXIT_USAGE, AsJson, Bootstrap, Graph
from cli.palettes import PaletteFile, PaletteRules, Seed, colouring_of
from cli.run import fail, print_json

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
    from_topic: FromTopic = False,
    until: Until = None,
    seed: Seed = None,
    palette: PaletteFile = None,
    palette_rules: PaletteRules = None,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    as_json: AsJson = False,
) -> None:
    """Explain why two nodes are equal (exit code 0), or name what keeps them apart (1)."""
    if file is not None and from_topic:
        fail("give either --file or --from-topic", EXIT_USAGE)
    from streams.runtimes.node_names import UnclearNode, UnknownNode
    from streams.runtimes.why import explain

    colouring = colouring_of(seed, palette, palette_rules)
    folder = fold_log(file, until, bootstrap, graph, quiet=as_json, doing="reading").folder
    try:
        explanation = explain(folder, left, right, colouring=colouring)
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
