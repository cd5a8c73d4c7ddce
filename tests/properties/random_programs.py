"""Random programs in the language of `egraph run`: declarations, rules, terms, runs, questions.

Belongs here: the strategy. Not here: what is proved of the programs.
Every program is well-sorted, and small: few rounds over few terms. Numbers grow only below a bound, so saturation is
never driven by counting alone.
"""

from hypothesis import strategies as st

DECLARATIONS = """\
(sort S)
(constructor A () S)
(constructor B () S :cost 3)
(constructor N (i64) S)
(constructor F (S) S :cost 2)
(constructor G (S S) S)
(constructor H (S i64) S :cost 0)
(relation R (S))
(relation E (S S))
(relation P (i64))
(function lo (S) i64 :merge (min old new))
(function hi (S i64) i64 :merge (max old new))
(function seen (S) bool :merge (or old new))
(function times (S) i64 :merge (+ old new))
(ruleset other)
"""
QUESTIONS = """\
(print-size)
"""
_VARIABLES = ("x", "y", "z")
_NUMBERS = ("i", "j")
SMALL = st.integers(0, 2)


def closed_terms(depth: int) -> st.SearchStrategy[str]:
    """Give terms without variables."""
    leaves = st.one_of(st.sampled_from(["(A)", "(B)"]), SMALL.map(lambda number: f"(N {number})"))
    if depth == 0:
        return leaves
    below = closed_terms(depth - 1)
    return st.one_of(
        leaves,
        below.map(lambda term: f"(F {term})"),
        st.tuples(below, below).map(lambda pair: f"(G {pair[0]} {pair[1]})"),
        st.tuples(below, SMALL).map(lambda pair: f"(H {pair[0]} {pair[1]})"),
    )


def patterns(depth: int, variables: tuple[str, ...], numbers: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Give terms over variables; a variable alone too."""
    leaves = [st.sampled_from(["(A)", "(B)"])]
    if variables:
        leaves += [st.sampled_from(variables)] * 3
    number = st.sampled_from(numbers) if numbers else SMALL.map(str)
    if depth == 0:
        return st.one_of(leaves)
    below = patterns(depth - 1, variables, numbers)
    return st.one_of(*leaves, calls(below, st.one_of(number, SMALL.map(str))))


def calls(below: st.SearchStrategy[str], number: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Give calls of constructors."""
    return st.one_of(
        below.map(lambda term: f"(F {term})"),
        st.tuples(below, below).map(lambda pair: f"(G {pair[0]} {pair[1]})"),
        st.tuples(below, number).map(lambda pair: f"(H {pair[0]} {pair[1]})"),
        number.map(lambda text: f"(N {text})"),
    )


def _left_sides() -> st.SearchStrategy[str]:
    below = patterns(1, _VARIABLES, _NUMBERS)
    return calls(below, st.one_of(st.sampled_from(_NUMBERS), SMALL.map(str)))


def bound(text: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Give the variables that stand in a text."""
    words = text.replace("(", " ").replace(")", " ").split()
    return tuple(name for name in names if name in words)


@st.composite
def rewrites(draw: st.DrawFn) -> str:
    """Give a rewrite, with a condition or subsuming at times."""
    left = draw(_left_sides())
    variables, numbers = bound(left, _VARIABLES), bound(left, _NUMBERS)
    right = draw(patterns(1, variables, numbers))
    options = []
    if draw(st.integers(0, 3)) == 0 and len(variables) > 1:
        options.append(f":when (({draw(st.sampled_from(['!=', '=', 'E']))} {variables[0]} {variables[1]}))")
    elif draw(st.integers(0, 3)) == 0 and numbers:
        options.append(f":when ((< {numbers[0]} 2))")
    if draw(st.integers(0, 5)) == 0:
        options.append(":subsume")
    if draw(st.integers(0, 3)) == 0:
        options.append(":ruleset other")
    return f"(rewrite {left} {right} {' '.join(options)})"


FACTS = (
    "(R x)", "(E x y)", "(E y z)", "(= x (G y z))", "(= x (F y))", "(= y (H x i))", "(= i (lo x))", "(P i)", "(N i)",
    "(= j (hi x i))", "(= true (seen x))", "(!= x y)", "(< i 3)", "(= j (+ i 1))", "(= x (N i))", "(= (F x) (F y))",
    "(= i (max j 1))", "(= i (times x))", "(= 2 (times y))", "(= (bool-< i j) true)", "(= x (A))",
)  # fmt: skip
ACTIONS = (
    "(R x)", "(E x y)", "(E y x)", "(union x y)", "(union x (F y))", "(R (F x))", "(set (lo x) i)", "(set (lo x) 2)",
    "(set (hi x i) j)", "(set (seen x) true)",
    "(set (times x) 1)", "(set (times y) 1)", "(P (min 4 (+ i 1)))", "(N (min i 3))", "(let w (G x y)) (R w)",
    "(subsume (F x))", "(set (hi y 1) (- i j))", "(E x (A))", "(union (N i) (N j))",
)  # fmt: skip
DELETING = ("(delete (R x))", "(delete (E x y))", "(delete (lo x))", "(delete (F x))")
_BINDING = {
    "x": ("(R x)", "(E x y)", "(= x (G y z))", "(= x (F y))", "(= i (lo x))", "(= x (N i))"),
    "y": ("(R y)", "(E x y)", "(= x (F y))", "(= y (H x i))"),
    "z": ("(R z)", "(E y z)"),
    "i": ("(P i)", "(= i (lo x))", "(N i)", "(= x (N i))"),
    "j": ("(P j)", "(= j (hi x i))", "(= j (+ i 1))"),
}


@st.composite
def rules(draw: st.DrawFn, *, deletes: bool) -> str:
    """Give a rule whose variables are all bound by facts about tables."""
    facts = draw(st.lists(st.sampled_from(FACTS), min_size=1, max_size=3, unique=True))
    actions = draw(
        st.lists(st.sampled_from(ACTIONS + (DELETING if deletes else ())), min_size=1, max_size=2, unique=True)
    )
    names = bound(" ".join(facts + actions), (*_VARIABLES, *_NUMBERS))
    facts += [draw(st.sampled_from(_BINDING[name])) for name in names]
    facts += ["(P i)" for name in ("i",) if name in bound(" ".join(facts), _NUMBERS)]
    facts += [f"(R {name})" for name in bound(" ".join(facts), _VARIABLES) if name not in names]
    ruleset = draw(st.sampled_from(["", "", " :ruleset other"]))
    return f"(rule ({' '.join(dict.fromkeys(facts))}) ({' '.join(actions)}){ruleset})"


def statements() -> st.SearchStrategy[str]:
    """Give terms, facts and equalities that a program states."""
    term = closed_terms(2)
    return st.one_of(
        term,
        term.map(lambda text: f"(R {text})"),
        st.tuples(term, term).map(lambda pair: f"(E {pair[0]} {pair[1]})"),
        st.tuples(term, term).map(lambda pair: f"(union {pair[0]} {pair[1]})"),
        SMALL.map(lambda number: f"(P {number})"),
        st.tuples(term, SMALL).map(lambda pair: f"(set (lo {pair[0]}) {pair[1]})"),
    )


RUNS = ("(run 2)", "(run 4)", "(run-schedule (repeat 2 (run) other))", "(run-schedule (saturate other) (run))")


@st.composite
def programs(draw: st.DrawFn, *, deletes: bool = False) -> str:
    """Give a program."""
    lines = [DECLARATIONS]
    lines += draw(st.lists(statements(), min_size=6, max_size=12))
    lines += [f"(let $g {draw(closed_terms(2))})"]
    some_rules = st.one_of(rewrites(), rules(deletes=deletes))
    runs = st.sampled_from(
        ["(run 2)", "(run 4)", "(run-schedule (repeat 2 (run) other))", "(run-schedule (saturate other) (run))"]
    )
    for _ in range(draw(st.integers(1, 3))):
        lines += draw(st.lists(some_rules, min_size=2, max_size=4))
        lines.append(draw(runs))
        lines += [QUESTIONS.strip(), *draw(st.lists(questions(), max_size=3))]
        lines += draw(st.lists(statements(), max_size=1))
    if draw(st.booleans()):
        lines += ["(push)", *draw(st.lists(st.one_of(statements(), some_rules), max_size=2)), draw(runs)]
        lines += [QUESTIONS.strip(), "(pop)"]
    lines += [draw(runs), QUESTIONS.strip(), *draw(st.lists(questions(), min_size=1, max_size=5))]
    return "\n".join(named(line, number) for number, line in enumerate(lines)) + "\n"


def named(line: str, number: int) -> str:
    """Give a rule a name of its own: egglog refuses the same rule twice."""
    return f'{line[:-1]} :name "{number}")' if line.startswith(("(rule ", "(rewrite ")) else line


def questions() -> st.SearchStrategy[str]:
    """Give checks and extractions."""
    term = st.one_of(closed_terms(2), st.just("$g"))
    return st.one_of(
        st.tuples(term, term).map(lambda pair: f"(check (= {pair[0]} {pair[1]}))"),
        st.tuples(term, term).map(lambda pair: f"(check (!= {pair[0]} {pair[1]}))"),
        term.map(lambda text: f"(check (R {text}))"),
        term.map(lambda text: f"(check (= x (F {text})) (!= x {text}))"),
        st.sampled_from(FACTS[:6]).map(lambda fact: f"(check {fact} (R x))"),
        st.just("(check (= i (lo x)) (< i 2) (E x y))"),
        st.tuples(term, st.integers(1, 5)).map(lambda pair: f"(check (= {pair[1]} (times {pair[0]})))"),
        term.map(lambda text: f"(extract {text})"),
    )
