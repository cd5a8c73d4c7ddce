"""Circuits as terms: each gate names its angles, its qubits, and the circuit that follows it.

    (h qubit:a (cx qubit:a qubit:b (rz angle:1/4 qubit:b done)))      first h, then cx, then rz

    done                    no gate
    qubit:NAME, ?q          a qubit
    angle:P/Q               P/Q times pi, in lowest terms: angle:1/4, angle:-1, angle:0
    param:NAME, ?t          an angle that is not known yet
    (angle-plus a b)  (angle-minus a)

Every suffix of a circuit is a circuit, so a rule of two gates applies anywhere, and nothing has to be associative. Two
circuits are equal if their unitaries are. Qubits are told apart by their nodes (`NotEqual`): give all of a graph's
qubits one colour.
Belongs here: reading circuits and angles. Not here: text (openqasm.py), identities (circuit_rules.py).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from egraph.codegen.expression import Expression, Node
from egraph.codegen.generated import CannotGenerate, CodegenProblem, ProblemKind

DONE = "done"
QUBIT, ANGLE, PARAMETER = "qubit:", "angle:", "param:"
PLUS, MINUS = "angle-plus", "angle-minus"
ANGLE_LETTERS_MAX = 10_000


class Gate(NamedTuple):
    """How many angles and qubits a gate takes."""

    angles: int
    qubits: int


GATES = {
    **dict.fromkeys(("x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx"), Gate(0, 1)),
    **dict.fromkeys(("rx", "ry", "rz", "p"), Gate(1, 1)),
    **dict.fromkeys(("cx", "cz", "swap"), Gate(0, 2)),
    "ccx": Gate(0, 3),
}
"""Gates of the standard library of OpenQASM 3, by their names there."""


class Operation(NamedTuple):
    """One gate applied. Angles are OpenQASM expressions."""

    gate: str
    angles: tuple[str, ...]
    qubits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Circuit:
    """Operations in the order of time. `rest` is the variable that stands for what follows, empty after `done`."""

    operations: tuple[Operation, ...]
    qubits: tuple[str, ...]
    parameters: tuple[str, ...]
    rest: str


def read_circuit(expression: Expression) -> Circuit:
    """Give the circuit that an expression says. Raises CannotGenerate with every problem found."""
    reader = _Reader(expression.nodes)
    operations: list[Operation] = []
    at = len(expression.nodes) - 1
    while (node := expression.nodes[at]).operator in GATES and not node.variable:
        gate = GATES[node.operator]
        if len(node.children) != gate.angles + gate.qubits + 1:
            reader.wrong_arity(node, gate.angles + gate.qubits + 1)
            break
        angles = tuple(map(reader.angle, node.children[: gate.angles]))
        operations.append(Operation(node.operator, angles, reader.qubits_of(node, gate)))
        at = node.children[-1]
    else:
        reader.end(node)
    if problems := reader.problems + mixed_names(expression.nodes):
        raise CannotGenerate(problems)
    names = reader.names
    return Circuit(
        tuple(operations),
        tuple(name for name, role in names.items() if role == "qubit"),
        tuple(name for name, role in names.items() if role == "angle"),
        next((name for name, role in names.items() if role == "circuit"), ""),
    )


def mixed_names(nodes: Sequence[Node]) -> list[CodegenProblem]:
    """Find names that stand for a variable and for a qubit or parameter: they would become one."""
    variables = {node.operator for node in nodes if node.variable}
    fact, remedy = "a variable and a leaf have one name", "rename one of them"
    return [
        CodegenProblem(kind=ProblemKind.BAD_NAME, fact=fact, detail=node.operator, remedy=remedy, place=node.place)
        for node in nodes
        if node.operator.startswith((QUBIT, PARAMETER)) and node.operator.partition(":")[2] in variables
    ]


class _Reader:
    """Nodes by their roles. A name has one role: it is declared once."""

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self.nodes = nodes
        self.names: dict[str, str] = {}
        self.problems: list[CodegenProblem] = []
        self.written: dict[int, str] = {}

    def qubits_of(self, node: Node, gate: Gate) -> tuple[str, ...]:
        children = node.children[gate.angles : gate.angles + gate.qubits]
        found = tuple(self._named(self.nodes[child], QUBIT, "qubit") for child in children)
        if len(set(found)) < len(found):
            detail = f"{node.operator} on {', '.join(found)}"
            self._add(ProblemKind.WRONG_ROLE, "a gate takes different qubits", detail, "name another qubit", node)
        return found

    def end(self, node: Node) -> None:
        if node.variable:
            self._named(node, "", "circuit")
        elif node.operator != DONE or node.children:
            remedy = f"write {DONE}, or one of {', '.join(GATES)} above the circuit that follows"
            self._add(ProblemKind.UNKNOWN_OPERATOR, "not a circuit", node.operator, remedy, node)

    def angle(self, root: int) -> str:
        """Give an angle as text. Sums are written out, however often their parts are shared."""
        pending = [root]
        while pending:
            at = pending[-1]
            missing = [child for child in self._parts(self.nodes[at]) if child not in self.written]
            pending += missing
            if not missing:
                text = self._angle_text(self.nodes[pending.pop()])
                if len(text) > ANGLE_LETTERS_MAX:
                    detail = f"more than {ANGLE_LETTERS_MAX} characters"
                    self._add(ProblemKind.TOO_LARGE, "an angle is too long", detail, "add it up", self.nodes[at])
                    text = "0"
                self.written[at] = text
        return self.written[root]

    def _parts(self, node: Node) -> tuple[int, ...]:
        return node.children if not node.variable and node.operator in (PLUS, MINUS) else ()

    def _angle_text(self, node: Node) -> str:
        parts = [self.written[child] for child in self._parts(node)]
        if not node.variable and node.operator in (PLUS, MINUS):
            wanted = 2 if node.operator == PLUS else 1
            if len(parts) != wanted:
                self.wrong_arity(node, wanted)
                return "0"
            return f"({parts[0]} + {parts[1]})" if wanted == 2 else f"(-{parts[0]})"
        if node.operator.startswith(ANGLE) and not node.variable:
            return self._literal(node)
        return self._named(node, PARAMETER, "angle")

    def _literal(self, node: Node) -> str:
        number = node.operator.removeprefix(ANGLE)
        value = Fraction(number) if re.fullmatch(r"-?[0-9]{1,9}(/[1-9][0-9]{0,8})?", number) else None
        if value is None or str(value) != number or node.children:
            remedy = f"write {ANGLE}P/Q in lowest terms, such as angle:1/4, angle:-1, angle:0"
            self._add(ProblemKind.BAD_LITERAL, "not an angle", node.operator, remedy, node)
            return "0"
        return angle_text(value)

    def _named(self, node: Node, prefix: str, role: str) -> str:
        """Give the name of a variable or leaf, and note its role."""
        if not node.variable and (not node.operator.startswith(prefix) or not prefix or node.children):
            self._add(ProblemKind.WRONG_ROLE, f"not a {role}", node.operator, f"write {prefix}NAME here", node)
            return node.operator
        name = node.operator if node.variable else node.operator.removeprefix(prefix)
        if self.names.setdefault(name, role) != role:
            detail = f"{name}: {self.names[name]} and {role}"
            self._add(ProblemKind.WRONG_ROLE, "a name has one role", detail, "rename one of them", node)
        return name

    def wrong_arity(self, node: Node, wanted: int) -> None:
        detail = f"{node.operator} has {len(node.children)} of {wanted}"
        remedy = "write angles, then qubits, then the circuit that follows"
        self._add(ProblemKind.WRONG_ARITY, "wrong number of children", detail, remedy, node)

    def _add(self, kind: ProblemKind, fact: str, detail: str, remedy: str, node: Node) -> None:
        self.problems.append(CodegenProblem(kind=kind, fact=fact, detail=detail, remedy=remedy, place=node.place))


def angle_text(value: Fraction) -> str:
    """Give a multiple of pi as OpenQASM writes it."""
    if not value:
        return "0"
    sign, over = "-" if value < 0 else "", "" if value.denominator == 1 else f"/{value.denominator}"
    times = "" if abs(value.numerator) == 1 else f"{abs(value.numerator)}*"
    return f"{sign}{times}pi{over}"
