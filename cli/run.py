"""Run an asynchronous command: operating errors become one line and an exit code, never a stack trace.

Belongs here: what every command that talks to a broker shares. Not here: any command.
"""

import asyncio
import json
import logging
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import typer

from cli.options import EXIT_SERVICE, EXIT_USAGE

_T = TypeVar("_T")


def run_async(work: Coroutine[Any, Any, _T]) -> _T:
    """Run to the end, give the result. Exits with EXIT_SERVICE if the broker fails, EXIT_USAGE for a missing file."""
    from streams.adapters.broker_errors import BrokerError

    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # its retries are not the user's news
    try:
        return asyncio.run(work)
    except BrokerError as error:
        fail(str(error), EXIT_SERVICE)
    except FileNotFoundError as error:
        fail(str(error), EXIT_USAGE)


def fail(message: str, code: int) -> NoReturn:
    """Print the message to standard error and exit."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def print_json(document: Any) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
