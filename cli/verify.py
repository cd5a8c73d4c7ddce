"""`egraph verify`: fold a log and check the proof of every derived equality in it.

Belongs here: options and printing. Not here: folding (streams/runtimes/replay.py), checking (...runtimes/verify.py).
"""

from typing import TYPE_CHECKING

import typer

from cli.folding import File, FromTopic, Until, expect_one_source, fold_log, watched
from cli.options import DEFAULT_BOOTSTRAP, EXIT_NO, AsJson, Bootstrap, Graph
from cli.run import Bar, print_json

if TYPE_CHECKING:
    from streams.runtimes.verify import VerifyReport


def register(app: typer.Typer) -> None:
    """Add `egraph verify`."""
    app.command("verify")(verify)


def verify(
    file: File = None,
    from_topic: FromTopic = False,
    until: Until = None,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    as_json: AsJson = False,
) -> None:
    """Check the proof of every derived equality of a log: exit code 0 if all hold, 1 if one does not."""
    expect_one_source(file, from_topic)
    from streams.runtimes.verify import verify_log

    folded = fold_log(file, until, bootstrap, graph, quiet=as_json)
    with Bar("checking", "equalities", visible=watched(as_json)) as bar:
        report = verify_log(folded.folder, folded.records, bar.update)
    if as_json:
        print_json(report.document())
    else:
        _print(report)
    if report.doubts:
        raise typer.Exit(EXIT_NO)


def _print(report: "VerifyReport") -> None:
    document = report.document()
    for name in ("records", "derived", "sound", "waiting", "refused", "incomplete"):
        typer.echo(f"{name:<11}{document[name]:,}")
    for doubt in report.doubts:
        item = doubt.document()
        typer.echo(f"{item['verdict']} {item['event']} at {item['partition']}:{item['offset']}, {item['state']}")
        typer.echo(f"  rule {item['rule']}: {item['left']} = {item['right']}")
        typer.echo(f"  {item['reason']}")
