"""`egraph sql`: ad-hoc SQL on the catalog, while the sink writes."""

import math
from typing import Annotated, Any

import typer

from cli.options import DEFAULT_DATA_DIR, EXIT_NO, EXIT_USAGE, AsJson, DataDir


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="sql")(sql)


def sql(
    statement: Annotated[str, typer.Argument(help="One SQL statement, for example: SELECT * FROM v_end_to_end")] = "",
    data_dir: DataDir = DEFAULT_DATA_DIR,
    list_them: Annotated[bool, typer.Option("--list", help="List the public views with a line each.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Print at most so many rows.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Ask the catalog. The tables are facts, events, heartbeats and dead_letters; `--list` shows the views.

    The connection is read-only and sees the moment at which it was opened.
    """
    import duckdb

    from analytics.catalog import CATALOG_NAME, list_views, store_dir

    if list_them:
        for name, line in list_views():
            typer.echo(f"{name:45} {line}")
        return
    if not statement.strip(" \t\r\n;"):
        typer.echo("no statement was given; try `egraph sql --list`, or: egraph sql 'SELECT * FROM v_agents'", err=True)
        raise typer.Exit(EXIT_USAGE)
    path = store_dir(data_dir) / CATALOG_NAME
    if not path.exists():
        typer.echo(f"there is no catalog at {path}; start `egraph sink` (or the demo), or give --data-dir", err=True)
        raise typer.Exit(EXIT_NO)
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            cursor = connection.execute(statement)
            names = [column[0] for column in cursor.description or []]
            rows = cursor.fetchmany(limit + 1)
    except duckdb.Error as error:
        typer.echo(f"the statement failed: {error}", err=True)
        raise typer.Exit(EXIT_USAGE) from None
    _print(names, rows[:limit], csv=csv, as_json=as_json)
    if len(rows) > limit:
        typer.echo(f"only the first {limit} rows are shown; raise --limit for more", err=True)


def _print(names: list[str], rows: list[tuple[Any, ...]], *, csv: bool, as_json: bool) -> None:
    if as_json:
        import json

        documents = [{name: _finite(value) for name, value in zip(names, row, strict=True)} for row in rows]
        typer.echo(json.dumps(documents, default=str, indent=2))
    elif csv:
        import csv as csv_module
        import sys

        writer = csv_module.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
    else:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table()
        for name in names:
            table.add_column(Text(name))
        for row in rows:
            table.add_row(*(Text("" if value is None else str(value)) for value in row))
        Console(markup=False, emoji=False, highlight=False).print(table)


def _finite(value: Any) -> Any:
    """Give the value as JSON can hold it: it has no NaN and no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
