"""`egraph sink`: under construction in this very change."""

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
