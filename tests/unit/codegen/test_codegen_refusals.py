"""What a target cannot say is told with its place, kind, reason and remedy; nothing wrong is written."""

import pytest

from egraph.codegen.best_term import best_term
from egraph.codegen.egglog_program import egglog_program
from egraph.codegen.expression import of_pattern
from egraph.codegen.generated import CannotGenerate, CodegenProblem, comment
from egraph.codegen.llvm import llvm_function
from egraph.codegen.openqasm import openqasm_circuit
from egraph.codegen.targets import Target, generate, generate_term
from egraph.rules.problems import Place
from egraph.rules.reader import read_pattern, read_rules
from egraph.rules.ruleset import RuleSet
from egraph.saturation.limits import Limits
from tests.unit.codegen.circuit_meaning import read_gates
from tests.unit.codegen.jit import Compiled


def kinds(problems: tuple[CodegenProblem, ...]) -> list[str]:
    """Give kinds with details."""
    return [f"{problem.kind}: {problem.detail}" for problem in problems]


@pytest.mark.parametrize(
    ("target", "rule", "expected"),
    [
        ("llvm", "(div ?x ?y) ?x", ["unknown-operator: div"]),
        ("llvm", "(add ?x) (neg ?x ?x)", ["wrong-arity: add has 1 of 2"]),
        ("llvm", "(add ?x int:0) (neg ?x ?x)", ["wrong-arity: neg has 2 of 1"]),
        ("llvm", "(add ?x int:9223372036854775808) ?x", ["bad-literal: int:9223372036854775808"]),
        ("llvm", "(add ?x int:-9223372036854775809) ?x", ["bad-literal: int:-9223372036854775809"]),
        ("llvm", "(add ?x int:01) ?x", ["bad-literal: int:01"]),
        ("llvm", "(add ?x int:-0) ?x", ["bad-literal: int:-0"]),
        ("llvm", "(add ?x int:٣) ?x", ["bad-literal: int:٣"]),
        ("llvm", "(add ?x (int:3 ?x)) ?x", ["wrong-arity: int:3 has 1 of 0"]),
        ("llvm", "(add ?x (in:y ?x)) ?x", ["wrong-arity: in:y has 1 of 0"]),
        ("llvm", '(add ?x "in:a b") ?x', ["bad-name: 'a b'"]),
        ("llvm", "(add ?x ?y) (add ?x in:y)", ["bad-name: in:y"]),
        ("llvm", "(add ?x ?y) (add ?x in:z)", ["unbound: in:z"]),
        ("llvm", "(:all (add ?x ?y) (add ?y ?z)) ?x", ["shape: it has 2"]),
        ("openqasm", "(u3 ?a ?r) ?r", ["unknown-operator: u3"]),
        ("openqasm", "(h ?a) (h ?a)", ["wrong-arity: h has 1 of 2"]),
        ("openqasm", "(rz ?a ?r) ?r", ["wrong-arity: rz has 2 of 3"]),
        ("openqasm", "(rz angle:2/4 ?a ?r) ?r", ["bad-literal: angle:2/4"]),
        ("openqasm", "(rz angle:1/0 ?a ?r) ?r", ["bad-literal: angle:1/0"]),
        ("openqasm", "(rz angle:pi ?a ?r) ?r", ["bad-literal: angle:pi"]),
        ("openqasm", "(rz (angle-plus ?u) ?a ?r) ?r", ["wrong-arity: angle-plus has 1 of 2"]),
        ("openqasm", "(rz angle-minus ?a ?r) ?r", ["wrong-arity: angle-minus has 0 of 1"]),
        ("openqasm", "(rz qubit:b ?a ?r) ?r", ["wrong-role: qubit:b"]),
        ("openqasm", "(h angle:1 ?r) ?r", ["wrong-role: angle:1"]),
        ("openqasm", "(h ?a ?a) ?a", ["wrong-role: a: qubit and circuit"]),
        ("openqasm", "(cx ?a ?a ?r) ?r", ["wrong-role: cx on a, a"]),
        ("openqasm", "(h ?h ?r) ?r", ["bad-name: 'h'"]),
        ("openqasm", "(h ?a-b ?r) ?r", ["bad-name: 'a-b'"]),
        ("openqasm", "(h ?a (x qubit:a ?r)) ?r", ["bad-name: qubit:a"]),
        ("openqasm", "(h ?a ?r) (h qubit:a ?r)", ["bad-name: qubit:a"]),
        ("openqasm", "(rz ?u ?a ?r) (rz param:u ?a ?r)", ["bad-name: param:u"]),
        ("openqasm", "(h ?a ?r) done", ["shape: r and done"]),
        ("openqasm", "(h ?a ?r) (x qubit:b ?r)", ["unbound: b"]),
        ("openqasm", "(angle-plus ?u ?v) (angle-plus ?v ?u)", ["shape: angle-plus"]),
        ("openqasm", "(:all (h ?a ?r) (x ?a ?r)) ?r", ["shape: it has 2"]),
        ("egglog", "?x (f ?x)", ["shape: ?x"]),
        ("egglog", "(f ?x) ?x :colour red", ["colour: :colour red"]),
        ("egglog", "(f (@BLUE g ?x)) ?x", ["colour: (@BLUE g ?x)"]),
        ("egglog", "(f ?x ?y) ?x :when ((NotEqual ?x ?y))", ["condition: (NotEqual ?x ?y)"]),
        ("egglog", "(f ?x) ?x :when ((ColorMustBe ?x RED))", ["condition: (ColorMustBe ?x RED)"]),
        ("egglog", "(f ?x) ?x :when ((ColorNot ?x GREEN))", ["condition: (ColorNot ?x GREEN)"]),
        ("egglog", "(f ?x ?y) ?x :when ((ParentOf ?x ?y))", ["condition: (ParentOf ?x ?y)"]),
        ("egglog", "(f ?x) ?x :when ((OperatorNot ?x a))", ["condition: (OperatorNot ?x a)"]),
    ],
)
def test_a_rule_that_cannot_be_said_is_left_out_and_told(target: str, rule: str, expected: list[str]) -> None:
    """A rule would vanish, or stand in the code as something that it does not say."""
    good = {"llvm": "(add ?x int:0) ?x", "openqasm": "(h ?a (h ?a ?r)) ?r", "egglog": "(f ?x) ?x"}[target]
    rules = read_rules(f"(rewrite bad {rule})\n(rewrite good {good})")

    made = generate(Target(target), rules)

    assert kinds(made.left_out) == expected
    assert all(problem.rule == "bad" and problem.place is not None for problem in made.left_out)
    assert all(problem.place.line == 1 and problem.remedy for problem in made.left_out if problem.place)
    alone = generate(Target(target), RuleSet(rules.rules[:1] if rules.rules[0].name == "good" else rules.rules[1:]))
    assert [line for line in made.text.splitlines() if line and line[0] not in ";/"] == [
        line for line in alone.text.splitlines() if line and line[0] not in ";/"
    ]


def test_a_problem_says_where_what_and_what_to_do() -> None:
    """A user would have to search the file for the mistake."""
    made = generate(Target.LLVM, read_rules("\n(rewrite halves\n  (mul ?x (div ?x int:2)) ?x)"))
    (problem,) = made.left_out

    assert problem.place == Place(3, 11)
    assert str(problem).startswith("line 3, column 11: rule halves: no integer operation: div; write one of add, sub")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(h qubit:a ?more)", ["shape: ?more stands for more"]),
        ("(h qubit:a (x ?a done))", ["bad-name: qubit:a"]),
        ("(h qubit:gate done)", ["bad-name: 'gate'"]),
        ("(h qubit:1a done)", ["bad-name: '1a'"]),
        ("(rz param:a qubit:a done)", ["wrong-role: a: angle and qubit"]),
        ("(h qubit:a (done done))", ["unknown-operator: done"]),
        ("(h qubit:a (cx qubit:b qubit:b (frob done)))", ["wrong-role: cx on b, b", "unknown-operator: frob"]),
    ],
)
def test_a_circuit_that_cannot_be_said_is_refused_whole(text: str, expected: list[str]) -> None:
    """A quantum computer would get a part of the circuit, or text that it cannot read."""
    with pytest.raises(CannotGenerate) as caught:
        openqasm_circuit(of_pattern(read_pattern(text)))
    assert kinds(caught.value.problems) == expected


def test_names_that_were_given_must_cover_what_is_used() -> None:
    """A program would use a qubit, a parameter or an argument that nobody declared."""
    circuit = of_pattern(read_pattern("(rz param:t1 qubit:a (h qubit:b done))"))
    twice = (["a", "b", "a"], None, "bad-name: 'a'")
    for qubits, parameters, expected in ((["a"], None, "unbound: b"), (None, [], "unbound: t1"), twice):
        with pytest.raises(CannotGenerate) as caught:
            openqasm_circuit(circuit, qubits, parameters)
        assert kinds(caught.value.problems) == [expected]
    assert "qubit c;" in openqasm_circuit(circuit, ["a", "b", "c"])
    value = of_pattern(read_pattern("(add in:x ?y)"))
    wrong = {("x",): "unbound: ?y", ("x", "y", "x"): "bad-name: 'x'", ("y", "x", "1"): "bad-name: '1'"}
    for names, expected in wrong.items():
        with pytest.raises(CannotGenerate) as caught:
            llvm_function("f", value, names)
        assert expected in {f"{problem.kind}: {problem.detail}" for problem in caught.value.problems}


def test_an_angle_that_would_grow_without_measure_is_refused() -> None:
    """A small term with much sharing would become a text that fills the memory."""
    text = "param:t1"
    for _ in range(12):
        text = f"(angle-plus {text} {text})"
    with pytest.raises(CannotGenerate) as caught:
        openqasm_circuit(of_pattern(read_pattern(f"(rz {text} qubit:a done)")))
    assert {problem.kind for problem in caught.value.problems} == {"too-large"}


def test_terms_have_no_variables_and_no_colour_that_matters() -> None:
    """A variable would become an operator of its own, or a RED node a GREEN one."""
    for text, kind in (("(f ?x)", "unbound"), ("(f (@RED g))", "colour")):
        with pytest.raises(CannotGenerate) as caught:
            egglog_program(read_rules(""), [read_pattern(text)])
        assert [problem.kind for problem in caught.value.problems] == [kind]
    with pytest.raises(CannotGenerate) as caught:
        best_term(read_pattern("(f ?x)"), read_rules(""))
    assert kinds(caught.value.problems) == ["unbound: ?x"]
    with pytest.raises(CannotGenerate):
        generate_term(Target.PYTHON, read_rules(""), read_pattern("a"), Limits())


def test_gates_of_rules_with_alike_names_stay_apart() -> None:
    """Two rules would define one gate, and the program could not be read."""
    names = ["a-b", "a_b", "a b", "1", "ä", "gate", 'x"\n}']
    escaped = [name.replace('"', '\\"') for name in names]
    text = "\n".join(f'(rewrite "{name}" (h ?a (h ?a ?r)) ?r)' for name in escaped)

    made = generate(Target.OPENQASM, read_rules(text))

    assert len(read_gates(made.text)) == 2 * len(names)


def test_names_of_functions_are_escaped() -> None:
    """A rule's name would end the function's head and begin another instruction."""
    value = of_pattern(read_pattern("(neg in:x)"))
    for name in ('x"(i64 %a) { ; \\ \n', "1", "a b", "neg"):
        assert Compiled(llvm_function(name, value))[name](1) == 2**64 - 1
    assert '@"\\C3\\A9"' in llvm_function("é", value)
    for name in ("", "a\0b"):
        with pytest.raises(CannotGenerate) as caught:
            llvm_function(name, value)
        assert kinds(caught.value.problems) == [f"bad-name: {name!r}"]


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_a_comment_cannot_be_left(end: str) -> None:
    """The name of a rule could smuggle statements into the generated program."""
    lines = comment(";", f"a{end}(panic)\x00 \x1b[2J ü")
    assert all(line.startswith("; ") and line.isprintable() and line.isascii() for line in lines)
    assert "".join(lines).endswith("(panic)\\x00 \\x1b[2J \\xfc")
