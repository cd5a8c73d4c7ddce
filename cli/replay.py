"""`egraph replay`: fold a log without Faust and print its digests.

Belongs here: options and printing. Not here: the folding (streams/runtimes/replay.py).
"""

import time
from typing import TYPE_CHECKING

import typer

from cli.folding import File, FromTopic, Until, expect_one_source, fold_log
from cli.options import DEFAULT_BOOTSTRAP, AsJson, Bootstrap, Graph
from cli.run import print_json

if TYPE_CHECKING:
    from streams.runtimes.replay import ReplaySummary


def register(app: typer.Typer) -> None:
    """Add `egraph replay`."""
    app.command("replay")(replay)


def replay(
    file: File = None,
    from_topic: FromTopic = False,
    until: Until = None,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    as_json: AsJson = False,
) -> None:
    """Fold a log, print its digests: the same as every agent's that holds the same offsets."""
    expect_one_source(file, from_topic)
    from streams.runtimes.replay import summarise

    started = time.monotonic()
    folded = fold_log(file, until, bootstrap, graph, quiet=as_json)
    summary = summarise(folded, started)
    if as_json:
        print_json(summary.document())
    else:
        _print(summary)


def _print(summary: "ReplaySummary") -> None:
    document = summary.document()
    cut = " ".join(f"{partition}:{offset}" for partition, offset in enumerate(summary.cut))
    refused = ", ".join(f"{reason} {count:,}" for reason, count in summary.dead_letters.items()) or "none"
    rows = document | {"cut": cut, "dead_letters": refused}
    for name, value in rows.items():
        text = f"{value:,}" if isinstance(value, int) else value
        typer.echo(f"{name.replace('_', ' '):<17}{text}")
