"""Refused records sent again for the console's operator, and the file of the operator's token."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from cli.options import EXIT_USAGE
from cli.run import fail, fail_file
from dash_app.redrive_api import TOKEN_LENGTH_MIN, CannotRedrive, Operator, Redriven
from streams.adapters.broker_errors import BrokerError
from streams.dead_letters import position_text
from streams.runtimes.redrive import read_dead_letters, redrive, redriven_positions


class ConsoleRedrive:
    """Sends again what the dead-letter topic behind a broker holds."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    def redrive(self, positions: Sequence[str], *, again: bool) -> Redriven:
        """Send those of the positions that were not sent before, or all with `again`. Raises CannotRedrive."""
        try:
            return asyncio.run(self._redrive(tuple(dict.fromkeys(positions)), again))
        except BrokerError as error:
            raise CannotRedrive(str(error)) from error

    async def _redrive(self, positions: tuple[str, ...], again: bool) -> Redriven:
        found = await read_dead_letters(self._bootstrap)
        letters = [letter for position in positions if (letter := found.find(position)) is not None]
        before = frozenset() if again else await redriven_positions(self._bootstrap, letters)
        due = [letter for letter in letters if position_text(letter.source) not in before]
        await redrive(self._bootstrap, due)
        held = {position_text(letter.source) for letter in letters}
        return Redriven(
            sent=tuple(position_text(letter.source) for letter in due),
            before=tuple(position for position in positions if position in before),
            missing=tuple(position for position in positions if position not in held),
        )


def operator_of(file: Path | None) -> Operator | None:
    """Give the role whose token is the first line of a file. Ends the command where that is no token."""
    if file is None:
        return None
    try:
        token = file.read_text().partition("\n")[0].strip()
    except OSError as error:
        fail_file(error)
    except UnicodeDecodeError:
        fail(f"{file} is no text; write a token into it", EXIT_USAGE)
    if len(token) < TOKEN_LENGTH_MIN or not token.isascii() or not token.isprintable() or " " in token:
        fail(
            f"the first line of {file} is no token: it takes {TOKEN_LENGTH_MIN} printable ASCII characters or more, "
            "without spaces; `openssl rand -hex 16` makes one",
            EXIT_USAGE,
        )
    return Operator(token)
