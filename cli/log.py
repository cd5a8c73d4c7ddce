"""`egraph log export|import`: carry a log from one broker to another, or keep it.

Belongs here: options and messages. Not here: the copying (streams/runtimes/log_copy.py).
"""

import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import DEFAULT_BOOTSTRAP, EXIT_NO, EXIT_USAGE, AsJson, Bootstrap
from cli.run import Bar, fail, print_json, run_async

if TYPE_CHECKING:
    from streams.log_file import LogSpans


def register(app: typer.Typer) -> None:
    """Add `egraph log`."""
    log = typer.Typer(help="Copy the log to a file and back.", no_args_is_help=True)
    log.command("export")(export_)
    log.command("import")(import_)
    app.add_typer(log, name="log")


def export_(
    file: Annotated[Path, typer.Argument(help="Avro container file to write.")],
    topic: Annotated[str, typer.Option("--topic", help="Topic to copy.")] = "egraph.facts",
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    as_json: AsJson = False,
) -> None:
    """Write all records of a topic to a file; `egraph replay FILE` folds it."""
    from streams.runtimes.log_copy import export_log

    if file.exists() and not force:
        fail(f"{file} is there already; name another file, or give --force to replace it", EXIT_USAGE)
    with Bar("exporting", "records", visible=not as_json and sys.stderr.isatty()) as bar:
        spans = _copied(export_log(bootstrap, topic, file, on_copied=bar.update))
    _report(spans, file, "to", as_json=as_json)


def import_(
    file: Annotated[Path, typer.Argument(help="A file written by `egraph log export`.")],
    append: Annotated[bool, typer.Option("--append", help="Even if the topic holds records already.")] = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    as_json: AsJson = False,
) -> None:
    """Append a file's records to the topic they came from, partition by partition, in order."""
    from streams.runtimes.log_copy import import_log

    with Bar("importing", "records", visible=not as_json and sys.stderr.isatty()) as bar:
        spans = _copied(import_log(bootstrap, file, append=append, on_copied=bar.update))
    _report(spans, file, "from", as_json=as_json)


def _copied(copying: "Coroutine[Any, Any, LogSpans]") -> "LogSpans":
    from streams.log_file import DamagedLogFile
    from streams.runtimes.log_copy import NotImportable

    try:
        return run_async(copying)
    except (DamagedLogFile, NotImportable) as error:
        fail(str(error), EXIT_NO)


def _report(spans: "LogSpans", file: Path, direction: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"topic": spans.topic, "records": spans.records, "file": str(file), "partitions": spans.partitions})
    else:
        typer.echo(
            f"{spans.records:,} records of {spans.topic}, {len(spans.partitions)} partitions, copied {direction} {file}"
        )
