"""Whether rules make sense: bound variables, known operators and arities, unique names, colours that can hold.

Belongs here: what can be told from the rules alone. Not here: reading them, or whether they are sound.
A rule is refused as "never holds" only if no graph that keeps the local rule and the class rule has a match for it.
"""

from collections import Counter
from collections.abc import Iterator

from egraph.colours import Colour, may_name
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.conditions import (
    ColorMustBe,
    ColorNot,
    Condition,
    NotEqual,
    OperatorIs,
    OperatorNot,
    OperatorStarts,
    ParentOf,
    condition_variables,
    operator_fits,
)
from egraph.rules.forms import DEPTH_MAX
from egraph.rules.functions import TABLES
from egraph.rules.patterns import Application, Pattern, Variable, depth_of, variables_of, walk
from egraph.rules.problems import Place, ProblemKind, RuleProblem, RulesRefused
from egraph.rules.ruleset import ColourPolicy, Declaration, Rule, RuleSet

PRIORITY_MAX = 2**31 - 1
_LEVELS_MAX = DEPTH_MAX - 2  # (rewrite name (:all PATTERN)) stands two levels above a pattern


def require_valid(rules: RuleSet) -> RuleSet:
    """Give the rules back. Raises RulesRefused with every problem that was found."""
    problems = problems_of(rules)
    if problems:
        raise RulesRefused(problems)
    return rules


def problems_of(rules: RuleSet) -> tuple[RuleProblem, ...]:
    """Give everything that is wrong with a set of rules, rule by rule."""
    return (
        *_duplicates(rules),
        *(problem for rule in rules.rules for problem in _of_rule(rule, rules.declarations)),
        *(problem for rule in rules.computed for problem in _of_computed(rule, rules.declarations)),
    )


def problems_of_rule(rule: Rule, declarations: tuple[Declaration, ...] = ()) -> tuple[RuleProblem, ...]:
    """Give everything that is wrong with one rule."""
    return tuple(_of_rule(rule, declarations))


def problems_of_computed(rule: ComputedRule, declarations: tuple[Declaration, ...] = ()) -> tuple[RuleProblem, ...]:
    """Give everything that is wrong with one computed rule."""
    return tuple(_of_computed(rule, declarations))


def _of_computed(rule: ComputedRule, declarations: tuple[Declaration, ...]) -> Iterator[RuleProblem]:
    words = (rule.name, rule.table, rule.leaves, *(item for pair in rule.functions for item in pair))
    if not rule.name or not rule.functions or not all(map(_is_text, words)):
        yield _problem(
            rule, ProblemKind.SYNTAX, rule.place, "the computed rule cannot be written down",
            "it has no name, no operator, or a word that is no Unicode text", "name it, and use valid text",
        )  # fmt: skip
    table = TABLES.get(rule.table)
    if table is None:
        remedy = f"write one of {', '.join(TABLES)}; a later release may know more"
        yield _problem(rule, ProblemKind.UNKNOWN_FUNCTION, rule.place, "unknown table of functions", rule.table, remedy)
        return
    if len(rule.operators) < len(rule.functions):
        yield _problem(
            rule, ProblemKind.DUPLICATE_NAME, rule.place, "an operator has one function", "one is named twice",
            "keep one of the two",
        )  # fmt: skip
    for operator, name in rule.functions:
        function = table.functions.get(name)
        if function is None:
            remedy = f"write ({operator} FUNCTION) with one of {', '.join(table.functions)}"
            detail = f"{name} is not in {table.name}"
            yield _problem(rule, ProblemKind.UNKNOWN_FUNCTION, rule.place, "unknown function", detail, remedy)
        elif declarations:
            yield from _undeclared(rule, Application(operator, (_ANY,) * function.arity), declarations)


_ANY = Variable("operand")


def _duplicates(rules: RuleSet) -> Iterator[RuleProblem]:
    names = Counter(rule.name for rule in rules.all_rules)
    seen: set[str] = set()
    for rule in sorted(rules.all_rules, key=lambda rule: rule.place or (0, 0)):
        if rule.name in seen:
            yield _problem(
                rule, ProblemKind.DUPLICATE_NAME, rule.place, "the name is taken", f"{names[rule.name]} rules have it",
                "give each rule a name of its own; birewrite takes NAME-forward and NAME-backward",
            )  # fmt: skip
        seen.add(rule.name)
    declared = Counter((item.operator, item.prefix) for item in rules.declarations)
    for item in rules.declarations:
        if declared.pop((item.operator, item.prefix), 1) > 1:
            yield RuleProblem(
                kind=ProblemKind.DUPLICATE_NAME, fact="the operator is declared twice", detail=item.operator,
                remedy="keep one of the declarations", place=item.place,
            )  # fmt: skip


def _of_rule(rule: Rule, declarations: tuple[Declaration, ...]) -> Iterator[RuleProblem]:
    sides = (*rule.patterns, rule.replacement)
    if not _is_made_of_parts(rule):
        yield _problem(
            rule, ProblemKind.SYNTAX, rule.place, "this is no rule", "a part of it has another type than it should",
            "write operators over children, conditions of egraph/rules/conditions.py, and a whole number as priority",
        )  # fmt: skip
        return
    if max(map(depth_of, sides)) > _LEVELS_MAX:
        detail = f"more than {_LEVELS_MAX} levels"
        yield _problem(rule, ProblemKind.TOO_LARGE, rule.place, "a pattern nests too deeply", detail, "split the rule")
        return
    asks_nothing = any(_condition_words(item) == () for item in rule.conditions)
    if not rule.name or not rule.patterns or asks_nothing or any(not _is_text(word) for word in _words(rule)):
        yield _problem(
            rule, ProblemKind.SYNTAX, rule.place, "the rule cannot be written down",
            "it has no name, no pattern, a condition without words, or a word that is no Unicode text",
            "name it, and use valid text",
        )  # fmt: skip
    if not -PRIORITY_MAX <= rule.priority <= PRIORITY_MAX:
        detail, remedy = str(rule.priority), f"stay between -{PRIORITY_MAX} and {PRIORITY_MAX}"
        yield _problem(rule, ProblemKind.TOO_LARGE, rule.place, "the priority is too large", detail, remedy)
    yield from _unbound(rule)
    for side in sides:
        yield from _undeclared(rule, side, declarations)
    yield from _impossible(rule)


def _unbound(rule: Rule) -> Iterator[RuleProblem]:
    bound = {variable for pattern in rule.patterns for variable in variables_of(pattern)}
    asked = [variable for condition in rule.conditions for variable in condition_variables(condition)]
    for variable in (*variables_of(rule.replacement), *dict.fromkeys(asked)):
        if variable not in bound:
            yield _problem(
                rule, ProblemKind.UNBOUND_VARIABLE, variable.place or rule.place, "a variable is not bound",
                f"?{variable.name} stands in no pattern on the left",
                f"write one of {', '.join(sorted(f'?{item.name}' for item in bound)) or 'no variables'} or bind it",
            )  # fmt: skip


def _undeclared(
    rule: Rule | ComputedRule, side: Pattern, declarations: tuple[Declaration, ...]
) -> Iterator[RuleProblem]:
    for part in walk(side):
        if isinstance(part, Variable) or not declarations:
            continue
        arities = _declared_arities(part.operator, declarations)
        if not arities:
            yield _problem(
                rule, ProblemKind.UNKNOWN_OPERATOR, part.place or rule.place, "the operator is not declared",
                part.operator, f"declare it: (operator {part.operator} {len(part.children)})",
            )  # fmt: skip
        elif len(part.children) not in arities and -1 not in arities:
            wanted = " or ".join(map(str, sorted(arities)))
            yield _problem(
                rule, ProblemKind.WRONG_ARITY, part.place or rule.place, "wrong number of children",
                f"{part.operator} has {len(part.children)}, declared are {wanted}",
                "correct the pattern or the declaration",
            )  # fmt: skip


def _declared_arities(operator: str, declarations: tuple[Declaration, ...]) -> set[int]:
    """Give the arities of the exact declaration, otherwise those of the declared prefixes."""
    exact = {item.arity for item in declarations if not item.prefix and item.operator == operator}
    return exact or {item.arity for item in declarations if item.prefix and operator.startswith(item.operator)}


def _impossible(rule: Rule) -> Iterator[RuleProblem]:
    possible = {variable: set(Colour) for pattern in rule.patterns for variable in variables_of(pattern)}
    for condition in rule.conditions:
        place = condition_variables(condition)[0].place or rule.place
        if any(variable not in possible for variable in condition_variables(condition)):
            continue
        if isinstance(condition, ColorMustBe):
            possible[condition.variable] &= {condition.colour}
        elif isinstance(condition, ColorNot):
            possible[condition.variable] -= {condition.colour}
        elif isinstance(condition, NotEqual | ParentOf) and len(set(condition_variables(condition))) == 1:
            yield _never(rule, place, "one variable cannot differ from itself or be its own child")
        if any(not possible[variable] for variable in condition_variables(condition)):
            yield _never(rule, place, f"no colour is left for ?{condition_variables(condition)[0].name}")
            return
    yield from _operators_never(rule)
    for condition in rule.conditions:
        if isinstance(condition, ParentOf) and {condition.parent, condition.child} <= set(possible):
            above, below = possible[condition.parent], possible[condition.child]
            if not any(may_name(one, other) for one in above for other in below):
                yield _never(rule, condition.parent.place or rule.place, "no such parent may name such a child")
    for pattern in rule.patterns:
        yield from _illegal_edges(rule, pattern, None, possible, "the left side")
    yield from _illegal_edges(rule, rule.replacement, _POLICY_COLOUR[rule.colour_policy], possible, "the replacement")


_POLICY_COLOUR = {
    ColourPolicy.INHERIT: None,
    ColourPolicy.RED: Colour.RED,
    ColourPolicy.BLUE: Colour.BLUE,
    ColourPolicy.GREEN: Colour.GREEN,
}


def _illegal_edges(
    rule: Rule, side: Pattern, default: Colour | None, possible: dict[Variable, set[Colour]], where: str
) -> Iterator[RuleProblem]:
    """Find operators of a known colour above children that can only have the opposite one."""

    def colours(part: Pattern) -> set[Colour]:
        if isinstance(part, Variable):
            return possible.get(part, set(Colour))
        colour = part.colour if part.colour is not None else default
        return set(Colour) if colour is None else {colour}

    for part in walk(side):
        for child in part.children if isinstance(part, Application) else ():
            if not any(may_name(above, below) for above in colours(part) for below in colours(child)):
                above, below = min(colours(part)), min(colours(child))
                detail = f"in {where} a {above.name} operator stands above what is {below.name}"
                yield _never(rule, child.place or part.place or rule.place, detail)


def _operators_never(rule: Rule) -> Iterator[RuleProblem]:
    """Find variables whose operator is asked to be one of some and fulfil what none of these fulfils."""
    asked = [item for item in rule.conditions if isinstance(item, OperatorIs | OperatorNot | OperatorStarts)]
    for condition in asked:
        if isinstance(condition, OperatorIs):
            others = [item for item in asked if item.variable == condition.variable]
            if not any(all(operator_fits(item, name) for item in others) for name in condition.operators):
                place = condition.variable.place or rule.place
                yield _never(rule, place, f"no operator is left for ?{condition.variable.name}")


def _is_made_of_parts(rule: Rule) -> bool:
    """Tell whether a rule from Python consists of what the type hints say, so that the other checks can read it."""
    sides = (*rule.patterns, rule.replacement)
    return (
        isinstance(rule.name, str)
        and type(rule.priority) is int
        and isinstance(rule.colour_policy, ColourPolicy)
        and all(isinstance(item, Condition) for item in rule.conditions)
        and all(isinstance(item, Variable) for one in rule.conditions for item in condition_variables(one))
        and all(isinstance(part, Variable) or _is_application(part) for side in sides for part in walk(side))
    )


def _is_application(part: object) -> bool:
    return (
        isinstance(part, Application)
        and isinstance(part.operator, str)
        and (part.colour is None or isinstance(part.colour, Colour))
    )


def _never(rule: Rule, place: Place | None, detail: str) -> RuleProblem:
    return _problem(
        rule, ProblemKind.NEVER_HOLDS, place, "the rule can never apply", detail, "drop or correct one of the demands"
    )


def _problem(
    rule: Rule | ComputedRule, kind: ProblemKind, place: Place | None, fact: str, detail: str, remedy: str
) -> RuleProblem:  # fmt: skip
    return RuleProblem(kind=kind, fact=fact, detail=detail, remedy=remedy, rule=rule.name, place=place)


def _words(rule: Rule) -> Iterator[str]:
    yield rule.name
    for side in (*rule.patterns, rule.replacement):
        yield from (part.operator for part in walk(side) if isinstance(part, Application))
    for condition in rule.conditions:
        yield from _condition_words(condition) or ()


def _condition_words(condition: Condition) -> tuple[str, ...] | None:
    match condition:
        case OperatorIs(_, words) | OperatorNot(_, words) | OperatorStarts(_, words):
            return words
        case _:
            return None


def _is_text(word: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in word)
