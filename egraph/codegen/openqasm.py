"""Target openqasm: OpenQASM 3 programs of circuits, and two gates for each rule of circuits.

Belongs here: names and text. Not here: what a circuit term is (circuits.py).
Gates are those of `stdgates.inc` (openqasm/openqasm, examples/stdgates.inc). Angles are inputs of type float: the type
`angle` wraps at 2 pi, where rz changes its sign.
"""

import re
from collections.abc import Iterable, Sequence

from egraph.codegen.circuits import ANGLE, GATES, MINUS, PLUS, Circuit, Operation, mixed_names, read_circuit
from egraph.codegen.expression import Expression, of_pattern
from egraph.codegen.generated import CannotGenerate, CodegenProblem, Generated, ProblemKind, comment, of_rule
from egraph.colours import Colour
from egraph.rules.printer import print_rule
from egraph.rules.ruleset import Rule, RuleSet

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = """
    OPENQASM include pragma defcalgrammar def cal defcal gate extern box let break continue if else end return for
    while in switch case default nop input output const readonly mutable qreg qubit creg bool bit int uint float angle
    complex array void duration stretch gphase inv pow ctrl negctrl dim durationof delay reset measure barrier true
    false im pi tau euler arccos arcsin arctan ceiling cos exp floor log mod popcount real imag rotl rotr sin sizeof
    sqrt tan U CX p x y z h s sdg t tdg sx rx ry rz cx cy cz cp crx cry crz ch swap ccx cswap cu phase cphase id u1 u2
    u3
"""
_RESERVED = frozenset(_WORDS.split())


def gate_cost(operator: str, colour: Colour) -> int:
    """Give what an operator costs for extraction: gates on two qubits ten times those on one, the rest hardly."""
    gate = GATES.get(operator)
    return 1 if gate is None else (10, 100, 1000)[gate.qubits - 1]


def openqasm_circuit(
    expression: Expression, qubits: Sequence[str] | None = None, parameters: Sequence[str] | None = None
) -> str:
    """Give a program that runs the circuit on these qubits, or on those that it names, in this order.

    Name qubits and parameters if the circuit may have lost some on its way through a rewrite.
    Raises CannotGenerate with every problem.
    """
    circuit = read_circuit(expression)
    wires = circuit.qubits if qubits is None else tuple(qubits)
    inputs = circuit.parameters if parameters is None else tuple(parameters)
    problems = _problems(circuit, wires, inputs)
    if circuit.rest:
        detail, remedy = f"?{circuit.rest} stands for more", "end it with done"
        problems.append(_problem(ProblemKind.SHAPE, "the circuit has no end", detail, remedy))
    if problems:
        raise CannotGenerate(problems)
    lines = [*(f"input float {name};" for name in inputs), *(f"qubit {name};" for name in wires)]
    return HEAD + "\n".join([*lines, *map(_statement, circuit.operations)]) + "\n"


def openqasm_rules(rules: RuleSet) -> Generated:
    """Give two gates for each rule, NAME_left and NAME_right, without what follows the gates on both sides.

    Their unitaries are to be equal, or equal up to a global phase, as the rule set promises. Rules of angles alone are
    no circuits and are left out.
    """
    texts = [HEAD]
    left_out: list[CodegenProblem] = []
    used: dict[str, int] = {}
    for rule in rules.rules:
        try:
            left, right = _sides(rule)
        except CannotGenerate as refused:
            left_out += of_rule(rule, refused.problems)
            continue
        name = re.sub(r"[^A-Za-z0-9_]", "_", rule.name)
        name = f"_{name}" if name[0].isdigit() else name
        used[name] = used.get(name, 0) + 1
        unique = name if used[name] == 1 else f"{name}__{used[name]}"
        angles = f"({', '.join(left.parameters)})" if left.parameters else ""
        lines = comment("//", print_rule(rule))
        for side, circuit in (("left", left), ("right", right)):
            body = " ".join(map(_statement, circuit.operations))
            lines.append(f"gate {unique}_{side}{angles} {', '.join(left.qubits)} {{ {body} }}".replace("{  }", "{ }"))
        texts.append("\n".join(lines) + "\n")
    return Generated("\n".join(texts), tuple(left_out))


def _sides(rule: Rule) -> tuple[Circuit, Circuit]:
    if len(rule.patterns) != 1:
        detail = f"it has {len(rule.patterns)}"
        remedy = "state it with one pattern"
        raise CannotGenerate([_problem(ProblemKind.SHAPE, "a rule of circuits has one pattern", detail, remedy)])
    expressions = of_pattern(rule.patterns[0]), of_pattern(rule.replacement)
    for expression in expressions:
        root = expression.nodes[-1]
        if not root.variable and (root.operator in (PLUS, MINUS) or root.operator.startswith(ANGLE)):
            remedy = "nothing to do: it changes angles inside of circuits"
            raise CannotGenerate([_problem(ProblemKind.SHAPE, "a rule of angles", root.operator, remedy)])
    if mixed := mixed_names([node for expression in expressions for node in expression.nodes]):
        raise CannotGenerate(mixed)
    left, right = map(read_circuit, expressions)
    problems = _problems(left, left.qubits, left.parameters) + _problems(right, left.qubits, left.parameters)
    if left.rest != right.rest:
        detail = f"{left.rest or 'done'} and {right.rest or 'done'}"
        remedy = "end both sides alike"
        problems.append(_problem(ProblemKind.SHAPE, "the sides end differently", detail, remedy))
    if not left.qubits:
        remedy = "give it a gate on the left"
        problems.append(_problem(ProblemKind.SHAPE, "a gate needs a qubit", "the rule names none", remedy))
    if problems:
        raise CannotGenerate(problems)
    return left, right


def _statement(operation: Operation) -> str:
    # A sum or negative stands in parentheses of its own, which are the outermost ones.
    bare = [angle[1:-1] if angle.startswith("(") else angle for angle in operation.angles]
    angles = f"({', '.join(bare)})" if bare else ""
    return f"{operation.gate}{angles} {', '.join(operation.qubits)};"


def _problems(circuit: Circuit, qubits: Sequence[str], parameters: Sequence[str]) -> list[CodegenProblem]:
    declared = (*qubits, *parameters)
    problems = [*_missing("qubit", circuit.qubits, qubits), *_missing("parameter", circuit.parameters, parameters)]
    for at, name in enumerate(declared):
        if name in declared[:at] or name in _RESERVED or not _NAME.fullmatch(name):
            remedy = "use ASCII letters, digits and _, not a digit first, no word or gate of OpenQASM, each name once"
            problems.append(_problem(ProblemKind.BAD_NAME, "not a name in OpenQASM", repr(name), remedy))
    return problems


def _missing(role: str, used: Iterable[str], declared: Sequence[str]) -> list[CodegenProblem]:
    remedy = f"add it, or use one of {', '.join(declared) or 'none'}"
    return [_problem(ProblemKind.UNBOUND, f"not a {role} here", name, remedy) for name in used if name not in declared]


def _problem(kind: ProblemKind, fact: str, detail: str, remedy: str) -> CodegenProblem:
    return CodegenProblem(kind=kind, fact=fact, detail=detail, remedy=remedy)
