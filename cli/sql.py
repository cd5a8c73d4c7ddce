"""`egraph sql`: ad-hoc SQL on the catalog, while the sink writes."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import DEFAULT_DATA_DIR, EXIT_NO, EXIT_SERVICE, EXIT_USAGE, AsJson, DataDir
from cli.run import fail, fail_file

if TYPE_CHECKING:
    import duckdb


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="sql")(sql)


def sql(
    statement: Annotated[str, typer.Argument(help="One SQL statement, for example: SELECT * FROM v_end_to_end")] = "",
    data_dir: DataDir = DEFAULT_DATA_DIR,
    list_them: Annotated[bool, typer.Option("--list", help="List views and saved queries with a line each.")] = False,
    saved: Annotated[str, typer.Option("--saved", help="Ask a saved query by its name; docs/sql.md lists them.")] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write all rows to a file: .parquet, .csv, .json or .arrow by its name."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Print at most so many rows.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Ask the catalog. docs/sql.md says what there is; `--list` is the short form.

    The connection is read-only and sees the moment at which it was opened.
    """
    import duckdb

    from analytics.catalog import CATALOG_NAME, store_dir

    if list_them:
        _list()
        return
    if saved:
        statement = _saved(saved)
    if not statement.strip(" \t\r\n;"):
        typer.echo("no statement was given; try `egraph sql --list`, or: egraph sql 'SELECT * FROM v_agents'", err=True)
        raise typer.Exit(EXIT_USAGE)
    path = store_dir(data_dir) / CATALOG_NAME
    if not path.exists():
        typer.echo(f"there is no catalog at {path}; start `egraph sink` (or the demo), or give --data-dir", err=True)
        raise typer.Exit(EXIT_NO)
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            if (found := len(connection.extract_statements(statement))) > 1:
                fail(f"{found} statements were given and one can be shown; ask them one by one", EXIT_USAGE)
            if output is not None:
                _export(connection, statement, output)
                return
            cursor = connection.execute(statement)
            names = [column[0] for column in cursor.description or []]
            rows = cursor.fetchmany(limit + 1)
    except duckdb.Error as error:
        typer.echo(f"the statement failed: {error}", err=True)
        raise typer.Exit(EXIT_USAGE) from None
    _print(names, rows[:limit], csv=csv, as_json=as_json)
    if len(rows) > limit:
        typer.echo(f"only the first {limit} rows are shown; raise --limit for more", err=True)


def _list() -> None:
    from analytics.catalog import list_views
    from analytics.saved import saved_queries

    for name, line in list_views():
        typer.echo(f"{name:45} {line}")
    for query in saved_queries():
        typer.echo(f"{'--saved ' + query.name:45} {query.question}")


def _saved(name: str) -> str:
    from analytics.saved import saved_queries

    known = {query.name: query.sql for query in saved_queries()}
    if name not in known:
        fail(f"there is no saved query {name!r}; `egraph sql --list` shows them", EXIT_USAGE)
    return known[name]


def _export(connection: "duckdb.DuckDBPyConnection", statement: str, output: Path) -> None:
    """Write the answer beside its place and rename it: a reader sees all of it or nothing."""
    import os

    import duckdb
    import pyarrow as pa

    aside = output.with_name(f".{output.name}.part")
    try:
        found = connection.sql(statement)
        match output.suffix:
            case ".parquet":
                found.write_parquet(str(aside))
            case ".csv":
                found.write_csv(str(aside))
            case ".json":
                quoted = str(aside).replace("'", "''")
                connection.execute(f"COPY ({statement.strip().rstrip(';')}\n) TO '{quoted}' (FORMAT json, ARRAY true)")
            case ".arrow":
                table = found.to_arrow_table()
                with pa.OSFile(str(aside), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
                    writer.write_table(table)
            case suffix:
                fail(
                    f"{output}: {suffix or 'no suffix'} says no format; end it in .parquet, .csv, .json or .arrow",
                    EXIT_USAGE,
                )
        os.replace(aside, output)
    except OSError as error:
        fail_file(error)
    except duckdb.IOException as error:
        fail(f"{output} cannot be written: {error}; look at the disk and at who may write there", EXIT_SERVICE)
    finally:
        aside.unlink(missing_ok=True)
    typer.echo(f"wrote {output}", err=True)


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
        from rich.cells import cell_len
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        console = Console(markup=False, emoji=False, highlight=False)
        texts = [["" if value is None else str(value) for value in row] for row in rows]
        widths = [max(map(cell_len, column)) for column in zip(names, *texts, strict=True)]
        if sum(widths) + 3 * len(widths) + 1 > console.width and len(names) > 1:
            _print_upright(names, texts)
            return
        table = Table()
        for name in names:
            table.add_column(Text(name))
        for row in texts:
            table.add_row(*map(Text, row))
        console.print(table)


def _print_upright(names: list[str], rows: list[list[str]]) -> None:
    """A line for each value: columns that the terminal cannot hold side by side would be cut to nothing."""
    indent = max(map(len, names)) + 2
    for number, row in enumerate(rows, start=1):
        typer.echo(f"-- row {number}")
        for name, text in zip(names, row, strict=True):
            typer.echo(f"{name:{indent}}{text}".rstrip())


def _finite(value: Any) -> Any:
    """Give the value as JSON can hold it: it has no NaN and no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
