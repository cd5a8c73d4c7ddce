"""Computed rules as text, both ways.

    (compute NAME OPERATOR ... :by TABLE :leaves PREFIX)        an OPERATOR may be (OPERATOR FUNCTION)

In a fact the operators stand in the field `pattern` as (:compute OPERATOR ...), and table and prefix in `replacement`
as (:by TABLE PREFIX): no rewrite has such sides, so nobody takes one for the other.

Belongs here: what these forms mean, and writing them. Not here: whether the names in them are known (validation.py).
"""

from collections.abc import Sequence

from egraph.rules.computed_rule import ComputedRule
from egraph.rules.forms import Atom, Form, Group, is_mark, read_forms, shown, syntax, word, write_atom
from egraph.rules.problems import Place, RulesRefused

COMPUTE, BY, LEAVES = ":compute", ":by", ":leaves"
_SHAPE = "write (compute NAME OPERATOR ... :by int/1 :leaves PREFIX), an OPERATOR alone or as (OPERATOR FUNCTION)"


def read_computed(form: Group) -> ComputedRule:
    """Give the rule of a (compute ...) form. Raises RulesRefused."""
    items = form.items[1:]
    if not items:
        raise syntax(form.place, "a computed rule has a name, operators and a table", shown(form), _SHAPE)
    name = word(items[0])
    try:
        end = next((at for at, item in enumerate(items) if _is_option(item)), len(items))
        table, leaves = _options(items[end:], form.place)
        functions = _functions(items[1:end], form.place)
        return ComputedRule(name=name, table=table, leaves=leaves, functions=functions, place=form.place)
    except RulesRefused as refused:
        (problem,) = refused.problems
        raise syntax(problem.place, problem.fact, problem.detail, problem.remedy, name) from None


def is_computed_pattern(text: str) -> bool:
    """Tell whether the pattern of a rule fact says that the rule is computed. A broken text does not."""
    try:
        forms = read_forms(text)
    except RulesRefused:
        return False
    return len(forms) == 1 and _begins_with(forms[0], COMPUTE)


def read_computed_sides(name: str, pattern: str, replacement: str) -> ComputedRule:
    """Give the rule behind the two sides of a rule fact. Raises RulesRefused."""
    operators, by = _only(pattern, COMPUTE), _only(replacement, BY)
    if len(by.items) not in (2, 3):
        raise syntax(
            by.place, "a computed rule names its table and the prefix of constants", shown(by), "write (:by int/1)"
        )
    functions = _functions(operators.items[1:], operators.place)
    leaves = word(by.items[2]) if len(by.items) > 2 else ""
    return ComputedRule(name=name, table=word(by.items[1]), leaves=leaves, functions=functions)


def print_computed_sides(rule: ComputedRule) -> tuple[str, str]:
    """Give pattern and replacement as a fact has them."""
    leaves = f" {write_atom(rule.leaves)}" if rule.leaves else ""
    return f"({COMPUTE} {_operators(rule)})", f"({BY} {write_atom(rule.table)}{leaves})"


def print_computed(rule: ComputedRule) -> str:
    """Give the rule as a (compute ...) form."""
    lines = [f"(compute {write_atom(rule.name)}", f"  {_operators(rule)}", f"  {BY} {write_atom(rule.table)}"]
    if rule.leaves:
        lines.append(f"  {LEAVES} {write_atom(rule.leaves)}")
    return "\n".join(lines) + ")"


def _operators(rule: ComputedRule) -> str:
    return " ".join(
        write_atom(operator) if operator == function else f"({write_atom(operator)} {write_atom(function)})"
        for operator, function in rule.functions
    )


def _functions(items: Sequence[Form], place: Place) -> tuple[tuple[str, str], ...]:
    if not items:
        raise syntax(place, "a computed rule names operators", "there is none", _SHAPE)
    found: dict[str, str] = {}
    for item in items:
        if isinstance(item, Group) and len(item.items) != 2:
            raise syntax(item.place, "not an operator with its function", shown(item), "write (BinOp:Add add)")
        operator, function = (item, item) if isinstance(item, Atom) else item.items
        if isinstance(operator, Atom) and not operator.quoted and operator.text[0] in "?@:#":
            raise syntax(operator.place, "not an operator", operator.text, f'quote it: "{operator.text}"')
        if word(operator) in found:
            raise syntax(item.place, "an operator has one function", word(operator), "keep one of the two")
        found[word(operator)] = word(function)
    return tuple(found.items())


def _options(items: Sequence[Form], place: Place) -> tuple[str, str]:
    found: dict[str, str] = {}
    for key, *value in (items[at : at + 2] for at in range(0, len(items), 2)):
        name = key.text if isinstance(key, Atom) else ""
        if not _is_option(key) or name in found or not value:
            raise syntax(
                key.place, f"a computed rule has {BY} TABLE and {LEAVES} PREFIX, once each", shown(key), _SHAPE
            )
        found[name] = word(value[0])
    if BY not in found:
        raise syntax(place, "a computed rule names its table of functions", f"{BY} is missing", f"write {BY} int/1")
    return found[BY], found.get(LEAVES, "")


def _is_option(form: Form) -> bool:
    return is_mark(form, BY) or is_mark(form, LEAVES)


def _only(text: str, mark: str) -> Group:
    forms = read_forms(text)
    if len(forms) == 1 and isinstance(forms[0], Group) and _begins_with(forms[0], mark):
        return forms[0]
    raise syntax(forms[0].place if forms else None, "not a side of a computed rule", text[:40], f"write ({mark} ...)")


def _begins_with(form: Form, mark: str) -> bool:
    return isinstance(form, Group) and bool(form.items) and is_mark(form.items[0], mark)
