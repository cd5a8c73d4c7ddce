"""`egraph verify`: fold a log and check the proof of every derived equality in it.

Belongs here: options and printing. Not here: folding (streams/runtimes/replay.py), checking (...runtimes/verify.py).
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import DEFAULT_BOOTSTRAP, EXIT_NO, EXIT_USAGE, AsJson, Bootstrap, Graph
from cli.replay import parse_cut
from cli.run import Bar, fail, fail_file, print_json, run_async

if TYPE_CHECKING:
    from streams.runtimes.replay import FoldedLog, OnReplayed
    from streams.runtimes.verify import VerifyReport


def register(app: typer.Typer) -> None:
    """Add `egraph verify`."""
    app.command("verify")(verify)


def verify(
    file: Annotated[Path | None, typer.Argument(help="A file written by `egraph log export`.")] = None,
    from_topic: Annotated[bool, typer.Option("--from-topic", help="Read the facts topic instead of a file.")] = False,
    until: Annotated[
        list[str] | None,
        typer.Option("--until", help="PARTITION:OFFSET, the first offset left out; give it for any partitions."),
    ] = None,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    as_json: AsJson = False,
) -> None:
    """Check the proof of every derived equality of a log: exit code 0 if all hold, 1 if one does not."""
    if (file is None) is not from_topic:
        fail("give either a file or --from-topic", EXIT_USAGE)
    from streams.log_file import DamagedLogFile
    from streams.runtimes.replay import NotReplayable
    from streams.runtimes.verify import verify_log

    cut = parse_cut(until or [])
    watched = not as_json and sys.stderr.isatty()
    try:
        with Bar("replaying", "records", visible=watched) as bar:
            folded = _fold(file, bootstrap, graph, cut, bar.update)
    except (NotReplayable, DamagedLogFile) as error:
        fail(str(error), EXIT_NO)
    except OSError as error:
        fail_file(error)
    with Bar("checking", "equalities", visible=watched) as bar:
        report = verify_log(folded.folder, folded.records, bar.update)
    if as_json:
        print_json(report.document())
    else:
        _print(report)
    if report.doubts:
        raise typer.Exit(EXIT_NO)


def _fold(file: Path | None, bootstrap: str, graph: str, cut: dict[int, int], on_replayed: "OnReplayed") -> "FoldedLog":
    from streams.runtimes.replay import fold_file, fold_topic

    if file is not None:
        return fold_file(file, graph=graph, until=cut, on_replayed=on_replayed)
    return run_async(fold_topic(bootstrap, graph=graph, until=cut, on_replayed=on_replayed))


def _print(report: "VerifyReport") -> None:
    document = report.document()
    for name in ("records", "derived", "sound", "waiting", "refused", "incomplete"):
        typer.echo(f"{name:<11}{document[name]:,}")
    for doubt in report.doubts:
        item = doubt.document()
        typer.echo(f"{item['verdict']} {item['event']} at {item['partition']}:{item['offset']}, {item['state']}")
        typer.echo(f"  rule {item['rule']}: {item['left']} = {item['right']}")
        typer.echo(f"  {item['reason']}")
