"""S-expressions with the line and column of every form; atoms are written back so that they read the same.

Belongs here: parentheses, atoms, quotes, comments. Not here: what a form means (reader.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from egraph.rules.problems import Place, ProblemKind, RuleProblem, RulesRefused

DEPTH_MAX = 64
_TOKEN = re.compile(
    r"""(?P<blank>\s+)|(?P<comment>;[^\n]*)|(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<atom>[^\s()";]+)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BARE = re.compile(r"""[^\s()";?@:#][^\s()";]*""")


@dataclass(frozen=True, slots=True)
class Atom:
    """A word. A quoted one is never a variable, a colour or a keyword."""

    text: str
    quoted: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Group:
    """Forms in parentheses."""

    items: "tuple[Form, ...]"
    place: Place


Form = Atom | Group


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: Place


def write_atom(text: str) -> str:
    """Give the atom as it stands in a file: bare where it can, quoted otherwise."""
    if _BARE.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read_forms(text: str) -> tuple[Form, ...]:
    """Give all forms of a text. Raises RulesRefused at the first one that is none."""
    finished: list[Form] = []
    open_groups: list[tuple[Place, list[Form]]] = []
    for token in _tokens(text):
        if token.kind == "open":
            if len(open_groups) == DEPTH_MAX:
                raise syntax(token.place, "forms nest too deeply", f"more than {DEPTH_MAX} levels", "split the rule")
            open_groups.append((token.place, []))
            continue
        if token.kind == "close":
            if not open_groups:
                raise syntax(token.place, "a parenthesis closes nothing", "')' without '('", "remove it")
            place, items = open_groups.pop()
            form: Form = Group(tuple(items), place)
        else:
            form = Atom(token.text, token.kind == "quoted", token.place)
        (open_groups[-1][1] if open_groups else finished).append(form)
    if open_groups:
        raise syntax(open_groups[-1][0], "a parenthesis is not closed", "'(' without ')'", "add ')' behind its form")
    return tuple(finished)


def syntax(place: Place | None, fact: str, detail: str, remedy: str, rule: str = "") -> RulesRefused:
    """Give the refusal of a text that is not in the language."""
    problem = RuleProblem(
        kind=ProblemKind.SYNTAX, fact=fact, detail=detail, remedy=remedy, rule=rule, place=place
    )  # fmt: skip
    return RulesRefused([problem])


def word(form: Form) -> str:
    """Give the text of an atom. Raises RulesRefused for a group."""
    if isinstance(form, Group):
        raise syntax(form.place, "a word is needed here", shown(form), "write it without parentheses")
    return form.text


def is_mark(form: Form, mark: str) -> bool:
    """Tell whether a form is this very word, not quoted."""
    return isinstance(form, Atom) and not form.quoted and form.text == mark


def shown(form: Form) -> str:
    """Say what a form is, for messages."""
    return form.text if isinstance(form, Atom) else f"a list of {len(form.items)} forms"


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    line, line_start = 1, 0
    while at < len(text):
        place = Place(line, at - line_start + 1)
        match = _TOKEN.match(text, at)
        if match is None:
            raise syntax(place, "a quote is not closed", "the text ends inside it", 'add the closing "')
        kind = match.lastgroup or ""
        whole = match[0]
        if kind not in ("blank", "comment"):
            word = _ESCAPE.sub(r"\1", match[kind]) if kind == "quoted" else match[kind]
            if any("\ud800" <= letter <= "\udfff" for letter in word):
                raise syntax(place, "an atom is no text", "it holds a lone surrogate", "write valid Unicode")
            yield _Token(kind, word, place)
        at = match.end()
        if "\n" in whole:
            line += whole.count("\n")
            line_start = match.start() + whole.rindex("\n") + 1
