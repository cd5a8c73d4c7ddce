"""Target egglog: rules and terms as an egglog program, for a graph in which every node is GREEN.

One sort, one constructor for each operator with its arity: BinOp:Add with two children is `BinOp:Add/2`. Saturating
the program gives the classes and e-nodes that saturating our rules gives, if both end.

Written:     one pattern or several (the others as facts under `:when`), birewrites, variables that stand twice.
Dropped:     colours that hold for every GREEN node; a NotEqual without which the rule does no more: with both variables
             the same, the sides are the same. Priorities: egglog runs all rules in turn; the end is the same.
Left out:    what never holds on a GREEN graph or makes RED or BLUE nodes; a pattern that is a variable alone; every
             other condition: ours ask about the very node, egglog knows classes only; and computed rules.
Belongs here: the text. Not here: running it. After Zhang et al., egglog (PLDI 2023), as egglog 13.2.0 reads it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from egraph.codegen.generated import (
    CannotGenerate,
    CodegenProblem,
    Generated,
    ProblemKind,
    comment,
    computed_left_out,
    of_rule,
)
from egraph.colours import Colour
from egraph.rules.conditions import ColorMustBe, ColorNot, Condition, NotEqual
from egraph.rules.patterns import Application, Pattern, Variable, walk
from egraph.rules.printer import print_condition, print_pattern, print_rule
from egraph.rules.reader import BACKWARD, FORWARD
from egraph.rules.ruleset import ColourPolicy, Rule, RuleSet

SORT = "Node"
_KEPT = re.compile(r"[A-Za-z0-9_.:,+*<>=!&|^~-]")


def egglog_program(rules: RuleSet, terms: Sequence[Pattern] = ()) -> Generated:
    """Give constructors, rewrites, and each term as `(let $t0 ...)`, `$t1` and so on. Nothing is run.

    Raises CannotGenerate for a term with variables, or with a colour other than GREEN.
    """
    if problems := [problem for term in terms for problem in _problems_of_term(term)]:
        raise CannotGenerate(problems)
    left_out: list[CodegenProblem] = []
    written: list[Rule] = []
    for rule in rules.rules:
        found = list(_problems_of_rule(rule))
        left_out += of_rule(rule, found)
        if not found:
            written.append(rule)
    left_out += computed_left_out(rules)
    sides = [side for rule in written for side in (*rule.patterns, rule.replacement)]
    used = {(part.operator, len(part.children)) for side in (*sides, *terms) for part in _applications(side)}
    used |= {(item.operator, item.arity) for item in rules.declarations if item.arity >= 0 and not item.prefix}
    lines = [f"(sort {SORT})"]
    lines += [f"(constructor {constructor(*item)} ({' '.join([SORT] * item[1])}) {SORT})" for item in sorted(used)]
    lines += _rewrites(written)
    if left_out:
        lines += ["", *comment(";", "Left out:"), *(line for item in left_out for line in comment(";", f"  {item}"))]
    if terms:
        lines.append("")
    lines += [f"(let $t{place} {_text(term)})" for place, term in enumerate(terms)]
    return Generated("\n".join(lines) + "\n", tuple(left_out))


def constructor(operator: str, arity: int) -> str:
    """Give the name of an operator's constructor. Different operators have different names."""
    kept = (
        letter if _KEPT.fullmatch(letter) else "".join(f"%{byte:02X}" for byte in letter.encode())
        for letter in operator
    )  # fmt: skip
    return f"{''.join(kept)}/{arity}"


def _rewrites(rules: Sequence[Rule]) -> Iterator[str]:
    by_name = {rule.name: rule for rule in rules}
    backward = {rule.name for rule in rules if (other := _forward(rule, by_name)) is not None and other is not rule}
    written: set[str] = set()
    for rule in rules:
        if rule.name in backward:
            continue
        two_ways = rule.name.endswith(FORWARD) and rule.name.removesuffix(FORWARD) + BACKWARD in backward
        first, *others = rule.patterns
        facts = f" :when ({' '.join(map(_text, others))})" if others else ""
        yield from ("", *comment(";", print_rule(rule)))
        if two_ways:
            yield from comment(";", f"and backward: {rule.name.removesuffix(FORWARD) + BACKWARD}")
        line = f"({'birewrite' if two_ways else 'rewrite'} {_text(first)} {_text(rule.replacement)}{facts})"
        if line not in written:  # egglog refuses the same rule twice
            yield line
        written.add(line)


def _forward(rule: Rule, by_name: dict[str, Rule]) -> Rule | None:
    """Give the rule of which this one is the way back, if both can stand in one birewrite."""
    other = by_name.get(rule.name.removesuffix(BACKWARD) + FORWARD) if rule.name.endswith(BACKWARD) else None
    turned = other is not None and (other.patterns, (other.replacement,)) == ((rule.replacement,), rule.patterns)
    return other if turned else None


def _problems_of_rule(rule: Rule) -> Iterator[CodegenProblem]:
    for pattern in rule.patterns:
        if isinstance(pattern, Variable):
            remedy = "write a rule for each operator that may stand there"
            yield _problem(ProblemKind.SHAPE, "egglog matches no variable alone", f"?{pattern.name}", remedy, pattern)
    if rule.colour_policy not in (ColourPolicy.INHERIT, ColourPolicy.GREEN):
        detail = f":colour {rule.colour_policy.value}"
        yield _problem(ProblemKind.COLOUR, "egglog has no colours", detail, "make GREEN nodes, or run it here", None)
    for side in (*rule.patterns, rule.replacement):
        yield from _coloured(side)
    for condition in rule.conditions:
        if not _is_idle(rule, condition):
            fact, remedy = "egglog cannot ask this", "state the rule so that it needs no condition, or run it here"
            yield _problem(ProblemKind.CONDITION, fact, print_condition(condition), remedy, None)


def _is_idle(rule: Rule, condition: Condition) -> bool:
    """Tell whether the rule does the same to a GREEN graph without the condition."""
    match condition:
        case ColorMustBe(_, colour):
            return colour is Colour.GREEN
        case ColorNot(_, colour):
            return colour is not Colour.GREEN
        case NotEqual(left, right):
            return _with(rule.patterns[0], left, right) == _with(rule.replacement, left, right)
        case _:
            return False


def _with(pattern: Pattern, old: Variable, new: Variable) -> Pattern:
    if isinstance(pattern, Variable):
        return new if pattern == old else pattern
    return Application(pattern.operator, tuple(_with(child, old, new) for child in pattern.children))


def _problems_of_term(term: Pattern) -> Iterator[CodegenProblem]:
    for part in walk(term):
        if isinstance(part, Variable):
            remedy = "write an operator without children"
            yield _problem(ProblemKind.UNBOUND, "a term has no variables", f"?{part.name}", remedy, part)
    yield from _coloured(term)


def _coloured(side: Pattern) -> Iterator[CodegenProblem]:
    for part in _applications(side):
        if part.colour not in (None, Colour.GREEN):
            detail = print_pattern(part)
            remedy = "drop the colour, or run it here"
            yield _problem(ProblemKind.COLOUR, "egglog has no colours", detail, remedy, part)


def _applications(side: Pattern) -> Iterable[Application]:
    return (part for part in walk(side) if isinstance(part, Application))


def _text(pattern: Pattern) -> str:
    if isinstance(pattern, Variable):
        return f"?{pattern.name}"
    return f"({' '.join([constructor(pattern.operator, len(pattern.children)), *map(_text, pattern.children)])})"


def _problem(kind: ProblemKind, fact: str, detail: str, remedy: str, part: Pattern | None) -> CodegenProblem:
    place = part.place if part is not None else None
    return CodegenProblem(kind=kind, fact=fact, detail=detail, remedy=remedy, place=place)
