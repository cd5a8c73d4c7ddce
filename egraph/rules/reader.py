"""Text to rules. Every problem is reported with line and column, those of all forms together.

    (operator NAME ARITY|any)   (operators-starting PREFIX ARITY|any)
    (rewrite NAME PATTERN REPLACEMENT :when (CONDITION ...) :colour POLICY :priority NUMBER)
    (birewrite NAME LEFT RIGHT ...)        gives NAME-forward and NAME-backward
    (compute NAME OPERATOR ... :by TABLE :leaves PREFIX)        read by computed_text.py

Belongs here: what a form means. Not here: parentheses (forms.py), whether a rule makes sense (validation.py).
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from egraph.colours import Colour
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.computed_text import read_computed
from egraph.rules.conditions import (
    ColorMustBe,
    ColorNot,
    Condition,
    NotEqual,
    OperatorIs,
    OperatorNot,
    OperatorStarts,
    ParentOf,
)
from egraph.rules.forms import Atom, Form, Group, is_mark, read_forms, shown, syntax, word
from egraph.rules.patterns import Application, Pattern, Variable
from egraph.rules.problems import RuleProblem, RulesRefused
from egraph.rules.ruleset import ColourPolicy, Declaration, Rule, RuleSet
from egraph.rules.validation import problems_of

ALL = ":all"
FORWARD, BACKWARD = "-forward", "-backward"
_DIGITS_MAX = 1000  # too long a number is for validation.py to refuse; beyond 4300 digits Python reads none
_RULE_SHAPE = "write (rewrite NAME PATTERN REPLACEMENT :when (...) :colour POLICY :priority NUMBER)"


def read_rules(text: str) -> RuleSet:
    """Give the rules of a text. Raises RulesRefused with every problem that was found."""
    rules: list[Rule] = []
    computed: list[ComputedRule] = []
    declarations: list[Declaration] = []
    problems: list[RuleProblem] = []
    for form in read_forms(text):
        try:
            read = _statement(form)
        except RulesRefused as refused:
            problems += refused.problems
            continue
        if isinstance(read, Declaration):
            declarations.append(read)
        elif isinstance(read, ComputedRule):
            computed.append(read)
        else:
            rules += read
    found = RuleSet(tuple(rules), tuple(declarations), tuple(computed))
    problems += problems_of(found)
    if problems:
        raise RulesRefused(sorted(problems, key=lambda problem: problem.place or (0, 0)))
    return found


def read_pattern(text: str) -> Pattern:
    """Give the one pattern of a text."""
    return _pattern(_only_form(text))


def read_patterns(text: str) -> tuple[Pattern, ...]:
    """Give the left side of a rule: one pattern, or several in (:all ...)."""
    return _patterns(_only_form(text))


def read_condition(text: str) -> Condition:
    """Give the one condition of a text."""
    return _condition(_only_form(text))


def read_policy(text: str) -> ColourPolicy:
    """Give the colour policy of a word; the empty word is the default."""
    return _policy(_only_form(text)) if text else ColourPolicy.INHERIT


def two_rules(rule: Rule) -> tuple[Rule, Rule]:
    """Give the rule and its reverse, as birewrite names them. It must have one pattern."""
    given = dict(conditions=rule.conditions, colour_policy=rule.colour_policy, priority=rule.priority, place=rule.place)
    (left,) = rule.patterns
    forward = Rule(name=rule.name + FORWARD, patterns=(left,), replacement=rule.replacement, **given)  # type: ignore[arg-type]
    backward = Rule(name=rule.name + BACKWARD, patterns=(rule.replacement,), replacement=left, **given)  # type: ignore[arg-type]
    return forward, backward


def _only_form(text: str) -> Form:
    forms = read_forms(text)
    if len(forms) != 1:
        raise syntax(forms[1].place if forms else None, "not one form", f"there are {len(forms)}", "write one form")
    return forms[0]


def _statement(form: Form) -> Declaration | ComputedRule | tuple[Rule, ...]:
    if isinstance(form, Group) and form.items and isinstance(form.items[0], Atom):
        match form.items[0].text:
            case "rewrite":
                return (_rule(form),)
            case "birewrite":
                rule = _rule(form)
                if len(rule.patterns) != 1:
                    raise syntax(form.place, "a birewrite has one pattern on each side", "(:all ...)", "use rewrite")
                return two_rules(rule)
            case "compute":
                return read_computed(form)
            case "operator" | "operators-starting":
                return _declaration(form)
    raise syntax(
        form.place,
        "not a rule",
        shown(form),
        "write (rewrite ...), (birewrite ...), (compute ...) or (operator NAME ARITY)",
    )


def _declaration(form: Group) -> Declaration:
    if len(form.items) != 3:
        raise syntax(form.place, "a declaration has a name and an arity", shown(form), "write (operator NAME 2)")
    kind, name, arity = (word(item) for item in form.items)
    if arity != "any" and not (arity.isascii() and arity.isdigit() and len(arity) < 6):
        raise syntax(form.items[2].place, "not an arity", arity, "write a number of children, or any")
    number = -1 if arity == "any" else int(arity)
    return Declaration(name, number, kind == "operators-starting", form.place)


def _rule(form: Group) -> Rule:
    if len(form.items) < 4:
        raise syntax(form.place, "a rule has a name, a pattern and a replacement", shown(form), _RULE_SHAPE)
    name = word(form.items[1])
    try:
        options = _options(form.items[4:])
        return Rule(
            name=name,
            patterns=_patterns(form.items[2]),
            replacement=_pattern(form.items[3]),
            conditions=options.conditions,
            colour_policy=options.policy,
            priority=options.priority,
            place=form.place,
        )
    except RulesRefused as refused:
        (problem,) = refused.problems
        raise syntax(problem.place, problem.fact, problem.detail, problem.remedy, name) from None


class _Options(NamedTuple):
    conditions: tuple[Condition, ...]
    policy: ColourPolicy
    priority: int


def _options(items: Sequence[Form]) -> _Options:
    found: dict[str, Form] = {}
    for index in range(0, len(items), 2):
        key = items[index]
        name = key.text if isinstance(key, Atom) and not key.quoted else ""
        if name not in (":when", ":colour", ":priority"):
            raise syntax(key.place, "not an option of a rule", shown(key), _RULE_SHAPE)
        if name in found or index + 1 == len(items):
            detail = "given twice" if name in found else "nothing follows it"
            raise syntax(key.place, f"{name} has one value", detail, _RULE_SHAPE)
        found[name] = items[index + 1]
    when, colour, priority = (found.get(name) for name in (":when", ":colour", ":priority"))
    if isinstance(when, Atom):
        raise syntax(when.place, ":when takes a list of conditions", when.text, "write :when ((NotEqual ?x ?y))")
    return _Options(
        tuple(map(_condition, when.items)) if when else (),
        _policy(colour) if colour else ColourPolicy.INHERIT,
        _number(priority) if priority else 0,
    )


def _patterns(form: Form) -> tuple[Pattern, ...]:
    if isinstance(form, Group) and form.items and is_mark(form.items[0], ALL):
        if len(form.items) < 3:
            raise syntax(form.place, "(:all ...) holds several patterns", shown(form), "write one without :all")
        return tuple(map(_pattern, form.items[1:]))
    return (_pattern(form),)


def _pattern(form: Form) -> Pattern:
    if isinstance(form, Atom):
        if not form.quoted and form.text.startswith("?"):
            return Variable(form.text[1:], form.place)
        return Application(_operator(form), (), None, form.place)
    items = form.items
    colour = None
    if items and isinstance(items[0], Atom) and not items[0].quoted and items[0].text.startswith("@"):
        colour = _colour(items[0].text[1:], items[0])
        items = items[1:]
    if not items:
        raise syntax(form.place, "a pattern without an operator", shown(form), "write (OPERATOR PATTERN ...)")
    return Application(_operator(items[0]), tuple(map(_pattern, items[1:])), colour, form.place)


def _operator(form: Form) -> str:
    if isinstance(form, Atom) and not form.quoted and form.text[0] in "?@:#":
        raise syntax(form.place, "not an operator", form.text, f'quote it if it is meant as one: "{form.text}"')
    return word(form)


def _condition(form: Form) -> Condition:
    if isinstance(form, Atom) or not form.items:
        raise syntax(form.place, "not a condition", shown(form), f"write one of {', '.join(_CONDITIONS)}")
    name, *arguments = form.items
    build = _CONDITIONS.get(word(name))
    if build is None:
        raise syntax(name.place, "unknown condition", word(name), f"write one of {', '.join(_CONDITIONS)}")
    if len(arguments) < 2 or (word(name) not in _OF_WORDS and len(arguments) > 2):
        raise syntax(form.place, "wrong number of arguments", shown(form), _CONDITION_SHAPE)
    return build(arguments)


def _variable(form: Form) -> Variable:
    if isinstance(form, Atom) and not form.quoted and form.text.startswith("?"):
        return Variable(form.text[1:], form.place)
    raise syntax(form.place, "not a variable", shown(form), _CONDITION_SHAPE)


def _words(forms: Sequence[Form]) -> tuple[str, ...]:
    return tuple(map(_operator, forms))


_CONDITIONS: dict[str, Callable[[list[Form]], Condition]] = {
    "ColorMustBe": lambda given: ColorMustBe(_variable(given[0]), _colour(word(given[1]), given[1])),
    "ColorNot": lambda given: ColorNot(_variable(given[0]), _colour(word(given[1]), given[1])),
    "NotEqual": lambda given: NotEqual(_variable(given[0]), _variable(given[1])),
    "ParentOf": lambda given: ParentOf(_variable(given[0]), _variable(given[1])),
    "OperatorIs": lambda given: OperatorIs(_variable(given[0]), _words(given[1:])),
    "OperatorNot": lambda given: OperatorNot(_variable(given[0]), _words(given[1:])),
    "OperatorStarts": lambda given: OperatorStarts(_variable(given[0]), _words(given[1:])),
}
_OF_WORDS = ("OperatorIs", "OperatorNot", "OperatorStarts")
_CONDITION_SHAPE = "write (ColorMustBe ?x RED), (NotEqual ?x ?y), (OperatorIs ?x NAME ...) or the like"


def _colour(name: str, form: Form) -> Colour:
    if name not in Colour.__members__:
        raise syntax(form.place, "not a colour", name or "an empty word", "write RED, BLUE or GREEN")
    return Colour[name]


def _policy(form: Form) -> ColourPolicy:
    name = word(form)
    if name not in list(ColourPolicy):
        raise syntax(form.place, "not a colour policy", name, f"write one of {', '.join(ColourPolicy)}")
    return ColourPolicy(name)


def _number(form: Form) -> int:
    text = word(form)
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS_MAX):
        raise syntax(form.place, "not a priority", text, "write a whole number")
    return int(text)
