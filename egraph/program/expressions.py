"""Forms to expressions, facts and actions.

Belongs here: what may stand inside a command. Not here: commands (reader.py), parentheses (text.py).
"""

import math
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from egraph.program.problems import ProblemKind, ProgramProblem, ProgramRefused, refused
from egraph.program.syntax import (
    Action,
    Call,
    Delete,
    Equals,
    Evaluate,
    Expression,
    Fact,
    Let,
    Literal,
    Name,
    Panic,
    Set,
    Subsume,
    Union,
)
from egraph.program.text import shown
from egraph.rules.forms import Atom, Form, Group
from egraph.rules.problems import Place

_Read = TypeVar("_Read")
I64_MIN, I64_MAX = -(2**63), 2**63 - 1
_WHOLE = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][+-]?[0-9]+)?")
_NAMED_FLOATS = {"NaN": math.nan, "inf": math.inf, "-inf": -math.inf}
_NAMED_VALUES = {"true": True, "false": False}


def syntax(place: Place, fact: str, detail: str, remedy: str) -> ProgramRefused:
    """Give the refusal of a form that is not in the language."""
    return refused(ProblemKind.SYNTAX, place, fact, detail, remedy)


def word(form: Form, what: str) -> str:
    """Give the text of a bare word."""
    if isinstance(form, Group) or form.quoted:
        raise syntax(form.place, f"{what} is a word", shown(form), "write it bare, without parentheses and quotes")
    return form.text


def string(form: Form, what: str) -> str:
    """Give the text of a string in quotes."""
    if isinstance(form, Group) or not form.quoted:
        raise syntax(form.place, f"{what} is a string", shown(form), 'write it in quotes, as "text"')
    return form.text


def group(form: Form, what: str, shape: str) -> tuple[Form, ...]:
    """Give the items of a form in parentheses."""
    if isinstance(form, Atom):
        raise syntax(form.place, f"{what} stands in parentheses", shown(form), f"write {shape}")
    return form.items


def name(form: Form, what: str) -> Name:
    """Give a name that something is, or shall be, known by."""
    text = word(form, what)
    if _literal_of(text) is not None or text.startswith(":"):
        raise syntax(form.place, f"{what} is no name", text, "take a name that is no number, value or :option")
    return Name(text, form.place)


def count(form: Form, what: str) -> int:
    """Give a whole number that can be reached by counting from 0."""
    text = form.text if isinstance(form, Atom) and not form.quoted else ""
    if not _WHOLE.fullmatch(text):
        raise syntax(form.place, f"{what} is a whole number", shown(form), "write it in digits")
    if len(text) > 20 or not 0 <= int(text) <= I64_MAX:
        raise refused(
            ProblemKind.UNREACHABLE_LIMIT,
            form.place,
            f"{what} can never be reached",
            text,
            f"write a number from 0 to {I64_MAX}; (saturate ...) runs until nothing changes",
        )
    return int(text)


def expression(form: Form) -> Expression:
    """Give an expression: a value, a name, or a call."""
    if isinstance(form, Atom):
        return _atom(form)
    if not form.items:
        return Literal((), "Unit", form.place)
    return call(form)


def call(form: Form) -> Call:
    """Give a form in parentheses as a call."""
    items = group(form, "a call", "(NAME ARGUMENT ...)")
    if not items:
        raise syntax(form.place, "a call without a name", "()", "write (NAME ARGUMENT ...)")
    return Call(name(items[0], "what is called").text, every(expression, items[1:]), form.place)


def fact(form: Form) -> Fact:
    """Give what must hold: (= A B), or a call."""
    items = group(form, "a fact", "(NAME ARGUMENT ...) or (= A B)")
    if items and isinstance(items[0], Atom) and not items[0].quoted and items[0].text == "=":
        if len(items) != 3:
            raise syntax(form.place, "= compares two expressions", shown(form), "write (= A B), once for each pair")
        return Equals(expression(items[1]), expression(items[2]), form.place)
    return call(form)


def facts(form: Form) -> tuple[Fact, ...]:
    """Give a list of facts."""
    return every(fact, group(form, "a list of facts", "((NAME ARGUMENT ...) (= A B) ...)"))


def actions(form: Form) -> tuple[Action, ...]:
    """Give a list of actions."""
    return every(action, group(form, "a list of actions", "((union A B) (set (F X) V) ...)"))


def action(form: Form) -> Action:
    """Give an action."""
    items = group(form, "an action", "(union A B), (set (F X) V), (let NAME A) or the like")
    head = items[0].text if items and isinstance(items[0], Atom) and not items[0].quoted else ""
    if head not in ACTION_SHAPES:
        return Evaluate(expression(form), form.place)
    given = items[1:]
    match (head, len(given)):
        case ("let", 2):
            return Let(name(given[0], "the name of a let").text, expression(given[1]), form.place)
        case ("set", 2):
            return Set(call(given[0]), expression(given[1]), form.place)
        case ("delete", 1):
            return Delete(call(given[0]), form.place)
        case ("subsume", 1):
            return Subsume(call(given[0]), form.place)
        case ("union", 2):
            return Union(expression(given[0]), expression(given[1]), form.place)
        case ("panic", 1):
            return Panic(string(given[0], "the message of a panic"), form.place)
    raise syntax(form.place, f"a wrong {head}", shown(form), f"write {ACTION_SHAPES[head]}")


ACTION_SHAPES = {
    "let": "(let NAME VALUE)",
    "set": "(set (FUNCTION KEY ...) VALUE)",
    "delete": "(delete (TABLE KEY ...))",
    "subsume": "(subsume (TABLE KEY ...))",
    "union": "(union A B)",
    "panic": '(panic "MESSAGE")',
}


def every(read: Callable[[Form], _Read], forms: Iterable[Form]) -> tuple[_Read, ...]:
    """Read each form. Raises ProgramRefused with the problems of all of them together."""
    found: list[_Read] = []
    problems: list[ProgramProblem] = []
    for form in forms:
        try:
            found.append(read(form))
        except ProgramRefused as wrong:
            problems += wrong.problems
    if problems:
        raise ProgramRefused(problems)
    return tuple(found)


def _atom(form: Atom) -> Name | Literal:
    if form.quoted:
        return Literal(form.text, "String", form.place)
    literal = _literal_of(form.text)
    if literal is None:
        return name(form, "an expression")
    value, sort = literal
    if sort == "i64" and not I64_MIN <= value <= I64_MAX:
        raise syntax(
            form.place, "a number does not fit in i64", form.text, "take a smaller one, or write it as f64: 1.0e30"
        )
    return Literal(value, sort, form.place)


def _literal_of(text: str) -> "tuple[int | float | bool, str] | None":
    if _WHOLE.fullmatch(text):
        return (int(text) if len(text) <= 20 else I64_MAX + 1), "i64"
    if text in _NAMED_VALUES:
        return _NAMED_VALUES[text], "bool"
    if text in _NAMED_FLOATS:
        return _NAMED_FLOATS[text], "f64"
    if _FLOAT.fullmatch(text):
        return float(text) + 0.0, "f64"
    return None
