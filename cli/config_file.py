"""The configuration file: defaults for options, weaker than flags and environment variables.

Keys at the top of `egraph.toml` are defaults for every command that has such an option; a table named like a
command holds defaults for that command alone. Keys are the long option names, with - or _.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

FILE_NAME = "egraph.toml"
PATH_VARIABLE = "EGRAPH_CONFIG"


class ConfigFileError(Exception):
    """The file exists but cannot be used. The message says where it is and what to mend."""


def read_defaults(commands: dict[str, set[str]]) -> dict[str, Any]:
    """Give the defaults of the file as a nested mapping: command, option name, value.

    `commands` maps each command to its option names; a key that no command knows is an error, because a misspelt
    setting that is silently ignored costs more than a refusal. No file gives an empty mapping.
    """
    named = os.environ.get(PATH_VARIABLE)
    path = Path(named) if named else Path(FILE_NAME)
    if not path.exists():
        if named:
            raise ConfigFileError(
                f"{PATH_VARIABLE} names {path}, which does not exist; create it or unset the variable"
            )
        return {}
    try:
        document = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigFileError(f"{path} cannot be read: {error}; mend it or move it away") from error
    return _spread(document, commands, path)


def _spread(document: dict[str, Any], commands: dict[str, set[str]], path: Path) -> dict[str, Any]:
    shared = {key.replace("-", "_"): value for key, value in document.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in document.items() if isinstance(value, dict)}
    for key in shared:
        if not any(key in options for options in commands.values()):
            raise ConfigFileError(f"{path}: no command has an option {key!r}; see `egraph --help`")
    for name, table in tables.items():
        if name not in commands:
            raise ConfigFileError(f"{path}: [{name}] is not a command; see `egraph --help`")
        unknown = {key.replace("-", "_") for key in table} - commands[name]
        if unknown:
            raise ConfigFileError(f"{path}: [{name}] has no option {sorted(unknown)[0]!r}; see `egraph {name} --help`")
    return {
        name: {key: value for key, value in shared.items() if key in options}
        | {key.replace("-", "_"): value for key, value in tables.get(name, {}).items()}
        for name, options in commands.items()
    }
