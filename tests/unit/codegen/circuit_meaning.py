"""What circuit terms and OpenQASM text mean: unitary matrices of up to three qubits, in plain Python.

Belongs here: gate matrices, a term's unitary, a reader of the text that openqasm.py writes. Not here: egraph/codegen
but its shapes: terms are read here a second time.
A matrix is the list of its columns. Bit k of a basis state is qubit k.
"""

import ast
import cmath
import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from egraph.rules.patterns import Pattern, Variable

Matrix = list[list[complex]]

_ROOT = math.sqrt(0.5)
_TURNS = {"z": math.pi, "s": math.pi / 2, "sdg": -math.pi / 2, "t": math.pi / 4, "tdg": -math.pi / 4}
ANGLES = {"rx": 1, "ry": 1, "rz": 1, "p": 1}


class Malformed(Exception):
    """No circuit: a gate would act twice on one qubit."""


def one_qubit(gate: str, angles: Sequence[float]) -> tuple[complex, complex, complex, complex]:
    """Give the matrix of a gate on one qubit, row by row."""
    half = angles[0] / 2 if angles else 0.0
    cos, sin = math.cos(half), math.sin(half)
    if gate in _TURNS or gate == "p":
        return 1, 0, 0, cmath.exp(1j * (_TURNS[gate] if gate in _TURNS else angles[0]))
    return {
        "x": (0, 1, 1, 0), "y": (0, -1j, 1j, 0), "h": (_ROOT, _ROOT, _ROOT, -_ROOT),
        "sx": ((1 + 1j) / 2, (1 - 1j) / 2, (1 - 1j) / 2, (1 + 1j) / 2),
        "rx": (cos, -1j * sin, -1j * sin, cos), "ry": (cos, -sin, sin, cos),
        "rz": (cmath.exp(-1j * half), 0, 0, cmath.exp(1j * half)),
    }[gate]  # fmt: skip


def applied(gate: str, angles: Sequence[float], qubits: Sequence[int], state: list[complex]) -> list[complex]:
    """Give the state after the gate."""
    if len(set(qubits)) < len(qubits):
        raise Malformed(f"{gate} {qubits}")
    after = [0j] * len(state)
    for basis, amplitude in enumerate(state):
        bits = [basis >> qubit & 1 for qubit in qubits]
        if gate in ("cx", "ccx"):
            after[basis ^ (all(bits[:-1]) << qubits[-1])] += amplitude
        elif gate == "cz":
            after[basis] += -amplitude if all(bits) else amplitude
        elif gate == "swap":
            after[basis ^ ((bits[0] ^ bits[1]) * (1 << qubits[0] | 1 << qubits[1]))] += amplitude
        else:
            a, b, c, d = one_qubit(gate, angles)
            clear = basis & ~(1 << qubits[0])
            after[clear] += (b if bits[0] else a) * amplitude
            after[clear | 1 << qubits[0]] += (d if bits[0] else c) * amplitude
    return after


Step = tuple[str, list[float], list[int]]


def unitary(steps: Sequence[Step], qubits: int) -> Matrix:
    """Give the matrix of steps in the order of time."""
    columns = []
    for basis in range(2**qubits):
        state = [complex(place == basis) for place in range(2**qubits)]
        for gate, angles, on in steps:
            state = applied(gate, angles, on, state)
        columns.append(state)
    return columns


def same(left: Matrix, right: Matrix, *, up_to_phase: bool) -> bool:
    """Tell whether the matrices are equal, or equal but for one factor of length 1."""
    pairs = [(a, b) for one, other in zip(left, right, strict=True) for a, b in zip(one, other, strict=True)]
    factor = 1 + 0j
    if up_to_phase:
        a, b = max(pairs, key=lambda pair: abs(pair[0]))
        factor = b / a if a else 1
        if abs(abs(factor) - 1) > 1e-9:
            return False
    return all(abs(a * factor - b) < 1e-9 for a, b in pairs)


def steps_of(term: Pattern, qubits: Mapping[str, int], angles: Mapping[str, float]) -> list[Step]:
    """Read a circuit term, to `done` or to a variable for the rest."""
    steps: list[Step] = []
    while not isinstance(term, Variable) and term.operator != "done":
        count = ANGLES.get(term.operator, 0)
        given = [angle_of(child, angles) for child in term.children[:count]]
        on = [qubits[name_of(child)] for child in term.children[count:-1]]
        steps.append((term.operator, given, on))
        term = term.children[-1]
    return steps


def name_of(leaf: Pattern) -> str:
    """Give the name of a variable or of a leaf such as qubit:a."""
    return leaf.name if isinstance(leaf, Variable) else leaf.operator.partition(":")[2]


def angle_of(term: Pattern, given: Mapping[str, float]) -> float:
    """Give an angle in radians."""
    if not isinstance(term, Variable):
        if term.operator == "angle-plus":
            return angle_of(term.children[0], given) + angle_of(term.children[1], given)
        if term.operator == "angle-minus":
            return -angle_of(term.children[0], given)
        if term.operator.startswith("angle:"):
            return float(Fraction(term.operator[6:])) * math.pi
    return given[name_of(term)]


_STATEMENT = re.compile(r"(\w+)(?:\(([^;]*)\))? ([\w, ]+);")
_GATE = re.compile(r"gate (\w+)(?:\(([\w, ]*)\))? ([\w, ]+) \{ (.*?)\}")


def read_program(text: str, given: Mapping[str, float]) -> tuple[list[Step], list[str]]:
    """Read a program as openqasm.py writes it: its steps and the names of its qubits. Fails at anything else."""
    lines = text.splitlines()
    assert lines[:2] == ["OPENQASM 3.0;", 'include "stdgates.inc";']
    inputs = [found[1] for line in lines if (found := re.fullmatch(r"input float (\w+);", line))]
    qubits = [found[1] for line in lines if (found := re.fullmatch(r"qubit (\w+);", line))]
    body = "\n".join(lines[2 + len(inputs) + len(qubits) :])
    return _statements(body, qubits, {name: given[name] for name in inputs}), qubits


def read_gates(text: str) -> dict[str, tuple[list[str], list[str], str]]:
    """Read gate definitions: parameters, qubits and body by name."""
    found = {}
    for name, parameters, qubits, body in _GATE.findall(text):
        assert name not in found, f"{name} is defined twice"
        found[name] = (_words(parameters), _words(qubits), body)
    return found


def body_steps(body: str, qubits: Sequence[str], given: Mapping[str, float]) -> list[Step]:
    """Read the statements of a gate's body."""
    return _statements(body, qubits, given)


def _statements(body: str, qubits: Sequence[str], given: Mapping[str, float]) -> list[Step]:
    assert re.sub(_STATEMENT, "", body).strip() == "", "something that is no gate"
    return [
        (
            gate,
            [_evaluated(item, given) for item in angles.split(",") if item],
            [qubits.index(on) for on in _words(ons)],
        )
        for gate, angles, ons in _STATEMENT.findall(body)
    ]


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _evaluated(text: str, given: Mapping[str, float]) -> float:
    """Evaluate sums, products, quotients and signs of numbers, pi and names."""

    def value(node: ast.expr) -> float:
        match node:
            case ast.Constant(int(number)):
                return number
            case ast.Name(name):
                return math.pi if name == "pi" else given[name]
            case ast.UnaryOp(ast.USub(), operand):
                return -value(operand)
            case ast.BinOp(left, ast.Add(), right):
                return value(left) + value(right)
            case ast.BinOp(left, ast.Mult(), right):
                return value(left) * value(right)
            case ast.BinOp(left, ast.Div(), right):
                return value(left) / value(right)
        raise AssertionError(f"not an angle: {ast.dump(node)}")

    return value(ast.parse(text.strip(), mode="eval").body)
