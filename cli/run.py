"""Run an asynchronous command: operating errors become one line and an exit code, never a stack trace.

Belongs here: what every command that talks to a broker shares. Not here: any command.
"""

import asyncio
import json
import logging
from collections.abc import Coroutine
from typing import Any, NoReturn, Self, TypeVar

import typer

from cli.options import EXIT_SERVICE, EXIT_USAGE

_T = TypeVar("_T")


def run_async(work: Coroutine[Any, Any, _T]) -> _T:
    """Run to the end, give the result. Exits with EXIT_SERVICE if broker or disk fail, EXIT_USAGE for a wrong file."""
    from streams.adapters.broker_errors import BrokerError

    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # its retries are not the user's news
    try:
        return asyncio.run(work)
    except BrokerError as error:
        fail(str(error), EXIT_SERVICE)
    except OSError as error:
        fail_file(error)


def fail(message: str, code: int) -> NoReturn:
    """Print the message to standard error and exit."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def fail_file(error: OSError) -> NoReturn:
    """Tell of a file or folder that cannot be used: EXIT_USAGE if another one must be named, else EXIT_SERVICE."""
    if isinstance(error, TimeoutError | ConnectionError):
        raise error  # of the network: our adapters word those, so one that comes here is our own fault
    if error.errno is None:  # worded by us already
        fail(str(error), EXIT_USAGE if isinstance(error, FileNotFoundError) else EXIT_SERVICE)
    named = f"{error.filename}: " if error.filename else ""
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError | FileExistsError):
        fail(f"{named}{error.strerror}; name another one", EXIT_USAGE)
    fail(f"{named}{error.strerror}; look at the disk and at who may write there", EXIT_SERVICE)


def print_json(document: Any) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


class Bar:
    """A progress bar on standard error, or nothing where nobody watches."""

    def __init__(self, what: str, unit: str, *, visible: bool) -> None:
        self._what, self._unit, self._visible = what, unit, visible
        self._progress: Any = None

    def __enter__(self) -> Self:
        if self._visible:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn(self._what), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
            self._progress = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))
            self._progress.start()
            self._task = self._progress.add_task(self._unit, total=None)
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def update(self, done: int, total: int, note: str = "") -> None:
        """Show `done` of `total`, with a note behind the unit."""
        if self._progress is not None:
            self._progress.update(self._task, completed=done, total=total, description=f"{self._unit}{note}")
