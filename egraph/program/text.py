"""The text of a program as nested forms, with the place of each, and forms as text.

Belongs here: parentheses, words, strings, comments. Not here: what a form means (reader.py).
The forms are those of egraph/rules/forms.py; in strings `\\n`, `\\t` and `\\r` are
a line end, a tab and a return.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from egraph.program.problems import ProblemKind, ProgramProblem, ProgramRefused
from egraph.rules.forms import Atom, Form, Group
from egraph.rules.problems import Place

DEPTH_MAX = 200
"""Levels of forms. Checking walks them recursively; deeper terms are built by rules or through `let`."""

SHOWN_LEVELS, SHOWN_LETTERS = 6, 90
"""How much of a form a message shows."""

_TOKEN = re.compile(
    r"""(?P<blank>\s+)|(?P<comment>;[^\n]*)|(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^\s()";]+)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_WRITTEN = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class _Token(NamedTuple):
    kind: str
    text: str
    place: Place


def read_forms(text: str) -> tuple[Form, ...]:
    """Give all forms of a text. Raises ProgramRefused with all that is wrong with parentheses and strings."""
    finished: list[Form] = []
    open_groups: list[tuple[Place, list[Form]]] = []
    problems: list[ProgramProblem] = []
    for token in _tokens(text, problems):
        if token.kind == "open":
            if len(open_groups) == DEPTH_MAX:
                problems.append(_deep(token.place))
            open_groups.append((token.place, []))
            continue
        if token.kind == "close":
            if not open_groups:
                problems.append(_wrong(token.place, "a parenthesis closes nothing", "')' without '('", "remove it"))
                continue
            place, items = open_groups.pop()
            form: Form = Group(tuple(items), place)
        else:
            form = Atom(token.text, token.kind == "quoted", token.place)
        (open_groups[-1][1] if open_groups else finished).append(form)
    for place, _ in open_groups:
        problems.append(_wrong(place, "a parenthesis is not closed", "'(' without ')'", "add ')' behind its form"))
    if problems:
        raise ProgramRefused(problems)
    return tuple(finished)


def write_string(text: str) -> str:
    """Give a string in quotes, as `read_forms` reads it."""
    return '"' + "".join(_WRITTEN.get(letter, letter) for letter in text) + '"'


def shown(form: Form) -> str:
    """Give a form for a message, cut short if it is long."""
    text = _written(form, SHOWN_LEVELS)
    return text if len(text) <= SHOWN_LETTERS else f"{text[: SHOWN_LETTERS - 3]}..."


def words_of(form: Form) -> set[str]:
    """Give all words in a form."""
    if isinstance(form, Atom):
        return {form.text}
    return {word for item in form.items for word in words_of(item)}


def _written(form: Form, levels: int) -> str:
    if isinstance(form, Atom):
        return write_string(form.text) if form.quoted else form.text
    if levels == 0:
        return "(...)"
    return f"({' '.join(_written(item, levels - 1) for item in form.items)})"


def _tokens(text: str, problems: list[ProgramProblem]) -> Iterator[_Token]:
    at = 0
    line, line_start = 1, 0
    while at < len(text):
        place = Place(line, at - line_start + 1)
        match = _TOKEN.match(text, at)
        if match is None:
            problems.append(_wrong(place, "a string is not closed", "the text ends inside it", 'add the closing "'))
            return
        kind, whole = match.lastgroup or "", match[0]
        if kind not in ("blank", "comment"):
            word = (
                _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), match[kind])
                if kind == "quoted"
                else match[kind]
            )
            if any("\ud800" <= letter <= "\udfff" for letter in word):
                problems.append(_wrong(place, "no text", "it holds a lone surrogate", "write valid Unicode"))
            yield _Token(kind, word, place)
        at = match.end()
        if "\n" in whole:
            line += whole.count("\n")
            line_start = match.start() + whole.rindex("\n") + 1


def _unescaped(escape: re.Match[str]) -> str:
    return _ESCAPED.get(escape[1], escape[1])


def _wrong(place: Place, fact: str, detail: str, remedy: str) -> ProgramProblem:
    return ProgramProblem(kind=ProblemKind.SYNTAX, fact=fact, detail=detail, remedy=remedy, place=place)


def _deep(place: Place) -> ProgramProblem:
    return _wrong(place, "forms nest too deeply", f"more than {DEPTH_MAX} levels", "name a part with (let $part ...)")
