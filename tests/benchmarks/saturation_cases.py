"""Workloads of equality saturation, in our rule language and as an egglog program.

Belongs here: rules and terms. Not here: running them.

`math`: the identities and the seven terms of egglog's tests/math-microbenchmark.egg (egraphs-good/egglog, 2026), which
takes them from egg's math test suite. `sums`: commutativity and associativity on x0 + ... + x(n-1).
Both forms are written from one table, so that they cannot differ.
"""

from collections.abc import Callable
from dataclasses import dataclass

from egraph.colours import Colour
from egraph.identifiers import NodeId, node_id
from egraph.rules.conditions import Content
from egraph.rules.forms import Atom, Group, read_forms
from egraph.rules.patterns import Application, Pattern, Variable
from egraph.rules.ruleset import Rule, RuleSet

ARITIES = {
    "Diff": 2, "Integral": 2, "Add": 2, "Sub": 2, "Mul": 2, "Div": 2, "Pow": 2, "Ln": 1, "Sqrt": 1, "Sin": 1, "Cos": 1,
}  # fmt: skip

MATH_RULES = """
(Add a b)                       => (Add b a)
(Mul a b)                       => (Mul b a)
(Add a (Add b c))               => (Add (Add a b) c)
(Mul a (Mul b c))               => (Mul (Mul a b) c)
(Sub a b)                       => (Add a (Mul -1 b))
(Add a 0)                       => a
(Mul a 0)                       => 0
(Mul a 1)                       => a
(Sub a a)                       => 0
(Mul a (Add b c))               => (Add (Mul a b) (Mul a c))
(Add (Mul a b) (Mul a c))       => (Mul a (Add b c))
(Mul (Pow a b) (Pow a c))       => (Pow a (Add b c))
(Pow a 1)                       => a
(Pow a 2)                       => (Mul a a)
(Diff a (Add b c))              => (Add (Diff a b) (Diff a c))
(Diff a (Mul b c))              => (Add (Mul b (Diff a c)) (Mul c (Diff a b)))
(Diff a (Sin a))                => (Cos a)
(Diff a (Cos a))                => (Mul -1 (Sin a))
(Integral 1 a)                  => a
(Integral (Cos a) a)            => (Sin a)
(Integral (Sin a) a)            => (Mul -1 (Cos a))
(Integral (Add b c) a)          => (Add (Integral b a) (Integral c a))
(Integral (Sub b c) a)          => (Sub (Integral b a) (Integral c a))
(Integral (Mul a b) c)          => (Sub (Mul a (Integral b c)) (Integral (Mul (Diff c a) (Integral b c)) c))
"""

MATH_TERMS = """
(Integral (Ln X) X)
(Integral (Add X (Cos X)) X)
(Integral (Mul (Cos X) X) X)
(Diff X (Add 1 (Mul 2 X)))
(Diff X (Sub (Pow X 3) (Mul 7 (Pow X 2))))
(Add (Mul Y (Add X Y)) (Sub (Add X 2) (Add X X)))
(Div 1 (Sub (Div (Add 1 (Sqrt FIVE)) 2) (Div (Sub 1 (Sqrt FIVE)) 2)))
"""

SUM_RULES = """
(Add a b)                       => (Add b a)
(Add a (Add b c))               => (Add (Add a b) c)
"""

Form = Atom | Group


@dataclass(frozen=True)
class Workload:
    """One case for both engines."""

    name: str
    rules: str
    terms: str
    rounds: int

    def rule_set(self) -> RuleSet:
        """Give the rules in our language. A letter is a variable, anything else an operator."""
        rules = []
        for number, line in enumerate(self.rules.strip().splitlines()):
            left, right = (read_forms(side)[0] for side in line.split("=>"))
            rules.append(Rule(name=f"{number:02}", patterns=(_pattern(left),), replacement=_pattern(right)))
        return RuleSet(tuple(rules))

    def nodes(self) -> dict[NodeId, Content]:
        """Give the terms as GREEN nodes."""
        found: dict[NodeId, Content] = {}
        for form in read_forms(self.terms):
            _enter(form, found)
        return found

    def egglog(self) -> str:
        """Give the program up to the first iteration."""
        constructors = [f"({name}{' Math' * arity})" for name, arity in ARITIES.items()]
        lines = [f"(datatype Math {' '.join(constructors)} (Const i64) (Var String))"]
        for line in self.rules.strip().splitlines():
            left, right = (_text(read_forms(side)[0]) for side in line.split("=>"))
            lines.append(f"(rewrite {left} {right})")
        lines += [_text(form) for form in read_forms(self.terms)]
        return "\n".join(lines)


def math(rounds: int) -> Workload:
    """Give the math workload."""
    return Workload(f"math {rounds}", MATH_RULES, MATH_TERMS, rounds)


def sums(n: int, rounds: int) -> Workload:
    """Give the sum of n variables, to be run to saturation."""
    term = f"X{n - 1}"
    for place in reversed(range(n - 1)):
        term = f"(Add X{place} {term})"
    return Workload(f"sums {n}", SUM_RULES, term, rounds)


def _head(form: Form) -> tuple[str, tuple[Form, ...]]:
    if isinstance(form, Atom):
        return form.text, ()
    head = form.items[0]
    assert isinstance(head, Atom)
    return head.text, form.items[1:]


def _pattern(form: Form) -> Pattern:
    name, children = _head(form)
    if not children and len(name) == 1 and name.islower():
        return Variable(name)
    return Application(name, tuple(map(_pattern, children)))


def _enter(form: Form, nodes: dict[NodeId, Content]) -> NodeId:
    name, forms = _head(form)
    children = tuple(_enter(child, nodes) for child in forms)
    node = node_id(name, Colour.GREEN, children)
    nodes[node] = Content(name, children)
    return node


def _text(form: Form) -> str:
    name, children = _head(form)
    if children:
        return f"({name} {' '.join(map(_text, children))})"
    if name.lstrip("-").isdigit():
        return f"(Const {name})"
    return name if len(name) == 1 and name.islower() else f'(Var "{name}")'


WORKLOADS: dict[str, Callable[[int], Workload]] = {"math": math, "sums": lambda n: sums(n, 100)}
