"""Rules, checks and actions of a program: each is a scope of its own.

Belongs here: facts and actions of one scope, made into a query and effects. Not here: declarations (checking.py).
"""

from collections.abc import Iterable, Sequence

from egraph.program import syntax
from egraph.program.flatten import FlatFacts, source, sources, unbound_problems
from egraph.program.inference import Scope, Typed
from egraph.program.names import Names
from egraph.program.problems import ProblemKind, ProgramProblem, ProgramRefused, refused
from egraph.program.resolved import (
    Bind,
    DeleteRow,
    Do,
    Effect,
    Effects,
    Join,
    Query,
    Rule,
    Schema,
    SetRow,
    Slot,
    Source,
    Stop,
    SubsumeRow,
    Term,
)
from egraph.program.syntax import Equals, FunctionKind
from egraph.rules.problems import Place

OLD, NEW = "old", "new"


def rule_of(names: Names, declared: syntax.RuleDeclaration) -> Rule:
    """Give a rule. Raises ProgramRefused with all its problems."""
    scope = Scope(names)
    facts = [_typed_fact(scope, fact) for fact in declared.facts]
    actions = [_typed_action(scope, action, in_rule=True) for action in declared.actions]
    query, slots = _query(scope, facts, declared.place)
    return Rule(declared.name, query, _effects(scope, actions, slots, query.slots), declared.place)


def query_of(names: Names, facts: Iterable[syntax.Fact], place: Place) -> Query:
    """Give the query of facts that are claimed. Raises ProgramRefused with all their problems."""
    scope = Scope(names)
    return _query(scope, [_typed_fact(scope, fact) for fact in facts], place)[0]


def effects_of(names: Names, actions: Sequence[syntax.Action]) -> Effects:
    """Give the effects of actions that happen once. Raises ProgramRefused with all their problems."""
    scope = Scope(names)
    typed = [_typed_action(scope, action, in_rule=False) for action in actions]
    _solve(scope)
    return _effects(scope, typed, {}, 0)


def value_of(names: Names, expression: syntax.Expression) -> tuple[Source, str]:
    """Give an expression outside rules, and its sort. Raises ProgramRefused with all its problems."""
    scope = Scope(names)
    typed = scope.type(expression, binds=False)
    _solve(scope)
    return source(typed, {}), scope.sort_of(typed) or ""


def merge_of(names: Names, expression: syntax.Expression, sort: str) -> Source:
    """Give what two values of a function become: an expression over `old` and `new`."""
    scope = Scope(names)
    for name in (OLD, NEW):
        scope.bind(name, expression.place, scope.fresh(sort))
    typed = scope.type(expression, binds=False)
    scope.expect(typed, sort)
    _no_lookups(scope, typed)
    _solve(scope)
    return source(typed, {OLD: Slot(0), NEW: Slot(1)})


_TypedFact = tuple[Typed, Typed | None]
_TypedAction = tuple[syntax.Action, list[Typed]]


def _typed_fact(scope: Scope, fact: syntax.Fact) -> _TypedFact:
    if isinstance(fact, Equals):
        left, right = scope.type(fact.left, binds=True), scope.type(fact.right, binds=True)
        scope.unify(right, left.sort)
        return left, right
    typed = scope.type(fact, binds=True)
    if typed.choices and all(primitive.output == "bool" for primitive in typed.choices):
        scope.problems.append(
            ProgramProblem(
                kind=ProblemKind.WRONG_SORT,
                place=fact.place,
                fact="a bool alone is no fact",
                detail=f"{fact.function} has a value, true or false, so this would always hold",
                remedy=f"write (= ({fact.function} ...) true)",
            )
        )
    return typed, None


def _typed_action(scope: Scope, action: syntax.Action, *, in_rule: bool) -> _TypedAction:
    """Type the parts of an action: the arguments of a call that is a target, then the values."""
    typed: list[Typed] = []
    match action:
        case syntax.Let(name, value):
            typed = [scope.type(value, binds=False)]
            if name in scope.variables or scope.names.table(name) is not None:
                scope.problems.append(_twice(name, action.place))
            scope.bind(name, action.place, typed[0].sort)
        case syntax.Set(call, value):
            target, given = _target(scope, call, (FunctionKind.FUNCTION,), "set"), scope.type(value, binds=False)
            scope.unify(given, target.sort)
            typed = [target, given]
        case syntax.Delete(call):
            typed = [_target(scope, call, tuple(FunctionKind), "delete")]
        case syntax.Subsume(call):
            typed = [_target(scope, call, (FunctionKind.CONSTRUCTOR, FunctionKind.RELATION), "subsume")]
        case syntax.Union(left, right):
            typed = [scope.type(side, binds=False) for side in (left, right)]
            scope.unify(typed[1], typed[0].sort)
        case syntax.Evaluate(expression):
            typed = [scope.type(expression, binds=False)]
    if in_rule:
        targets = isinstance(action, syntax.Set | syntax.Delete | syntax.Subsume)
        for part in typed[0].arguments + tuple(typed[1:]) if targets and typed else typed:
            _no_lookups(scope, part)
    return action, typed


def _target(scope: Scope, call: syntax.Call, kinds: tuple[FunctionKind, ...], verb: str) -> Typed:
    typed = scope.type(call, binds=False)
    if typed.table is not None and typed.table.kind in kinds:
        return typed
    if typed.table is not None or typed.choices:
        kind = typed.table.kind.value if typed.table is not None else "primitive"
        remedies = {
            "set": "write (union A B) for constructors and (RELATION ...) for relations",
            "subsume": "delete it",
        }
        scope.problems.append(
            ProgramProblem(
                kind=ProblemKind.WRONG_SORT,
                place=call.place,
                fact=f"{verb} does not work on a {kind}",
                detail=call.function,
                remedy=remedies.get(verb, f"{verb} a row of a table"),
            )
        )
    return typed


def _no_lookups(scope: Scope, typed: Typed) -> None:
    """Refuse values of functions where they may be missing or change later: they belong among the facts."""
    for argument in typed.arguments:
        _no_lookups(scope, argument)
    if typed.table is not None and typed.table.kind is FunctionKind.FUNCTION and not typed.table.is_global:
        scope.problems.append(
            ProgramProblem(
                kind=ProblemKind.UNSUPPORTED,
                place=typed.expression.place,
                fact="the value of a function is read in an action",
                detail=typed.table.name,
                remedy=f"add the fact (= value ({typed.table.name} ...)) and use value",
            )
        )


def _query(scope: Scope, facts: Iterable[_TypedFact], place: Place) -> tuple[Query, dict[str, Term]]:
    _solve(scope)
    flat = FlatFacts()
    for left, right in facts:
        if right is None:
            flat.holds(left)
        else:
            flat.equal(left, right)
    query, slots = flat.query()
    problems = tuple(unbound_problems(query, slots, scope.first_places, place))
    if problems:
        raise ProgramRefused(problems)
    return query, slots


def _effects(scope: Scope, actions: Iterable[_TypedAction], slots: dict[str, Term], used: int) -> Effects:
    known = dict(slots)
    steps: list[Effect] = []
    for action, typed in actions:
        match action:
            case syntax.Let(name, _):
                steps.append(Bind(used, source(typed[0], known)))
                known[name] = Slot(used)
                used += 1
            case syntax.Set():
                steps.append(SetRow(_table(typed[0]), sources(typed[0].arguments, known), source(typed[1], known)))
            case syntax.Delete():
                steps.append(DeleteRow(_table(typed[0]), sources(typed[0].arguments, known)))
            case syntax.Subsume():
                steps.append(SubsumeRow(_table(typed[0]), sources(typed[0].arguments, known)))
            case syntax.Union():
                left, right = (source(side, known) for side in typed)
                steps.append(Join(_class_sort(scope, typed[0], action.place), left, right))
            case syntax.Panic(message, place):
                steps.append(Stop(message, place))
            case syntax.Evaluate():
                steps.append(Do(source(typed[0], known)))
    return Effects(tuple(steps), used)


def _class_sort(scope: Scope, typed: Typed, place: Place) -> str:
    sort = scope.sort_of(typed) or ""
    if not scope.names.is_class_sort(sort):
        raise refused(
            ProblemKind.WRONG_SORT,
            place,
            "only terms can be made equal",
            f"these are of sort {sort}",
            "union terms of a declared sort; for values of a function write (set ...)",
        )
    return sort


def _table(typed: Typed) -> Schema:
    assert typed.table is not None, "only calls of tables pass the check of targets"
    return typed.table


def _solve(scope: Scope) -> None:
    scope.solve()
    if scope.problems:
        raise ProgramRefused(scope.problems)


def _twice(name: str, place: Place) -> ProgramProblem:
    return ProgramProblem(
        kind=ProblemKind.DUPLICATE_NAME, place=place, fact="a variable is bound twice", detail=name, remedy="rename one"
    )
