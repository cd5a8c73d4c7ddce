"""`egraph`: the one command line. Each command lives in its own module and imports what it needs when it runs.

Belongs here: the list of commands. Not here: what they do.
"""

import typer

from cli import console, dead_letters, demo, emit, ingest, log, replay, sink, sql, worker
from cli.options import EXIT_CODES

app = typer.Typer(
    name="egraph",
    help="A coloured, replicated e-graph on an event log.\n\nStart with `egraph demo`.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
for module in (demo, ingest, emit, replay, log, dead_letters, sql, worker, sink, console):
    module.register(app)


def main() -> None:
    """Run the command line."""
    app()
