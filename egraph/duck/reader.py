"""Policies as TOML documents: read, checked entry by entry, with the place of whatever is wrong.

Belongs here: text to policy. Not here: whether the policy can hold (palette.py), files.

    seed = 7                        # optional, 64 bits
    default = "seed"                # or "polarity", or a colour
    above = [["Call/1", "Name:x"]]  # operators known to stand above each other

    [operators]
    "BinOp:Add" = "green"

    [prefixes]
    "Constant:" = "blue"
"""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from egraph.colours import Colour
from egraph.duck.draw import SEED_MAX, SEED_MIN
from egraph.duck.policy import Above, Otherwise, Policy
from egraph.duck.problems import PolicyProblem, PolicyProblemKind, PolicyRefused
from egraph.rules.problems import Place

_KEYS = ("seed", "default", "above", "operators", "prefixes")
_COLOURS = {colour.name.lower(): colour for colour in Colour}
_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")

Path = tuple[str, ...]


def read_policy(text: str) -> Policy:
    """Give the policy of a TOML document. Raises PolicyRefused with every problem, in the order of the text."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyRefused([_syntax(text, str(error))]) from error
    return _Reader(document, _places(text)).policy()


class _Reader:
    def __init__(self, document: dict[str, Any], places: dict[Path, Place]) -> None:
        self._document = document
        self._places = places
        self._problems: list[PolicyProblem] = []

    def policy(self) -> Policy:
        for key in self._document:
            if key not in _KEYS:
                self._wrong(PolicyProblemKind.UNKNOWN_KEY, (key,), "unknown key", key, f"use {', '.join(_KEYS)}")
        read = Policy(
            seed=self._seed(),
            default=self._default(),
            above=tuple(self._above()),
            operators=self._colours("operators"),
            prefixes=self._colours("prefixes"),
        )
        if "" in read.prefixes:
            self._wrong(
                PolicyProblemKind.NEVER_USED,
                ("prefixes", ""),
                "an empty prefix speaks for every operator",
                "the default would never be used",
                "remove it and write its colour as default",
            )
        if self._problems:
            raise PolicyRefused(sorted(self._problems, key=lambda item: item.place or Place(0, 0)))
        return read

    def _seed(self) -> int:
        seed = self._document.get("seed", 0)
        if type(seed) is not int:
            self._wrong(PolicyProblemKind.WRONG_TYPE, ("seed",), "a seed is an integer", repr(seed), "write a number")
            return 0
        if not SEED_MIN <= seed <= SEED_MAX:
            told = f"choose one from {SEED_MIN} to {SEED_MAX}"
            self._wrong(PolicyProblemKind.OUT_OF_RANGE, ("seed",), "a seed has 64 bits", str(seed), told)
            return 0
        return seed

    def _default(self) -> Colour | Otherwise:
        value = self._document.get("default", Otherwise.SEED.value)
        if value in tuple(Otherwise):
            return Otherwise(value)
        return self._colour(("default",), value, (*_COLOURS, *Otherwise)) or Otherwise.SEED

    def _above(self) -> Iterator[Above]:
        pairs = self._document.get("above", [])
        fine = isinstance(pairs, list) and all(
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(item, str) for item in pair) for pair in pairs
        )
        if not fine:
            told = 'write a list such as [["Call/1", "Name:x"]]'
            detail = "each is a list of two operators, parent and child"
            self._wrong(PolicyProblemKind.WRONG_TYPE, ("above",), "above is a list of pairs", detail, told)
            return
        for parent, child in pairs:
            yield Above(parent, child, self._places.get(("above",)))

    def _colours(self, table: str) -> dict[str, Colour]:
        entries = self._document.get(table, {})
        if not isinstance(entries, dict):
            told = f"write [{table}] and entries below it"
            self._wrong(PolicyProblemKind.WRONG_TYPE, (table,), f"{table} is a table", repr(entries), told)
            return {}
        found = {name: self._colour((table, name), value, tuple(_COLOURS)) for name, value in entries.items()}
        return {name: colour for name, colour in found.items() if colour is not None}

    def _colour(self, path: Path, value: Any, words: tuple[str, ...]) -> Colour | None:
        choice = f"write one of {', '.join(words)}"
        if isinstance(value, dict):
            choice = "put the name in quotes: a dot in a bare one opens another table"
        if not isinstance(value, str):
            self._wrong(PolicyProblemKind.WRONG_TYPE, path, "a colour is a word in quotes", repr(value), choice)
        elif value not in _COLOURS:
            self._wrong(PolicyProblemKind.UNKNOWN_COLOUR, path, "no such colour", repr(value), choice)
        else:
            return _COLOURS[value]
        return None

    def _wrong(self, kind: PolicyProblemKind, path: Path, fact: str, detail: str, remedy: str) -> None:
        place = next((self._places[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self._places), None)
        name = ".".join(part if re.fullmatch(r"[\w-]+", part) else f'"{part}"' for part in path)
        self._problems.append(
            PolicyProblem(kind=kind, fact=fact, detail=detail, remedy=remedy, path=name, place=place)
        )  # fmt: skip


def _syntax(text: str, message: str) -> PolicyProblem:
    match = _AT.search(message)
    lines = text.split("\n")
    place = Place(int(match[1]), int(match[2])) if match else Place(len(lines), len(lines[-1]) + 1)
    return PolicyProblem(
        kind=PolicyProblemKind.SYNTAX,
        fact="this is no TOML",
        detail=_AT.sub("", message).removesuffix(" (at end of document)"),
        remedy="correct it there; names with other signs than letters, digits, - and _ stand in quotes",
        place=place,
    )


def _places(text: str) -> dict[Path, Place]:
    """Give the places of keys and tables, for lines that begin with one. tomllib does not tell them."""
    places: dict[Path, Place] = {}
    table: Path = ()
    for number, line in enumerate(text.split("\n"), start=1):
        word = line.strip()
        path = _path(word) if word.startswith("[") else _path(_key_of(word))
        if path is None:
            continue
        if word.startswith("["):
            table = path
        else:
            path = table + path
        places.setdefault(path, Place(number, len(line) - len(line.lstrip()) + 1))
    return places


def _key_of(line: str) -> str:
    """Give the text before the equals sign that stands outside quotes; nothing where there is none."""
    quote = ""
    for at, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote and line[at - 1] != "\\" else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "=":
            return f"{line[:at]} = 0"
        elif letter == "#":
            break
    return ""


def _path(text: str) -> Path | None:
    """Give the keys that a line of TOML opens, or None for a line that opens none."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    path: list[str] = []
    inner: Any = found
    while isinstance(inner, dict) and inner:
        (key,) = inner
        path.append(key)
        inner = inner[key]
    return tuple(path) or None
