"""`egraph`: the one command line. Each command lives in its own module and imports what it needs when it runs.

Belongs here: the list of commands, and how flags, environment and file combine. Not here: what commands do.
"""

import sys
from typing import Any

import typer

from cli import (
    agent,
    chaos,
    codegen,
    colours,
    console,
    dead_letters,
    demo,
    emit,
    ingest,
    log,
    orchestrate,
    replay,
    rules,
    run_file,
    saturate,
    simulate,
    sink,
    spool,
    sql,
    status,
    topics,
    topology,
    up,
    verify,
    why,
    worker,
)
from cli.config_file import ConfigFileError, read_defaults
from cli.options import EXIT_CODES, EXIT_USAGE

# In the order in which people meet them.
_COMMAND_MODULES = (
    demo,
    up,
    run_file,
    codegen,
    ingest,
    emit,
    spool,
    colours,
    rules,
    saturate,
    verify,
    status,
    agent,
    replay,
    simulate,
    why,
    log,
    dead_letters,
    sql,
    topics,
    topology,
    worker,
    orchestrate,
    sink,
    console,
    chaos,
)


def build_app() -> typer.Typer:
    """Give the command line with every command registered."""
    app = typer.Typer(
        name="egraph",
        help="A coloured, replicated e-graph on an event log.\n\nStart with `egraph demo`.",
        epilog=EXIT_CODES,
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
    )
    for module in _COMMAND_MODULES:
        module.register(app)
    return app


def defaults_from_file(app: typer.Typer) -> dict[str, Any]:
    """Give the configuration file's defaults in the nesting that the command line wants."""
    commands: dict[str, Any] = getattr(typer.main.get_command(app), "commands", {})
    options = {name: _option_names(command) for name, command in commands.items()}
    defaults = read_defaults(options)
    return {name: _nest(commands[name], values) for name, values in defaults.items()}


def _option_names(command: Any) -> set[str]:
    nested: dict[str, Any] = getattr(command, "commands", {})
    names = {parameter.name for parameter in command.params if parameter.param_type_name == "option"}
    return names.union(*(_option_names(child) for child in nested.values()))


def _nest(command: Any, values: dict[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = getattr(command, "commands", {})
    own = {parameter.name for parameter in command.params}
    here = {key: value for key, value in values.items() if key in own}
    return here | {name: _nest(child, values) for name, child in nested.items()}


def main() -> None:
    """Run the command line."""
    app = build_app()
    try:
        defaults = defaults_from_file(app)
    except ConfigFileError as error:
        print(error, file=sys.stderr)
        if "--help" not in sys.argv:  # the message sends people there
            raise SystemExit(EXIT_USAGE) from None
        defaults = {}
    app(default_map=defaults)


if __name__ == "__main__":
    main()
