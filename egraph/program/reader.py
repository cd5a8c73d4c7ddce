"""Text to commands. Every problem is reported with line and column, those of all commands together.

Belongs here: the commands and their options. Not here: what stands inside them (expressions.py), what names mean
(checking.py).
The language is a subset of egglog's (Zhang et al., "Better Together: Unifying Datalog and Equality Saturation", 2023);
docs/run.md lists it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from egraph.program.expressions import (
    ACTION_SHAPES,
    action,
    actions,
    count,
    every,
    expression,
    fact,
    facts,
    group,
    name,
    string,
    syntax,
    word,
)
from egraph.program.problems import ProblemKind, ProgramProblem, ProgramRefused, refused
from egraph.program.schedules import read_run, read_run_schedule
from egraph.program.syntax import (
    Call,
    Check,
    Command,
    Equals,
    Extract,
    Fail,
    FunctionDeclaration,
    FunctionKind,
    Name,
    Pop,
    PrintFunction,
    PrintSize,
    Push,
    RulesetDeclaration,
    SortDeclaration,
    Subsume,
    Union,
)
from egraph.program.syntax import RuleDeclaration as Rule
from egraph.program.text import read_forms, shown, words_of
from egraph.rules.forms import Atom, Form

ROOT = "the left side"
"""Name of what the left side of a rewrite is bound to; no program can write it."""


class ReadText(NamedTuple):
    """The commands that could be read; what is wrong with the others, and words that these may have declared."""

    commands: tuple[Command, ...]
    problems: tuple[ProgramProblem, ...]
    lost_words: frozenset[str]


def read_commands(text: str) -> ReadText:
    """Give the commands of a text. Raises ProgramRefused where its parentheses or strings are broken."""
    commands: list[Command] = []
    problems: list[ProgramProblem] = []
    lost: set[str] = set()
    for form in read_forms(text):
        try:
            commands += _commands(form)
        except ProgramRefused as wrong:
            problems += wrong.problems
            if not shown(form).startswith(_DECLARES_NOTHING):
                lost |= words_of(form)
    return ReadText(tuple(commands), tuple(problems), frozenset(lost))


def _commands(form: Form) -> tuple[Command, ...]:
    items = group(form, "a command", "(COMMAND ...)")
    if not items:
        raise syntax(form.place, "an empty command", "()", "remove it")
    head = word(items[0], "a command's name")
    shape_and_reader = _COMMANDS.get(head)
    if shape_and_reader is not None:
        shape, read, least, most = shape_and_reader
        if not least <= len(items) - 1 <= most:
            raise syntax(form.place, f"a wrong {head}", shown(form), f"write {shape}")
        return tuple(read(form, items[1:]))
    if head in _UNSUPPORTED:
        raise refused(ProblemKind.UNSUPPORTED, form.place, f"{head} is not supported", *_UNSUPPORTED[head])
    return (action(form),)


def _sort(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    if len(items) == 2:
        raise refused(
            ProblemKind.UNSUPPORTED,
            items[1].place,
            "sorts of containers are not supported",
            shown(items[1]),
            "build lists from constructors, such as (Cons i64 List)",
        )
    return (SortDeclaration(name(items[0], "a sort").text, form.place),)


def _datatype(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    sort = name(items[0], "a sort")
    variants = every(lambda variant: _variant(variant, sort), items[1:])
    return (SortDeclaration(sort.text, form.place), *variants)


def _datatypes(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    """(datatype* (A (MakeA B)) (B (MakeB A))): all sorts first, so that they may name each other."""
    shape = "(datatype* (SORT (CONSTRUCTOR SORT ...) ...) ...)"
    parts = every(lambda part: _one_of_datatypes(part, _at_least(part, 1, shape)), items)
    found = [command for part in parts for command in part]
    return tuple(sorted(found, key=lambda command: not isinstance(command, SortDeclaration)))


def _one_of_datatypes(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    """egglog also takes (sort NAME (Vec SORT)) there; a part that begins with `sort` cannot name a sort of its own."""
    if len(items) == 3 and isinstance(items[0], Atom) and items[0].text == "sort":
        return _sort(form, items[1:])
    return _datatype(form, items)


def _variant(form: Form, sort: Name) -> FunctionDeclaration:
    items = _at_least(form, 1, "(CONSTRUCTOR SORT ... :cost NUMBER)")
    inputs = list(items[1:])
    options: list[Form] = []
    for index, item in enumerate(inputs):
        if isinstance(item, Atom) and not item.quoted and item.text.startswith(":"):
            inputs, options = inputs[:index], inputs[index:]
            break
    return _constructor_of(form, items[0], inputs, sort, options)


def _constructor(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    inputs = group(items[1], "a list of sorts", "(SORT ...)")
    return (_constructor_of(form, items[0], inputs, name(items[2], "a sort"), items[3:]),)


def _constructor_of(
    form: Form, called: Form, inputs: Sequence[Form], output: Name, options: Sequence[Form]
) -> FunctionDeclaration:
    given = _options(options, {":cost": 1, ":unextractable": 0})
    declared = FunctionDeclaration(
        name(called, "a constructor").text, FunctionKind.CONSTRUCTOR, every(_sort_name, inputs), output, form.place
    )
    if ":cost" in given:
        declared = replace(declared, cost=count(given[":cost"][0], "a cost"))
    return replace(declared, extractable=":unextractable" not in given)


def _function(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    given = _options(items[3:], {":merge": 1, ":no-merge": 0})
    if len(given) != 1:
        raise syntax(
            form.place,
            "a function says how two values for one key are merged",
            shown(form),
            "add :merge EXPRESSION over old and new, or :no-merge if that is an error",
        )
    merge = expression(given[":merge"][0]) if ":merge" in given else None
    inputs = every(_sort_name, group(items[1], "a list of sorts", "(SORT ...)"))
    called = name(items[0], "a function").text
    return (FunctionDeclaration(called, FunctionKind.FUNCTION, inputs, _sort_name(items[2]), form.place, merge),)


def _relation(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    inputs = every(_sort_name, group(items[1], "a list of sorts", "(SORT ...)"))
    return (FunctionDeclaration(name(items[0], "a relation").text, FunctionKind.RELATION, inputs, None, form.place),)


def _ruleset(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    return (RulesetDeclaration(name(items[0], "a ruleset").text, form.place),)


def _rule(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    given = _options(items[2:], {":ruleset": 1, ":name": 1})
    called = string(given[":name"][0], "a rule's name") if ":name" in given else shown(form)
    return (Rule(called, _ruleset_of(given), facts(items[0]), actions(items[1]), form.place),)


def _rewrite(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    given = _options(items[2:], {":when": 1, ":ruleset": 1, ":name": 1, ":subsume": 0})
    return (_one_way(form, items[0], items[1], given, subsumes=":subsume" in given),)


def _birewrite(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    given = _options(items[2:], {":when": 1, ":ruleset": 1, ":name": 1})
    directions = [(items[0], items[1]), (items[1], items[0])]
    rules = [_one_way(form, left, right, given, subsumes=False) for left, right in directions]
    if ":name" in given:
        rules = [
            replace(rule, name=rule.name + end) for rule, end in zip(rules, ("-forward", "-backward"), strict=True)
        ]
    return tuple(rules)


def _one_way(form: Form, left: Form, right: Form, given: "dict[str, Sequence[Form]]", *, subsumes: bool) -> Rule:
    if isinstance(left, Atom):
        raise syntax(
            left.place, "the left side of a rewrite is a call", shown(left), "write (CONSTRUCTOR ...), or use a rule"
        )
    root = Name(ROOT, left.place)
    pattern, replacement = expression(left), expression(right)
    conditions = facts(given[":when"][0]) if ":when" in given else ()
    effects: list[Union | Subsume] = [Union(root, replacement, right.place)]
    if subsumes and isinstance(pattern, Call):
        effects.append(Subsume(pattern, form.place))
    called = string(given[":name"][0], "a rule's name") if ":name" in given else f"{shown(left)} => {shown(right)}"
    return Rule(
        called, _ruleset_of(given), (Equals(root, pattern, left.place), *conditions), tuple(effects), form.place
    )


def _check(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    return (Check(every(fact, items), shown(form), form.place),)


def _fail(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    (command, *more) = _commands(items[0])
    may_fail = not isinstance(command, SortDeclaration | FunctionDeclaration | RulesetDeclaration | Rule | Push | Pop)
    if more or not may_fail:
        raise syntax(
            items[0].place, "this command cannot fail while it runs", shown(items[0]), "write (fail (check ...))"
        )
    return (Fail(command, shown(form), form.place),)


def _extract(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    variants = count(items[1], "a number of variants") if len(items) == 2 else 0
    return (Extract(expression(items[0]), variants, shown(form), form.place),)


def _push(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    return (Push(_times(items), form.place),)


def _pop(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    return (Pop(_times(items), form.place),)


def _times(items: Sequence[Form]) -> int:
    times = count(items[0], "a number of times") if items else 1
    if times > PUSHES_MAX:
        raise refused(
            ProblemKind.UNREACHABLE_LIMIT,
            items[0].place,
            "the state is not kept so often",
            f"{times} times",
            f"write a number up to {PUSHES_MAX}",
        )
    return times


def _print_size(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    return (PrintSize(name(items[0], "a table") if items else None, form.place),)


def _print_function(form: Form, items: Sequence[Form]) -> tuple[Command, ...]:
    rows = count(items[1], "a number of rows") if len(items) == 2 else PRINTED_ROWS
    return (PrintFunction(name(items[0], "a table"), rows, form.place),)


PUSHES_MAX = 1_000
"""States that one push keeps."""

PRINTED_ROWS = 100
"""Rows that print-function gives where the program names no number."""

_ANY = 1 << 30
_Reader = Callable[[Form, Sequence[Form]], Sequence[Command]]
_COMMANDS: dict[str, tuple[str, _Reader, int, int]] = {
    "sort": ("(sort NAME)", _sort, 1, 2),
    "datatype": ("(datatype SORT (CONSTRUCTOR SORT ...) ...)", _datatype, 1, _ANY),
    "datatype*": ("(datatype* (SORT (CONSTRUCTOR SORT ...) ...) ...)", _datatypes, 1, _ANY),
    "constructor": ("(constructor NAME (SORT ...) SORT :cost NUMBER)", _constructor, 3, _ANY),
    "function": ("(function NAME (SORT ...) SORT :merge EXPRESSION)", _function, 3, _ANY),
    "relation": ("(relation NAME (SORT ...))", _relation, 2, 2),
    "ruleset": ("(ruleset NAME)", _ruleset, 1, 1),
    "rule": ("(rule (FACT ...) (ACTION ...) :ruleset NAME :name STRING)", _rule, 2, _ANY),
    "rewrite": ("(rewrite LEFT RIGHT :when (FACT ...) :subsume :ruleset NAME)", _rewrite, 2, _ANY),
    "birewrite": ("(birewrite LEFT RIGHT :when (FACT ...) :ruleset NAME)", _birewrite, 2, _ANY),
    "run": ("(run NUMBER)", read_run, 0, _ANY),
    "run-schedule": ("(run-schedule SCHEDULE ...)", read_run_schedule, 1, _ANY),
    "check": ("(check FACT ...)", _check, 1, _ANY),
    "fail": ("(fail (check FACT ...))", _fail, 1, 1),
    "extract": ("(extract EXPRESSION) or (extract EXPRESSION VARIANTS)", _extract, 1, 2),
    "push": ("(push) or (push NUMBER)", _push, 0, 1),
    "pop": ("(pop) or (pop NUMBER)", _pop, 0, 1),
    "print-size": ("(print-size) or (print-size TABLE)", _print_size, 0, 1),
    "print-function": ("(print-function TABLE NUMBER)", _print_function, 1, 2),
}
_DECLARES_NOTHING = ("(rule ", "(rewrite ", "(birewrite ", "(run", "(check", "(extract ", "(print-", "(fail ")
_SUPPORTED = f"supported are {', '.join(_COMMANDS)} and the actions {', '.join(ACTION_SHAPES)}"
_FILES = "a program neither reads nor writes files; put everything into one file"
_UNSUPPORTED = {
    "include": (_FILES, _SUPPORTED),
    "input": (_FILES, _SUPPORTED),
    "output": (_FILES, "use the options --serialize and --dot; " + _SUPPORTED),
    "print-stats": ("figures for each rule are always given", "remove it"),
    "unstable-combined-ruleset": ("rulesets are not combined", "write (run-schedule (seq (run A) (run B)))"),
    "simplify": ("a command of older versions", "write (run ...) and (extract ...)"),
    "calc": ("a command of older versions", "write push, run, check and pop"),
    "query-extract": ("a command of older versions", "write (extract ...)"),
    "declare": ("a command of older versions", "write (constructor NAME () SORT)"),
    "prove": ("programs give no proofs", "egraph why proves what facts on the log make equal"),
    "prove-exists": ("programs give no proofs", "egraph why proves what facts on the log make equal"),
    "unstable-fn": ("functions are no values", _SUPPORTED),
}


def _options(items: Sequence[Form], known: dict[str, int]) -> dict[str, Sequence[Form]]:
    """Give the values behind each :option; `known` says how many each takes."""
    found: dict[str, Sequence[Form]] = {}
    at = 0
    while at < len(items):
        option = items[at]
        key = option.text if isinstance(option, Atom) and not option.quoted else ""
        if key not in known:
            raise syntax(option.place, "not an option here", shown(option), f"write one of {', '.join(known)}")
        values = items[at + 1 : at + 1 + known[key]]
        if key in found or len(values) < known[key]:
            detail = "given twice" if key in found else "nothing follows it"
            raise syntax(option.place, f"{key} is given once, with its value", detail, "correct it")
        found[key] = values
        at += 1 + known[key]
    return found


def _ruleset_of(given: dict[str, Sequence[Form]]) -> Name | None:
    return name(given[":ruleset"][0], "a ruleset") if ":ruleset" in given else None


def _sort_name(form: Form) -> Name:
    return name(form, "a sort")


def _at_least(form: Form, least: int, shape: str) -> Sequence[Form]:
    items = group(form, "this part", shape)
    if len(items) < least:
        raise syntax(form.place, "this part is empty", "()", f"write {shape}")
    return items
